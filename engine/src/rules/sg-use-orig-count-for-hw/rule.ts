/**
 * Looks for loops that take DMA addresses or lengths of entries by the count that dma_map_sg() was given. Silent where the result is
 * kept in the same place as that count, or compared with it.
 */
import type { Facts } from "../../analysis/facts.ts";
import { originalCountLoops } from "../../analysis/streaming/mapped-counts.ts";
import type { ProgramFunction } from "../../program/program.ts";
import type { Rule, RuleFinding, RuleFix } from "../rule.ts";

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
    fixes: [{ id: "mapped-count", title: "Loop by what the mapping returned", safety: "review" }],
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
      fixes: mappedCount(facts, owner, loop, count, map),
    };
  }
}

type Loop = ReturnType<typeof originalCountLoops>[number];

/** for_each_sgtable_dma_sg() for a table; for a list the variable that the map call of the same function has filled. */
function mappedCount(
  facts: Facts,
  owner: ProgramFunction,
  loop: Loop["loop"],
  count: Loop["count"],
  map: Loop["map"],
): readonly RuleFix[] {
  if (owner.language !== "c") return [];
  const { file, start, macro } = loop;
  const text = facts.unit.files.get(file)?.text ?? "";
  if (count === undefined) {
    if (macro !== "for_each_sgtable_sg" || !text.startsWith(macro, start)) return [];
    const edit = { file, start, end: start + macro.length, newText: "for_each_sgtable_dma_sg" };
    return [{ id: "mapped-count", title: "Use for_each_sgtable_dma_sg()", edits: [edit] }];
  }
  const given = loop.arguments[2];
  const result = map?.function === owner ? map.statement.result : undefined;
  if (!given || result?.root.kind !== "variable" || result.steps.length > 0) return [];
  const variable = facts.textOfPlace(owner, result);
  if (!/^\w+$/.test(variable)) return [];
  const edit = { file: given.file, start: given.start, end: given.end, newText: variable };
  return [{ id: "mapped-count", title: `Loop by ${variable}`, edits: [edit] }];
}
