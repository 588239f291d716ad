/**
 * What the CPU does with buffers of kept mappings in functions that neither map nor unmap them: reads and writes that no sync of the
 * whole unit covers, and syncs that go the wrong way.
 */
import { type KnownMap, knownMap, KnownOf } from "../../program/dependencies.ts";
import type { BlockId, CallStatement, ProgramFunction } from "../../program/program.ts";
import { blocksAhead, maySync } from "./early-reads.ts";
import { runsMeanwhile, runsOnlyAtTheEnds } from "../flow/driver-phases.ts";
import type { Facts } from "../facts.ts";
import { flowOf, successors } from "../flow/flow.ts";
import {
  bufferBeside,
  type KeptMapping,
  keptMappings,
  mapsInto,
  mayConcern,
  placeOfHandle,
  runWith,
  syncsByOtherMeans,
} from "./kept-mappings.ts";
import { ownershipOf } from "./ownership.ts";
import { accessesOf, type CpuAccess, terminatorLoads } from "./ownership-access.ts";
import { fieldsIn, sameField } from "./ownership-fields.ts";
import type { SymbolicValue } from "./ownership-values.ts";
import { type StreamingEvent, streamingEvents } from "./streaming-events.ts";

/** An access with its place in the function. */
export interface PlacedAccess {
  readonly access: CpuAccess;
  readonly block: BlockId;
  /** The statement's index, or behind the last where the block's end reads. */
  readonly index: number;
}

/** Accesses to a mapped buffer in a unit that has no sync of the kind that they need. */
export interface UnsyncedAccess {
  readonly kept: KeptMapping;
  readonly owner: ProgramFunction;
  readonly kind: CpuAccess["kind"];
  readonly accesses: readonly [PlacedAccess, ...PlacedAccess[]];
  /** The unit syncs the mapping, but only the other way. */
  readonly otherSync: StreamingEvent | undefined;
}

const unsynced = new KnownOf<Facts, readonly UnsyncedAccess[]>();

/**
 * Reads of what the device writes in a unit without any sync_for_cpu of that mapping, and writes in one without any sync_for_device, in
 * functions that never run together with a map or an unmap of it.
 */
export function unsyncedAccesses(facts: Facts): readonly UnsyncedAccess[] {
  const known = unsynced.get(facts);
  if (known) return known;
  const found = syncsByOtherMeans(facts) ? [] : keptMappings(facts).flatMap((kept) => unsyncedOf(facts, kept));
  unsynced.set(facts, found);
  return found;
}

function unsyncedOf(facts: Facts, kept: KeptMapping): readonly UnsyncedAccess[] {
  // A field of the kernel's own structs (sk_buff.data) leads to everybody's buffers; the driver's own leads to its own.
  if (!facts.unit.records.has(kept.bufferField.slice(0, kept.bufferField.indexOf(".")))) return [];
  const events = streamingEvents(facts).filter((one) => mapsInto(facts, one, kept) || mayConcern(facts, one, kept));
  const forCpu = events.find((one) => one.step === "sync-for-cpu");
  const forDevice = events.find((one) => one.step === "sync-for-device");
  if (forCpu && forDevice) return [];
  // What only the teardown unmaps is mapped whenever the device runs.
  if (events.some((one) => one.step === "unmap" && !runsOnlyAtTheEnds(facts, one.owner))) return [];
  const moving = new Set(events.filter((one) => one.step === "map" || one.step === "unmap").map((one) => one.owner));
  const { direction } = kept.map;
  const member = kept.bufferField.slice(kept.bufferField.lastIndexOf(".") + 1).replace(/\*+$/, "");
  return facts.unit.functionsMentioning(member).flatMap((owner): readonly UnsyncedAccess[] => {
    const fields = fieldsIn(owner);
    if (!fields.has(kept.bufferField) || !runsMeanwhile(facts, owner)) return [];
    const around = runWith(facts, owner);
    if ([...moving].some((one) => around.has(one))) return [];
    if (callsUnknown(facts, owner)) return [];
    return (["load", "store"] as const).flatMap((kind): readonly UnsyncedAccess[] => {
      if (direction === "unknown" || (kind === "load" && direction === "to-device")) return [];
      if (kind === "load" ? forCpu : forDevice) return [];
      const [first, ...others] = accessesThrough(facts, owner, kept).filter(({ access }) => access.kind === kind);
      const otherSync = kind === "load" ? forDevice : forCpu;
      return first ? [{ kept, owner, kind, accesses: [first, ...others], otherSync }] : [];
    });
  });
}

/** A call that nobody knows may sync. */
function callsUnknown(facts: Facts, owner: ProgramFunction): boolean {
  const ownership = ownershipOf(facts);
  return owner.blocks.some((block) =>
    block.statements.some((one) => one.kind === "call" && maySync(ownership, owner, one)),
  );
}

/** Accesses of a function to the memory that the mapping's field leads to; in source order. */
function accessesThrough(facts: Facts, owner: ProgramFunction, kept: KeptMapping): readonly PlacedAccess[] {
  const member = kept.bufferField.slice(kept.bufferField.lastIndexOf("."));
  // Another struct's field of that name would be read for ours.
  if ([...fieldsIn(owner)].some((one) => one !== kept.bufferField && one.endsWith(member))) return [];
  return accessesIn(facts, owner).filter(({ access }) => leadsThere(access.at, kept));
}

function leadsThere({ object, path }: SymbolicValue, kept: KeptMapping): boolean {
  const inner = insideOf(object, kept);
  if (kept.holder === "memory") return object.startsWith("<") && isWithin(path, kept.bufferName);
  if (inner === undefined || !isWithin(path, kept.start)) return false;
  const at = inner.lastIndexOf(kept.bufferName);
  return at > 0 && /^>?(\+[^.]*)?$/.test(inner.slice(at + kept.bufferName.length).replace(/@<R\d+>$/, ""));
}

/** The place that the object was read from. */
function insideOf(object: string, { holder }: KeptMapping): string | undefined {
  if (holder === "packet") return /^<L <L (.*)>\.data(@<R\d+>)?>$/.exec(object)?.[1];
  if (holder === "page") return /^virt\(<L (.*)>\)$/.exec(object)?.[1];
  return /^<L (.*)>$/.exec(object)?.[1];
}

function isWithin(path: string, start: string): boolean {
  if (!path.startsWith(start)) return false;
  const rest = path.slice(start.length);
  return rest === "" || (".+".includes(rest.charAt(0)) && !rest.startsWith("+#-"));
}

const placed = new WeakMap<Facts, KnownMap<ProgramFunction, readonly PlacedAccess[]>>();

/** Every CPU access of a function, by block. */
export function accessesIn(facts: Facts, owner: ProgramFunction): readonly PlacedAccess[] {
  const all = placed.get(facts) ?? knownMap<ProgramFunction, readonly PlacedAccess[]>();
  placed.set(facts, all);
  const known = all.get(owner);
  if (known) return known;
  const ownership = ownershipOf(facts);
  const values = ownership.valuesOf(owner);
  const found: PlacedAccess[] = [];
  for (const block of values.settled ? flowOf(owner).order : []) {
    const body = owner.blocks[block];
    if (!body) continue;
    const at = values.entryOf(block);
    for (const [index, statement] of body.statements.entries()) {
      for (const access of accessesOf(values, at, statement, ownership.summaries)) found.push({ access, block, index });
      values.step(at, statement);
    }
    const index = body.statements.length;
    for (const access of terminatorLoads(values, at, body.terminator)) found.push({ access, block, index });
  }
  const sorted = found.sort((a, b) => a.access.span.start - b.access.span.start);
  all.set(owner, sorted);
  return sorted;
}

/** A sync that goes the other way than what the function does with the buffer. */
export interface WrongWay {
  readonly kept: KeptMapping;
  readonly sync: StreamingEvent;
  readonly kind: CpuAccess["kind"];
  readonly accesses: readonly [PlacedAccess, ...PlacedAccess[]];
  /** A sync_for_cpu that came before: the buffer was taken back, and given away again too early. */
  readonly before: StreamingEvent | undefined;
}

/** Reads behind a sync_for_device, and writes in front of a sync_for_cpu with nothing behind it that gives them to the device. */
export function wrongWays(facts: Facts): readonly WrongWay[] {
  if (syncsByOtherMeans(facts)) return [];
  const kept = keptMappings(facts);
  return streamingEvents(facts).flatMap((event): readonly WrongWay[] => {
    if (event.family !== "single" || (event.step !== "sync-for-cpu" && event.step !== "sync-for-device")) return [];
    for (const one of kept) {
      const found = wrongWay(facts, event, one);
      if (found) return [found];
    }
    return [];
  });
}

function wrongWay(facts: Facts, sync: StreamingEvent, kept: KeptMapping): WrongWay | undefined {
  const { owner, call, handle } = sync;
  const values = ownershipOf(facts).valuesOf(owner);
  const { direction } = kept.map;
  const reads = sync.step === "sync-for-device";
  if (!handle || !values.settled || direction === "unknown" || direction === (reads ? "to-device" : "from-device"))
    return undefined;
  const environment = values.before(call);
  const place = placeOfHandle(values, environment, handle);
  if (!place || (place.field !== undefined && !sameField(place.field, kept.handleField))) return undefined;
  if (!mayConcern(facts, sync, kept)) return undefined;
  const buffers = bufferBeside(values, environment, place.key, kept);
  const at = flowOf(owner).locate(call.id);
  if (!at || buffers.length === 0) return undefined;
  const ours = accessesIn(facts, owner).filter(({ access }) =>
    buffers.some(({ object, path }) => access.at.object === object && isWithin(access.at.path, path)),
  );
  const events = streamingEvents(facts).filter(
    (one) => one.owner === owner && one !== sync && (mapsInto(facts, one, kept) || mayConcern(facts, one, kept)),
  );
  const isBehind = (block: BlockId, index: number): boolean => isAfter(owner, at, { block, index });
  const isAhead = (block: BlockId, index: number): boolean => isAfter(owner, { block, index }, at);
  const placedEvents = events.flatMap((event) => {
    const where = flowOf(owner).locate(event.call.id);
    return where ? [{ event, ...where }] : [];
  });
  if (reads) {
    // Between the sync and the read nothing may take the buffer back.
    const ends = (call: CallStatement): boolean => mayTakeBack(facts, owner, call, events);
    const open = blocksOpen(owner, at, ends);
    const [first, ...others] = ours.filter(
      ({ access, block, index }) =>
        access.kind === "load" &&
        open.some((one) => one.block === block && index < one.until && (block !== at.block || index > at.index)),
    );
    const before = placedEvents.find(
      ({ event, block, index }) => event.step === "sync-for-cpu" && isAhead(block, index),
    );
    return first ? { kept, sync, kind: "load", accesses: [first, ...others], before: before?.event } : undefined;
  }
  if (placedEvents.some(({ event, block, index }) => event.step !== "sync-for-cpu" && isBehind(block, index)))
    return undefined;
  if (placedEvents.some(({ block, index }) => isAhead(block, index))) return undefined;
  if (ours.some(({ block, index }) => isBehind(block, index))) return undefined;
  const [first, ...others] = ours.filter(
    ({ access, block, index }) => access.kind === "store" && isAhead(block, index),
  );
  return first ? { kept, sync, kind: "store", accesses: [first, ...others], before: undefined } : undefined;
}

interface Spot {
  readonly block: BlockId;
  readonly index: number;
}

/** Whether the second spot comes after the first without going round a loop. */
function isAfter(owner: ProgramFunction, first: Spot, second: Spot): boolean {
  if (first.block === second.block) return second.index > first.index;
  return blocksAhead(owner, second.block).has(first.block);
}

function mayTakeBack(
  facts: Facts,
  owner: ProgramFunction,
  call: CallStatement,
  events: readonly StreamingEvent[],
): boolean {
  const event = events.find((one) => one.call === call);
  if (event) return event.step !== "sync-for-device";
  return maySync(ownershipOf(facts), owner, call);
}

/** The blocks that are reached from behind a spot while nothing ends, each as far as its first end. */
export function blocksOpen(
  owner: ProgramFunction,
  from: Spot,
  ends: (call: CallStatement) => boolean,
): readonly { readonly block: BlockId; readonly until: number }[] {
  const rank = new Map(flowOf(owner).order.map((id, index) => [id, index]));
  const open = new Map<BlockId, number>();
  const work = [from.block];
  for (const id of work) {
    if (open.has(id)) continue;
    const body = owner.blocks[id];
    if (!body) continue;
    const start = id === from.block ? from.index + 1 : 0;
    const end = body.statements.findIndex((one, index) => index >= start && one.kind === "call" && ends(one));
    open.set(id, end < 0 ? Number.MAX_SAFE_INTEGER : end);
    if (end < 0)
      for (const next of successors(body.terminator)) if ((rank.get(next) ?? 0) > (rank.get(id) ?? 0)) work.push(next);
  }
  return [...open].map(([block, until]) => ({ block, until }));
}
