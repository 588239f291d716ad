/**
 * "Who wrote this byte?": from a byte of the picture back through the events that brought it there, to the one that wrote it.
 * Read from the events alone; each question walks once backwards through them.
 */
import { covers, parseAddress, parseBytes, type Replay } from "./state.ts";
import type { Agent, TraceEvent } from "./trace.ts";

/** Where a byte is. */
export type BytePlace =
  | { readonly kind: "memory"; readonly physical: number }
  | { readonly kind: "cache"; readonly physical: number; readonly set: number; readonly way: number }
  | { readonly kind: "buffer"; readonly physical: number };

/** One event that put the byte where it then was. */
export interface OriginLink {
  /** Index into the trace's events. */
  readonly event: number;
  /** The event's `step`. */
  readonly step: number;
  readonly agent: Agent;
  readonly sentence: string;
  /** Where the event put the byte. */
  readonly place: BytePlace;
}

export interface ByteOrigin {
  readonly place: BytePlace;
  /** Undefined where nothing is known of the byte. */
  readonly value: number | undefined;
  /** From the last event back to the one that wrote the value. Empty when the byte is as it was before the run. */
  readonly links: readonly OriginLink[];
  /** Whether the last link wrote the value; else it was there before the run. */
  readonly written: boolean;
  /** The newest write to the address, where it wrote another value: what this place lacks. */
  readonly newest?: { readonly value: number; readonly link: OriginLink } | undefined;
}

/** The history of the byte in that place, as it is after the event of that index. */
export function originOf(replay: Replay, event: number, place: BytePlace): ByteOrigin {
  const { events } = replay.trace;
  const links: OriginLink[] = [];
  const value = byteIn(replay, event, place);
  let at = Math.min(event, events.length - 1);
  let where: BytePlace = place;
  let written = false;
  // Each turn goes back by an event at least.
  while (at >= 0) {
    const found = lastInto(events, at, where);
    if (found === undefined) break;
    const told = events[found.event];
    if (told === undefined) break;
    links.push({ event: found.event, step: told.step, agent: told.agent, sentence: told.sentence, place: where });
    if (found.from === undefined) {
      written = true;
      break;
    }
    where = found.from;
    at = found.before - 1;
  }
  const newest = newestOther(events, event, place.physical, value);
  return { place, value, links, written, ...(newest !== undefined && { newest }) };
}

/** The byte that is in the place after the event. */
export function byteIn(replay: Replay, event: number, place: BytePlace): number | undefined {
  const { physical } = place;
  const state = replay.at(event);
  if (place.kind === "memory") return state.memory.get(physical);
  if (place.kind === "buffer") {
    const entry = state.buffer.findLast((held) => covers(held.physical, held.value, physical));
    return entry && byteOf(entry.physical, entry.value, physical);
  }
  const line = state.linesWith(physical).find(({ set, way }) => set === place.set && way === place.way);
  return line && byteOf(line.physical, line.data, physical);
}

interface Arrival {
  /** The event that put it there. */
  readonly event: number;
  /** Where it came from; undefined where the event wrote it. */
  readonly from?: BytePlace;
  /** The first of the events that belong together: the search goes on before it. */
  readonly before: number;
}

/** The last event, at or before `at`, that put the byte into the place. */
function lastInto(events: readonly TraceEvent[], at: number, place: BytePlace): Arrival | undefined {
  for (let i = at; i >= 0; i--) {
    const event = events[i];
    if (event === undefined) continue;
    const found =
      place.kind === "memory"
        ? intoMemory(events, i, event, place.physical)
        : place.kind === "cache"
          ? intoCache(events, i, event, place)
          : intoBuffer(events, i, event, place.physical);
    if (found !== undefined) return found;
  }
  return undefined;
}

function intoMemory(
  events: readonly TraceEvent[],
  i: number,
  event: TraceEvent,
  physical: number,
): Arrival | undefined {
  switch (event.kind) {
    case "memory": {
      if (!covers(event.physical, event.after, physical)) return undefined;
      if (event.writer === "device" || event.writer === "zeroing" || event.writer === "bounce") {
        return { event: i, before: i };
      }
      if (event.writer === "cpu") return fromBuffer(events, i, physical) ?? storeOf(events, i, physical);
      const line = near(events, i, (other) => leaves(other, physical));
      const left = line === undefined ? undefined : events[line];
      if (line === undefined || left?.kind !== "line") return { event: i, before: i };
      const from: BytePlace = { kind: "cache", physical, set: left.set, way: left.way };
      return { event: i, from, before: Math.min(i, line) };
    }
    // An event of RAM is there only where bytes changed: these write the same bytes again.
    case "buffer":
      if (event.action !== "drain" || !covers(event.physical, event.value, physical)) return undefined;
      return intoCacheNear(events, i, physical)
        ? undefined
        : { event: i, from: { kind: "buffer", physical }, before: i };
    case "store":
      if (event.into !== "memory" || !covers(event.physical, event.value, physical)) return undefined;
      return { event: deviceWrite(events, i, physical) ?? i, before: i };
    case "line": {
      if (!leaves(event, physical)) return undefined;
      const { set, way } = event;
      return { event: i, from: { kind: "cache", physical, set, way }, before: i };
    }
    default:
      return undefined;
  }
}

function intoCache(
  events: readonly TraceEvent[],
  i: number,
  event: TraceEvent,
  place: Extract<BytePlace, { kind: "cache" }>,
): Arrival | undefined {
  if (event.kind !== "line" || event.set !== place.set || event.way !== place.way) return undefined;
  const { before, after, action } = event;
  const { physical } = place;
  if (after === undefined || !covers(after.physical, after.data, physical)) return undefined;
  if (action === "store") {
    const drained = fromBuffer(events, i, physical);
    if (drained !== undefined) return drained;
    const store = near(events, i, (other) => isStore(other, physical, "cache"));
    if (store !== undefined) return { event: store, before: Math.min(i, store) };
  }
  if (before === undefined || before.physical !== after.physical) {
    return { event: i, from: { kind: "memory", physical }, before: i };
  }
  const changed = byteOf(before.physical, before.data, physical) !== byteOf(after.physical, after.data, physical);
  return changed ? { event: i, before: i } : undefined;
}

function intoBuffer(
  events: readonly TraceEvent[],
  i: number,
  event: TraceEvent,
  physical: number,
): Arrival | undefined {
  if (event.kind !== "buffer" || event.action !== "push" || !covers(event.physical, event.value, physical)) {
    return undefined;
  }
  const store = near(events, i, (other) => isStore(other, physical, "write-buffer"));
  return { event: store ?? i, before: i };
}

/** The write buffer sent it right before, if it did. */
function fromBuffer(events: readonly TraceEvent[], i: number, physical: number): Arrival | undefined {
  const step = events[i]?.step;
  for (let at = i - 1; at >= 0; at--) {
    const event = events[at];
    if (event?.kind !== "buffer" || event.step !== step) return undefined;
    if (event.action !== "drain" || !covers(event.physical, event.value, physical)) continue;
    return { event: at, from: { kind: "buffer", physical }, before: at };
  }
  return undefined;
}

/** The store that RAM's change belongs to; the change itself where there is none. */
function storeOf(events: readonly TraceEvent[], i: number, physical: number): Arrival {
  const store = near(events, i, (other) => other.kind === "store" && covers(other.physical, other.value, physical));
  return { event: store ?? i, before: i };
}

/** Whether the drain went into a cached copy, and not to RAM. */
function intoCacheNear(events: readonly TraceEvent[], i: number, physical: number): boolean {
  return (
    near(
      events,
      i,
      (other) =>
        other.kind === "line" &&
        other.action === "store" &&
        other.after !== undefined &&
        covers(other.after.physical, other.after.data, physical),
    ) !== undefined
  );
}

function isStore(event: TraceEvent, physical: number, into: "cache" | "write-buffer"): boolean {
  return event.kind === "store" && event.into === into && covers(event.physical, event.value, physical);
}

/** Whether a dirty byte of a line goes to RAM by the event. */
function leaves(event: TraceEvent, physical: number): boolean {
  if (event.kind !== "line" || event.before === undefined || event.action === "invalidate") return false;
  if (event.action === "store" || event.action === "staleness") return false;
  const { before, after } = event;
  if (!covers(before.physical, before.data, physical)) return false;
  const granule = granuleOf(before.physical, before.data.length / 2, before.dirty.length, physical);
  if (before.dirty[granule] !== true) return false;
  return after?.physical !== before.physical || after.dirty[granule] !== true;
}

const granuleOf = (base: string, bytes: number, granules: number, physical: number): number =>
  Math.floor(((physical - parseAddress(base)) * Math.max(1, granules)) / Math.max(1, bytes));

/** The nearest event of the same step that fits: what follows first, since an access is told after what it does. */
function near(events: readonly TraceEvent[], i: number, fits: (event: TraceEvent) => boolean): number | undefined {
  const step = events[i]?.step;
  for (let away = 1; away <= mostAway; away++) {
    for (const other of [i + away, i - away]) {
      const event = events[other];
      if (event?.step === step && event !== undefined && fits(event)) return other;
    }
  }
  return undefined;
}

/** Events of one access; a step may hold thousands. */
const mostAway = 64;

/** The last write to the address by anybody, where its value is not the one that is here. */
function newestOther(
  events: readonly TraceEvent[],
  event: number,
  physical: number,
  value: number | undefined,
): ByteOrigin["newest"] {
  for (let i = Math.min(event, events.length - 1); i >= 0; i--) {
    const one = events[i];
    if (one?.kind !== "store" || !covers(one.physical, one.value, physical)) continue;
    const newest = byteOf(one.physical, one.value, physical);
    if (newest === undefined || newest === value) return undefined;
    const index = deviceWrite(events, i, physical) ?? i;
    const link = events[index] ?? one;
    return {
      value: newest,
      link: {
        event: index,
        step: link.step,
        agent: link.agent,
        sentence: link.sentence,
        place: { kind: one.into === "write-buffer" ? "buffer" : "memory", physical },
      },
    };
  }
  return undefined;
}

/** What a device's write does is told by the event of RAM that comes with it. */
function deviceWrite(events: readonly TraceEvent[], store: number, physical: number): number | undefined {
  if (events[store]?.agent !== "device") return undefined;
  return near(
    events,
    store,
    (other) => other.kind === "memory" && other.writer === "device" && covers(other.physical, other.after, physical),
  );
}

function byteOf(base: string, bytes: string, physical: number): number | undefined {
  return parseBytes(bytes)[physical - parseAddress(base)];
}
