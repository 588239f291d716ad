/**
 * Looks for unmaps and syncs of scatterlists by the count that dma_map_sg() returned. Silent where the driver compares the two counts,
 * and where the count's field is also filled in another way.
 */
import type { Facts } from "../../analysis/facts.ts";
import { mappedCountEnds } from "../../analysis/streaming/mapped-count-ends.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/unmap-sg-mapped-count",
    group: "streaming",
    severity: "error",
    stage: "preview",
    summary:
      "A list is unmapped and synced with the count that dma_map_sg() was given, not with the one that it returned.",
    why: "Where entries were joined, the returned count is smaller: the entries at the end of the list are not handed back to the CPU, which then reads old bytes there. dma-debug reports the unmap.",
    remedy: "Keep the count that was mapped beside the one that was returned, or use a table and dma_unmap_sgtable().",
    basis: [
      "Documentation/core-api/dma-api.rst:420-425, 449-451 (6.12.117)",
      "kernel/dma/debug.c:1014-1020 (6.12.117): DMA-API: device driver frees DMA sg list with different entry count",
    ],
    when: "Where entries are joined: behind an IOMMU; the stale bytes where caches are not coherent.",
    fixes: [{ id: "original-count", title: "Take the count that was mapped", safety: "review" }],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { end, map, count, lost } of mappedCountEnds(facts)) {
    const argument = end.argument("count");
    const given = map.argument("count");
    if (!argument || !given) continue;
    const { function: owner, statement, name } = end;
    const { file, start, end: stop } = argument;
    const original = facts.textOf(map.function, given);
    yield {
      file,
      start,
      end: stop,
      message: lost
        ? `${name}() takes the count that ${map.name}() was given: ${count} holds the one that it returned, and nobody knows the other any more.`
        : `${name}() takes ${original}, the count that ${map.name}() was given: ${count} is the one that it returned.`,
      function: owner.name,
      path: [
        {
          ...map.statement.calleeSpan,
          function: map.function.name,
          statement: map.statement.id,
          role: "map",
          note: `mapped by ${map.name}() here`,
        },
        {
          file,
          start,
          end: stop,
          function: owner.name,
          statement: statement.id,
          role: "sink",
          note: "mapped count given here",
        },
      ],
      subjects: [count],
      fixes:
        !lost && map.function === owner && given.kind === "read"
          ? [
              {
                id: "original-count",
                title: `Take ${original}`,
                edits: [{ file, start, end: stop, newText: original }],
              },
            ]
          : [],
    };
  }
}
