/** What one unit tells another of its functions, and what the other makes of it. */
import { describe, expect, it } from "vitest";
import { apiFunction } from "../../kernel/catalogue.ts";
import { buildCUnit } from "../../program/index.ts";
import { parseC } from "../../syntax/c/parse.ts";
import type { Facts } from "../facts.ts";
import { type FunctionSummary, summariesOf, withSummaries } from "./function-summaries.ts";
import { forbiddenOrigins } from "./judgement.ts";
import { createFacts } from "../unit-facts.ts";

function factsOf(text: string, elsewhere: readonly FunctionSummary[] = []): Facts {
  const unit = buildCUnit([{ name: "a.c", text, syntax: parseC(text) }]);
  return createFacts(unit, withSummaries({ lookup: apiFunction }, elsewhere));
}
function told(text: string): readonly string[] {
  return summariesOf(factsOf(text)).map(
    ({ api, exported }) =>
      `${exported ? "exported " : ""}${api.name}(${api.parameters.map((one) => one.role).join(", ")}): ${api.effect}${
        api.memory === undefined ? "" : ` ${api.memory}`
      }${api.handle === undefined ? "" : ` ${api.handle}`}`,
  );
}

const library = `
void *lib_alloc(struct device *dev, size_t size, dma_addr_t *handle)
{
  void *p = dma_alloc_coherent(dev, size, handle, GFP_KERNEL);
  if (!p)
    return NULL;
  memset(p, 0, size);
  return p;
}
EXPORT_SYMBOL_GPL(lib_alloc);
`;

describe("summariesOf", () => {
  it.each<[string, string, readonly string[]]>([
    ["memory and a handle", library, ["exported lib_alloc(other, other, handle-out): allocate coherent dma-coherent"]],
    ["a static function", library.replace("void *lib_alloc", "static void *lib_alloc"), []],
    [
      "one that is not exported",
      library.replace(/EXPORT.*/, ""),
      ["lib_alloc(other, other, handle-out): allocate coherent dma-coherent"],
    ],
    [
      "two kinds of memory",
      "void *lib_get(struct device *dev, int n, dma_addr_t *h) { if (n) return kmalloc(n, GFP_KERNEL); return dma_alloc_coherent(dev, 1, h, GFP_KERNEL); }",
      [],
    ],
    [
      "what it maps",
      "int lib_send(struct device *dev, void *data, size_t n) { dma_addr_t h = dma_map_single(dev, data, n, DMA_TO_DEVICE); return h; }",
      ["lib_send(other, data, size): does-dma"],
    ],
    [
      "a bounce buffer",
      "int lib_send(struct device *dev, void *data, size_t n, void *b) { void *copy = kmalloc(n, GFP_KERNEL); memcpy(copy, data, n); return dma_map_single(dev, copy, n, DMA_TO_DEVICE); }",
      [],
    ],
    [
      "a mapping that a flag decides",
      "int lib_send(struct device *dev, void *data, size_t n, bool dma) { if (!dma) return 0; return dma_map_single(dev, data, n, DMA_TO_DEVICE); }",
      [],
    ],
    [
      "a test of the address",
      "int lib_send(struct device *dev, void *data, size_t n) { if (is_vmalloc_addr(data)) return -EINVAL; return dma_map_single(dev, data, n, DMA_TO_DEVICE); }",
      [],
    ],
    [
      "a check",
      "int lib_bad(struct device *dev, dma_addr_t h) { return dma_mapping_error(dev, h); }",
      ["lib_bad(other, handle): check-handle"],
    ],
  ])("%s", (_, text, expected) => {
    expect(told(text)).toEqual(expected);
  });
});

describe("withSummaries", () => {
  const user = `
struct d { struct device *dev; dma_addr_t dma; };
void f(struct d *d) { void *p = lib_alloc(d->dev, 64, &d->dma); sink(p, d->dma); }
`;
  const arriving = (text: string, elsewhere: readonly FunctionSummary[]): readonly string[] => {
    const facts = factsOf(text, elsewhere);
    const site = facts.callsTo("sink")[0];
    return (site?.statement.arguments ?? []).map((argument) => {
      const value = site && facts.valueOf({ function: site.function, statement: site.statement.id }, argument);
      return value
        ? forbiddenOrigins(value, (one) => one.kind !== "unknown")
            .map((one) => one.origin.kind)
            .join()
        : "";
    });
  };
  const known = summariesOf(factsOf(library));

  it("tells a caller in another unit what it gets", () => {
    expect(arriving(user, [])).toEqual(["", ""]);
    expect(arriving(user, known)).toEqual(["coherent", "dma-coherent"]);
  });
  it("lets the unit's own function of the name go first", () => {
    const own =
      "static void *lib_alloc(struct device *dev, size_t n, dma_addr_t *h) { return kmalloc(n, GFP_KERNEL); }";
    expect(arriving(own + user, known)[0]).toBe("linear");
  });
  it("believes neither of two that differ", () => {
    const other = summariesOf(
      factsOf("void *lib_alloc(struct device *dev, size_t n, dma_addr_t *h) { return vmalloc(n); }"),
    );
    expect(other).toHaveLength(1);
    expect(arriving(user, [...known, ...other])).toEqual(["", ""]);
    expect(arriving(user, [...known, ...known])).toEqual(["coherent", "dma-coherent"]);
  });
});
