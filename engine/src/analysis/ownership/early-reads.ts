/**
 * Reads of a kept buffer that the device still owns: the function that unmaps it reads it first, and nobody has synced it.
 * The unmap shows that the mapping is in place at the read: it is the same handle's, and comes later on the way.
 */
import type { BlockId, CallStatement, ProgramFunction } from "../../program/program.ts";
import type { Facts } from "../facts.ts";
import { flowOf } from "../flow/flow.ts";
import {
  bufferBeside,
  type KeptMapping,
  keptMappings,
  mapsInto,
  mayConcern,
  mayEndByName,
  placeOfHandle,
  runWith,
  syncsByOtherMeans,
} from "./kept-mappings.ts";
import { type Ownership, ownershipOf } from "./ownership.ts";
import { accessesOf, type CpuAccess, terminatorLoads } from "./ownership-access.ts";
import { sameField } from "./ownership-fields.ts";
import { type SymbolicValue, textOfValue } from "./ownership-values.ts";
import { type StreamingEvent, streamingEvents } from "./streaming-events.ts";

interface Read {
  readonly access: CpuAccess;
  readonly block: BlockId;
  /** The statement's, or behind the last where the block's end reads. */
  readonly index: number;
}

export interface EarlyRead {
  readonly kept: KeptMapping;
  /** The unmap, or the sync, that comes too late. */
  readonly end: StreamingEvent;
  /** The function that reads, and its call that ends the mapping: the unmap itself, or a helper that unmaps. */
  readonly owner: ProgramFunction;
  readonly call: CallStatement;
  /** In order; the first is the finding. */
  readonly reads: readonly [CpuAccess, ...CpuAccess[]];
}

/** One entry for each unmap or sync that comes after a read of what it should have made readable. */
export function earlyReads(facts: Facts): readonly EarlyRead[] {
  const kept = keptMappings(facts).filter(
    ({ map }) => map.direction === "from-device" || map.direction === "bidirectional",
  );
  if (kept.length === 0 || syncsByOtherMeans(facts)) return [];
  return streamingEvents(facts).flatMap((event) => {
    if (event.step !== "unmap" || event.family !== "single") return [];
    return endingsOf(facts, event).flatMap((ending) => {
      for (const one of kept) {
        const found = readsBefore(facts, ending, one);
        if (found) return [found];
      }
      return [];
    });
  });
}

/** An unmap as a function sees it: its own call, or the call of a helper that unmaps on every way through it. */
interface Ending {
  readonly event: StreamingEvent;
  readonly owner: ProgramFunction;
  readonly call: CallStatement;
  /** The place that keeps the handle, and its field where the unmap names it. */
  readonly key: string;
  readonly field: string | undefined;
}

function endingsOf(facts: Facts, event: StreamingEvent): readonly Ending[] {
  const { owner, call, handle } = event;
  const ownership = ownershipOf(facts);
  const values = ownership.valuesOf(owner);
  if (!handle || !values.settled) return [];
  const place = placeOfHandle(values, values.before(call), handle);
  if (!place) return [];
  const own: Ending = { event, owner, call, key: place.key, field: place.field };
  const root = /<P(\d+)>/.exec(place.key)?.[1];
  const parameter = root === undefined ? -1 : owner.parameters.indexOf(Number(root));
  if (root === undefined || parameter < 0 || !onEveryWay(owner, call)) return [own];
  const seen = facts.unit.callersOf(owner).flatMap(({ caller, statement }): readonly Ending[] => {
    const outer = ownership.valuesOf(caller);
    const argument = statement.arguments[parameter];
    if (caller === owner || !argument || !outer.settled) return [];
    const passed = textOfValue(outer.evaluate(outer.before(statement), argument));
    const key = place.key.replaceAll(`<P${root}>`, passed);
    return /<[PVJ]\d+/.test(place.key.replaceAll(`<P${root}>`, ""))
      ? []
      : [{ event, owner: caller, call: statement, key, field: place.field }];
  });
  return [own, ...seen];
}

function onEveryWay(owner: ProgramFunction, call: CallStatement): boolean {
  const flow = flowOf(owner);
  const at = flow.locate(call.id);
  const returns = flow.order.filter((id) => owner.blocks[id]?.terminator.kind === "return");
  return at !== undefined && returns.length > 0 && returns.every((one) => flow.dominates(at.block, one));
}

function readsBefore(facts: Facts, end: Ending, kept: KeptMapping): EarlyRead | undefined {
  const { owner, call } = end;
  const ownership = ownershipOf(facts);
  const values = ownership.valuesOf(owner);
  if (end.field !== undefined && !sameField(end.field, kept.handleField)) return undefined;
  if (!mayConcern(facts, end.event, kept)) return undefined;
  const buffers = bufferBeside(values, values.before(call), end.key, kept);
  if (buffers.length === 0) return undefined;
  const to = flowOf(owner).locate(call.id);
  if (!to) return undefined;
  const ahead = blocksAhead(owner, to.block);
  // Mapped in this very round, the walk from the map sees the reads.
  const from = owner === kept.map.owner ? flowOf(owner).locate(kept.map.call.id) : undefined;
  if (from && (from.block === to.block ? from.index < to.index : ahead.has(from.block))) return undefined;
  const reads: Read[] = [];
  for (const block of ahead) {
    const body = owner.blocks[block];
    if (!body) continue;
    const at = values.entryOf(block);
    for (const [index, statement] of body.statements.entries()) {
      if (block === to.block && index >= to.index) break;
      for (const access of accessesOf(values, at, statement, ownership.summaries))
        if (isRead(access, buffers)) reads.push({ access, block, index });
      values.step(at, statement);
    }
    if (block !== to.block)
      for (const access of terminatorLoads(values, at, body.terminator))
        if (isRead(access, buffers)) reads.push({ access, block, index: body.statements.length });
  }
  const early = reads
    .filter((read) => !mayBeSynced(facts, end, kept, read))
    .map((read) => read.access)
    .sort((a, b) => a.span.start - b.span.start);
  const [first, ...others] = early;
  if (!first || syncedElsewhere(facts, end, kept)) return undefined;
  return { kept, end: end.event, owner, call, reads: [first, ...others] };
}

function isRead(access: CpuAccess, buffers: readonly SymbolicValue[]): boolean {
  if (access.kind !== "load") return false;
  return buffers.some(({ object, path }) => {
    if (access.at.object !== object || !access.at.path.startsWith(path)) return false;
    const rest = access.at.path.slice(path.length);
    return rest === "" || (".+".includes(rest.charAt(0)) && !rest.startsWith("+#-"));
  });
}

/** The blocks from which the event is reached without going round a loop, its own included. */
export function blocksAhead(owner: ProgramFunction, to: BlockId): ReadonlySet<BlockId> {
  const flow = flowOf(owner);
  const rank = new Map(flow.order.map((id, index) => [id, index]));
  const ahead = new Set([to]);
  for (const id of ahead)
    for (const before of flow.predecessors[id] ?? [])
      if ((rank.get(before) ?? 0) < (rank.get(id) ?? 0)) ahead.add(before);
  return ahead;
}

/** Something on a way to the read may have synced or unmapped the buffer. */
function mayBeSynced(facts: Facts, end: Ending, kept: KeptMapping, read: Read): boolean {
  const { owner } = end;
  const ownership = ownershipOf(facts);
  for (const id of blocksAhead(owner, read.block))
    for (const [index, statement] of (owner.blocks[id]?.statements ?? []).entries()) {
      if (statement.kind !== "call" || statement === end.call || (id === read.block && index >= read.index)) continue;
      if (ends(facts, ownership, owner, statement, kept)) return true;
    }
  return false;
}

function ends(
  facts: Facts,
  ownership: Ownership,
  owner: ProgramFunction,
  call: CallStatement,
  kept: KeptMapping,
): boolean {
  const event = streamingEvents(facts).find((one) => one.call === call && one.owner === owner);
  // What is mapped in this function is followed from its map on (ownership-violations.ts).
  if (event?.step === "map") return mapsInto(facts, event, kept);
  if (event) return event.step !== "sync-for-device" && mayConcern(facts, event, kept);
  return maySync(ownership, owner, call);
}

/** Whether a call may sync or unmap something: what it calls does, or its name says so and nobody knows it. */
export function maySync(ownership: Ownership, owner: ProgramFunction, call: CallStatement): boolean {
  const callees = ownership.callees(owner, call);
  if (callees.length > 0) return callees.some((one) => ownership.releases(one));
  return ownership.api(owner, call) === undefined && mayEndByName(call);
}

/** A caller, or what it calls, may sync the buffer before it comes here. */
function syncedElsewhere(facts: Facts, end: Ending, kept: KeptMapping): boolean {
  const around = runWith(facts, end.owner);
  return streamingEvents(facts).some(
    (event) =>
      event.step === "sync-for-cpu" &&
      event.owner !== end.owner &&
      around.has(event.owner) &&
      mayConcern(facts, event, kept),
  );
}
