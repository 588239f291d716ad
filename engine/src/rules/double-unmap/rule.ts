/**
 * Looks for unmaps that are reached when the same handle, or the same list, has been unmapped already, in the function itself or by a
 * callee that failed and left the handle in its field. Silent where the handle has another value by then, and where branches exclude the way.
 */
import { deadHandles } from "../../analysis/ownership/dead-handles.ts";
import type { Facts } from "../../analysis/facts.ts";
import { unmapsTwice } from "../../analysis/ownership/mapping-ends-twice.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/double-unmap",
    group: "streaming",
    severity: "error",
    stage: "preview",
    summary: "A streaming mapping must be unmapped once.",
    why: "After the first unmap the addresses in the IOMMU and the slot of the bounce buffer belong to somebody else. The second unmap tears down that mapping: its device faults, or its bounce buffer is copied over the wrong memory.",
    remedy: "Unmap on one path only, or clear the handle after the unmap and test it before the next.",
    basis: [
      'kernel/dma/debug.c:968-984 (6.12.117): "device driver tries to free DMA memory it has not allocated"',
      "Documentation/core-api/dma-api-howto.rst:623-625 (6.12.117): each map is paired with one unmap",
    ],
    when: "Behind an IOMMU and with bounce buffers.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { mapping, first, again } of unmapsTwice(facts)) {
    const { owner, call } = mapping;
    const name = again.callee.kind === "direct" ? again.callee.name : "the unmap";
    const buffer = mapping.buffer ? facts.textOf(owner, mapping.buffer) : "the buffer";
    yield {
      ...again.calleeSpan,
      message: `${name}() tries to free DMA memory it has not allocated: the mapping of ${buffer} may have been unmapped before.`,
      function: owner.name,
      path: [
        { ...call.calleeSpan, function: owner.name, statement: call.id, role: "map", note: `${buffer} mapped here` },
        ...first.map((one) => ({
          ...one.calleeSpan,
          function: owner.name,
          statement: one.id,
          role: "unmap" as const,
          note: "unmapped here",
        })),
        { ...again.calleeSpan, function: owner.name, statement: again.id, role: "sink", note: "unmapped again here" },
      ],
      subjects: [buffer],
      fixes: [],
    };
  }
  for (const { mapping, why, before, owner, unmap, by } of deadHandles(facts)) {
    if (why !== "unmapped" || !by) continue;
    const { owner: maker, call } = mapping;
    const name = unmap.callee.kind === "direct" ? unmap.callee.name : "the unmap";
    const buffer = mapping.buffer ? facts.textOf(maker, mapping.buffer) : "the buffer";
    yield {
      ...unmap.calleeSpan,
      message: `${name}() tries to free DMA memory it has not allocated: the mapping of ${buffer} may have been unmapped before.`,
      function: owner.name,
      path: [
        { ...call.calleeSpan, function: maker.name, statement: call.id, role: "map", note: `${buffer} mapped here` },
        { ...before.calleeSpan, function: maker.name, statement: before.id, role: "unmap", note: "unmapped here" },
        {
          ...by.call.calleeSpan,
          function: by.caller.name,
          statement: by.call.id,
          role: "pass",
          note: "called after the failure",
        },
        { ...unmap.calleeSpan, function: owner.name, statement: unmap.id, role: "sink", note: "unmapped again here" },
      ],
      subjects: [buffer],
      fixes: [],
    };
  }
}
