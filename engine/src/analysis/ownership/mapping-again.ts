/** Buffers and lists that are mapped for the same device again while they are mapped: what the walks saw, less what is legal. */
import type { CallStatement } from "../../program/program.ts";
import type { Facts } from "../facts.ts";
import { testedByHand } from "./mapping-leaks.ts";
import { type Mapping, ownershipOf } from "./ownership.ts";
import { type StreamingEvent, streamingEvent, streamingValue } from "./streaming-events.ts";

export interface MappedAgain {
  readonly mapping: Mapping;
  readonly again: StreamingEvent;
}

/**
 * Each second map once. Silent for two devices, for a map that leaves the caches alone, and where the device only reads both times: two
 * reads of one buffer do not get into each other's way, and dma-debug lets them pass (kernel/dma/debug.c:463-470, linux 6.12.117). A list
 * holds one set of DMA addresses, so that it cannot be mapped twice in any direction.
 */
export function mappedAgain(facts: Facts): readonly MappedAgain[] {
  const found: MappedAgain[] = [];
  const told = new Set<CallStatement>();
  for (const mapping of ownershipOf(facts).mappings("map-streaming", "map-sg")) {
    const { owner, call, made, track } = mapping;
    if (track.remaps.length === 0 || call !== made.call || testedByHand(facts, mapping)) continue;
    const first = streamingEvent(facts, owner, call, made.api);
    if (!first || first.hasAttributes) continue;
    for (const other of track.remaps) {
      const api = facts.apiOf(owner, other);
      const again = api && streamingEvent(facts, owner, other, api);
      if (!again || told.has(other) || again.hasAttributes || again.family !== first.family) continue;
      if (!isSameRange(facts, first, again)) continue;
      if (first.family !== "sg" && !mayWrite(first) && !mayWrite(again)) continue;
      told.add(other);
      found.push({ mapping, again });
    }
  }
  return found;
}

function mayWrite({ direction }: StreamingEvent): boolean {
  return direction === "from-device" || direction === "bidirectional";
}

/** The same device, and of a page the same offset. */
function isSameRange(facts: Facts, first: StreamingEvent, again: StreamingEvent): boolean {
  const same = (key: "device" | "offset"): boolean => {
    const one = first[key];
    const other = again[key];
    if (!one || !other) return one === other;
    return (
      streamingValue(facts, first.owner, first.call, one) === streamingValue(facts, again.owner, again.call, other)
    );
  };
  return same("device") && same("offset");
}
