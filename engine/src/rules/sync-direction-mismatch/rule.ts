/**
 * Looks for unmaps and syncs whose direction is not that of the map. Silent as soon as one map that the handle may come from fits, and
 * where a direction is no constant; memory mapped in both directions may be synced in one.
 */
import type { Facts } from "../../analysis/facts.ts";
import { misfits, partnersOf } from "../../analysis/ownership/mapping-partners.ts";
import type { Direction } from "../../analysis/ownership/ownership.ts";
import { type StreamingEvent, streamingEvents } from "../../analysis/ownership/streaming-events.ts";
import type { FileSpan } from "../../text/span.ts";
import type { Rule, RuleFinding, RuleFix } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/sync-direction-mismatch",
    group: "streaming",
    severity: "error",
    stage: "stable",
    summary: "The unmap and the syncs of a streaming mapping must be given the direction that it was mapped with.",
    why: "The direction decides what happens to the caches and to a bounce buffer. An unmap that says DMA_TO_DEVICE neither drops cached lines nor copies the bounce buffer back, so the CPU keeps the old bytes; a map that says DMA_TO_DEVICE gives an IOMMU mapping that the device may not write.",
    remedy: "Use one direction, the one in which the device moves the data, for the map, its syncs and its unmap.",
    basis: [
      "Documentation/core-api/dma-api.rst:327-328, 449-453 (6.12.117): all parameters must be those of the map",
      'kernel/dma/debug.c:1026-1034, 1125-1156 (6.12.117): "device driver frees DMA memory with different direction"',
      "kernel/dma/swiotlb.c, swiotlb_tbl_unmap_single() (6.12.117): copies back only what came from the device",
    ],
    when: "Where the device is not cache coherent, with bounce buffers, and behind an IOMMU that checks permissions.",
    proof: "hand-over",
    fixes: [{ id: "same-direction", title: "Use the map's direction", safety: "review" }],
  },
  check,
};
export default rule;

const constants: Readonly<Record<Direction, string>> = {
  "to-device": "DMA_TO_DEVICE",
  "from-device": "DMA_FROM_DEVICE",
  bidirectional: "DMA_BIDIRECTIONAL",
  unknown: "",
};

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const event of streamingEvents(facts)) {
    const { owner, call, direction, directionArgument } = event;
    if (event.step === "map" || direction === "unknown" || !directionArgument) continue;
    const maps = misfits(facts, event, (one) => disagrees(event, one));
    const [map] = maps;
    if (!map) continue;
    const handle = event.handle ?? event.buffer;
    const subject = handle ? sourceOf(facts, handle) : "the handle";
    const verb = event.step === "unmap" ? "frees" : "syncs";
    yield {
      ...directionArgument,
      message: `${event.api.name}() ${verb} DMA memory with different direction: ${subject} is mapped with ${constants[map.direction]} by ${map.api.name}() and ${event.step === "unmap" ? "unmapped" : "synced"} with ${constants[direction]}.`,
      function: owner.name,
      path: [
        ...maps.slice(0, 4).map((one) => ({
          ...one.call.calleeSpan,
          function: one.owner.name,
          statement: one.call.id,
          role: "map" as const,
          note: `mapped with ${constants[one.direction]} here`,
        })),
        {
          ...call.calleeSpan,
          function: owner.name,
          statement: call.id,
          role: "sink",
          note: `${constants[direction]} here`,
        },
      ],
      subjects: [subject, event.step],
      fixes: fixesOf(facts, event, map),
    };
  }
}

/** As the source spells it: a list is mostly an array, whose own place says no more. */
function sourceOf(facts: Facts, { file, start, end }: FileSpan): string {
  return (facts.unit.files.get(file)?.text.slice(start, end) ?? "the handle").replace(/\s+/g, " ");
}

function disagrees(event: StreamingEvent, map: StreamingEvent): boolean {
  if (map.direction === "unknown" || map.direction === event.direction) return false;
  return event.step === "unmap" || map.direction !== "bidirectional";
}

function fixesOf(facts: Facts, event: StreamingEvent, map: StreamingEvent): readonly RuleFix[] {
  const alike = partnersOf(facts, event).every(({ maps }) => maps.every((one) => one.direction === map.direction));
  if (!alike || !event.directionArgument) return [];
  const { file, start, end } = event.directionArgument;
  const text = facts.unit.files.get(file)?.text.slice(start, end);
  // The map's own spelling is used only where the source spells the constant: a macro's or a variable's value is set elsewhere.
  if (text !== constants[event.direction]) return [];
  return [{ id: "same-direction", edits: [{ file, start, end, newText: constants[map.direction] }] }];
}
