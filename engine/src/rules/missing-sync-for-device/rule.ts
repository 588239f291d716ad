/**
 * Looks for writes to a buffer that stays mapped for the device until the teardown, in a driver that never syncs it for the device.
 * Silent in drivers that flush by hand or ask for coherence, and where the function runs together with a map or an unmap of the buffer.
 */
import type { Facts } from "../../analysis/facts.ts";
import { unsyncedAccesses } from "../../analysis/ownership/kept-ownership.ts";
import { accessStep, accessWords, mapStep, moreBelow } from "../../analysis/ownership/kept-words.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/missing-sync-for-device",
    group: "streaming",
    severity: "error",
    stage: "stable",
    summary:
      "What the CPU writes to a buffer that stays mapped must be synced for the device before the device reads it.",
    why: "The bytes stay in dirty cache lines, or in the original behind a bounce buffer, and the device fetches the old ones: an old command, an old packet.",
    remedy: "Call dma_sync_single_for_device() for the bytes that were written before the device is told to read them.",
    basis: [
      "Documentation/core-api/dma-api.rst:300-305, 456-465 (6.12.117): sync after writing what the device will read",
      "Documentation/core-api/dma-api-howto.rst:643-653 (6.12.117): dma_sync_single_for_device() before the buffer is handed over again",
    ],
    when: "Where the device is not cache coherent, and everywhere with bounce buffers (swiotlb), also on x86.",
    proof: "owned-by-device",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  const told = new Set<string>();
  for (const { kept, owner, kind, accesses, otherSync } of unsyncedAccesses(facts)) {
    const [{ access }, ...others] = accesses;
    const place = `${access.span.file} ${access.span.start}`;
    if (kind !== "store" || otherSync || kept.map.direction === "from-device" || told.has(place)) continue;
    told.add(place);
    yield {
      ...access.span,
      message: `${accessWords(facts, owner, access, kept)}, which stays mapped for the device, and nothing syncs it for the device${moreBelow(others)}: the device may read older bytes.`,
      function: owner.name,
      path: [mapStep(kept), accessStep(owner, access)],
      subjects: [kept.handleField],
      fixes: [],
    };
  }
}
