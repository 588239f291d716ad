/** Looks for a relaxed register write that may overtake stores to coherent memory, where nothing after it orders them. */
import type { Facts } from "../../analysis/facts.ts";
import { makerOf } from "../../analysis/flow/finding-path.ts";
import { pathOfRelaxed, relaxedDoorbells } from "../../analysis/device/relaxed-registers.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/relaxed-doorbell",
    group: "ordering",
    severity: "warning",
    stage: "preview",
    summary: "A relaxed register write does not come after the memory writes before it.",
    why: "writel_relaxed() and __raw_writel() may overtake the stores that filled the descriptor: the device is woken and reads what was there before.",
    remedy: "Use writel(), or put wmb() before the relaxed write.",
    basis: [
      "Documentation/memory-barriers.txt:2578-2583, 2609-2624 (6.12.117)",
      "Documentation/driver-api/device-io.rst:176-190 (6.12.117)",
    ],
    when: "Weakly ordered machines: arm, arm64, riscv, powerpc.",
    proof: "store-order",
    fixes: [{ id: "writel", title: "Use the ordered accessor", safety: "safe" }],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const one of relaxedDoorbells(facts)) {
    const { register, memory, between, function: owner, verdict } = one;
    // A barrier for memory only that was meant to do it is dma/dma-wmb-before-mmio's.
    if (between.attempts.some(({ orders }) => orders === "memory-write" || orders === "memory-full")) continue;
    const name = facts.textOfPlace(owner, memory.place);
    const { calleeSpan } = register.call;
    const ordered = register.name.replace(/_relaxed$/, "");
    yield {
      ...calleeSpan,
      message: `${register.name}() may overtake the store to ${name}: it lies in memory from ${makerOf(verdict.origin)}, and nothing orders the two.`,
      function: owner.name,
      path: pathOfRelaxed(facts, one, "register written here"),
      subjects: [name],
      fixes:
        ordered === register.name
          ? []
          : [
              {
                id: "writel",
                title: `Use ${ordered}()`,
                edits: [{ file: calleeSpan.file, start: calleeSpan.start, end: calleeSpan.end, newText: ordered }],
              },
            ],
    };
  }
}
