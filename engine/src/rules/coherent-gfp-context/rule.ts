/** Looks for DMA allocations that may sleep while interrupts are certainly off. Silent where the code tests its context itself. */
import type { ApiCall, Facts } from "../../analysis/facts.ts";
import { type GfpFlag, gfpFlagsIn } from "../../analysis/coherent/gfp-flags.ts";
import { type InterruptsOff, interruptsOffAt } from "../../analysis/coherent/interrupts-off.ts";
import type { ApiFunction } from "../../kernel/contract.ts";
import type { PathStep } from "../../program/program.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/coherent-gfp-context",
    group: "coherent",
    severity: "error",
    stage: "preview",
    summary: "With interrupts disabled memory is allocated with GFP_ATOMIC: GFP_KERNEL may sleep.",
    why: "The allocation may wait for pages to be written out, and takes mutexes where it maps the memory. Sleeping with interrupts disabled under a lock deadlocks the CPU; the kernel warns of a sleeping function in invalid context.",
    remedy:
      "Allocate before the lock is taken. If that cannot be, GFP_ATOMIC, which may fail and draws on a small pool.",
    basis: [
      "Documentation/core-api/dma-api-howto.rst:378-379 (6.12.117): GFP_ATOMIC where sleeping is not possible",
      "kernel/dma/direct.c:166-169, 252-257 (6.12.117): the atomic pool serves where the gfp flags forbid to block",
      "mm/dmapool.c:222-302 (6.12.117): dma_pool_create() takes mutexes",
    ],
    when: "Everywhere.",
    fixes: [{ id: "atomic", title: "Use GFP_ATOMIC", safety: "review" }],
  },
  check,
};
export default rule;

/** Flags with __GFP_DIRECT_RECLAIM, which may sleep (include/linux/gfp_types.h:377-384, 6.12.117). */
const blocking = new Set(["GFP_KERNEL", "GFP_KERNEL_ACCOUNT", "GFP_USER", "GFP_NOIO", "GFP_NOFS", "GFP_HIGHUSER"]);
const allocators = /^(dmam?_alloc_(coherent|attrs|wc|pages|noncoherent|noncontiguous)|dma_pool_z?alloc)$/;
/** A driver that asks knows both contexts. */
const tests = /^call:(irqs_disabled|in_interrupt|in_hardirq|in_irq|in_atomic|preemptible)\b/;

/** They take mutexes and allocate with GFP_KERNEL, whatever the caller may: mm/dmapool.c:222-302 (6.12.117). */
function makesPool({ name }: ApiFunction): boolean {
  return name === "dma_pool_create" || name === "dmam_pool_create";
}

function mayBlock({ name, effect }: ApiFunction): boolean {
  return effect === "allocate" && allocators.test(name);
}

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const call of facts.callsOf(makesPool)) {
    const { function: owner, statement, name } = call;
    const cause = interruptsOffAt(facts, owner, statement.id);
    if (!cause) continue;
    yield {
      ...statement.calleeSpan,
      message: `${name}() sleeps, and interrupts are disabled by ${cause.by}.`,
      function: owner.name,
      path: pathOf(call, cause),
      subjects: [name],
      fixes: [],
    };
  }
  for (const call of facts.callsOf(mayBlock)) {
    const { function: owner, statement, name } = call;
    const gfp = statement.arguments[call.api.parameters.findIndex(({ role }) => role === "gfp")];
    const flag = gfp && gfpFlagsIn(facts.unit, gfp).find((one) => blocking.has(one.name));
    const cause = flag && interruptsOffAt(facts, owner, statement.id);
    if (!cause) continue;
    const { contexts } = facts.valueOf({ function: owner, statement: statement.id }, gfp);
    if (contexts.some(({ guards }) => guards.some(({ key }) => tests.test(key)))) continue;
    yield {
      ...statement.calleeSpan,
      message: `${name}() may sleep with ${flag.name}, and interrupts are disabled by ${cause.by}.`,
      function: owner.name,
      path: pathOf(call, cause),
      subjects: [flag.name, name],
      fixes: atomicFix(facts, flag),
    };
  }
}

function pathOf({ function: owner, statement }: ApiCall, cause: InterruptsOff): readonly PathStep[] {
  return [
    {
      ...cause.span,
      function: cause.function.name,
      statement: cause.statement,
      role: "pass",
      note: `interrupts disabled by ${cause.by} here`,
    },
    {
      ...statement.calleeSpan,
      function: owner.name,
      statement: statement.id,
      role: "sink",
      note: "may sleep here",
    },
  ];
}

function atomicFix(facts: Facts, { file, start, end, name }: GfpFlag): RuleFinding["fixes"] {
  const text = facts.unit.files.get(file);
  if (text?.language !== "c" || text.text.slice(start, end) !== name) return [];
  return [{ id: "atomic", edits: [{ file, start, end, newText: "GFP_ATOMIC" }] }];
}
