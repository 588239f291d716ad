/**
 * Looks for syncs for the CPU of memory that is mapped DMA_TO_DEVICE, with no CPU write behind them that a sync for the device would give
 * away. Silent where the unit has such a sync for the same memory (a bracket), and where a map of another direction may be meant.
 */
import type { Facts } from "../../analysis/facts.ts";
import { type IdleCpuSync, idleCpuSyncs } from "../../analysis/ownership/idle-cpu-syncs.ts";
import type { PathStep } from "../../program/program.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/sync-for-cpu-to-device",
    group: "streaming",
    severity: "hint",
    stage: "preview",
    summary: "What is mapped DMA_TO_DEVICE is synced for the CPU only to be written anew and given back to the device.",
    why: "The device does not write what is mapped DMA_TO_DEVICE, so the sync has nothing to bring to the CPU. If the device does write there, the map's direction is wrong: behind an IOMMU the write faults, and a bounce buffer is not copied back, so the CPU reads its own old bytes.",
    remedy:
      "Drop the sync; or map the memory DMA_BIDIRECTIONAL, and say so in every sync and in the unmap, where the device writes too.",
    basis: [
      "Documentation/core-api/dma-api.rst:312-319, 456-465 (6.12.117): which direction is synced when",
      'kernel/dma/debug.c:1131-1156 (6.12.117): "device driver syncs device read-only DMA memory for cpu"',
      "kernel/dma/swiotlb.c (6.12.117): swiotlb_sync_single_for_cpu() copies nothing back of DMA_TO_DEVICE",
      "arch/arm64/mm/dma-mapping.c:20-30 (6.12.117): arch_sync_dma_for_cpu() does nothing for DMA_TO_DEVICE",
    ],
    when: "Where the device writes after all: without cache coherence, with bounce buffers (swiotlb), behind an IOMMU. Otherwise the call is only idle.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const idle of idleCpuSyncs(facts)) {
    const { sync, maps, read } = idle;
    const { owner, call } = sync;
    const subject = sync.handle ?? sync.buffer;
    const handle = subject ? facts.textOf(owner, subject) : "the memory";
    const maker = maps[0].api.name;
    yield {
      ...call.calleeSpan,
      message: `${sync.api.name}() of ${handle}, which ${maker}() maps DMA_TO_DEVICE${reasonOf(facts, idle)}`,
      severity: read ? "warning" : "hint",
      function: owner.name,
      path: [
        ...maps.slice(0, 4).map(
          (map): PathStep => ({
            ...map.call.calleeSpan,
            function: map.owner.name,
            statement: map.call.id,
            role: "map",
            note: "mapped DMA_TO_DEVICE here",
          }),
        ),
        ...(read
          ? [
              {
                ...read.access.span,
                function: owner.name,
                statement: read.access.statement,
                role: "load" as const,
                note: "read here",
              },
            ]
          : []),
        {
          ...call.calleeSpan,
          function: owner.name,
          statement: call.id,
          role: "sink",
          note: "synced for the CPU here",
        },
      ],
      subjects: [handle],
      fixes: [],
    };
  }
}

function reasonOf(facts: Facts, { sync, read, unmap }: IdleCpuSync): string {
  if (read) {
    const { by, place } = read.access;
    const what = place ? facts.textOfPlace(sync.owner, place) : "it";
    return `, and ${by === undefined ? "the CPU" : `${by}()`} reads ${what} behind it: what the device wrote would need DMA_BIDIRECTIONAL.`;
  }
  if (unmap) return `: it does nothing, and ${unmap.api.name}() follows.`;
  return ": it does nothing, and nothing gives the memory back to the device by a sync.";
}
