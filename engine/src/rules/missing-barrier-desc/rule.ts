/**
 * Looks, in functions that run while the device runs, for a descriptor that is handed over (or taken back) by a word whose order
 * with the descriptor's other words nothing gives. Silent across calls that may hold a barrier.
 */
import type { FieldAccess } from "../../analysis/device/device-order.ts";
import type { Facts } from "../../analysis/facts.ts";
import { makerOf } from "../../analysis/flow/finding-path.ts";
import { insertLineBefore } from "../../analysis/fixes/source-edits.ts";
import { pathOfWords, unorderedWords } from "../../analysis/device/unordered-words.ts";
import type { Rule, RuleFinding, RuleFix } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/missing-barrier-desc",
    group: "ordering",
    severity: "warning",
    stage: "stable",
    summary:
      "A descriptor's words must be written before the word that gives it to the device, and read after the word that gives it back.",
    why: "Coherent memory has no order by itself: a weakly ordered CPU may let the device see the ownership bit before the address and the length, so it transfers to where the descriptor pointed the last time; reading, the CPU may have loaded the length before the device had written it.",
    remedy:
      "Put dma_wmb() before the store that hands the descriptor over, and dma_rmb() after the test that takes it back.",
    basis: [
      "Documentation/memory-barriers.txt:1914-1956 (6.12.117): dma_wmb() and dma_rmb()",
      "Documentation/core-api/dma-api-howto.rst:325-338 (6.12.117)",
    ],
    when: "Where stores or loads may change places: arm, arm64, riscv, powerpc, mips, alpha. Not seen on x86, whose stores stay in order in coherent memory.",
    fixes: [{ id: "dma-wmb", title: "Put dma_wmb() before the store", safety: "safe" }],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const word of unorderedWords(facts)) {
    const { access, before, bit, meant, function: owner, verdict } = word;
    // A barrier between processors that was meant to do it is dma/smp-barrier-for-device's.
    if (meant?.orders === "smp") continue;
    const name = facts.textOfPlace(owner, access.place);
    const other = facts.textOfPlace(owner, before.place);
    const falls = meant ? ` (${meant.name}() does not)` : "";
    const handsOver = access.kind === "store";
    const said = handsOver
      ? `${name} hands the descriptor to the device with ${bit}, but nothing orders it after ${other}${falls}`
      : `${name} is read after ${bit} in ${other} was tested, but nothing orders the two loads${falls}`;
    yield {
      ...access.span,
      message: `${said}. It lies in memory from ${makerOf(verdict.origin)}.`,
      function: owner.name,
      path: pathOfWords(facts, word, access.span, handsOver ? "handed over here" : "read here"),
      subjects: [name, other],
      fixes: handsOver ? barrierFix(facts, access) : [],
    };
  }
}

/** dma_wmb() on a line of its own before the store, where that line is all the store's. */
function barrierFix(facts: Facts, { statement }: FieldAccess): readonly RuleFix[] {
  if (!statement) return [];
  const edit = insertLineBefore(facts.unit, statement, "dma_wmb();");
  return edit ? [{ id: "dma-wmb", edits: [edit] }] : [];
}
