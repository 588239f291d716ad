/**
 * Looks for tables of dma_get_sgtable() that are mapped with CPU sync, synced, or read by sg_virt() and kin. Silent where the map is told
 * to leave the caches alone, and where the table may have been filled with ordinary pages.
 */
import { type TableOfCoherent, tablesOfCoherent } from "../../analysis/coherent/exported-tables.ts";
import type { Facts } from "../../analysis/facts.ts";
import type { Rule, RuleFinding, RuleFix } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/get-sgtable-remap",
    group: "coherent",
    severity: "warning",
    stage: "stable",
    summary:
      "The table that dma_get_sgtable() makes of coherent memory must not be mapped, synced or read through the cache.",
    why: "The table's pages lead to the linear map, which is cached; the memory is in use through another alias. Cache maintenance through the wrong one writes old lines over what the device stored, and a read by sg_virt() finds what was cached before.",
    remedy:
      "Map and unmap the table with DMA_ATTR_SKIP_CPU_SYNC, leave out its syncs, and reach the memory by the pointer that the allocator returned. A buffer that is to be shared is better allocated with dma_alloc_noncontiguous().",
    basis: [
      'kernel/dma/mapping.c:471-481 (6.12.117): "fundamentally unsafe", coherent memory is not allowed in the streaming API',
      "drivers/media/common/videobuf2/videobuf2-dma-contig.c:399-407 (6.12.117): the same table, mapped with DMA_ATTR_SKIP_CPU_SYNC",
      "kernel/dma/direct.c:396-441 (6.12.117): a sync goes by sg_dma_address(), which dma_get_sgtable() does not set",
    ],
    when: "Machines without coherent DMA. A sync of a table that was never mapped is wrong on all of them.",
    fixes: [{ id: "skip-sync", title: "Leave the caches alone", safety: "review" }],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const use of tablesOfCoherent(facts)) {
    const { call, subject, made, how } = use;
    const { function: owner, statement } = call;
    const span = statement.calleeSpan;
    const name = facts.textOf(owner, subject);
    const told = {
      map: `${call.name}() maps ${name}, a table of coherent memory (${made.name}()), with CPU sync: the cache is cleaned through another alias than the one in use.`,
      sync: `${call.name}() syncs ${name}, a table of coherent memory (${made.name}()) that was never mapped: it has no DMA addresses, and the memory needs no sync.`,
      read: `${call.name}() reaches coherent memory through ${name}, a table of ${made.name}(): that is the cached alias, not the one in use.`,
    };
    yield {
      ...span,
      message: told[how],
      function: owner.name,
      path: [
        {
          ...made.statement.calleeSpan,
          function: made.function.name,
          statement: made.statement.id,
          role: "pass",
          note: "table of coherent memory made here",
        },
        { ...span, function: owner.name, statement: statement.id, role: "sink", note: `${notes[how]} here` },
      ],
      subjects: [name, how],
      fixes: skipSync(use),
    };
  }
}

const notes = { map: "mapped with CPU sync", sync: "synced", read: "reached through the cache" };

/** The attribute for the map and all its unmaps; none where one of them is written otherwise. */
function skipSync({ noAttributes, unmaps }: TableOfCoherent): readonly RuleFix[] {
  if (!noAttributes) return [];
  const places = [noAttributes];
  for (const unmap of unmaps) {
    const attributes = unmap.argument("attrs");
    if (attributes?.kind !== "constant" || attributes.value !== 0n || attributes.name !== undefined) return [];
    places.push(attributes);
  }
  const edits = places.map(({ file, start, end }) => ({ file, start, end, newText: "DMA_ATTR_SKIP_CPU_SYNC" }));
  return [{ id: "skip-sync", title: "Map and unmap with DMA_ATTR_SKIP_CPU_SYNC", edits }];
}
