/**
 * Looks for page_address() and its kin on pages that were allocated with a highmem mask, or that user space brought, and for sg_virt() of
 * entries that hold such a page. Silent for a mask that is chosen elsewhere.
 */
import type { Facts } from "../../analysis/facts.ts";
import { highmemAddresses } from "../../analysis/buffers/highmem-pages.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/map-page-highmem-address",
    group: "streaming",
    severity: "warning",
    stage: "preview",
    summary: "A page that may lie in highmem has no address of its own.",
    why: "page_address() is NULL for a highmem page that nobody mapped. Used for DMA or by the CPU it is a null pointer, on the machine with much memory only.",
    remedy: "Map the page: dma_map_page() for the device, kmap_local_page() for the CPU; or allocate with GFP_KERNEL.",
    basis: [
      "Documentation/mm/highmem.rst (6.12.117)",
      "mm/highmem.c, page_address() (6.12.117): NULL unless mapped",
      "Documentation/core-api/dma-api-howto.rst:552-556 (6.12.117)",
    ],
    when: "32-bit kernels with CONFIG_HIGHMEM.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { function: owner, call, name, subject, source, path } of highmemAddresses(facts)) {
    yield {
      ...call.calleeSpan,
      message: `${name}() of ${subject}, which may lie in highmem (${source}), is NULL there.`,
      function: owner.name,
      path,
      subjects: [subject],
      fixes: [],
    };
  }
}
