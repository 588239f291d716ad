/**
 * Looks for dma_map_sg() and dma_map_sgtable() whose failure nobody sees: a result that is dropped, a count that is tested for
 * its sign only, or one that bounds a loop over the entries and is tested nowhere that it gets to.
 */
import type { Facts } from "../../analysis/facts.ts";
import { misreadSgMaps, type SgMapMisread } from "../../analysis/streaming/sg-map-results.ts";
import { untestedCounts } from "../../analysis/streaming/untested-counts.ts";
import type { Rule, RuleFinding, RuleFix } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/map-sg-unchecked",
    group: "streaming",
    severity: "error",
    stage: "stable",
    summary:
      "dma_map_sg() returns 0 when it fails, dma_map_sgtable() a negative error number: each must be tested its own way.",
    why: "When the IOMMU's addresses or the bounce buffers are used up, the list has no DMA addresses. The driver goes on and gives the device what sg_dma_address() happens to hold, often 0 or the last transfer's address.",
    remedy: "Test for 0 after dma_map_sg(), for a value other than 0 after dma_map_sgtable(), and take the error exit.",
    basis: [
      "Documentation/core-api/dma-api.rst:379-391 (6.12.117): 0 if the mapping failed",
      "kernel/dma/mapping.c:246-260, 276-300 (6.12.117): dma_map_sg_attrs() is unsigned and turns every error into 0",
    ],
    when: "Wherever a map can fail: behind an IOMMU, with bounce buffers (swiotlb), with a DMA mask that does not reach all memory.",
    fixes: [{ id: "turn-test", title: "Take 0 for success", safety: "review" }],
  },
  check,
};
export default rule;

const notes = { dropped: "result ignored", sign: "0 passes as success", inverted: "0 is success here" } as const;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { call, kind, list, count, test } of misreadSgMaps(facts)) {
    const { function: owner, statement, name } = call;
    const failure = name === "dma_map_sgtable" ? "a negative error number" : "0";
    const message =
      kind === "dropped"
        ? `Nobody looks at what ${name}() returns for ${list}: ${failure} says that it is not mapped.`
        : kind === "inverted"
          ? `${count ?? "The result"} from ${name}() is taken for a failure where it is 0, which says that ${list} is mapped.`
          : `${count ?? "The result"} from ${name}() is tested for a negative value, which it never has: 0 says that ${list} is not mapped.`;
    const place = { ...statement.calleeSpan, function: owner.name, statement: statement.id };
    yield {
      ...statement.calleeSpan,
      message,
      function: owner.name,
      path: [{ ...place, role: "sink", note: notes[kind] }],
      subjects: [list],
      fixes: turned(facts, test),
    };
  }
  for (const { call, list, count } of untestedCounts(facts)) {
    const { function: owner, statement, name } = call;
    const place = { ...statement.calleeSpan, function: owner.name, statement: statement.id };
    yield {
      ...statement.calleeSpan,
      message: `${count} from ${name}() is used and never tested: 0 says that ${list} is not mapped.`,
      function: owner.name,
      path: [{ ...place, role: "sink", note: "0 passes as success" }],
      subjects: [list],
      fixes: [],
    };
  }
}

/** `!ret` becomes `ret`, and `ret == 0` becomes `ret != 0`. */
function turned(facts: Facts, test: SgMapMisread["test"]): readonly RuleFix[] {
  const whole = test && facts.unit.files.get(test.file)?.text;
  if (!test || whole === undefined) return [];
  const { file, end } = test;
  // A branch on `!ret` is one on `ret` with its ways exchanged.
  const start =
    /^\w+$/.test(whole.slice(test.start, end)) && whole[test.start - 1] === "!" ? test.start - 1 : test.start;
  const text = whole.slice(start, end);
  const newText = text.startsWith("!") ? text.slice(1).trim() : text.replace("==", "!=");
  if (newText === text || !/^\w+( *!= *0)?$/.test(newText)) return [];
  return [{ id: "turn-test", edits: [{ file, start, end, newText }] }];
}
