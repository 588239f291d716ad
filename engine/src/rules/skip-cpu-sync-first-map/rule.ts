/**
 * Looks for maps with DMA_ATTR_SKIP_CPU_SYNC in drivers that never sync such a mapping for the device.
 * Silent as soon as a sync of the driver may be about it, for MMIO, for dma_buf exporters, and where caches are flushed by hand.
 */
import type { Facts } from "../../analysis/facts.ts";
import { withoutAttribute } from "../../analysis/fixes/attribute-edits.ts";
import { neverSyncedMaps } from "../../analysis/ownership/skipped-syncs.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/skip-cpu-sync-first-map",
    group: "streaming",
    severity: "error",
    stage: "preview",
    summary: "A map with DMA_ATTR_SKIP_CPU_SYNC needs a dma_sync_*_for_device() before the device gets the buffer.",
    why: "The attribute leaves dirty cache lines as they are. The device reads what was in memory before, or the lines are evicted later and go over what the device has written.",
    remedy:
      "Leave the attribute out, or sync the mapped bytes with dma_sync_single_for_device() before the buffer is handed over.",
    basis: [
      "Documentation/core-api/dma-attributes.rst:46-68 (6.12.117): the attribute assumes that the buffer is in the device's domain already",
      "kernel/dma/direct.h:89-111 (6.12.117): dma_direct_map_page() syncs for the device only without it",
    ],
    when: "Where the device is not cache coherent; swiotlb copies at the map in spite of the attribute.",
    proof: "hand-over",
    fixes: [{ id: "sync", title: "Let the call do the cache operation", safety: "safe" }],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { owner, call, api, buffer } of neverSyncedMaps(facts)) {
    const what = buffer ? facts.textOf(owner, buffer) : "the buffer";
    const at = api.parameters.findIndex(({ role }) => role === "attrs");
    const edit = withoutAttribute(facts.unit, call, at, "DMA_ATTR_SKIP_CPU_SYNC");
    yield {
      ...call.calleeSpan,
      message: `${api.name}() maps ${what} with DMA_ATTR_SKIP_CPU_SYNC, and nothing syncs it for the device: dirty cache lines stay above what the device reads or writes.`,
      function: owner.name,
      path: [
        {
          ...call.calleeSpan,
          function: owner.name,
          statement: call.id,
          role: "sink",
          note: "mapped without a sync here",
        },
      ],
      subjects: [what],
      fixes: edit ? [{ id: "sync", edits: [edit] }] : [],
    };
  }
}
