/**
 * Looks for unmaps with DMA_ATTR_SKIP_CPU_SYNC of memory that the device wrote, in drivers where no sync_for_cpu and no other unmap makes it
 * visible to the CPU. Silent for what only the teardown unmaps, for dma_buf exporters, and where caches are flushed by hand.
 */
import type { Facts } from "../../analysis/facts.ts";
import { withoutAttribute } from "../../analysis/fixes/attribute-edits.ts";
import { neverSyncedUnmaps } from "../../analysis/ownership/skipped-syncs.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/unmap-skip-cpu-sync",
    group: "streaming",
    severity: "warning",
    stage: "preview",
    summary:
      "An unmap with DMA_ATTR_SKIP_CPU_SYNC of memory that the device wrote needs a dma_sync_*_for_cpu() before the CPU reads it.",
    why: "The attribute leaves the cache and the bounce buffer as they are. The CPU reads cached bytes that are older than the transfer, and with a bounce buffer it never gets the new ones.",
    remedy: "Leave the attribute out, or sync the bytes with dma_sync_single_for_cpu() before they are read.",
    basis: [
      "Documentation/core-api/dma-attributes.rst:46-68 (6.12.117): the driver syncs by itself where the attribute skips it",
      "kernel/dma/direct.h:113-126 (6.12.117): dma_direct_unmap_page() syncs for the CPU and copies a bounce buffer back only without it",
    ],
    when: "Where the device is not cache coherent, and everywhere with bounce buffers (swiotlb), also on x86.",
    fixes: [{ id: "sync", title: "Let the call do the cache operation", safety: "safe" }],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { owner, call, api, buffer, handle } of neverSyncedUnmaps(facts)) {
    const subject = handle ?? buffer;
    const what = subject ? facts.textOf(owner, subject) : "the buffer";
    const at = api.parameters.findIndex(({ role }) => role === "attrs");
    const edit = withoutAttribute(facts.unit, call, at, "DMA_ATTR_SKIP_CPU_SYNC");
    yield {
      ...call.calleeSpan,
      message: `${api.name}() unmaps ${what} with DMA_ATTR_SKIP_CPU_SYNC, and nothing syncs it for the CPU: what the device wrote may never be seen.`,
      function: owner.name,
      path: [
        {
          ...call.calleeSpan,
          function: owner.name,
          statement: call.id,
          role: "sink",
          note: "unmapped without a sync here",
        },
      ],
      subjects: [what],
      fixes: edit ? [{ id: "sync", edits: [edit] }] : [],
    };
  }
}
