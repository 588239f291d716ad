import { describe, expect, it } from "vitest";
import { parseC } from "../syntax/c/parse.ts";
import type { DriverUnit } from "./program.ts";
import { buildCUnit, type CSource, UnitBuilder } from "./unit.ts";
import { printFunction } from "./print.ts";
import { printType } from "./visit.ts";

function source(name: string, text: string): CSource {
  return { name, text, syntax: parseC(text) };
}
function unitOf(files: Readonly<Record<string, string>>): DriverUnit {
  return buildCUnit(Object.entries(files).map(([name, text]) => source(name, text)));
}
function fieldsOf(unit: DriverUnit, record: string): string[] {
  return (unit.records.get(record)?.fields ?? []).map((field) => `${field.name}: ${printType(field.type)}`);
}
function dumpOf(unit: DriverUnit, name: string): string {
  const found = unit.functions.find((one) => one.name === name);
  return found === undefined ? "" : printFunction(found);
}

describe("records", () => {
  it("lists fields with types, unnamed members flattened, macros as fields", () => {
    const unit = unitOf({
      "a.h": `#define N 4
enum size { SMALL = 2, LARGE };
typedef struct ring { dma_addr_t h[N * 2]; } ring_t;
struct dev {
  void __iomem *regs; const u8 *data; ring_t *rings[LARGE];
  struct { int a; union { int b; struct { int c; } inner; }; };
  struct { u32 lo; } pair; int (*go)(struct dev *, int); unsigned flag:3, :2;
  DEFINE_DMA_UNMAP_ADDR(addr); DEFINE_DMA_UNMAP_LEN(len); DECLARE_BITMAP(map, 70);
  u8 buf[N] ____cacheline_aligned;
};`,
    });
    expect(fieldsOf(unit, "dev")).toEqual([
      "regs: void __iomem *",
      "data: u8 *",
      "rings: struct ring *[3]",
      "a: int",
      "b: int",
      "inner: struct dev::(anonymous 0)",
      "pair: struct dev::(anonymous 1)",
      "go: int (*)(..)",
      "flag: unsigned int",
      "addr: dma_addr_t",
      "len: __u32",
      "map: unsigned long[2]",
      "buf: u8[4]",
    ]);
    expect(fieldsOf(unit, "ring")).toEqual(["h: dma_addr_t[8]"]);
    expect(unit.records.get("dev")?.fields.at(-1)?.annotations).toEqual(["____cacheline_aligned"]);
    expect(unit.records.get("dev")?.fields.find((field) => field.name === "flag")?.bits).toBe(3);
  });

  it("keeps records of the same tag in two sources apart, and takes headers through includes", () => {
    const unit = unitOf({
      "d/a.c":
        '#include "x.h"\nstruct priv { void *cpu; };\nvoid f(struct priv *p, struct shared *s) { p->cpu = s->c; }',
      "d/b.c": "struct priv { dma_addr_t h; };\nvoid g(struct priv *p) { p->h = 0; }",
      "d/x.h": "struct shared { int c; };",
    });
    expect([...unit.records.keys()].sort()).toEqual(["priv@d/a.c", "priv@d/b.c", "shared"]);
    const [statement] = unit.functions.find((one) => one.name === "f")?.blocks[0]?.statements ?? [];
    const field = statement?.kind === "assign" ? statement.target.steps[1] : undefined;
    expect(field).toEqual({ kind: "field", record: "priv@d/a.c", name: "cpu" });
  });

  it("knows the kernel's core structures without making them the unit's", () => {
    const unit = unitOf({ "a.c": "void f(struct vm_area_struct *vma) { vma->vm_pgoff = 0; vma->other = 1; }" });
    expect(unit.records.size).toBe(0);
    const statements = unit.functions[0]?.blocks[0]?.statements ?? [];
    const types = statements.map((one) => (one.kind === "assign" ? printType(one.target.type) : ""));
    expect(types).toEqual(["unsigned long", "?"]);
  });
});

describe("macros", () => {
  it("leaves a macro alone that has two meanings, and sees those of included headers", () => {
    const unit = unitOf({
      "a.c": '#include "r.h"\nvoid f(struct d *d) { OUT(d, CTRL, 1); BOTH(d); }',
      "r.h":
        "#define OUT(d, r, v) writel(v, (d)->regs + REG_##r)\n#define REG_CTRL 0x10\n#ifdef A\n#define BOTH(d) one(d)\n#else\n#define BOTH(d) two(d)\n#endif\nstruct d { void __iomem *regs; };",
      "other.h": "#define BOTH(d) three(d)",
    });
    expect(dumpOf(unit, "f")).toContain("writel(1, d->regs + REG_CTRL) [OUT]");
    const call = unit.functions[0]?.blocks[0]?.statements[0];
    const address = call?.kind === "call" ? call.arguments[1] : undefined;
    expect(address?.kind === "binary" && address.right).toMatchObject({
      kind: "constant",
      value: 16n,
      name: "REG_CTRL",
    });
    expect(dumpOf(unit, "f")).toContain("BOTH(d)\n");
  });

  it("gives expanded calls the span of the use", () => {
    const text = "#define PUT(p) free_it((p)->a)\nvoid f(struct d *d) { PUT(d); }";
    const call = unitOf({ "a.c": text }).functions[0]?.blocks[0]?.statements[0];
    expect(
      call?.kind === "call" && [
        call.macro,
        text.slice(call.start, call.end),
        text.slice(call.calleeSpan.start, call.calleeSpan.end),
      ],
    ).toEqual(["PUT", "PUT(d)", "PUT(d)"]);
    const argument = call?.kind === "call" ? call.arguments[0] : undefined;
    expect(argument?.kind).toBe("read");
  });
});

describe("tables and calls", () => {
  const files = {
    "a.c": `#include "o.h"
static int go_a(int x) { return x; }
static void stop_a(void) { }
static const struct my_ops ops_a = { .go = go_a, .stop = (void *)stop_a };
static const struct my_ops both[] = { { go_a, stop_a }, [1] = { .go = go_a } };
static struct platform_driver drv = { .probe = pm_ptr(go_a), .driver = { .name = "x", .pm = &pm } };
static int helper(void) { return 1; }
int call(struct dev *d) { d->ops.go = go_a; return d->pops->go(1) + helper(); }`,
    "b.c":
      '#include "o.h"\nstatic int helper(void) { return 2; }\nint other(struct dev *d) { return d->ops.go(helper()) + call(d); }',
    "o.h":
      "struct my_ops { int (*go)(int); void (*stop)(void); };\nstruct dev { struct my_ops ops; const struct my_ops *pops; };\nint call(struct dev *d);",
  };

  it("finds the functions in initialisers and assignments", () => {
    const tables = unitOf(files).opsTables.map(
      (table) => `${table.record} ${table.name} ${table.entries.map((one) => `${one.field}=${one.value}`).join(" ")}`,
    );
    expect(tables).toEqual([
      "my_ops ops_a go=go_a stop=stop_a",
      "my_ops both go=go_a stop=stop_a",
      "my_ops both go=go_a",
      "platform_driver drv probe=go_a",
      "my_ops d->ops go=go_a",
    ]);
  });

  it("resolves calls by file, and through the tables", () => {
    const unit = unitOf(files);
    const named = (name: string, file: string): string[] => {
      const target = unit.functionNamed(name, file);
      return target === undefined
        ? ["?"]
        : unit.callersOf(target).map((site) => `${site.caller.file}:${site.caller.name}`);
    };
    expect(named("helper", "a.c")).toEqual(["a.c:call"]);
    expect(named("helper", "b.c")).toEqual(["b.c:other"]);
    expect(named("go_a", "a.c")).toEqual(["a.c:call", "b.c:other"]);
    expect(named("call", "b.c")).toEqual(["b.c:other"]);
    expect(unit.functionNamed("go_a", "b.c")).toBeUndefined();
    const other = unit.functionNamed("other", "b.c");
    expect(other && unit.calleesOf(other).map((one) => `${one.target.file}:${one.target.name}`)).toEqual([
      "b.c:helper",
      "a.c:go_a",
      "a.c:call",
    ]);
  });
});

describe("the incremental builder", () => {
  const header = "struct d { int n; };\n";
  const a = '#include "h.h"\nint f(struct d *d) { return d->n; }\n';
  const b = '#include "h.h"\nint g(struct d *d) { return d->n; }\n';

  it("lowers again only what a change can have touched", () => {
    const builder = new UnitBuilder();
    builder.setC(source("h.h", header));
    builder.setC(source("a.c", a));
    builder.setC(source("b.c", b));
    const before = builder.build();
    builder.setC(source("a.c", a.replace("d->n", "d->n + 1")));
    const edited = builder.build();
    expect(edited.files.get("b.c")).toBe(before.files.get("b.c"));
    expect(edited.files.get("a.c")).not.toBe(before.files.get("a.c"));
    expect(dumpOf(edited, "f")).toContain("return d->n + 1");

    builder.setC(source("h.h", header.replace("int n", "u8 n")));
    const changed = builder.build();
    expect(changed.files.get("b.c")).not.toBe(edited.files.get("b.c"));
    expect(fieldsOf(changed, "d")).toEqual(["n: u8"]);

    builder.remove("a.c");
    expect(builder.build().functions.map((one) => one.name)).toEqual(["g"]);
  });

  it("gives the same unit whatever the order of the files", () => {
    const sources = [source("h.h", header), source("a.c", a), source("b.c", b)];
    const print = (unit: DriverUnit): string => unit.functions.map(printFunction).join("");
    expect(print(buildCUnit([...sources].reverse()))).toBe(print(buildCUnit(sources)));
  });
});
