/** Looks for dma_cache_sync(). Silent where the driver defines a function of that name itself. No fix: the handle is not at hand. */
import type { Facts } from "../../analysis/facts.ts";
import { type RemovedFunction, removedCalls } from "../../analysis/fixes/removed-calls.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "legacy/dma-cache-sync",
    group: "legacy",
    severity: "warning",
    stage: "preview",
    summary: "dma_cache_sync() is gone: memory of dma_alloc_noncoherent() is synced by its DMA address.",
    why: "It took the CPU's address, for memory that was allocated with DMA_ATTR_NON_CONSISTENT, and most architectures did nothing there.",
    remedy:
      "Allocate by dma_alloc_noncoherent(), and call dma_sync_single_for_device() or dma_sync_single_for_cpu() with its DMA address.",
    basis: [
      "Documentation/core-api/dma-api.rst (6.12.117), part II: dma_alloc_noncoherent() and dma_sync_single_for_*",
      "include/linux/dma-mapping.h (6.12.117): dma_cache_sync() and DMA_ATTR_NON_CONSISTENT are not there; gone in 5.10",
    ],
    when: "Everywhere: the driver does not build.",
    fixes: [],
  },
  check,
};
export default rule;

const removed: readonly RemovedFunction[] = [
  { name: "dma_cache_sync", successor: "dma_sync_single_for_device", gone: "5.10" },
];

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { function: owner, statement } of removedCalls(facts, removed)) {
    const memory = statement.arguments[1];
    const name = memory ? facts.textOf(owner, memory) : "the memory";
    const place = { ...statement.calleeSpan, function: owner.name, statement: statement.id };
    yield {
      ...statement.calleeSpan,
      message: `dma_cache_sync() is gone since Linux 5.10: ${name} is synced by its DMA address, with dma_sync_single_for_device() or dma_sync_single_for_cpu().`,
      function: owner.name,
      path: [{ ...place, role: "sink", note: "called here" }],
      subjects: [name],
      fixes: [],
    };
  }
}
