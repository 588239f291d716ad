/**
 * Looks for writes to a buffer that is mapped DMA_FROM_DEVICE until the teardown, in a driver that never syncs it for the device.
 * Silent where a sync_for_device may write the dirty lines back, and in drivers that flush by hand or ask for coherence.
 */
import type { Facts } from "../../analysis/facts.ts";
import { unsyncedAccesses } from "../../analysis/ownership/kept-ownership.ts";
import { accessStep, accessWords, mapStep, moreBelow } from "../../analysis/ownership/kept-words.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/write-to-from-device",
    group: "streaming",
    severity: "warning",
    stage: "preview",
    summary:
      "A buffer that is mapped DMA_FROM_DEVICE is only read by the CPU; what the CPU writes needs DMA_BIDIRECTIONAL.",
    why: "The written line is dirty in the cache. The device fills the memory below it, and when the line is evicted the old bytes go over the new ones.",
    remedy: "Map the buffer DMA_BIDIRECTIONAL and sync it both ways, or keep what the CPU writes outside of it.",
    basis: [
      "Documentation/core-api/dma-api.rst:307-310 (6.12.117): DMA_FROM_DEVICE memory is read-only for the driver until it is unmapped",
      "Documentation/core-api/dma-api-howto.rst:717-725 (6.12.117): no sync for the device is needed only since the CPU does not modify the buffer",
    ],
    when: "Where the device is not cache coherent.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  const told = new Set<string>();
  for (const { kept, owner, kind, accesses } of unsyncedAccesses(facts)) {
    const [{ access }, ...others] = accesses;
    const place = `${access.span.file} ${access.span.start}`;
    if (kind !== "store" || kept.map.direction !== "from-device" || told.has(place)) continue;
    told.add(place);
    yield {
      ...access.span,
      message: `${accessWords(facts, owner, access, kept)}, which stays mapped DMA_FROM_DEVICE${moreBelow(others)}: the dirty line may go over what the device writes.`,
      function: owner.name,
      path: [mapStep(kept), accessStep(owner, access)],
      subjects: [kept.handleField],
      fixes: [],
    };
  }
}
