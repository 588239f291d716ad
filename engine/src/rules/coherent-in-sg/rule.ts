/**
 * Looks for scatterlist entries made of coherent memory: sg_set_buf() and sg_init_one() on its pointer (both take
 * virt_to_page() of it), and sg_set_page() of such a page in a list that dma_map_sg() gets. A list that is only the driver's own
 * notebook is left to dma/coherent-virt-to-page.
 */
import { coherentEntries } from "../../analysis/coherent/coherent-uses.ts";
import type { Facts } from "../../analysis/facts.ts";
import { makerOf, pathTo, subjectAt } from "../../analysis/flow/finding-path.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/coherent-in-sg",
    group: "coherent",
    severity: "error",
    stage: "stable",
    summary: "A scatterlist for dma_map_sg() must be built from ordinary pages, never from coherent memory.",
    why: "The list's page is computed with virt_to_page(), which is another page wherever coherent memory is remapped; and dma_map_sg() cleans the cache through an alias that coherent memory must not have.",
    remedy:
      "Give the device the dma_addr_t that the allocator returned (dmaengine_prep_slave_single() for one segment), or allocate with dma_alloc_noncontiguous() and sync.",
    basis: [
      'kernel/dma/mapping.c:471-481 (6.12.117): a table of coherent memory is "fundamentally unsafe"',
      "include/linux/scatterlist.h:183-190 (6.12.117): sg_set_buf() is virt_to_page(), with BUG_ON under CONFIG_DEBUG_SG",
      'Benjamin Herrenschmidt, alsa-devel, 7 May 2008: "it\'s never valid to create an SG list with the output of dma_alloc_coherent"',
    ],
    when: "Machines without coherent DMA, everything behind an IOMMU, and every kernel with CONFIG_DEBUG_SG.",
    proof: "coherent-sg",
    subsumes: ["dma/coherent-virt-to-page"],
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { call, subject, origin } of coherentEntries(facts)) {
    const { function: owner, statement } = call;
    const name = subjectAt(facts, owner, statement.id, subject, origin);
    yield {
      ...statement.calleeSpan,
      message: `${call.name}() puts ${name}, coherent memory (${makerOf(origin)}), into a scatterlist: its page is not the memory's wherever that is remapped.`,
      function: owner.name,
      path: pathTo(origin, owner, statement.id, statement.calleeSpan, "put into a scatterlist here"),
      subjects: [name],
      fixes: [],
    };
  }
}
