/** Which stretches of memory the panel draws, and what is in them at a step: pure, from the trace's events. */
import {
  bytesAt,
  parseAddress,
  parseBytes,
  type PlacedLine,
  type ReplayState,
  type Trace,
  type TraceEvent,
  type TraceObject,
} from "@dma-lens/engine/trace";

/** Eight bytes of memory that the run touches. Rows stay the same for the whole run, so that nothing jumps. */
export interface MemoryRow {
  readonly physical: number;
  readonly object?: TraceObject;
  /** "s->ring + 0x10" */
  readonly name: string;
}

export interface ByteCell {
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
  readonly agent: TraceEvent["agent"];
  readonly verb: "reads" | "writes";
  readonly value: string;
  readonly expected?: string;
  readonly stale: boolean;
  readonly supplier: string;
}

export interface RowView {
  readonly row: MemoryRow;
  readonly copies: readonly CachedCopy[];
  readonly memory: readonly ByteCell[];
  /** RAM itself lacks the newest value (it sits in the cache, or was lost). */
  readonly memoryStale: boolean;
  readonly accesses: readonly Access[];
}

const rowBytes = 8;
const mostRows = 24;
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

export function memoryRows(trace: Trace): readonly MemoryRow[] {
  const touched = touchedBy(trace, smallAccess);
  if (touched.size === 0) for (const physical of touchedBy(trace, Number.POSITIVE_INFINITY)) touched.add(physical);
  return [...touched]
    .sort((a, b) => a - b)
    .slice(0, mostRows)
    .map((physical) => {
      const object = trace.objects.find((candidate) => holds(candidate, physical));
      const offset = object ? physical - parseAddress(object.physical) : 0;
      const place = offset === 0 ? "" : ` + 0x${offset.toString(16)}`;
      return { physical, name: object ? `${object.name}${place}` : hex(physical), ...(object && { object }) };
    });
}

/** Starts of the rows that accesses of at most so many bytes touch. */
function touchedBy(trace: Trace, mostBytes: number): Set<number> {
  const touched = new Set<number>();
  const touch = (address: string, bytes: number): void => {
    if (bytes > mostBytes) return;
    const base = parseAddress(address);
    const end = base + Math.max(1, Math.min(bytes, rowBytes * mostRows));
    for (let at = base - (base % rowBytes); at < end; at += rowBytes) touched.add(at);
  };
  for (const event of trace.events) {
    if (event.kind === "load" || event.kind === "store" || event.kind === "buffer") {
      touch(event.physical, event.value.length / 2);
    } else if (event.kind === "harm") touch(event.physical, event.got.length / 2);
    else if (event.kind === "memory" && event.writer !== "zeroing" && event.writer !== "write-back") {
      touch(event.physical, event.after.length / 2);
    }
  }
  return touched;
}

/** What is in a row after `state`; `before` is the state at the end of the previous step. */
export function viewRow(
  row: MemoryRow,
  state: ReplayState,
  before: ReplayState,
  events: readonly TraceEvent[],
): RowView {
  const copies = copiesOf(row, state).map((line): CachedCopy => {
    const old = before.lines.get(`${line.set}/${line.way}`);
    const same = old?.physical === line.physical ? old : undefined;
    const offset = row.physical - parseAddress(line.physical);
    const cells = cellsOf(line.data, offset, (i) => line.stale[offset + i] ?? false, same?.data);
    const perGranule = line.data.length / 2 / Math.max(1, line.dirty.length);
    const dirty = line.dirty.some((flag, granule) => flag && granule === Math.floor(offset / perGranule));
    return { cells, line, dirty, stale: cells.some((cell) => cell.stale) };
  });
  const now = bytesAt(state, row.physical, rowBytes);
  const then = bytesAt(before, row.physical, rowBytes);
  const memory = now.map((byte, i) => ({
    text: byte === undefined ? "··" : digits(byte),
    stale: false,
    changed: byte !== then[i],
  }));
  return {
    row,
    copies,
    memory,
    memoryStale: copies.some((copy) => copy.dirty),
    accesses: events.flatMap((event) => accessOf(row, event)),
  };
}

const holds = (object: TraceObject, physical: number): boolean =>
  parseAddress(object.physical) <= physical + rowBytes - 1 && physical < parseAddress(object.physical) + object.size;

function copiesOf(row: MemoryRow, state: ReplayState): readonly PlacedLine[] {
  return [...state.lines.values()]
    .filter((line) => {
      const base = parseAddress(line.physical);
      return base <= row.physical && row.physical < base + line.data.length / 2;
    })
    .sort((a, b) => a.set - b.set || a.way - b.way);
}

function cellsOf(data: string, offset: number, stale: (i: number) => boolean, old: string | undefined): ByteCell[] {
  return Array.from({ length: rowBytes }, (_, i) => {
    const text = data.slice((offset + i) * 2, (offset + i) * 2 + 2);
    const was = old?.slice((offset + i) * 2, (offset + i) * 2 + 2);
    return { text: text || "··", stale: stale(i), changed: was !== text };
  });
}

function accessOf(row: MemoryRow, event: TraceEvent): readonly Access[] {
  if (event.kind !== "load" && event.kind !== "store") return [];
  const base = parseAddress(event.physical);
  if (base + parseBytes(event.value).length <= row.physical || row.physical + rowBytes <= base) return [];
  if (event.kind === "store") {
    return [{ agent: event.agent, verb: "writes", value: event.value, stale: false, supplier: event.into }];
  }
  return [
    {
      agent: event.agent,
      verb: "reads",
      value: event.value,
      ...(event.expected !== undefined && { expected: event.expected }),
      stale: event.stale,
      supplier: event.supplier,
    },
  ];
}

const digits = (byte: number): string => byte.toString(16).padStart(2, "0");
export const hex = (address: number): string => `0x${address.toString(16).padStart(8, "0")}`;
