/** Looks for coherent memory that is freed while interrupts are certainly off. Silent where the code tests that itself. */
import type { Facts } from "../../analysis/facts.ts";
import { interruptsOffAt } from "../../analysis/coherent/interrupts-off.ts";
import type { ApiFunction } from "../../kernel/contract.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/coherent-free-irq",
    group: "coherent",
    severity: "error",
    stage: "stable",
    summary: "Coherent memory must be freed with interrupts enabled.",
    why: "Where the memory is remapped or behind an IOMMU the free ends in vunmap(), which may sleep and which flushes the TLBs of all CPUs: it stops with a BUG() or a deadlock. Everywhere the kernel warns.",
    remedy:
      "Free after the lock is released, or in a work item or a threaded handler. For many small pieces use a dma_pool: dma_pool_free() may run anywhere.",
    basis: [
      "Documentation/core-api/dma-api.rst:72-73 (6.12.117): may only be called with IRQs enabled",
      "kernel/dma/mapping.c:642-650 (6.12.117): WARN_ON(irqs_disabled()), and why",
    ],
    when: "A warning everywhere; a BUG() or a deadlock where coherent memory is remapped (ARM, non-coherent ARM64, IOMMUs).",
    fixes: [],
  },
  check,
};
export default rule;

/** A driver that asks knows both contexts. */
const tests = /^call:(irqs_disabled|in_interrupt|in_hardirq|in_irq|in_atomic|preemptible)\b/;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const call of facts.callsOf(isCoherentFree)) {
    const memory = call.argument("cpu") ?? call.argument("pool");
    if (!memory) continue;
    const { function: owner, statement, name } = call;
    const cause = interruptsOffAt(facts, owner, statement.id);
    if (!cause) continue;
    const { contexts } = facts.valueOf({ function: owner, statement: statement.id }, memory);
    if (contexts.some(({ guards }) => guards.some(({ key }) => tests.test(key)))) continue;
    const subject = facts.textOf(owner, memory);
    yield {
      ...statement.calleeSpan,
      message: `${name}() frees ${subject} with interrupts disabled by ${cause.by}: coherent memory may only be freed with interrupts enabled.`,
      function: owner.name,
      path: [
        {
          ...cause.span,
          function: cause.function.name,
          statement: cause.statement,
          role: "pass",
          note: `interrupts disabled by ${cause.by} here`,
        },
        { ...statement.calleeSpan, function: owner.name, statement: statement.id, role: "sink", note: "freed here" },
      ],
      subjects: [subject],
      fixes: [],
    };
  }
}

/** dma_free_coherent() and its kin, and the pool as a whole (mm/dmapool.c:301-340); its pieces may be given back anywhere. */
function isCoherentFree({ name, effect, group, parameters }: ApiFunction): boolean {
  if (name === "dma_pool_destroy" || name === "dmam_pool_destroy") return true;
  return (
    effect === "free" &&
    group === "coherent-alloc" &&
    parameters.some(({ role }) => role === "handle") &&
    !parameters.some(({ role }) => role === "pool")
  );
}
