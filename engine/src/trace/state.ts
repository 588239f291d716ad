/**
 * The machine's visible state at any event of a trace, forwards and back, from the events alone.
 * The panel shows this and computes nothing else about caches.
 */
import type { Bytes, CacheLine, Mapping, Trace, TraceEvent } from "./trace.ts";

export interface ReplayState {
  /** Index of the last event that is in the state; -1 before the first. */
  readonly event: number;
  /** Valid cache lines by "set/way". */
  readonly lines: ReadonlyMap<string, PlacedLine>;
  /** Known bytes of RAM by physical address. What no event ever touches is absent. */
  readonly memory: ReadonlyMap<number, number>;
  readonly mappings: ReadonlyMap<string, Mapping>;
  /** Stores that have not reached RAM, oldest first. */
  readonly buffer: readonly { readonly physical: string; readonly value: Bytes }[];
  /** Streaming mappings by handle, with who owns the buffer now. */
  readonly ownership: ReadonlyMap<string, OwnershipEvent>;
  readonly registers: ReadonlyMap<string, string>;
  /** Named values of the driver that matter for the story. */
  readonly values: ReadonlyMap<string, string>;
}

export interface PlacedLine extends CacheLine {
  readonly set: number;
  readonly way: number;
}

export type OwnershipEvent = Extract<TraceEvent, { kind: "ownership" }>;

/** Random access to the states of one trace. Reads only `trace`; keeps a checkpoint every few events. */
export class Replay {
  readonly trace: Trace;
  readonly #checkpoints: MutableState[];

  constructor(trace: Trace) {
    this.trace = trace;
    this.#checkpoints = [initialState(trace)];
  }

  /** The state after the event of that index; an index outside the trace is clamped, and -1 is the state before all. */
  at(index: number): ReplayState {
    const target = Math.max(-1, Math.min(index, this.trace.events.length - 1));
    const nearest = Math.min(Math.floor((target + 1) / checkpointEvery), this.#checkpoints.length - 1);
    const found = this.#checkpoints[nearest];
    const state = copyState(found ?? initialState(this.trace));
    while (state.event < target) {
      const event = this.trace.events[state.event + 1];
      if (event === undefined) break;
      applyEvent(state, event);
      state.event++;
      const done = state.event + 1;
      if (done % checkpointEvery === 0 && done / checkpointEvery === this.#checkpoints.length) {
        this.#checkpoints.push(copyState(state));
      }
    }
    return state;
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

/** Copying a state costs its size, replaying costs events: this keeps both under a millisecond for 10,000 events. */
const checkpointEvery = 128;

interface MutableState extends ReplayState {
  event: number;
  readonly lines: Map<string, PlacedLine>;
  readonly memory: Map<number, number>;
  readonly mappings: Map<string, Mapping>;
  buffer: readonly { readonly physical: string; readonly value: Bytes }[];
  readonly ownership: Map<string, OwnershipEvent>;
  readonly registers: Map<string, string>;
  readonly values: Map<string, string>;
}

/** RAM before the first event: the oldest that any event tells of each byte. */
function initialState(trace: Trace): MutableState {
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
  return {
    event: -1,
    lines: new Map(),
    memory,
    mappings: new Map(),
    buffer: [],
    ownership: new Map(),
    registers: new Map(),
    values: new Map(),
  };
}

function copyState(state: MutableState): MutableState {
  return {
    event: state.event,
    lines: new Map(state.lines),
    memory: new Map(state.memory),
    mappings: new Map(state.mappings),
    buffer: state.buffer,
    ownership: new Map(state.ownership),
    registers: new Map(state.registers),
    values: new Map(state.values),
  };
}

function applyEvent(state: MutableState, event: TraceEvent): void {
  switch (event.kind) {
    case "line": {
      const key = `${event.set}/${event.way}`;
      if (event.after) state.lines.set(key, { ...event.after, set: event.set, way: event.way });
      else state.lines.delete(key);
      break;
    }
    case "memory": {
      const base = parseAddress(event.physical);
      parseBytes(event.after).forEach((byte, i) => state.memory.set(base + i, byte));
      break;
    }
    case "mapping":
      if (event.after) state.mappings.set(event.id, event.after);
      else state.mappings.delete(event.id);
      break;
    case "buffer":
      if (event.action === "push") state.buffer = [...state.buffer, { physical: event.physical, value: event.value }];
      else state.buffer = withoutFirst(state.buffer, event.physical, event.value);
      break;
    case "ownership":
      state.ownership.set(event.handle, event);
      break;
    case "device":
      if (event.register !== undefined) state.registers.set(event.register, event.value ?? "");
      break;
    case "value":
      state.values.set(event.name, event.value);
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

function withoutFirst(buffer: ReplayState["buffer"], physical: string, value: Bytes): ReplayState["buffer"] {
  const at = buffer.findIndex((entry) => entry.physical === physical && entry.value === value);
  return at < 0 ? buffer : [...buffer.slice(0, at), ...buffer.slice(at + 1)];
}
