/**
 * Looks for calls that get a DMA pool which was destroyed before. Silent where the pool's place gets another value on the way, or a call
 * in between could give it one.
 */
import { usesOfDestroyedPools } from "../../analysis/coherent/destroyed-pools.ts";
import type { Facts } from "../../analysis/facts.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/pool-misuse",
    group: "coherent",
    severity: "error",
    stage: "preview",
    summary: "A DMA pool is gone with dma_pool_destroy(): its blocks are given back before.",
    why: "The pool's own lists are freed memory then. Giving a block back writes there, and the block's page may belong to somebody else already.",
    remedy: "Free all blocks, then destroy the pool, once.",
    basis: [
      "Documentation/core-api/dma-api-howto.rst:443-457 (6.12.117): free all blocks before the pool is destroyed",
      "mm/dmapool.c (6.12.117): dma_pool_destroy() frees the pages and the pool",
    ],
    when: "Everywhere.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { destroyed, use, pool } of usesOfDestroyedPools(facts)) {
    const { function: owner, statement, name } = use;
    const { calleeSpan } = statement;
    yield {
      ...calleeSpan,
      message: `${name}() gets ${pool}, which dma_pool_destroy() has freed before.`,
      function: owner.name,
      path: [
        {
          ...destroyed.statement.calleeSpan,
          function: owner.name,
          statement: destroyed.statement.id,
          role: "pass",
          note: "pool destroyed here",
        },
        { ...calleeSpan, function: owner.name, statement: statement.id, role: "sink", note: "pool used here" },
      ],
      subjects: [pool],
      fixes: [],
    };
  }
}
