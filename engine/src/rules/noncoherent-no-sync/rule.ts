/**
 * Looks for CPU accesses to memory from dma_alloc_noncoherent() in drivers without any sync.
 * Silent as soon as the driver syncs anything, calls something that may, by its name, or asks whether the device is coherent.
 */
import type { Facts } from "../../analysis/facts.ts";
import { unsyncedNoncoherent } from "../../analysis/ownership/unsynced-noncoherent.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/noncoherent-no-sync",
    group: "aliases",
    severity: "error",
    stage: "preview",
    summary:
      "Memory from dma_alloc_noncoherent() needs dma_sync_*() around every change of its owner, like a streaming mapping.",
    why: "The memory is cached like any other. What the CPU writes stays in the cache, and what it reads may be older than what the device wrote.",
    remedy:
      "Call dma_sync_single_for_device() after the CPU's writes and dma_sync_single_for_cpu() before its reads, or allocate with dma_alloc_coherent().",
    basis: [
      "Documentation/core-api/dma-api.rst:534-569, 637-640 (6.12.117): the memory may be incoherent, and must be synced",
      "include/linux/dma-mapping.h:365 (6.12.117): dma_alloc_noncoherent() is dma_alloc_pages() with the page's address",
    ],
    when: "Where the device is not cache coherent.",
    proof: "noncoherent-memory",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { allocation, owner, access } of unsyncedNoncoherent(facts)) {
    const { statement, name } = allocation;
    const what = access.place ? facts.textOfPlace(owner, access.place) : "the memory";
    const how = access.by !== undefined ? `${access.by}()` : "the CPU";
    yield {
      ...access.span,
      message: `${how} ${access.kind === "store" ? "writes" : "reads"} ${what} from ${name}(), and the driver never syncs it: the CPU and the device may see different bytes.`,
      function: owner.name,
      path: [
        {
          ...statement.calleeSpan,
          function: allocation.function.name,
          statement: statement.id,
          role: "allocate",
          note: "cached memory allocated here",
        },
        { ...access.span, function: owner.name, statement: access.statement, role: "sink", note: "touched here" },
      ],
      subjects: [what],
      fixes: [],
    };
  }
}
