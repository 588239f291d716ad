/**
 * Looks for members of structs that a device writes and that share a cache line with members that the CPU writes. Silent for
 * buffers that the device only reads, behind an alignment to a cache line, and where the offsets show that no line is shared.
 */
import type { Facts } from "../../analysis/facts.ts";
import { alignmentEdits } from "../../analysis/buffers/member-alignment.ts";
import { type SharedLine, sharedLines } from "../../analysis/buffers/shared-lines.ts";
import type { Rule, RuleFinding, RuleFix } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/map-unaligned-shared-line",
    group: "streaming",
    severity: "error",
    stage: "preview",
    summary: "A buffer that a device writes must not share a cache line with what the CPU writes.",
    why: "The cache knows whole lines only. When the CPU writes the neighbour while the device writes the buffer, the line's write-back puts stale bytes over what the device wrote; when the line is invalidated for the device, the neighbour's last value is lost.",
    remedy:
      "Allocate the buffer on its own with kmalloc(), or move it to the end of the struct and align it with __aligned(ARCH_DMA_MINALIGN); where members follow, align the first of them as well.",
    basis: [
      "Documentation/core-api/dma-api.rst:287-298 (6.12.117)",
      "Documentation/core-api/dma-api-howto.rst:135-140 (6.12.117)",
      "include/linux/dma-mapping.h:585-599 (6.12.117): __dma_from_device_group_begin()",
      "include/linux/dma-map-ops.h:296-299 (6.12.117): offsets inside a struct are the caller's responsibility",
    ],
    when: "Machines without coherent DMA: most ARM, arm64, MIPS and RISC-V boards.",
    proof: "shared-line",
    fixes: [{ id: "align", title: "Align the buffer and what follows it", safety: "review" }],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const shared of sharedLines(facts)) {
    const { member, buffer, neighbour } = shared;
    const { file, start, end } = { file: fileOf(facts, buffer.record), ...buffer.field };
    const declared = { file, start, end, function: member.function.name, statement: -1 };
    yield {
      ...member.span,
      message: `${member.receiver} lets the device write to ${member.subject}, which ${shared.exact ? "shares" : "can share"} a cache line with ${neighbour.member.field.name}${writes[neighbour.written]}.`,
      function: member.function.name,
      path: [
        { ...declared, role: "allocate", note: `${buffer.field.name} lies ${placeOf(shared)} here` },
        ...(neighbour.writer ? [neighbour.writer] : []),
        ...member.passes,
        {
          ...member.span,
          function: member.function.name,
          statement: member.statement.id,
          role: "sink",
          note: "given to the device here",
        },
      ],
      subjects: [`${buffer.record}.${buffer.field.name}`],
      ...(neighbour.written === "set up" && { severity: "warning" as const }),
      fixes: alignmentFix(facts, shared),
    };
  }
}

function alignmentFix(facts: Facts, { buffer }: SharedLine): readonly RuleFix[] {
  const edits = alignmentEdits(facts, buffer);
  return edits ? [{ id: "align", title: `Align ${buffer.field.name} and what follows it`, edits }] : [];
}

const writes = {
  "any time": ", which is written at any time",
  "at work": ", which the CPU writes",
  "set up": ", which the CPU writes",
} as const;

function placeOf({ neighbour }: SharedLine): string {
  const { distance, side, member } = neighbour;
  const name = member.field.name;
  if (distance === 0) return side === "before" ? `right behind ${name}` : `right before ${name}`;
  return `${side === "before" ? "behind" : "before"} ${name}, in reach of its line,`;
}

function fileOf(facts: Facts, record: string): string {
  return facts.unit.records.get(record)?.file ?? "";
}
