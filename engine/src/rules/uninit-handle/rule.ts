/**
 * Looks for unmaps of a handle whose map failed: on the error path of the function that maps, and in callers that get told of the
 * failure. Silent wherever a branch on the way is not decided by the failure itself.
 */
import { type DeadHandle, deadHandles } from "../../analysis/ownership/dead-handles.ts";
import type { Facts } from "../../analysis/facts.ts";
import type { PathStep } from "../../program/program.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/uninit-handle",
    group: "streaming",
    severity: "error",
    stage: "stable",
    summary: "A handle whose map failed stands for no memory and must not be unmapped.",
    why: "The handle of a failed map is DMA_MAPPING_ERROR, all bits set. An unmap of it walks page tables or bounce buffers that belong to nobody, or to somebody else; on machines without either the cache is invalidated at the very top of memory.",
    remedy:
      "Leave the error path of the failed map by a label below its unmap, or set the field to 0 before the error is returned.",
    basis: [
      'kernel/dma/debug.c:968-984 (6.12.117): "device driver tries to free an invalid DMA memory address"',
      "include/linux/dma-mapping.h:63-72 (6.12.117): DMA_MAPPING_ERROR is ~0, not 0",
      "Documentation/core-api/dma-api-howto.rst:542-547, 753-824 (6.12.117): what failed to map is not unmapped",
    ],
    when: "Wherever a map can fail: behind an IOMMU, with bounce buffers, with a mask that does not reach all memory.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const dead of deadHandles(facts)) {
    if (dead.why !== "failed") continue;
    const { mapping, owner, unmap } = dead;
    const name = unmap.callee.kind === "direct" ? unmap.callee.name : "the unmap";
    const buffer = mapping.buffer ? facts.textOf(mapping.owner, mapping.buffer) : "the buffer";
    yield {
      ...unmap.calleeSpan,
      message: `${name}() tries to free an invalid DMA memory address: it is reached when ${mapping.made.api.name}() of ${buffer} has failed.`,
      function: owner.name,
      path: pathOf(dead, buffer),
      subjects: [buffer],
      fixes: [],
    };
  }
}

function pathOf({ mapping, before, owner, unmap, by }: DeadHandle, buffer: string): readonly PathStep[] {
  const maker = mapping.owner.name;
  return [
    {
      ...mapping.call.calleeSpan,
      function: maker,
      statement: mapping.call.id,
      role: "map",
      note: `${buffer} mapped here`,
    },
    { ...before.calleeSpan, function: maker, statement: before.id, role: "pass", note: "the map has failed" },
    ...(by
      ? [
          {
            ...by.call.calleeSpan,
            function: by.caller.name,
            statement: by.call.id,
            role: "pass" as const,
            note: "called after the failure",
          },
        ]
      : []),
    {
      ...unmap.calleeSpan,
      function: owner.name,
      statement: unmap.id,
      role: "sink",
      note: "unmapped here all the same",
    },
  ];
}
