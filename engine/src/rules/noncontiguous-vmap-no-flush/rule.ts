/**
 * Looks for dma_vmap_noncontiguous() in drivers that call neither flush_kernel_vmap_range() nor invalidate_kernel_vmap_range(): the
 * syncs of the table do not reach the lines of that address.
 */
import type { Facts } from "../../analysis/facts.ts";
import { unmanagedNoncontiguous } from "../../analysis/aliases/unmanaged-aliases.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/noncontiguous-vmap-no-flush",
    group: "aliases",
    severity: "warning",
    stage: "preview",
    summary:
      "Access through dma_vmap_noncontiguous() needs flush_kernel_vmap_range() and invalidate_kernel_vmap_range() beside the syncs.",
    why: "The address is a vmap() of scattered pages. On a cache that is indexed by virtual address dma_sync_sgtable_*() cleans the lines of the linear map, and what was written by the address stays in others.",
    remedy:
      "flush_kernel_vmap_range(address, size) before dma_sync_sgtable_for_device(); invalidate_kernel_vmap_range(address, size) before dma_sync_sgtable_for_cpu() and the reads.",
    basis: [
      "Documentation/core-api/dma-api.rst:664-667 (6.12.117)",
      "sound/core/memalloc.c:594-610 (6.12.117): the reference, which calls both",
      "Documentation/core-api/cachetlb.rst:374-398 (6.12.117)",
    ],
    when: "Caches that are indexed by virtual address. Elsewhere the calls cost nothing.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const call of unmanagedNoncontiguous(facts)) {
    const { function: owner, statement } = call;
    const table = call.argument("sgt");
    const name = table ? facts.textOf(owner, table) : "the table";
    yield {
      ...statement.calleeSpan,
      message: `dma_vmap_noncontiguous() makes a second address of the pages in ${name}; nothing flushes or invalidates it, and dma_sync_sgtable_*() does not reach it.`,
      function: owner.name,
      path: [
        {
          ...statement.calleeSpan,
          function: owner.name,
          statement: statement.id,
          role: "sink",
          note: "second address made here",
        },
      ],
      subjects: [name],
      fixes: [],
    };
  }
}
