/** Which stretches of memory the picture shows, and what is in them at a step: pure, from the trace's events. */
import type { BytePlace } from "./origin.ts";
import { bytesAt, covers, parseAddress, parseBytes, type PlacedLine, type ReplayState } from "./state.ts";
import type { Agent, Trace, TraceEvent, TraceObject } from "./trace.ts";

/** Eight bytes of memory that the run touches. */
export interface MemoryRow {
  readonly physical: number;
  readonly object?: TraceObject;
  /** "s->ring + 0x10" */
  readonly name: string;
}

export interface ByteCell {
  readonly place: BytePlace;
  /** Two digits, or "··" where nothing is known. */
  readonly text: string;
  readonly stale: boolean;
  /** Changed in the step that is shown. */
  readonly changed: boolean;
}

export interface CachedCopy {
  readonly cells: readonly ByteCell[];
  readonly line: PlacedLine;
  readonly dirty: boolean;
  readonly stale: boolean;
}

/** Who looked at the row in this step, and what it saw. */
export interface Access {
  readonly agent: Agent;
  readonly verb: "reads" | "writes";
  readonly value: string;
  readonly expected?: string;
  readonly stale: boolean;
  readonly supplier: string;
  /** The byte that tells most: the first that is not the newest, or the first of the row. */
  readonly physical: number;
}

export interface RowView {
  readonly row: MemoryRow;
  readonly copies: readonly CachedCopy[];
  /** Stores to the row that wait in the write buffer, as one row of bytes; undefined where none does. */
  readonly pending?: readonly ByteCell[] | undefined;
  readonly memory: readonly ByteCell[];
  /** RAM itself lacks the newest value (it sits in the cache or in the write buffer). */
  readonly memoryStale: boolean;
  readonly accesses: readonly Access[];
  /** Whether anything of the row changed, was looked at, or is stale in this step. */
  readonly lively: boolean;
}

export const rowBytes = 8;
const mostRows = 24;
/** Rows that only the step at hand touches. */
const mostMore = 8;
/** A larger access is the zeroing or filling of a whole buffer: it alone is no reason to draw every byte. */
const smallAccess = 16;

/** Bytes of an access as people read them: those of a row in full, of more the one that fills them, or the first ones. */
export function spellBytes(value: string): string {
  const bytes = value.match(/../g) ?? [];
  if (bytes.length <= rowBytes) return value;
  const [first = ""] = bytes;
  const size = `${String(bytes.length)} bytes`;
  return bytes.every((one) => one === first)
    ? `${first} in ${size}`
    : `${bytes.slice(0, rowBytes).join("")}… (${size})`;
}

/**
 * The rows of the run, by address: the same at every step, so that nothing jumps. Of a run that touches more than can be seen, first
 * those where something goes wrong; a step's own rows come with `rowsOfStep`.
 */
export function memoryRows(trace: Trace): readonly MemoryRow[] {
  let touched = touchedBy(trace.events, smallAccess);
  if (touched.size === 0) touched = touchedBy(trace.events, Number.POSITIVE_INFINITY);
  const telling = touched.size <= mostRows ? touched : new Set([...wrongRows(trace), ...touched]);
  return [...telling]
    .slice(0, mostRows)
    .sort((a, b) => a - b)
    .map((physical) => rowAt(trace, physical));
}

/** Rows that the step touches and that are not among those of the run. */
export function rowsOfStep(
  trace: Trace,
  rows: readonly MemoryRow[],
  events: readonly TraceEvent[],
): readonly MemoryRow[] {
  if (rows.length < mostRows) return [];
  const known = new Set(rows.map((row) => row.physical));
  return [...touchedBy(events, smallAccess)]
    .filter((physical) => !known.has(physical))
    .slice(0, mostMore)
    .map((physical) => rowAt(trace, physical));
}

/** "s->ring[3]", or the address of what has no name. */
export function byteName(trace: Trace, physical: number): string {
  const object = objectAt(trace, physical, 1);
  return object === undefined ? hex(physical) : `${object.name}[${physical - parseAddress(object.physical)}]`;
}

function rowAt(trace: Trace, physical: number): MemoryRow {
  const object = objectAt(trace, physical, rowBytes);
  const offset = object ? physical - parseAddress(object.physical) : 0;
  const place = offset === 0 ? "" : offset < 0 ? ` − 0x${(-offset).toString(16)}` : ` + 0x${offset.toString(16)}`;
  return { physical, name: object ? `${object.name}${place}` : hex(physical), ...(object && { object }) };
}

/** Starts of the rows that accesses of at most so many bytes touch. */
function touchedBy(events: readonly TraceEvent[], mostBytes: number): Set<number> {
  const touched = new Set<number>();
  const touch = (address: string, bytes: number): void => {
    if (bytes <= mostBytes) addRows(touched, address, bytes);
  };
  for (const event of events) {
    if (event.kind === "load" || event.kind === "store" || event.kind === "buffer") {
      touch(event.physical, event.value.length / 2);
    } else if (event.kind === "harm") touch(event.physical, event.got.length / 2);
    else if (event.kind === "memory" && event.writer !== "zeroing" && event.writer !== "write-back") {
      touch(event.physical, event.after.length / 2);
    }
  }
  return touched;
}

function addRows(rows: Set<number>, address: string, bytes: number): void {
  const base = parseAddress(address);
  const end = base + Math.max(1, Math.min(bytes, rowBytes * mostRows));
  for (let at = base - (base % rowBytes); at < end; at += rowBytes) rows.add(at);
}

/** Rows of harm and of stale reads, the last first: a run ends where its harm is. */
function wrongRows(trace: Trace): Set<number> {
  const rows = new Set<number>();
  for (let i = trace.events.length - 1; i >= 0; i--) {
    const event = trace.events[i];
    if (event?.kind === "harm") addRows(rows, event.physical, event.got.length / 2);
    else if (event?.kind === "load" && event.stale) addRows(rows, event.physical, event.value.length / 2);
  }
  return rows;
}

/** What is in a row after `state`; `before` is the state at the end of the previous step. */
export function viewRow(
  row: MemoryRow,
  state: ReplayState,
  before: ReplayState,
  events: readonly TraceEvent[],
): RowView {
  const { physical } = row;
  const old = before.linesWith(physical);
  const copies = state.linesWith(physical).map((line): CachedCopy => {
    const same = old.find(({ set, way }) => set === line.set && way === line.way);
    const offset = physical - parseAddress(line.physical);
    const cells = copyCells(line, offset, physical, same?.data);
    const perGranule = line.data.length / 2 / Math.max(1, line.dirty.length);
    const dirty = line.dirty.some((flag, granule) => flag && granule === Math.floor(offset / perGranule));
    return { cells, line, dirty, stale: cells.some((cell) => cell.stale) };
  });
  const then = bytesAt(before, physical, rowBytes);
  const memory = bytesAt(state, physical, rowBytes).map(
    (byte, i): ByteCell => ({
      place: { kind: "memory", physical: physical + i },
      text: digits(byte),
      stale: false,
      changed: byte !== then[i],
    }),
  );
  const pending = pendingCells(row, state, before);
  const accesses = events.flatMap((event) => accessOf(row, event));
  const left = old.some((line) => !copies.some(({ line: now }) => now.set === line.set && now.way === line.way));
  const changed = [memory, pending ?? [], ...copies.map((copy) => copy.cells)].some((cells) =>
    cells.some((cell) => cell.changed || cell.stale),
  );
  return {
    row,
    copies,
    ...(pending !== undefined && { pending }),
    memory,
    memoryStale: copies.some((copy) => copy.dirty) || pending !== undefined,
    accesses,
    lively: changed || left || accesses.length > 0,
  };
}

export const objectAt = (trace: Trace, physical: number, bytes: number): TraceObject | undefined =>
  trace.objects.find(
    (object) =>
      parseAddress(object.physical) <= physical + bytes - 1 && physical < parseAddress(object.physical) + object.size,
  );

function copyCells(line: PlacedLine, offset: number, physical: number, old: string | undefined): ByteCell[] {
  return Array.from({ length: rowBytes }, (_, i) => {
    const text = line.data.slice((offset + i) * 2, (offset + i) * 2 + 2);
    const was = old?.slice((offset + i) * 2, (offset + i) * 2 + 2);
    return {
      place: { kind: "cache", physical: physical + i, set: line.set, way: line.way },
      text: text || unknownByte,
      stale: line.stale[offset + i] ?? false,
      changed: was !== text,
    };
  });
}

function pendingCells({ physical }: MemoryRow, state: ReplayState, before: ReplayState): ByteCell[] | undefined {
  const byteIn = ({ buffer }: ReplayState, at: number): string | undefined => {
    const entry = buffer.findLast((held) => covers(held.physical, held.value, at));
    const offset = entry === undefined ? 0 : (at - parseAddress(entry.physical)) * 2;
    return entry?.value.slice(offset, offset + 2);
  };
  if (state.buffer.length === 0) return undefined;
  const cells = Array.from({ length: rowBytes }, (_, i): ByteCell => {
    const text = byteIn(state, physical + i);
    return {
      place: { kind: "buffer", physical: physical + i },
      text: text ?? unknownByte,
      stale: false,
      changed: text !== undefined && text !== byteIn(before, physical + i),
    };
  });
  return cells.some((cell) => cell.text !== unknownByte) ? cells : undefined;
}

function accessOf(row: MemoryRow, event: TraceEvent): readonly Access[] {
  if (event.kind !== "load" && event.kind !== "store") return [];
  const base = parseAddress(event.physical);
  if (base + event.value.length / 2 <= row.physical || row.physical + rowBytes <= base) return [];
  const first = Math.max(base, row.physical);
  const { agent, value } = event;
  if (event.kind === "store") {
    return [{ agent, verb: "writes", value, stale: false, supplier: event.into, physical: first }];
  }
  const { expected, stale, supplier } = event;
  const wanted = expected === undefined ? undefined : parseBytes(expected);
  const wrong = parseBytes(value).findIndex((byte, i) => base + i >= first && wanted?.[i] !== byte);
  const physical = wanted === undefined || wrong < 0 || base + wrong >= row.physical + rowBytes ? first : base + wrong;
  return [{ agent, verb: "reads", value, ...(expected !== undefined && { expected }), stale, supplier, physical }];
}

/** Who acts, as people read it. */
export const agentNames: Readonly<Record<Agent, string>> = {
  cpu: "Kernel",
  user: "App",
  device: "Device",
  environment: "Cache",
};

export const unknownByte = "··";
const digits = (byte: number | undefined): string => byte?.toString(16).padStart(2, "0") ?? unknownByte;
export const hex = (address: number): string => `0x${address.toString(16).padStart(8, "0")}`;
