/** Looks for dma_wmb() as the only thing between stores to coherent memory and a relaxed register write. */
import type { Facts } from "../../analysis/facts.ts";
import { makerOf } from "../../analysis/flow/finding-path.ts";
import { pathOfRelaxed, relaxedDoorbells } from "../../analysis/device/relaxed-registers.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/dma-wmb-before-mmio",
    group: "ordering",
    severity: "warning",
    stage: "preview",
    summary: "dma_wmb() and dma_rmb() order memory accesses only, not register accesses.",
    why: "The relaxed register write after the barrier may still overtake the stores before it: the device is woken and reads a descriptor of yesterday.",
    remedy: "Use wmb(), or writel() in place of the relaxed write.",
    basis: ["Documentation/memory-barriers.txt:1954-1956 (6.12.117)"],
    when: "Weakly ordered machines: arm, arm64, riscv, powerpc.",
    fixes: [{ id: "wmb", title: "Use wmb()", safety: "safe" }],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  const told = new Set<number>();
  for (const one of relaxedDoorbells(facts)) {
    const { register, memory, between, function: owner, verdict } = one;
    const meant = between.attempts.findLast(({ orders }) => orders === "memory-write" || orders === "memory-full");
    // An ordered register write is no barrier that somebody chose.
    if (meant?.effect !== "barrier" || told.has(meant.call.start)) continue;
    told.add(meant.call.start);
    const name = facts.textOfPlace(owner, memory.place);
    const { calleeSpan } = meant.call;
    const better = meant.orders === "memory-write" ? "wmb" : "mb";
    yield {
      ...calleeSpan,
      message: `${meant.name}() does not order ${name} with ${register.name}(): it orders accesses to memory only. The memory is from ${makerOf(verdict.origin)}.`,
      function: owner.name,
      path: pathOfRelaxed(facts, one, "register written here").map((step) =>
        step.role === "sink" ? { ...step, ...calleeSpan, statement: meant.call.id, note: "meant to order them" } : step,
      ),
      subjects: [name],
      fixes: [
        {
          id: "wmb",
          title: `Use ${better}()`,
          edits: [{ file: calleeSpan.file, start: calleeSpan.start, end: calleeSpan.end, newText: better }],
        },
      ],
    };
  }
}
