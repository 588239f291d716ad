/** Looks for DMA memory that is used although nobody asked whether the allocation failed. Silent where code out of sight may ask. */
import type { Facts } from "../../analysis/facts.ts";
import { untestedAllocations } from "../../analysis/coherent/untested-allocations.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/alloc-null-unchecked",
    group: "coherent",
    severity: "error",
    stage: "preview",
    summary:
      "dma_alloc_coherent(), dma_pool_alloc() and kin return NULL on failure: test the pointer before anybody uses it.",
    why: "The first access is a NULL dereference. Where only the handle is used, the device is given whatever the variable held before, often address 0, and writes there.",
    remedy:
      "Test the pointer right after the call, and take the function's error exit. The handle says nothing: 0 is a valid one.",
    basis: [
      "Documentation/core-api/dma-api.rst:44-45 (6.12.117): returns a pointer, or NULL if the allocation failed",
      "Documentation/core-api/dma-api-howto.rst:733-736 (6.12.117)",
      "kernel/dma/direct.c:206-314 (6.12.117): the handle is not written when the allocation fails",
    ],
    when: "Everywhere, when memory is short or fragmented.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { allocation, memory, use } of untestedAllocations(facts)) {
    const { function: owner, statement, name } = allocation;
    const subject = facts.textOfPlace(owner, memory);
    const isRead = use.kind === "dereferenced";
    yield {
      ...use.span,
      message: isRead
        ? `${subject} is used here without a test: it is NULL when ${name}() fails.`
        : `The handle of ${subject} is given on here without a test: ${subject} is NULL when ${name}() fails.`,
      function: owner.name,
      path: [
        {
          ...statement.calleeSpan,
          function: owner.name,
          statement: statement.id,
          role: "allocate",
          note: `${name}() may return NULL here`,
        },
        {
          ...use.span,
          function: owner.name,
          statement: use.statement,
          role: "sink",
          note: isRead ? "used untested" : "handle given on untested",
        },
      ],
      subjects: [subject],
      fixes: [],
    };
  }
}
