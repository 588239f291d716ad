/** Looks for the streaming API called on coherent memory: by its pointer, or by a page made of it. */
import { allocationTerms } from "../../analysis/fixes/allocation-terms.ts";
import { type CoherentRemap, coherentRemaps } from "../../analysis/coherent/coherent-uses.ts";
import type { Facts } from "../../analysis/facts.ts";
import { makerOf, pathTo, subjectAt } from "../../analysis/flow/finding-path.ts";
import { isNeverUnmapped } from "../../analysis/streaming/streaming-pairs.ts";
import type { Rule, RuleFinding, RuleFix } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/coherent-map-single",
    group: "coherent",
    severity: "error",
    stage: "stable",
    summary: "Coherent memory must not be handed to the streaming API again.",
    why: "It has a DMA address already. dma_map_single() computes the physical address with linear-map arithmetic and maintains the cache through an alias: it fails, loses data, or leaks IOMMU space.",
    remedy: "Delete the map and unmap calls and use the dma_addr_t that the allocator returned.",
    basis: [
      "kernel/dma/mapping.c:478-480 (6.12.117)",
      "include/linux/dma-mapping.h:380-383 (6.12.117): a vmalloc address gives a warning and DMA_MAPPING_ERROR",
      "Documentation/core-api/dma-api-howto.rst:124-143 (6.12.117): what memory is DMA'able",
    ],
    when: "Where coherent memory is remapped the call fails; on machines with an uncached segment (MIPS) data is lost; on coherent machines it wastes a mapping.",
    proof: "coherent-remapped",
    subsumes: ["dma/coherent-virt-to-page"],
    fixes: [{ id: "use-handle", title: "Use the DMA address of the allocation", safety: "review" }],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const remap of coherentRemaps(facts)) {
    const { call, subject, origin } = remap;
    const { function: owner, statement } = call;
    const name = subjectAt(facts, owner, statement.id, subject, origin);
    yield {
      ...statement.calleeSpan,
      message: `${call.name}() maps ${name} again: it is coherent memory and has the DMA address that ${makerOf(origin)} returned.`,
      function: owner.name,
      path: pathTo(origin, owner, statement.id, statement.calleeSpan, "mapped a second time here"),
      subjects: [name],
      fixes: handleFix(facts, remap),
    };
  }
}

/** The handle in place of the call, where it has a name there and nothing unmaps what the call returned. */
function handleFix(facts: Facts, { call, subject, origin }: CoherentRemap): readonly RuleFix[] {
  const { function: owner, statement } = call;
  const terms = allocationTerms(facts, owner, statement.id, subject, origin);
  // With an unmap somewhere, or a pointer into the middle, the call alone is not the whole of it.
  if (!terms || origin.conversions.length > 0 || !isNeverUnmapped(facts, call)) return [];
  return [
    {
      id: "use-handle",
      title: `Use ${terms.handle}`,
      edits: [{ file: statement.file, start: statement.start, end: statement.end, newText: terms.handle }],
    },
  ];
}
