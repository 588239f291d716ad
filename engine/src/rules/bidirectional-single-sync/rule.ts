/**
 * Looks for memory mapped DMA_BIDIRECTIONAL until the teardown that the driver syncs only one way although it needs the other, too:
 * it reads without any sync_for_cpu, or writes without any sync_for_device. Silent in drivers that flush by hand or ask for coherence.
 */
import type { Facts } from "../../analysis/facts.ts";
import { unsyncedAccesses } from "../../analysis/ownership/kept-ownership.ts";
import { accessStep, accessWords, eventStep, mapStep, moreBelow } from "../../analysis/ownership/kept-words.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/bidirectional-single-sync",
    group: "streaming",
    severity: "error",
    stage: "preview",
    summary:
      "Memory that is mapped DMA_BIDIRECTIONAL is synced twice: for the device before it is handed over, and for the CPU before it is read.",
    why: "Each sync does half of the work. Without the one for the device, what the CPU wrote stays in the cache; without the one for the CPU, the CPU reads cached bytes that are older than the transfer.",
    remedy:
      "Add the missing half: dma_sync_single_for_device() after writing, dma_sync_single_for_cpu() before reading.",
    basis: [
      "Documentation/core-api/dma-api.rst:312-319, 464-465 (6.12.117): bidirectional memory must be synced twice",
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
    if (kept.map.direction !== "bidirectional" || !otherSync || told.has(place)) continue;
    told.add(place);
    yield {
      ...access.span,
      message: `${accessWords(facts, owner, access, kept)}, which is mapped DMA_BIDIRECTIONAL and synced only by ${otherSync.api.name}()${moreBelow(others)}: the sync for ${kind === "load" ? "the CPU" : "the device"} is missing.`,
      function: owner.name,
      path: [mapStep(kept), eventStep(otherSync, "synced the other way here"), accessStep(owner, access)],
      subjects: [kept.handleField],
      fixes: [],
    };
  }
}
