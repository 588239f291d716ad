/** Looks for DMA memory that is cleared although its allocator has done so: memset() right after, and __GFP_ZERO. */
import { memoryClearedTwice, zeroedAllocations } from "../../analysis/coherent/cleared-twice.ts";
import type { Facts } from "../../analysis/facts.ts";
import { gfpFlagsIn } from "../../analysis/coherent/gfp-flags.ts";
import { removeLines } from "../../analysis/fixes/source-edits.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/coherent-redundant-zero",
    group: "coherent",
    severity: "hint",
    stage: "stable",
    summary: "dma_alloc_coherent() and its kin return memory that is already zero.",
    why: "Clearing it again costs time, on uncached memory a good deal, and makes readers believe that it is needed.",
    remedy: "Remove the memset(), or the __GFP_ZERO flag.",
    basis: [
      "kernel/dma/direct.c:259-260, 294 (6.12.117): the memory is always cleared",
      "drivers/iommu/dma-iommu.c:1660 (6.12.117): __GFP_ZERO is added",
      "commit 518a2f1925c3 (5.0): dma-mapping: zero memory returned from dma_alloc_*",
    ],
    when: "Everywhere.",
    fixes: [
      { id: "remove-memset", title: "Remove the memset()", safety: "safe" },
      { id: "remove-flag", title: "Remove __GFP_ZERO", safety: "safe" },
    ],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { allocation, clear, memory } of memoryClearedTwice(facts)) {
    const { function: owner, statement } = allocation;
    const subject = facts.textOf(owner, memory);
    const removal = clear.macro === undefined ? removeLines(facts.unit, clear) : undefined;
    yield {
      ...clear.calleeSpan,
      message: `memset() clears ${subject}, which ${allocation.name}() has just returned zeroed.`,
      function: owner.name,
      path: [
        {
          ...statement.calleeSpan,
          function: owner.name,
          statement: statement.id,
          role: "allocate",
          note: `${allocation.name}() returns zeroed memory here`,
        },
        { ...clear.calleeSpan, function: owner.name, statement: clear.id, role: "sink", note: "cleared again here" },
      ],
      subjects: [subject],
      fixes: removal ? [{ id: "remove-memset", edits: [removal] }] : [],
    };
  }
  for (const { function: owner, statement, name, api } of zeroedAllocations(facts)) {
    const gfp = statement.arguments[api.parameters.findIndex(({ role }) => role === "gfp")];
    for (const flag of gfp ? gfpFlagsIn(facts.unit, gfp) : []) {
      if (flag.name !== "__GFP_ZERO") continue;
      const { file, start, end } = flag;
      yield {
        file,
        start,
        end,
        message: `${name}() returns zeroed memory without __GFP_ZERO.`,
        function: owner.name,
        path: [
          { file, start, end, function: owner.name, statement: statement.id, role: "sink", note: "asked for here" },
        ],
        subjects: ["__GFP_ZERO"],
        fixes: flag.removal ? [{ id: "remove-flag", edits: [flag.removal] }] : [],
      };
    }
  }
}
