/** Looks for a mask of 32 bits that is set where a wider one failed. Silent for narrower second tries, which may be needed. */
import type { Facts } from "../../analysis/facts.ts";
import { maskFallbacks } from "../../analysis/streaming/mask-fallbacks.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/mask-64-fallback",
    group: "limits",
    severity: "hint",
    stage: "stable",
    summary: "A DMA mask of more than 32 bits needs no second try with 32 bits.",
    why: "The mask says what the device can do, not what the machine has: the kernel takes every wide mask and hands out lower addresses where it must. The second try is code that never runs.",
    remedy: "Set the mask that the device has, once, and treat a failure as one.",
    basis: [
      "Documentation/core-api/dma-api-howto.rst:186-224 (6.12.117)",
      "kernel/dma/direct.c (6.12.117): dma_direct_supported() takes every mask of 32 bits and more",
    ],
    when: "Everywhere: no byte goes wrong.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { wide, narrow } of maskFallbacks(facts)) {
    const { function: owner, statement, name } = wide;
    const mask = statement.arguments[1];
    const text = mask ? facts.textOf(owner, mask) : "the mask";
    const second = narrow.statement;
    yield {
      ...statement.calleeSpan,
      message: `${name}() does not fail for ${text} where 32 bits would do: the second try is never needed.`,
      function: owner.name,
      path: [
        { ...second.calleeSpan, function: owner.name, statement: second.id, role: "pass", note: "second try here" },
        { ...statement.calleeSpan, function: owner.name, statement: statement.id, role: "sink", note: "set here" },
      ],
      subjects: [text],
      fixes: [],
    };
  }
}
