/**
 * The machine's visible state at any event of a trace, forwards and back, from the events alone.
 * The panel shows this and computes nothing else about caches.
 */
import { Histories, History, type Work } from "./history.ts";
import type { Bytes, CacheLine, Mapping, Trace, TraceEvent } from "./trace.ts";

export interface ReplayState {
  /** Index of the last event that is in the state; -1 before the first. */
  readonly event: number;
  /** Valid cache lines by "set/way". */
  readonly lines: ReadonlyMap<string, PlacedLine>;
  /** Known bytes of RAM by physical address. What no event ever touches is absent. */
  readonly memory: KnownMemory;
  readonly mappings: ReadonlyMap<string, Mapping>;
  /** Stores that have not reached RAM, oldest first. */
  readonly buffer: readonly BufferedStore[];
  /** Streaming mappings by handle, with who owns the buffer now. */
  readonly ownership: ReadonlyMap<string, OwnershipEvent>;
  readonly registers: ReadonlyMap<string, string>;
  /** Named values of the driver that matter for the story. */
  readonly values: ReadonlyMap<string, string>;
  /** The valid cache lines that hold the byte, by set and way. */
  linesWith(physical: number): readonly PlacedLine[];
}

export interface KnownMemory {
  get(physical: number): number | undefined;
  /** The addresses of all known bytes. */
  keys(): Iterable<number>;
}

export interface PlacedLine extends CacheLine {
  readonly set: number;
  readonly way: number;
}

export interface BufferedStore {
  readonly physical: string;
  readonly value: Bytes;
}

export type OwnershipEvent = Extract<TraceEvent, { kind: "ownership" }>;

/**
 * Random access to the states of one trace. The trace is read once; from then on a state costs what is asked of it, wherever in the
 * trace it is, so that a scrubber never replays.
 */
export class Replay {
  readonly trace: Trace;
  /** Entries looked at since the trace was read. */
  readonly work: Work = { looked: 0 };
  readonly #index: TraceIndex;

  constructor(trace: Trace) {
    this.trace = trace;
    this.#index = indexOf(trace);
  }

  /** The state after the event of that index; an index outside the trace is clamped, and -1 is the state before all. */
  at(index: number): ReplayState {
    return new IndexedState(this.#index, Math.max(-1, Math.min(index, this.trace.events.length - 1)), this.work);
  }
}

/** The bytes of RAM from `physical` on; undefined where no event of the trace ever tells them. */
export function bytesAt(state: ReplayState, physical: number, count: number): readonly (number | undefined)[] {
  return Array.from({ length: count }, (_, i) => state.memory.get(physical + i));
}

export const parseBytes = (bytes: Bytes): number[] => {
  const values: number[] = [];
  for (let i = 0; i + 1 < bytes.length; i += 2) values.push(Number.parseInt(bytes.slice(i, i + 2), 16));
  return values;
};

/** Physical addresses stay under 2^53 on every modelled machine, so a number holds them exactly. */
export const parseAddress = (address: string): number => Number(address);

/** Whether a stretch of bytes that begins at `address` holds the byte. */
export function covers(address: string, bytes: Bytes, physical: number): boolean {
  const base = parseAddress(address);
  return base <= physical && physical < base + bytes.length / 2;
}

/** RAM is kept in cells of so many bytes. */
const cellBytes = 8;
type Cell = readonly (number | undefined)[];

interface TraceIndex {
  readonly lines: Histories<string, PlacedLine | null>;
  /** The slots ("set/way") that ever hold a line, by the line's address. */
  readonly slots: Map<number, Set<string>>;
  /** Bytes of a line. */
  readonly lineBytes: number;
  /** By the address of the cell. */
  readonly memory: Histories<number, Cell>;
  readonly mappings: Histories<string, Mapping | null>;
  readonly buffer: History<readonly BufferedStore[]>;
  readonly ownership: Histories<string, OwnershipEvent>;
  readonly registers: Histories<string, string>;
  readonly values: Histories<string, string>;
}

class IndexedState implements ReplayState {
  readonly event: number;
  readonly memory: ReplayState["memory"];
  readonly #index: TraceIndex;
  readonly #work: Work;

  constructor(index: TraceIndex, event: number, work: Work) {
    this.#index = index;
    this.#work = work;
    this.event = event;
    this.memory = {
      get: (physical) => index.memory.at(cellOf(physical), event, work)?.[physical - cellOf(physical)],
      keys: () =>
        [...index.memory.allAt(event, work)].flatMap(([base, cell]) =>
          cell.flatMap((byte, i) => (byte === undefined ? [] : [base + i])),
        ),
    };
  }

  get lines(): ReadonlyMap<string, PlacedLine> {
    return this.#index.lines.allAt(this.event, this.#work);
  }
  get mappings(): ReadonlyMap<string, Mapping> {
    return this.#index.mappings.allAt(this.event, this.#work);
  }
  get buffer(): readonly BufferedStore[] {
    return this.#index.buffer.at(this.event, this.#work) ?? [];
  }
  get ownership(): ReadonlyMap<string, OwnershipEvent> {
    return this.#index.ownership.allAt(this.event, this.#work);
  }
  get registers(): ReadonlyMap<string, string> {
    return this.#index.registers.allAt(this.event, this.#work);
  }
  get values(): ReadonlyMap<string, string> {
    return this.#index.values.allAt(this.event, this.#work);
  }

  linesWith(physical: number): readonly PlacedLine[] {
    const { slots, lines, lineBytes } = this.#index;
    const found: PlacedLine[] = [];
    for (const slot of slots.get(physical - (physical % lineBytes)) ?? []) {
      const line = lines.at(slot, this.event, this.#work);
      if (line && covers(line.physical, line.data, physical)) found.push(line);
    }
    return found.sort((a, b) => a.set - b.set || a.way - b.way);
  }
}

const cellOf = (physical: number): number => physical - (physical % cellBytes);

function indexOf(trace: Trace): TraceIndex {
  const index: TraceIndex = {
    lines: new Histories(),
    slots: new Map(),
    lineBytes: lineBytesOf(trace),
    memory: new Histories(),
    mappings: new Histories(),
    buffer: new History(),
    ownership: new Histories(),
    registers: new Histories(),
    values: new Histories(),
  };
  for (const [address, byte] of memoryBefore(trace)) putBytes(index, -1, address, [byte]);
  trace.events.forEach((event, at) => applyEvent(index, event, at));
  return index;
}

/** As the trace says, or, where it does not, as long as the lines in it are. */
function lineBytesOf(trace: Trace): number {
  for (const event of trace.events) {
    const line = event.kind === "line" ? (event.after ?? event.before) : undefined;
    if (line !== undefined) return Math.max(1, line.data.length / 2);
  }
  return cellBytes;
}

/** RAM before the first event: the oldest that any event tells of each byte. */
function memoryBefore(trace: Trace): ReadonlyMap<number, number> {
  const memory = new Map<number, number>();
  const learn = (physical: string, bytes: Bytes): void => {
    const base = parseAddress(physical);
    parseBytes(bytes).forEach((byte, i) => {
      if (!memory.has(base + i)) memory.set(base + i, byte);
    });
  };
  for (const event of trace.events) {
    if (event.kind === "memory") learn(event.physical, event.before);
    else if (event.kind === "line" && (event.action === "fill" || event.action === "speculative-fill") && event.after) {
      learn(event.after.physical, event.after.data);
    } else if (event.kind === "load" && event.supplier === "memory") learn(event.physical, event.value);
  }
  return memory;
}

function putBytes(index: TraceIndex, at: number, base: number, bytes: readonly number[]): void {
  for (let i = 0; i < bytes.length; ) {
    const cell = cellOf(base + i);
    const history = index.memory.of(cell);
    const next = history.last?.slice() ?? Array.from<number | undefined>({ length: cellBytes });
    for (; i < bytes.length && base + i < cell + cellBytes; i++) next[base + i - cell] = bytes[i];
    history.set(at, next);
  }
}

function applyEvent(index: TraceIndex, event: TraceEvent, at: number): void {
  switch (event.kind) {
    case "line": {
      const slot = `${event.set}/${event.way}`;
      const line = event.after && { ...event.after, set: event.set, way: event.way };
      index.lines.of(slot).set(at, line ?? null);
      if (line !== undefined) {
        const base = parseAddress(line.physical);
        const slots = index.slots.get(base);
        if (slots === undefined) index.slots.set(base, new Set([slot]));
        else slots.add(slot);
      }
      break;
    }
    case "memory":
      putBytes(index, at, parseAddress(event.physical), parseBytes(event.after));
      break;
    case "mapping":
      index.mappings.of(event.id).set(at, event.after ?? null);
      break;
    case "buffer": {
      const { physical, value } = event;
      const buffer = index.buffer.last ?? [];
      index.buffer.set(
        at,
        event.action === "push" ? [...buffer, { physical, value }] : withoutFirst(buffer, physical, value),
      );
      break;
    }
    case "ownership":
      index.ownership.of(event.handle).set(at, event);
      break;
    case "device":
      if (event.register !== undefined) index.registers.of(event.register).set(at, event.value ?? "");
      break;
    case "value":
      index.values.of(event.name).set(at, event.value);
      break;
    case "step":
    case "load":
    case "store":
    case "fault":
    case "harm":
    case "note":
      break;
  }
}

function withoutFirst(buffer: readonly BufferedStore[], physical: string, value: Bytes): readonly BufferedStore[] {
  const at = buffer.findIndex((entry) => entry.physical === physical && entry.value === value);
  return at < 0 ? buffer : [...buffer.slice(0, at), ...buffer.slice(at + 1)];
}
