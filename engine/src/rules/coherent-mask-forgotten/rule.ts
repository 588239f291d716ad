/**
 * Looks for dma_set_mask() with more than 32 bits in files that also make coherent memory. Silent where the file sets the coherent mask
 * anywhere: then somebody has thought of it.
 */
import type { Facts } from "../../analysis/facts.ts";
import { streamingOnlyMasks } from "../../analysis/streaming/streaming-only-masks.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/coherent-mask-forgotten",
    group: "limits",
    severity: "hint",
    stage: "stable",
    summary: "dma_set_mask() is for streaming mappings alone: coherent memory stays below 4 GiB.",
    why: "The coherent mask of a device starts with 32 bits. The rings and descriptors of a device that could reach all memory come from the first 4 GiB, and allocating them fails where there is no memory that low.",
    remedy:
      "Set both masks by dma_set_mask_and_coherent(), or say by dma_set_coherent_mask() that the rings must stay low.",
    basis: [
      "Documentation/core-api/dma-api-howto.rst:164-180, 233-245, 388-393 (6.12.117)",
      "kernel/dma/mapping.c (6.12.117): dma_set_mask() does not touch coherent_dma_mask",
    ],
    when: "Machines with memory above 4 GiB, and those with none below; no byte goes wrong.",
    fixes: [{ id: "both-masks", title: "Set both masks", safety: "review" }],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { call, coherent } of streamingOnlyMasks(facts)) {
    const { function: owner, statement } = call;
    const mask = statement.arguments[1];
    const { calleeSpan } = statement;
    const { file, start, end } = calleeSpan;
    yield {
      ...calleeSpan,
      message: `dma_set_mask() with ${mask ? facts.textOf(owner, mask) : "a wide mask"} leaves the coherent mask at 32 bits, which ${coherent.name}() goes by.`,
      function: owner.name,
      path: [
        {
          ...coherent.statement.calleeSpan,
          function: coherent.function.name,
          statement: coherent.statement.id,
          role: "pass",
          note: "coherent memory made here",
        },
        { ...calleeSpan, function: owner.name, statement: statement.id, role: "sink", note: "one mask set here" },
      ],
      subjects: ["dma_set_mask"],
      fixes: [
        {
          id: "both-masks",
          title: "Call dma_set_mask_and_coherent()",
          edits: [{ file, start, end, newText: "dma_set_mask_and_coherent" }],
        },
      ],
    };
  }
}
