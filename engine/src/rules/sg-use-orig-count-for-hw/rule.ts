/**
 * Looks for loops that take DMA addresses or lengths of entries by the count that dma_map_sg() was given. Silent where the result is
 * kept in the same place as that count, or compared with it.
 */
import type { Facts } from "../../analysis/facts.ts";
import { originalCountLoops } from "../../analysis/streaming/mapped-counts.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/sg-use-orig-count-for-hw",
    group: "streaming",
    severity: "error",
    stage: "stable",
    summary: "The device gets as many entries as dma_map_sg() returned, not as many as it was given.",
    why: "An IOMMU joins entries that follow each other: the DMA addresses stand in the first entries, and those behind them have length 0 or what an earlier mapping left. The device is given segments that are none.",
    remedy: "Keep what dma_map_sg() returns and loop by it; use for_each_sgtable_dma_sg() for a table.",
    basis: [
      "Documentation/core-api/dma-api.rst:393-412 (6.12.117): the loop goes by the returned count",
      "include/linux/scatterlist.h:39-43, 198-212 (6.12.117): nents is the mapped count, orig_nents the other",
    ],
    when: "Where entries are joined: behind an IOMMU.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { use, loop, count, map } of originalCountLoops(facts)) {
    const { function: owner, statement, name } = use;
    const pointer = statement.arguments[0];
    const list = loop.arguments[0];
    if (!pointer || !list) continue;
    const listText = facts.textOf(owner, list);
    const by =
      count === undefined
        ? `${loop.macro}() goes by the entries that ${listText} had before it was mapped`
        : `The loop goes by ${count}, which counts the entries of ${listText} before it was mapped`;
    const { file, start, end } = loop;
    yield {
      file,
      start,
      end,
      message: `${by}: ${name}(${facts.textOf(owner, pointer)}) is only good for as many as the mapping returned.`,
      function: owner.name,
      path: [
        ...(map
          ? [
              {
                ...map.statement.calleeSpan,
                function: map.function.name,
                statement: map.statement.id,
                role: "map" as const,
                note: `mapped by ${map.name}() here`,
              },
            ]
          : []),
        { file, start, end, function: owner.name, statement: -1, role: "sink", note: "loops by the original count" },
      ],
      subjects: [listText],
      fixes: [],
    };
  }
}
