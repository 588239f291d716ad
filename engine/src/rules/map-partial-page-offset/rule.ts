/**
 * Looks for two parts of one buffer that a function maps one by one and that meet in one cache line. Silent for parts that only go to
 * the device, and for offsets and sizes that are no constants.
 */
import type { Facts } from "../../analysis/facts.ts";
import { sharedSections } from "../../analysis/buffers/mapped-sections.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/map-partial-page-offset",
    group: "streaming",
    severity: "warning",
    stage: "preview",
    summary: "Parts of a buffer that are mapped one by one must not meet in one cache line.",
    why: "Cache maintenance works on whole lines. When the part that a device writes shares one with another mapping, the maintenance for the other writes stale bytes over it or throws them away.",
    remedy: "Round the sizes and offsets of the parts up to dma_get_cache_alignment().",
    basis: [
      "Documentation/core-api/dma-api.rst:342-346 (6.12.117)",
      'kernel/dma/debug.c:475-495,598-603 (6.12.117): "cacheline tracking EEXIST, overlapping mappings aren\'t supported"',
    ],
    when: "Machines without coherent DMA; dma-debug complains everywhere.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { function: owner, first, second, names, end, start } of sharedSections(facts)) {
    const { statement, name } = second;
    yield {
      ...statement.calleeSpan,
      message: `${name}() maps ${names[1]}, which begins at byte ${start} in the cache line where the mapping of ${names[0]} ends at byte ${end}.`,
      function: owner.name,
      path: [
        {
          ...first.calleeSpan,
          function: owner.name,
          statement: first.id,
          role: "map",
          note: "the part before it mapped here",
        },
        { ...statement.calleeSpan, function: owner.name, statement: statement.id, role: "sink", note: "mapped here" },
      ],
      subjects: [...names],
      fixes: [],
    };
  }
}
