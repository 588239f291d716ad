/**
 * Looks for a buffer, or a list, that a function maps for one device while it has mapped it already. Silent on ways on which the first map
 * failed or may have been undone, for different devices, for DMA_ATTR_SKIP_CPU_SYNC, and where the device only reads.
 */
import type { Facts } from "../../analysis/facts.ts";
import { mappedAgain } from "../../analysis/ownership/mapping-again.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/map-twice",
    group: "streaming",
    severity: "warning",
    stage: "preview",
    summary: "A buffer that is mapped belongs to the device, and must not be mapped again before it is unmapped.",
    why: "The second map cleans or invalidates lines over what the device stores meanwhile, and the second unmap does so again. A scatterlist keeps the addresses of its last mapping only: those of the first, in an IOMMU or in bounce buffers, are never given back.",
    remedy:
      "Unmap first. Where two devices share the buffer, sync it once and map it for the other with DMA_ATTR_SKIP_CPU_SYNC; a transfer both ways is one DMA_BIDIRECTIONAL mapping.",
    basis: [
      'kernel/dma/debug.c:598-603 (6.12.117): "cacheline tracking EEXIST, overlapping mappings aren\'t supported"',
      "Documentation/core-api/dma-api.rst:384-385 (6.12.117): a mapped scatterlist cannot be mapped again",
      "Documentation/core-api/dma-attributes.rst:49-68 (6.12.117): DMA_ATTR_SKIP_CPU_SYNC for a buffer of several devices",
    ],
    when: "Machines without coherent DMA for the stale bytes; behind an IOMMU and with bounce buffers for what is never given back.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { mapping, again } of mappedAgain(facts)) {
    const { owner, call } = again;
    const span = call.calleeSpan;
    const buffer = again.buffer ?? mapping.buffer;
    if (!buffer) continue;
    const name = facts.textOf(owner, buffer);
    const line =
      again.family === "sg" ? "its addresses of the first mapping are lost" : "overlapping mappings aren't supported";
    yield {
      ...span,
      message: `${again.api.name}() maps ${name}, which ${mapping.made.api.name}() has mapped already: ${line}.`,
      function: owner.name,
      path: [
        {
          ...mapping.call.calleeSpan,
          function: mapping.owner.name,
          statement: mapping.call.id,
          role: "map",
          note: `${name} mapped here`,
        },
        { ...span, function: owner.name, statement: call.id, role: "sink", note: "mapped again here" },
      ],
      subjects: [name],
      fixes: [],
    };
  }
}
