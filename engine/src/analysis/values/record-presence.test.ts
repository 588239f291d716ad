import { describe, expect, test } from "vitest";
import { buildCUnit } from "../../program/unit.ts";
import { parseC } from "../../syntax/c/parse.ts";
import { apiFunction } from "../../kernel/catalogue.ts";
import { createFacts, workingsOf } from "../unit-facts.ts";
import { mayHoldCoherent } from "./possible-kinds.ts";
import { filesHolding } from "./record-presence.ts";

const unitOf = (text: string) => buildCUnit([{ name: "x.c", text, syntax: parseC(text) }]);

describe("a struct of the kernel", () => {
  test.each([
    ["is named by a function", "int f(struct vm_fault *vmf) { vmf->page = 0; return 0; }", "vm_fault"],
    ["is named by a struct of the unit", "struct own { struct vm_fault *vmf; };", "vm_fault"],
    ["is held by another", "void f(struct folio *folio) { folio->page.index = 0; }", "page"],
    ["is given back by a function", "void f(struct own *o) { sg_page(o->sg)->index = 1; }", "page"],
  ])("may be there when it %s", (_, text, record) => {
    expect(filesHolding(unitOf(text), record)).toEqual(new Set(["x.c"]));
  });

  test("is not there when nothing leads to it", () => {
    const unit = unitOf("struct own { int page; }; void f(struct own *o) { o->page = 1; }");
    expect(filesHolding(unit, "vm_fault")).toEqual(new Set());
    expect(filesHolding(unit, "own")).toEqual(new Set(["x.c"]));
  });

  test("is everywhere when a header names it, or when a source is read with another", () => {
    const unit = (header: string, include: string) =>
      buildCUnit(
        [
          { name: "x.c", text: `#include "${include}"\nint f(struct own *o) { return 0; }` },
          { name: "x.h", text: header },
        ].map((file) => ({ ...file, syntax: parseC(file.text) })),
      );
    expect(filesHolding(unit("struct own { struct vm_fault *vmf; };", "x.h"), "vm_fault")).toBeUndefined();
    expect(filesHolding(unit("struct own { int x; };", "x.h"), "vm_fault")).toEqual(new Set());
    expect(filesHolding(unit("struct own { int x; };", "y.c"), "vm_fault")).toBeUndefined();
  });

  test("is stored to wherever lowering says so", () => {
    const unit = unitOf(`
void a(struct snd_pcm_substream *s) { s->runtime->dma_area = 0; }
void b(struct vm_fault *vmf) { vmf->page = 0; }
void c(struct own *o) { sg_page(o->sg)->index = 1; }
`);
    const { index } = workingsOf(createFacts(unit, { lookup: apiFunction }));
    const stored = ["snd_pcm_runtime.dma_area", "vm_fault.page", "page.index"].map((key) => index.storesTo(key).length);
    expect(stored).toEqual([1, 1, 1]);
  });
});

describe("coherent memory", () => {
  test.each([
    ["an allocation", "void f(struct dev *d) { d->buf = dma_alloc_coherent(d->dev, 64, &d->dma, GFP_KERNEL); }", true],
    [
      "the sound core",
      "void f(struct snd_pcm *p) { snd_pcm_set_managed_buffer_all(p, SNDRV_DMA_TYPE_DEV, 0, 1, 1); }",
      true,
    ],
    [
      "a macro of the unit",
      "#define GET(d) dma_alloc_coherent(d, 64, 0, 0)\nvoid f(struct dev *d) { d->b = GET(d); }",
      true,
    ],
    ["nothing", "void f(struct dev *d) { d->buf = kmalloc(64, GFP_KERNEL); }", false],
  ])("may come about by %s", (_, text, expected) => {
    expect(mayHoldCoherent(createFacts(unitOf(text), { lookup: apiFunction }))).toBe(expected);
  });

  test("may come from functions of other units", () => {
    const facts = createFacts(unitOf("void f(void) { other(); }"), { lookup: apiFunction, knowsOthers: true });
    expect(mayHoldCoherent(facts)).toBe(true);
  });
});
