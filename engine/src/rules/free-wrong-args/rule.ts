/** Looks for coherent memory that is freed with another pool, handle or size than its own. Silent where the arguments may be right. */
import type { Facts } from "../../analysis/facts.ts";
import { makerOf, pathTo, subjectAt } from "../../analysis/flow/finding-path.ts";
import { type FreedOtherwise, freedOtherwise } from "../../analysis/coherent/freed-otherwise.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/free-wrong-args",
    group: "coherent",
    severity: "error",
    stage: "preview",
    summary: "Coherent memory must be freed with the size, handle and pool that it was allocated with.",
    why: "The arguments alone say what is freed: another size leaves pages behind or frees a neighbour's, another handle gives back addresses that a device still uses, another pool takes a piece that is not its own.",
    remedy: "Keep what the allocation was made with beside the pointer, and pass that.",
    basis: [
      "Documentation/core-api/dma-api.rst:67-70 (6.12.117): cpu_addr and dma_handle as returned, dev and size as passed",
      "kernel/dma/debug.c:1001-1012 (6.12.117): dma-debug reports another size or CPU address",
      "mm/dmapool.c:450-460 (6.12.117): the piece goes on the list of the pool that is named",
    ],
    when: "Everywhere.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const one of freedOtherwise(facts)) {
    const { call, origin, memory } = one;
    const { function: owner, statement } = call;
    const subject = subjectAt(facts, owner, statement.id, memory, origin);
    yield {
      ...statement.calleeSpan,
      message: messageOf(one, subject),
      function: owner.name,
      path: pathTo(origin, owner, statement.id, statement.calleeSpan, "freed here"),
      subjects: [subject, one.wrong],
      fixes: [],
    };
  }
}

function messageOf({ call, origin, wrong, given, wanted }: FreedOtherwise, subject: string): string {
  const maker = makerOf(origin);
  switch (wrong) {
    case "pool":
      return `${call.name}() gives ${subject} to the pool ${given}, but ${maker} took it from ${wanted}.`;
    case "handle":
      return `${call.name}() frees ${subject} with the handle ${given}, which another allocation made.`;
    case "memory":
      return `${call.name}() frees ${given}, a pointer into the memory: ${maker} returned ${wanted}.`;
    case "size":
      return `${call.name}() frees ${subject} with the size ${given}, but ${maker} allocated it with ${wanted}.`;
  }
}
