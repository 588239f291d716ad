/**
 * Looks for syncs of more bytes than were mapped: offset and size of the sync and the size of the map are all constants.
 * Silent as soon as one map that the handle may come from is large enough, or is not known.
 */
import type { Facts } from "../../analysis/facts.ts";
import { partnersOf } from "../../analysis/ownership/mapping-partners.ts";
import { type StreamingEvent, streamingEvents, streamingValue } from "../../analysis/ownership/streaming-events.ts";
import { readsOf, touchesMemory } from "../../program/visit.ts";
import type { FileSpan } from "../../text/span.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/sync-range",
    group: "streaming",
    severity: "error",
    stage: "preview",
    summary: "The bytes that a sync names, from its offset on, must lie within the mapping.",
    why: "The sync works on whatever lies at those addresses. Past the end of the mapping it throws away or writes back a neighbour's cache lines; a bounce buffer is not copied at all, and the kernel warns about an overflow.",
    remedy: "Sync the bytes that were mapped: an offset and a size whose sum is at most the size of the map.",
    basis: [
      "Documentation/core-api/dma-api.rst:449-453 (6.12.117): all parameters of a sync must be those of the map",
      'kernel/dma/debug.c:1115-1123 (6.12.117): "device driver syncs DMA memory outside allocated range"',
      "kernel/dma/swiotlb.c, swiotlb_bounce() (6.12.117): warns of a buffer overflow and copies nothing or less",
    ],
    when: "Where the device is not cache coherent, and with bounce buffers.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const event of streamingEvents(facts)) {
    if ((event.step !== "sync-for-cpu" && event.step !== "sync-for-device") || event.family !== "single") continue;
    const { owner, call, size, handle } = event;
    const length = bytesOf(facts, event, size);
    if (!size || !handle || length === undefined) continue;
    if (length === 0) {
      yield emptySync(event, size, facts.textOf(owner, handle));
      continue;
    }
    const offset = event.offset ? bytesOf(facts, event, event.offset) : 0;
    if (offset === undefined) continue;
    const partners = partnersOf(facts, event);
    const maps = partners.flatMap((one) => one.maps);
    const [map] = maps;
    if (!map?.size || !partners.every((one) => one.complete)) continue;
    const mapped = maps.map((one) => bytesOf(facts, one, one.size));
    if (!mapped.every((one) => one !== undefined && one < offset + length)) continue;
    const subject = facts.textOf(owner, handle);
    const from = offset > 0 ? ` from byte ${offset} on` : "";
    yield {
      ...size,
      message: `${event.api.name}() syncs DMA memory outside allocated range: ${length} bytes${from}, but ${subject} is mapped with ${mapped[0] ?? 0} bytes by ${map.api.name}().`,
      function: owner.name,
      path: [
        {
          ...map.call.calleeSpan,
          function: map.owner.name,
          statement: map.call.id,
          role: "map",
          note: `${mapped[0] ?? 0} bytes mapped here`,
        },
        {
          ...call.calleeSpan,
          function: owner.name,
          statement: call.id,
          role: "sink",
          note: `${offset + length} bytes reached here`,
        },
      ],
      subjects: [subject],
      fixes: [],
    };
  }
}

/** Nothing is synced: dma-debug has no words for it, and neither has the cache. */
function emptySync({ api, call, owner }: StreamingEvent, size: FileSpan, subject: string): RuleFinding {
  const { file, start, end } = size;
  const step = { file, start, end, function: owner.name, statement: call.id };
  return {
    file,
    start,
    end,
    message: `${api.name}() syncs 0 bytes of ${subject}: nothing is handed over.`,
    function: owner.name,
    path: [{ ...step, role: "sink", note: "no byte synced here" }],
    subjects: [subject],
    fixes: [],
  };
}

/** The constant that an argument is; undefined where it is not one. A count in memory may be changed by what is called in between. */
function bytesOf(facts: Facts, event: StreamingEvent, argument: StreamingEvent["size"]): number | undefined {
  if (argument && readsOf(argument).some(touchesMemory)) return undefined;
  const text = argument ? streamingValue(facts, event.owner, event.call, argument) : "";
  return /^#\d+$/.test(text) ? Number(text.slice(1)) : undefined;
}
