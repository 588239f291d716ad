import { describe, expect, test } from "vitest";
import { engine } from "@dma-lens/engine";
import { isSnippet, relevanceOf } from "./relevance.ts";

const relevant = relevanceOf(engine.catalogue);

describe("relevance", () => {
  test.each([
    "x = dma_alloc_coherent(dev, n, &h, GFP_KERNEL);",
    "return remap_pfn_range(vma, a, b, c, d);",
    "usb_control_msg(udev, pipe, 0, 0, 0, 0, buf, 8, 100);",
    "sg_init_one(&sg, buf, n);",
    "\u00e4\u00f6 dma_map_sg(dev, sg, 1, dir)",
    "#define MAP dma_map_single",
    "__raw_writel(page_to_phys(page) + offset, START);",
  ])("%s matters, as bytes and as text", (text) => {
    expect([relevant(text), relevant(Buffer.from(text))]).toEqual([true, true]);
  });

  test.each([
    "readl(base); writel(1, base); kmalloc(8, GFP_KERNEL); memcpy(a, b, 8);",
    "my_dma_map_single(x); xdma_alloc_coherent(y);",
    "",
    "dma_",
  ])("%s does not", (text) => {
    expect([relevant(text), relevant(Buffer.from(text))]).toEqual([false, false]);
  });

  test("every record of a telling group is found by its own name", () => {
    const groups = new Set(["coherent-alloc", "noncoherent-alloc", "streaming", "sg", "map-user", "dma-sink"]);
    const names = engine.catalogue
      .filter((api) => groups.has(api.group) && /^\w+$/.test(api.name))
      .map((api) => api.name);
    expect(names.length).toBeGreaterThan(200);
    expect(names.filter((name) => !relevant(`\t${name}(x);`))).toEqual([]);
  });

  test("a snippet imports the kernel's names", () => {
    expect(isSnippet('import { kmalloc } from "dma-lens/kernel";')).toBe(true);
    expect(isSnippet("import x from 'dma-lens/kernel'")).toBe(true);
    expect(isSnippet("// dma-lens/kernel")).toBe(false);
  });
});
