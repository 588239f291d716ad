/** Where values come from, told by small drivers: each says what arrives at `sink(x)`. */
import { describe, expect, it } from "vitest";
import { apiFunction } from "../../kernel/catalogue.ts";
import { buildCUnit } from "../../program/index.ts";
import { parseC } from "../../syntax/c/parse.ts";
import { forbiddenOrigins } from "./judgement.ts";
import { createFacts } from "../unit-facts.ts";

const head = `
struct dev { struct device *dev; void *buf; dma_addr_t dma; void *other; bool flag; void **list; struct part { void *area; } a, b; };
`;

interface Answer {
  /** Kinds of the origins, per context, sorted. */
  readonly kinds: readonly string[];
  readonly certain: boolean;
}

function arriving(files: Readonly<Record<string, string>>): Answer {
  const unit = buildCUnit(Object.entries(files).map(([name, text]) => ({ name, text, syntax: parseC(text) })));
  const facts = createFacts(unit, { lookup: apiFunction });
  const site = facts.callsTo("sink")[0];
  const argument = site?.statement.arguments[0];
  if (!site || !argument) throw new Error("the test has no sink");
  const value = facts.valueOf({ function: site.function, statement: site.statement.id }, argument);
  const kinds = value.contexts.map((context) => [...new Set(context.origins.map((one) => one.kind))].sort().join(" "));
  return { kinds: kinds.sort(), certain: forbiddenOrigins(value, (one) => one.kind === "coherent").length > 0 };
}
const inOne = (body: string): Answer => arriving({ "a.c": head + body });

describe("values within a function", () => {
  it.each<[string, string, string, boolean]>([
    [
      "a result",
      "void f(struct dev *d) { void *p = dma_alloc_coherent(d->dev, 4096, &d->dma, GFP_KERNEL); sink(p); }",
      "coherent",
      true,
    ],
    [
      "pointer arithmetic",
      "void f(struct dev *d, int n) { u32 *p = dma_alloc_coherent(d->dev, 4096, &d->dma, GFP_KERNEL); sink(p + 4 * n); }",
      "coherent",
      true,
    ],
    [
      "an element's address",
      "void f(struct dev *d, int n) { u32 *p = dma_alloc_coherent(d->dev, 4096, &d->dma, GFP_KERNEL); sink(&p[n]); }",
      "coherent",
      true,
    ],
    [
      "the handle",
      "void f(struct dev *d) { dma_addr_t h; dma_alloc_coherent(d->dev, 4096, &h, GFP_KERNEL); sink(h >> PAGE_SHIFT); }",
      "dma-coherent",
      false,
    ],
    [
      "a killed value",
      "void f(struct dev *d) { void *p = dma_alloc_coherent(d->dev, 4096, &d->dma, GFP_KERNEL); p = kmalloc(1, GFP_KERNEL); sink(p); }",
      "linear",
      false,
    ],
    [
      "two branches",
      "void f(struct dev *d, int c) { void *p; if (c) p = dma_alloc_coherent(d->dev, 4096, &d->dma, GFP_KERNEL); else p = kmalloc(1, GFP_KERNEL); sink(p); }",
      "coherent linear",
      false,
    ],
    ["a local", "void f(void) { u8 x[4]; sink(x); }", "stack", false],
    [
      "a member of a local pointer's object",
      "void f(void) { struct dev *d = kzalloc(sizeof(*d), GFP_KERNEL); sink(&d->a); }",
      "linear",
      false,
    ],
    [
      "a loop",
      "void f(struct dev *d, int n) { u8 *p = dma_alloc_coherent(d->dev, 4096, &d->dma, GFP_KERNEL); while (n--) p += 64; sink(p); }",
      "coherent",
      true,
    ],
  ])("%s", (_, body, kinds, certain) => {
    expect(inOne(body)).toEqual({ kinds: [kinds], certain });
  });
});

const alloc =
  "int init(struct dev *d) { d->buf = dma_alloc_coherent(d->dev, 4096, &d->dma, GFP_KERNEL); d->other = kmalloc(1, GFP_KERNEL); return 0; }\n";

describe("values over the unit", () => {
  it.each<[string, string, readonly string[], boolean]>([
    ["a field", `${alloc} void f(struct dev *d) { sink(d->buf); }`, ["coherent"], true],
    ["another field of the struct", `${alloc} void f(struct dev *d) { sink(d->other); }`, ["linear"], false],
    [
      "a field of that name elsewhere",
      `${alloc} struct x { void *buf; }; void f(struct x *x) { sink(x->buf); }`,
      ["unknown"],
      false,
    ],
    [
      "a cleared field",
      `${alloc} void stop(struct dev *d) { d->buf = NULL; } void f(struct dev *d) { sink(d->buf); }`,
      ["coherent null"],
      true,
    ],
    [
      "a field that also holds other memory",
      `${alloc} void swap(struct dev *d) { d->buf = vmalloc(1); } void f(struct dev *d) { sink(d->buf); }`,
      ["coherent vmalloc"],
      false,
    ],
    [
      "parts of one type",
      "void init(struct dev *d) { d->a.area = dma_alloc_coherent(d->dev, 1, &d->dma, GFP_KERNEL); d->b.area = kmalloc(1, GFP_KERNEL); } void f(struct dev *d) { sink(d->b.area); }",
      ["linear"],
      false,
    ],
    [
      "an array behind a field",
      "void init(struct dev *d, int i) { d->list[i] = dma_alloc_coherent(d->dev, 1, &d->dma, GFP_KERNEL); } void f(struct dev *d, int j) { sink(d->list[j]); }",
      ["coherent"],
      true,
    ],
    [
      "a wrapper's result",
      "void *get(struct dev *d) { return dma_alloc_coherent(d->dev, 1, &d->dma, GFP_KERNEL); } void f(struct dev *d) { sink(get(d)); }",
      ["coherent"],
      true,
    ],
    [
      "an out-parameter",
      "int get(struct dev *d, void **out) { *out = dma_alloc_coherent(d->dev, 1, &d->dma, GFP_KERNEL); return 0; } void f(struct dev *d) { void *p; get(d, &p); sink(p); }",
      ["coherent"],
      true,
    ],
    [
      "each caller",
      `${alloc} static void g(void *p) { sink(p); } void f(struct dev *d) { g(d->buf); } void h(struct dev *d) { g(d->other); }`,
      ["coherent", "linear"],
      true,
    ],
    [
      "a caller that a constant refutes",
      `${alloc} static void g(void *p, int c) { if (c) sink(p); } void f(struct dev *d) { g(d->buf, 0); } void h(struct dev *d) { g(d->other, 1); }`,
      ["linear"],
      false,
    ],
    [
      "the flag that chose",
      "void init(struct dev *d) { if (d->flag) d->buf = dma_alloc_coherent(d->dev, 1, &d->dma, GFP_KERNEL); else d->buf = kmalloc(1, GFP_KERNEL); } void f(struct dev *d) { if (d->flag) sink(d->buf); }",
      ["coherent linear"],
      true,
    ],
    [
      "the flag that chose otherwise",
      "void init(struct dev *d) { if (d->flag) d->buf = dma_alloc_coherent(d->dev, 1, &d->dma, GFP_KERNEL); else d->buf = kmalloc(1, GFP_KERNEL); } void f(struct dev *d) { if (!d->flag) sink(d->buf); }",
      ["coherent linear"],
      false,
    ],
    [
      "a local set in the same branch",
      `${alloc} void f(struct dev *d, int c) { void *p = NULL; int m = 0; if (c) { p = d->buf; m = 1; } if (m) use(p); else sink(p); }`,
      ["coherent null"],
      false,
    ],
    ["a guard", `${alloc} void f(struct dev *d) { if (!is_vmalloc_addr(d->buf)) sink(d->buf); }`, ["coherent"], false],
    [
      "a guard in the caller",
      `${alloc} static void g(struct dev *d) { sink(d->buf); } void f(struct dev *d) { if (!is_vmalloc_addr(d->buf)) g(d); }`,
      ["coherent"],
      false,
    ],
  ])("%s", (_, body, kinds, certain) => {
    expect(inOne(body)).toEqual({ kinds, certain });
  });

  it("follows a struct of a header through two files, and not one that each file defines for itself", () => {
    const header = head;
    const use = '#include "dev.h"\nvoid f(struct dev *d) { sink(d->buf); }';
    expect(arriving({ "dev.h": header, "a.c": `#include "dev.h"\n${alloc}`, "b.c": use }).certain).toBe(true);
    expect(arriving({ "a.c": head + alloc, "b.c": `${head}void f(struct dev *d) { sink(d->buf); }` }).certain).toBe(
      false,
    );
  });

  it("ends on recursion, on stores in a circle and on lists walked in a loop", () => {
    expect(
      inOne(
        "void *g(struct dev *d) { d->buf = d->other; d->other = d->buf; return g(d); } void f(struct dev *d) { sink(g(d)); }",
      ).certain,
    ).toBe(false);
    expect(
      inOne("struct n { struct n *next; void *p; }; void f(struct n *n) { while (n->p) n = n->next; sink(n->p); }")
        .certain,
    ).toBe(false);
  });
});

describe("flags that a caller passes", () => {
  const callee = `
struct op { void *buf; bool bounce; bool write; int n; };
int run(struct dev *d, struct op *op) {
  void *p = op->buf;
  int n = op->n;
  if (op->bounce) {
    if (n > 4)
      goto out;
    p = d->other;
  }
  if (op->write)
    sink(p);
out:
  return 0;
}
void setup(struct dev *d) { d->other = kmalloc(4, GFP_KERNEL); }
`;
  const caller = (flags: string): string => `
void go(struct dev *d) { struct op op = {}; op.buf = dma_alloc_coherent(d->dev, 64, &d->dma, GFP_KERNEL); op.write = true; ${flags} run(d, &op); }`;
  it.each([
    ["true", "op.bounce = true;", ["linear"]],
    ["a number", "op.bounce = 1;", ["linear"]],
    ["false", "op.bounce = false;", ["coherent"]],
    ["unknown", "op.bounce = d->flag;", ["coherent linear"]],
    ["one that refutes the sink", "op.write = false;", []],
  ])("%s", (_, flags, kinds) => {
    expect(inOne(callee + caller(flags)).kinds).toEqual(kinds);
  });
  it("keeps what is assigned after the flag's branch", () => {
    const text = callee.replace("  if (op->write)", "  if (n) p = op->buf;\n  if (op->write)");
    expect(inOne(text + caller("op.bounce = true;")).kinds).toEqual(["coherent linear"]);
  });
});

describe("flags in an array", () => {
  const choose =
    "struct two { bool on[2]; void *buf; }; void init(struct dev *d, struct two *t) { if (t->on[0]) t->buf = dma_alloc_coherent(d->dev, 1, &d->dma, GFP_KERNEL); else t->buf = kmalloc(1, GFP_KERNEL); }";
  it.each([
    ["0", true],
    ["1", false],
    ["d->dma", false],
  ])("are told apart by their constant index: %s", (index, certain) => {
    expect(inOne(`${choose} void f(struct dev *d, struct two *t) { if (t->on[${index}]) sink(t->buf); }`).certain).toBe(
      certain,
    );
  });
});

describe("structs on the stack", () => {
  const others = `
struct op { void *buf; };
static void keep(struct op *op);
static void other(void) { struct op op; op.buf = kmalloc(4, GFP_KERNEL); run(&op); }
static void fill(struct op *op) { op->buf = kmalloc(4, GFP_KERNEL); }
struct list { struct op *first; };
`;
  const caller = (calls: string): string =>
    `${others}void f(struct dev *d, struct list *l) { struct op op; op.buf = dma_alloc_coherent(d->dev, 64, &d->dma, GFP_KERNEL); ${calls} sink(op.buf); }`;
  it.each([
    ["are not changed by who does not know them", "other();", true],
    ["are not told to the driver by other people's functions", "submit(&op); other();", true],
    ["are changed by who gets them", "fill(&op);", false],
    ["are changed by who finds them in a list", "l->first = &op; other();", false],
  ])("%s", (_, calls, certain) => {
    expect(inOne(caller(calls)).certain).toBe(certain);
  });
});

describe("structs in structs", () => {
  const types = "struct ring { void *mem; }; struct queues { struct ring rx, tx; }; struct chip { struct queues q; };";
  const init =
    "void init(struct dev *d, struct queues *q) { q->rx.mem = dma_alloc_coherent(d->dev, 1, &d->dma, GFP_KERNEL); q->tx.mem = kmalloc(1, GFP_KERNEL); }";
  it.each([
    ["rx", "coherent"],
    ["tx", "linear"],
  ])("are known by the inner fields where a helper fills them: %s", (ring, kind) => {
    const start = `void start(struct dev *d, struct chip *c) { init(d, &c->q); sink(c->q.${ring}.mem); }`;
    expect(inOne(types + init + start).kinds).toEqual([kind]);
  });
});
