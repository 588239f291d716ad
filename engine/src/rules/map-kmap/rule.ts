/**
 * Looks for the pointers of kmap(), kmap_atomic() and kmap_local_page() handed to dma_map_single(), a scatterlist or a USB transfer.
 * Silent for SPI, whose core looks the page up.
 */
import type { Facts } from "../../analysis/facts.ts";
import { pathTo } from "../../analysis/flow/finding-path.ts";
import { describe, wrongMemory } from "../../analysis/buffers/wrong-memory.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/map-kmap",
    group: "streaming",
    severity: "error",
    stage: "preview",
    summary: "A temporary mapping of a page must not be mapped for DMA by its address.",
    why: "On a kernel with highmem the pointer lies in the window of kmap(), not in the linear map: the address arithmetic gives another page, which the device then reads or overwrites.",
    remedy: "Map the page itself: dma_map_page(dev, page, offset, bytes, direction), or sg_set_page().",
    basis: [
      "Documentation/core-api/dma-api-howto.rst:142-143 (6.12.117): no kmap() addresses",
      "Documentation/mm/highmem.rst (6.12.117)",
      "drivers/spi/spi.c:1140-1147 (6.12.117): the SPI core tests for kmap() addresses",
    ],
    when: "32-bit kernels with CONFIG_HIGHMEM; with kmap_local_page() also where CONFIG_DEBUG_KMAP_LOCAL_FORCE_MAP is set.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { argument, origin } of wrongMemory(facts, ["kmap"], ["streaming", "scatterlist", "usb", "other"])) {
    const { function: owner, statement, name } = argument;
    yield {
      ...statement.calleeSpan,
      message: `${name}() gets ${describe(origin)}.`,
      function: owner.name,
      path: pathTo(origin, owner, statement.id, statement.calleeSpan, "used for DMA by its address here"),
      subjects: [argument.subject],
      fixes: [],
    };
  }
}
