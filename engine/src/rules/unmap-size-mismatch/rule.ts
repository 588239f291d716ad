/**
 * Looks for unmaps of another size than the map's. Silent as soon as one map that the handle may come from can be of that size:
 * only constants, one value with a constant added, and a packet's length against a constant are told apart.
 */
import type { Facts } from "../../analysis/facts.ts";
import { misfits, sizesDiffer } from "../../analysis/ownership/mapping-partners.ts";
import { streamingEvents } from "../../analysis/ownership/streaming-events.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/unmap-size-mismatch",
    group: "streaming",
    severity: "error",
    stage: "preview",
    summary: "A streaming mapping must be unmapped with the size that it was mapped with.",
    why: "An IOMMU gives back only the addresses that the unmap names, or the neighbour's with them; bytes past a short unmap are neither invalidated in the caches nor copied back from a bounce buffer.",
    remedy: "Keep the mapped size beside the handle, for example with DEFINE_DMA_UNMAP_LEN(), and unmap with it.",
    basis: [
      "Documentation/core-api/dma-api.rst:327-328 (6.12.117): all parameters must be those of the map",
      'kernel/dma/debug.c:986-992 (6.12.117): "device driver frees DMA memory with different size"',
      "drivers/iommu/dma-iommu.c, __iommu_dma_unmap() (6.12.117): WARNs when it unmapped another size",
    ],
    when: "Behind an IOMMU, with bounce buffers, and where the device is not cache coherent.",
    proof: "hand-over",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const event of streamingEvents(facts)) {
    const { owner, call, size } = event;
    if (event.step !== "unmap" || !size) continue;
    const [map] = misfits(facts, event, (one) => sizesDiffer(facts, one, event));
    if (!map?.size) continue;
    const subject = event.handle ? facts.textOf(owner, event.handle) : "the handle";
    const mapped = facts.textOf(map.owner, map.size);
    const unmapped = facts.textOf(owner, size);
    yield {
      ...size,
      message: `${event.api.name}() frees DMA memory with different size: ${subject} is mapped with ${mapped} bytes by ${map.api.name}() and unmapped with ${unmapped}.`,
      function: owner.name,
      path: [
        {
          ...map.call.calleeSpan,
          function: map.owner.name,
          statement: map.call.id,
          role: "map",
          note: `${mapped} bytes mapped here`,
        },
        {
          ...call.calleeSpan,
          function: owner.name,
          statement: call.id,
          role: "sink",
          note: `${unmapped} bytes unmapped here`,
        },
      ],
      subjects: [subject],
      fixes: [],
    };
  }
}
