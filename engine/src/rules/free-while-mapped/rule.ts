/**
 * Looks for frees of a buffer whose streaming mapping is still in place, in the function that maps and in callers that it tells of its
 * failure; and of packets of which some fragments are mapped. Silent on the way of a failed map, and after anything that
 * may have unmapped it.
 */
import type { Facts } from "../../analysis/facts.ts";
import { freesWhileMapped } from "../../analysis/ownership/mapping-ends-twice.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/free-while-mapped",
    group: "streaming",
    severity: "error",
    stage: "stable",
    summary: "Memory must be unmapped before it is freed.",
    why: "The device can still reach memory that the allocator gives to somebody else. A later unmap invalidates or copies over the new owner's bytes; without one the mapping is lost.",
    remedy: "Unmap first, then free.",
    basis: [
      "Documentation/core-api/dma-api-howto.rst:623-625 (6.12.117): every map has its unmap",
      'kernel/dma/debug.c:847-870 (6.12.117): "device driver has pending DMA allocations while released from device"',
    ],
    when: "Everywhere while the device can still work on the buffer; else behind an IOMMU and with bounce buffers.",
    proof: "freed-while-mapped",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { mapping, owner, free, exit, earlierRounds } of freesWhileMapped(facts)) {
    const { owner: maker, call } = mapping;
    const name = free.callee.kind === "direct" ? free.callee.name : "the call";
    const buffer = mapping.buffer ? facts.textOf(maker, mapping.buffer) : "the buffer";
    const left = exit && maker.blocks[exit.block]?.terminator;
    yield {
      ...free.calleeSpan,
      message: exit
        ? `${name}() frees what ${maker.name}() left mapped when it failed: ${buffer} is still mapped for the device.`
        : earlierRounds
          ? `${name}() frees a packet whose fragments are still mapped for the device: those that were mapped before the one that failed.`
          : `${name}() frees ${buffer} while it is still mapped for the device.`,
      function: owner.name,
      path: [
        { ...call.calleeSpan, function: maker.name, statement: call.id, role: "map", note: `${buffer} mapped here` },
        ...(left
          ? [
              {
                file: left.file,
                start: left.start,
                end: left.end,
                function: maker.name,
                statement: -1,
                role: "pass" as const,
                note: "returned here with the mapping in place",
              },
            ]
          : []),
        { ...free.calleeSpan, function: owner.name, statement: free.id, role: "sink", note: "freed here" },
      ],
      subjects: [buffer],
      fixes: [],
    };
  }
}
