import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseC } from "../../syntax/c/parse.ts";
import { loadTypeScript } from "../../syntax/typescript/parse.ts";
import { printFunction } from "../print.ts";
import { buildCUnit, UnitBuilder } from "../unit.ts";
import type { ProgramFile, Statement, Terminator } from "../program.ts";
import { lowerSnippet } from "./lower-snippet.ts";

const parser = await loadTypeScript();
const samples = new URL("../../../../samples/snippets/", import.meta.url);

function lower(text: string): ProgramFile {
  return lowerSnippet(parser, "snippet.ts", text).file;
}
function printed(file: ProgramFile): string {
  return file.functions.map((one) => printFunction(one)).join("\n");
}
/** The same driver in C: what the snippet must become. */
function inC(text: string): string {
  const file = buildCUnit([{ name: "driver.c", text, syntax: parseC(text) }]).files.get("driver.c");
  if (file === undefined) throw new Error("the C text was not read");
  expect(file.gaps).toEqual([]);
  return printed(file);
}

const heading = `import { type Cell, type InlineArray, type Inline, type Iomem, type Pointer, type device, type dma_addr_t,
  type file, type file_operations, type platform_device, type scatterlist, type sg_table, type size_t, type u8, type u32,
  type vm_area_struct, type int, at, cell, container_of, dma_alloc_coherent, dma_free_coherent, dma_map_single, for_each_sg,
  kfree, kzalloc, sg_dma_address, sizeof, usb_control_msg, writel, ENOMEM, GFP_KERNEL, DMA_TO_DEVICE } from "dma-lens/kernel";
`;

/** Snippets and the C that they stand for: both are lowered, and the programs are compared as text. */
const twins: readonly { readonly name: string; readonly snippet: string; readonly c: string }[] = [
  {
    name: "fields behind a pointer, cells as out-parameters, early returns",
    snippet: `interface Buf { dev: device; cpu: Pointer | null; dma: Cell<dma_addr_t>; size: size_t }
      export function f(buf: Buf): int {
        buf.cpu = dma_alloc_coherent(buf.dev, buf.size, buf.dma, GFP_KERNEL);
        if (!buf.cpu) return -ENOMEM;
        buf.cpu[4] = 7;
        dma_free_coherent(buf.dev, buf.size, buf.cpu, buf.dma.value);
        buf.cpu = null;
        return 0;
      }`,
    c: `struct Buf { struct device *dev; u8 *cpu; dma_addr_t dma; size_t size; };
      int f(struct Buf *buf) {
        buf->cpu = dma_alloc_coherent(buf->dev, buf->size, &buf->dma, GFP_KERNEL);
        if (!buf->cpu) return -ENOMEM;
        buf->cpu[4] = 7;
        dma_free_coherent(buf->dev, buf->size, buf->cpu, buf->dma);
        buf->cpu = NULL;
        return 0;
      }`,
  },
  {
    name: "a structure that lies within a kernel structure is named by its address",
    snippet: `interface Priv { dev: device }
      function probe(pdev: platform_device, priv: Priv): void { priv.dev = pdev.dev; use(pdev.dev.of_node, pdev.id); }`,
    c: `struct Priv { struct device *dev; };
      static void probe(struct platform_device *pdev, struct Priv *priv) { priv->dev = &pdev->dev; use(pdev->dev.of_node, pdev->id); }`,
  },
  {
    name: "local cells and parameters that are cells",
    snippet: `function get(out: Cell<dma_addr_t>): void { out.value = 1n; }
      function f(dev: device): dma_addr_t {
        const dma: Cell<dma_addr_t> = { value: 0n };
        const p = dma_alloc_coherent(dev, 64, dma, GFP_KERNEL);
        const other = cell<u32>(3);
        get(dma);
        fill(other, p);
        other.value += 1;
        return dma.value;
      }`,
    c: `static void get(dma_addr_t *out) { *out = 1UL; }
      static dma_addr_t f(struct device *dev) {
        dma_addr_t dma = 0UL;
        __auto_type p = dma_alloc_coherent(dev, 64, &dma, GFP_KERNEL);
        u32 other = 3;
        get(&dma);
        fill(&other, p);
        other += 1;
        return dma;
      }`,
  },
  {
    name: "loops, switch, conditional, short circuit",
    snippet: `function f(n: int, m: int): int {
        let sum = 0;
        for (let i = 0; i < n && sum !== m; i++) { if (i === 3) continue; if (i > 9) break; sum += i; }
        while (n > 0) n--;
        do { n++; } while (n < 4 || m);
        switch (n) { case 1: case 2: g(); break; default: h(); }
        return n ? sum : ~m >>> 2;
      }`,
    c: `static int f(int n, int m) {
        int sum = 0;
        { int i = 0; for (; i < n && sum != m; i++) { if (i == 3) continue; if (i > 9) break; sum += i; } }
        while (n > 0) n--;
        do { n++; } while (n < 4 || m);
        switch (n) { case 1: case 2: g(); break; default: h(); }
        return n ? sum : ~m >> 2;
      }`,
  },
  {
    name: "classes: fields, methods, this",
    snippet: `class Ring { regs!: Iomem; head = 0; start(n: int): int { this.head = n; this.kick(); return this.head; }
        kick(): void { writel(1, at(this.regs, 0x10)); } }
      function f(ring: Ring): int { return ring.start(2); }`,
    c: `struct Ring { void __iomem *regs; int head; };
      static int Ring_start(struct Ring *this, int n) { this->head = n; Ring_kick(this); return this->head; }
      static void Ring_kick(struct Ring *this) { writel(1, this->regs + 0x10); }
      static int f(struct Ring *ring) { return Ring_start(ring, 2); }`,
  },
  {
    name: "objects and arrays in place, sizeof, container_of, casts",
    snippet: `interface Desc { addr: Cell<dma_addr_t>; data: InlineArray<u8, 8> }
      interface Owner { id: int; desc: Inline<Desc> }
      function f(file: file, d: Desc): void {
        const local: Desc = { addr: { value: 5n } };
        const bytes = new Uint8Array(16);
        const owner = container_of<Owner>(d, "desc");
        const priv = file.private_data as Owner;
        usb_control_msg(null, 0, 0, 0, 0, 0, bytes, 16, 0);
        use(local, local.addr.value, priv.id, owner.desc, owner.desc.data[1], sizeof<Desc>());
        const fresh = kzalloc<Owner>(sizeof<Owner>(), GFP_KERNEL);
        kfree(fresh);
      }`,
    c: `struct Desc { dma_addr_t addr; u8 data[8]; };
      struct Owner { int id; struct Desc desc; };
      static void f(struct file *file, struct Desc *d) {
        struct Desc local = { .addr = 5UL };
        u8 bytes[16];
        struct Owner *owner = container_of(d, struct Owner, desc);
        struct Owner *priv = (struct Owner *)file->private_data;
        usb_control_msg(NULL, 0, 0, 0, 0, 0, bytes, 16, 0);
        use(&local, local.addr, priv->id, &owner->desc, owner->desc.data[1], sizeof(struct Desc));
        struct Owner *fresh = kzalloc(sizeof(struct Owner), GFP_KERNEL);
        kfree(fresh);
      }`,
  },
  {
    name: "loops over scatterlists",
    snippet: `function f(table: sg_table, list: scatterlist, n: int): void {
        for (const sg of for_each_sg(list, n)) program(sg_dma_address(sg), sg.length);
      }`,
    c: `static void f(struct sg_table *table, struct scatterlist *list, int n) {
        { struct scatterlist *sg; int sg_index; for_each_sg(list, sg, n, sg_index) program(sg_dma_address(sg), sg->length); }
      }`,
  },
  {
    name: "arrow functions, enums, constants, renamed and namespace imports",
    snippet: `import { kmalloc as allocate } from "dma-lens/kernel";
      import * as k from "dma-lens/kernel";
      const SIZE = 4 * 1024; enum Mode { Off, On = 4, Auto }
      export const f = (dev: device): Pointer | null => allocate(SIZE, k.GFP_ATOMIC);
      export const g = (x: int): int => { k.pr_info("x"); return x === Mode.Auto ? 1 : 0; };`,
    c: `enum { SIZE = 4 * 1024 }; enum Mode { Mode_Off, Mode_On = 4, Mode_Auto };
      u8 *f(struct device *dev) { return kmalloc(SIZE, GFP_ATOMIC); }
      int g(int x) { pr_info("x"); return x == Mode_Auto ? 1 : 0; }`,
  },
];

describe("a snippet and the C that it stands for", () => {
  it.each(twins)("are one program: $name", ({ snippet, c }) => {
    const file = lower(heading + snippet);
    expect(file.gaps).toEqual([]);
    // A type argument is printed as it is written, and TypeScript writes no "struct".
    expect(printed(file)).toBe(inC(c).replaceAll(", struct Owner,", ", Owner,"));
  });
});

describe("ops tables", () => {
  it("are objects whose properties are functions", () => {
    const file = lower(`${heading}
      function my_mmap(file: file, vma: vm_area_struct): int { return 0; }
      export const fops: file_operations = { mmap: my_mmap, open(inode, file) { return use(file.private_data); } };
      const more = { release: (inode, file) => 0 } satisfies file_operations;`);
    expect(file.gaps).toEqual([]);
    expect(
      file.opsTables.map((table) => [
        table.record,
        table.name,
        table.entries.map((one) => `${one.field}=${one.value}`),
      ]),
    ).toEqual([
      ["file_operations", "fops", ["mmap=my_mmap", "open=fops_open"]],
      ["file_operations", "more", ["release=more_release"]],
    ]);
    // Parameters without a type have the one that the table asks for.
    const open = file.functions.find((one) => one.name === "fops_open");
    expect(open && printFunction(open)).toMatch(/^static int fops_open\(struct inode \* inode, struct file \* file\)/);
    expect(file.globals.map((one) => [one.name, one.isStatic])).toEqual([
      ["fops", false],
      ["more", true],
    ]);
  });
});

describe("what is not read", () => {
  it.each([
    ["try { g(); } catch { h(); }", "TryStatement"],
    ["throw 1;", "ThrowStatement"],
    ["const { a } = x;", "destructuring"],
    ["a?.b();", "optional chaining"],
    ["x = [1, 2];", "ArrayLiteralExpression"],
    ["g(() => 1);", "ArrowFunction"],
    ["for (const y of ys) g(y);", "a loop over values"],
    ["x ??= 1;", "operator ??="],
    ["const b = new Thing(1);", "constructor"],
    ["outer: while (1) break outer;", "LabeledStatement"],
    ["await g();", "AwaitExpression"],
  ])("%s is an opaque statement and a gap", (text, reason) => {
    const file = lower(`${heading}function before(): void { one(); }\nfunction f(): void { ${text} after(); }`);
    expect(file.gaps).toHaveLength(1);
    expect(file.gaps[0]?.reason).toContain(reason);
    expect(file.gaps[0]?.function).toBe("f");
    const program = printed(file);
    expect(program).toContain("one()");
    expect(program).toContain("after()");
    expect(file.functions.flatMap((one) => one.blocks.flatMap((block) => block.statements))).toContainEqual(
      expect.objectContaining({ kind: "opaque" }),
    );
  });
});

describe("spans", () => {
  it("are those of the snippet", () => {
    const text = `${heading}export function f(dev: device, p: Pointer): void { dma_map_single(dev, p, 64, DMA_TO_DEVICE); }`;
    const file = lower(text);
    const [statement] = file.functions[0]?.blocks[0]?.statements ?? [];
    if (statement?.kind !== "call") throw new Error("no call");
    expect(text.slice(statement.calleeSpan.start, statement.calleeSpan.end)).toBe("dma_map_single");
    expect(text.slice(statement.start, statement.end)).toBe("dma_map_single(dev, p, 64, DMA_TO_DEVICE)");
    expect(text.slice(file.functions[0]?.nameSpan.start, file.functions[0]?.nameSpan.end)).toBe("f");
    expect(file.language).toBe("typescript");
    expect(file.functions[0]?.language).toBe("typescript");
  });

  it("lie within the text, and ids ascend, in all samples", () => {
    for (const name of readdirSync(samples).filter((one) => one.endsWith(".ts"))) {
      const text = readFileSync(new URL(name, samples), "utf8");
      const file = lower(text);
      expect(file.gaps, name).toEqual([]);
      expect(file.functions.length, name).toBeGreaterThan(0);
      for (const one of file.functions) {
        const parts: (Statement | Terminator)[] = one.blocks.flatMap((block) => [
          ...block.statements,
          block.terminator,
        ]);
        for (const part of parts) {
          expect(part.start).toBeGreaterThanOrEqual(one.start);
          expect(part.end).toBeLessThanOrEqual(one.end);
        }
      }
    }
  });
});

describe("a hash", () => {
  const hashOf = (text: string) => lower(text).functions[0]?.hash;
  it("does not see comments and white space, and sees the rest", () => {
    const one = hashOf("function f(a: int): int { return a + 1; }");
    expect(hashOf("\n\nfunction f( a: int ): int {\n  // one more\n  return a + 1;\n}")).toBe(one);
    expect(hashOf("function f(a: int): int { return a + 2; }")).not.toBe(one);
  });
});

describe("in a unit with C", () => {
  it("calls are followed from the snippet's own functions", () => {
    const builder = new UnitBuilder();
    const { file, records } = lowerSnippet(
      parser,
      "a.ts",
      "interface S { x: int }\nfunction g(s: S): int { return s.x; }\nfunction f(s: S): int { return g(s); }",
    );
    builder.setLowered(file, records);
    const unit = builder.build();
    const g = unit.functionNamed("g", "a.ts");
    expect(g && unit.callersOf(g).map((site) => site.caller.name)).toEqual(["f"]);
    expect(unit.records.get("S")?.fields.map((field) => field.name)).toEqual(["x"]);
  });
});

describe("broken text", () => {
  it("never throws, whatever is cut out or nested", () => {
    for (const name of readdirSync(samples).filter((one) => one.endsWith(".ts"))) {
      const text = readFileSync(new URL(name, samples), "utf8");
      for (let at = 0; at < text.length; at += 23) {
        expect(() => lower(text.slice(0, at)), `${name} up to ${at}`).not.toThrow();
        expect(() => lower(text.slice(0, at) + text.slice(at + 7)), `${name} without ${at}`).not.toThrow();
      }
    }
    for (const open of ["(", "[", "{", "!", "f(", "a ? ", "if (x) ", "a.b.", "x = ", "class A { m() {"]) {
      expect(() => lower(`function f() { ${open.repeat(3000)}`), open).not.toThrow();
    }
    expect(() => lower("a + ".repeat(20000))).not.toThrow();
    expect(() => lower(`function f() { return ${"a + ".repeat(5000)} a; }`)).not.toThrow();
  });

  it("keeps the functions around a broken one", () => {
    const file = lower("function a(): void { g(); }\nfunction b(): void { h(1; }\nfunction c(): void { k(); }\n");
    expect(file.functions.map((one) => one.name)).toEqual(["a", "b", "c"]);
    expect(file.gaps.map((gap) => gap.reason)).toContain("syntax error");
    expect(printed(file)).toContain("k()");
  });
});
