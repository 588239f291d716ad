/**
 * Syncs for the CPU of memory that only the CPU writes (DMA_TO_DEVICE). They are half of a bracket: the CPU takes the buffer back, writes
 * it anew and gives it away by a sync for the device. Without the other half they do nothing, or the map's direction is not what the
 * device does (Documentation/core-api/dma-api.rst:312-319, kernel/dma/debug.c:1131-1156, linux 6.12.117).
 */
import type { Effect } from "../../kernel/contract.ts";
import type { Facts } from "../facts.ts";
import { flowOf } from "../flow/flow.ts";
import { peel } from "../values/local-evaluation.ts";
import { keptMappings, placeOfHandle, bufferBeside, syncsByOtherMeans } from "./kept-mappings.ts";
import { accessesIn, blocksOpen, type PlacedAccess } from "./kept-ownership.ts";
import { partnersOf } from "./mapping-partners.ts";
import { ownershipOf } from "./ownership.ts";
import { fieldName, sameField } from "./ownership-fields.ts";
import type { SymbolicValue } from "./ownership-values.ts";
import { type StreamingEvent, streamingEvent, streamingEvents, streamingValue } from "./streaming-events.ts";

export interface IdleCpuSync {
  readonly sync: StreamingEvent;
  /** The maps that the memory may come from: all of them give it to a device that only reads. */
  readonly maps: readonly [StreamingEvent, ...StreamingEvent[]];
  /** The first read of the buffer behind the sync: the CPU looks for what the device may have written. */
  readonly read: PlacedAccess | undefined;
  /** The unmap of the same handle that follows, and syncs by itself. */
  readonly unmap: StreamingEvent | undefined;
}

const taking: readonly Effect[] = ["sync-for-cpu", "sync-sg-for-cpu"];

/** All of them, by file and place. Silent where the unit may give the same memory back, or the CPU writes to it behind the sync. */
export function idleCpuSyncs(facts: Facts): readonly IdleCpuSync[] {
  // Most units sync for the CPU what the device has written: nothing else of them is asked.
  const syncs = facts
    .callsWith(...taking)
    .flatMap(({ function: owner, statement, api }) => streamingEvent(facts, owner, statement, api) ?? [])
    .filter((one) => one.direction === "to-device");
  if (syncs.length === 0 || syncsByOtherMeans(facts)) return [];
  return syncs.flatMap((sync) => idleSync(facts, sync) ?? []);
}

function idleSync(facts: Facts, sync: StreamingEvent): IdleCpuSync | undefined {
  const partners = partnersOf(facts, sync);
  // One map has an event of its own for each way on which it is found.
  const [first, ...others] = [...new Map(partners.flatMap((one) => one.maps.map((map) => [map.call, map]))).values()];
  if (!first || !partners.every(({ complete }) => complete)) return undefined;
  const maps = [first, ...others] as const;
  if (maps.some((one) => one.direction !== "to-device" || one.hasAttributes)) return undefined;
  const unmap = unmapBehind(facts, sync);
  if (!unmap && givesBack(facts, sync, maps)) return undefined;
  const touched = touchedBehind(facts, sync, maps);
  // What is written behind it and never given to the device is another rule's; so is memory that nobody can follow.
  if (!touched || touched.some(({ access }) => access.kind === "store")) return undefined;
  const read = touched.find(({ access }) => access.kind === "load");
  return { sync, maps, read, unmap };
}

/** Whether some sync for the device of the unit may be about the same memory. */
function givesBack(facts: Facts, sync: StreamingEvent, maps: readonly StreamingEvent[]): boolean {
  return streamingEvents(facts).some((one) => {
    if (one.step !== "sync-for-device" || one.family !== sync.family) return false;
    if (one.direction === "from-device") return false;
    const partners = partnersOf(facts, one);
    if (partners.some((other) => !other.complete || other.maps.some((map) => isAmong(maps, map)))) return true;
    return partners.length === 0 && !isOtherField(sync, one);
  });
}

function isAmong(maps: readonly StreamingEvent[], map: StreamingEvent): boolean {
  return maps.some((one) => one.call === map.call);
}

/** Both handles are read from fields, of different names. */
function isOtherField(a: StreamingEvent, b: StreamingEvent): boolean {
  const [one, other] = [a, b].map(({ handle }) => {
    const read = handle && peel(handle);
    return read?.kind === "read" && read.place.steps.length > 0 ? fieldName(read.place) : undefined;
  });
  return one !== undefined && other !== undefined && !sameField(one, other);
}

/** The unmap of the same handle with nothing but plain statements and calls in between, in the block of the sync. */
function unmapBehind(facts: Facts, sync: StreamingEvent): StreamingEvent | undefined {
  const { owner, call } = sync;
  const at = flowOf(owner).locate(call.id);
  const subject = sync.handle ?? sync.buffer;
  if (!at || !subject) return undefined;
  const value = streamingValue(facts, owner, call, subject);
  return streamingEvents(facts).find((one) => {
    if (one.owner !== owner || one.step !== "unmap" || one.family !== sync.family) return false;
    const where = flowOf(owner).locate(one.call.id);
    const other = one.handle ?? one.buffer;
    return (
      where?.block === at.block &&
      where.index > at.index &&
      other !== undefined &&
      streamingValue(facts, owner, one.call, other) === value
    );
  });
}

/**
 * What the function does with the buffer behind the sync; undefined where the buffer is not known by name and the function may touch it
 * through a pointer that nobody can tell from others.
 */
function touchedBehind(
  facts: Facts,
  sync: StreamingEvent,
  maps: readonly StreamingEvent[],
): readonly PlacedAccess[] | undefined {
  const { owner, call } = sync;
  const at = flowOf(owner).locate(call.id);
  const values = ownershipOf(facts).valuesOf(owner);
  if (!at || !values.settled) return undefined;
  const open = blocksOpen(owner, at, () => false);
  const behind = accessesIn(facts, owner).filter(({ block, index }) =>
    open.some((one) => one.block === block && (block !== at.block || index > at.index)),
  );
  const buffers = buffersOf(facts, sync, maps);
  if (buffers.length === 0) return behind.some(({ access }) => access.kind === "store") ? undefined : [];
  return behind.filter(({ access }) => buffers.some((buffer) => isWithin(access.at, buffer)));
}

function buffersOf(facts: Facts, sync: StreamingEvent, maps: readonly StreamingEvent[]): readonly SymbolicValue[] {
  const { owner, call, handle } = sync;
  const ownership = ownershipOf(facts);
  const here = maps.flatMap((map): readonly SymbolicValue[] => {
    if (map.owner !== owner) return [];
    const mapping = ownership.mappings(map.api.effect).find((one) => one.call === map.call);
    return mapping?.track.site.buffer ? [mapping.track.site.buffer] : [];
  });
  const values = ownership.valuesOf(owner);
  const environment = values.before(call);
  const place = handle && placeOfHandle(values, environment, handle);
  if (!place) return here;
  const kept = keptMappings(facts).filter(({ map }) => isAmong(maps, map));
  return [...here, ...kept.flatMap((one) => bufferBeside(values, environment, place.key, one))];
}

function isWithin(at: SymbolicValue, { object, path }: SymbolicValue): boolean {
  return at.object === object && at.path.startsWith(path);
}
