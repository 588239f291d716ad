/** What happened, as events of the trace, each with its sentence. */
import type { CacheLine, TraceEvent } from "../trace/trace.ts";
import type { Actor, MappingRequest, ToldEvent } from "./action.ts";
import { addressText, bytesText } from "./address.ts";
import type { Board } from "./board.ts";
import type { Copy, LineStep } from "./line.ts";
import { coloursOf } from "./model.ts";
import { tracedMapping } from "./page-tables.ts";
import type { Accessed } from "./perform.ts";

/** Why a line's state changes. "warm": it was there before the run. */
export type LineCause =
  | "access"
  | "snoop"
  | "maintenance"
  | "environment"
  | "capacity"
  | "drain"
  | "warm"
  | "staleness";

type EventActor = Actor | "environment";
type LineAction = Extract<TraceEvent, { kind: "line" }>["action"];

/** The copy as the trace shows it, with the stale flags of this moment. */
export function shownLine(board: Board, line: number, copy: Copy): CacheLine {
  const { cache, pageBytes } = board.model;
  const granules = cache.lineBytes / cache.granuleBytes;
  const newest = board.promises.newest(line, cache.lineBytes);
  let anyStale = false;
  const stale: boolean[] = [];
  for (let i = 0; i < copy.data.length; i++) {
    const differs = copy.data[i] !== newest[i];
    if (differs) anyStale = true;
    stale.push(differs);
  }
  const colours = coloursOf(board.model);
  const virtualMatters = cache.index === "virtual" || cache.tag === "virtual";
  return {
    physical: addressText(line),
    ...(virtualMatters ? { virtual: addressText(copy.virtual) } : {}),
    data: bytesText(copy.data),
    dirty: Array.from({ length: granules }, (_, i) => (copy.dirty & (1 << i)) !== 0),
    stale: anyStale ? stale : [],
    ...(colours > 1 ? { colour: Math.floor((copy.virtual >>> 0) / pageBytes) % colours } : {}),
  };
}

export function lineEvent(
  board: Board,
  line: number,
  before: Copy | undefined,
  after: Copy | undefined,
  step: LineStep,
  cause: LineCause,
  agent: EventActor,
  place: { readonly set: number; readonly way: number },
): ToldEvent {
  const action = lineAction(step, cause);
  const sentence = lineSentence(board, line, before, after, action, cause, place);
  return {
    kind: "line",
    agent,
    sentence,
    action,
    set: place.set,
    way: place.way,
    ...(before === undefined ? {} : { before: shownLine(board, line, before) }),
    ...(after === undefined ? {} : { after: shownLine(board, line, after) }),
  };
}

function lineAction(step: LineStep, cause: LineCause): LineAction {
  if (cause === "staleness") return "staleness";
  switch (step.kind) {
    case "fill":
      return cause === "environment" ? "speculative-fill" : "fill";
    case "write":
    case "write-through":
      return "store";
    case "clean":
    case "invalidate":
    case "clean-invalidate":
    case "evict":
      return step.kind;
    default:
      return "write-back";
  }
}

function lineSentence(
  board: Board,
  line: number,
  before: Copy | undefined,
  after: Copy | undefined,
  action: LineAction,
  cause: LineCause,
  place: { readonly set: number; readonly way: number },
): string {
  const name = lineName(board, line);
  const where = `set ${place.set}, way ${place.way}`;
  const wasDirty = before !== undefined && before.dirty !== 0;
  const isStale = after !== undefined && shownLine(board, line, after).stale.length > 0;
  switch (action) {
    case "fill":
      return cause === "warm"
        ? `${name} is in the cache (${where}) from an earlier life of its page, clean.`
        : `${name} is read from memory into the cache (${where})${isStale ? ", with bytes that are not the newest" : ""}.`;
    case "speculative-fill":
      return after !== undefined && after.dirty !== 0
        ? `A speculative store brings ${lower(name)} into the cache (${where}) and marks it dirty.`
        : `The processor fetches ${lower(name)} into the cache (${where}) speculatively${isStale ? ": it holds bytes that are not the newest" : ""}.`;
    case "store":
      return after?.dirty === 0
        ? `The store updates ${lower(name)} in the cache (${where}) and goes on to memory.`
        : `The store changes ${lower(name)} in the cache (${where}); memory does not have it yet.`;
    case "clean":
      return `The cache operation writes the dirty bytes of ${lower(name)} back to memory and keeps the line, clean.`;
    case "invalidate":
      return wasDirty
        ? `The cache operation drops ${lower(name)} although it is dirty: what the CPU stored there is lost.`
        : `The cache operation drops ${lower(name)} from the cache.`;
    case "clean-invalidate":
      return wasDirty
        ? `The cache operation writes the dirty bytes of ${lower(name)} back to memory and drops the line.`
        : `The cache operation drops ${lower(name)} from the cache; it was clean.`;
    case "evict":
      return cause === "capacity"
        ? `${name} makes room for another line${wasDirty ? ": its dirty bytes are written back to memory" : ""}.`
        : wasDirty
          ? `The cache evicts ${lower(name)}: its dirty bytes are written back to memory.`
          : `The cache evicts ${lower(name)}, which was clean.`;
    case "write-back":
      return wasDirty
        ? `The access is seen by the cache: the dirty bytes of ${lower(name)} are written back and the line is dropped.`
        : `The access is seen by the cache: ${lower(name)} is dropped.`;
    case "staleness":
      return isStale
        ? `The cache still holds the old bytes of ${lower(name)}: they are stale now.`
        : `${name} in the cache agrees with the newest bytes again.`;
  }
}

export function memoryEvent(
  board: Board,
  line: number,
  before: Uint8Array,
  after: Uint8Array,
  step: LineStep,
  agent: EventActor,
): ToldEvent {
  let from = 0;
  let to = before.length;
  if (step.kind === "write-ram") {
    from = step.offset;
    to = step.offset + step.bytes.length;
  } else {
    while (from < to - 1 && before[from] === after[from]) from++;
    while (to > from + 1 && before[to - 1] === after[to - 1]) to--;
  }
  const writer =
    agent === "device" && step.kind === "write-ram"
      ? "device"
      : step.kind === "write-ram" || step.kind === "drain"
        ? "cpu"
        : "write-back";
  const name = board.describe(line + from, to - from);
  const value = valueText(after.subarray(from, to));
  const sentence =
    writer === "device"
      ? `The device writes ${value} to ${name} in memory.`
      : writer === "cpu"
        ? `Memory has the CPU's ${value} at ${name} now.`
        : `The write-back puts ${value} into ${name} in memory.`;
  return {
    kind: "memory",
    agent,
    sentence,
    physical: addressText(line + from),
    before: bytesText(before.subarray(from, to)),
    after: bytesText(after.subarray(from, to)),
    writer,
  };
}

/** The event of a CPU load or store, or of a DMA read; a DMA write shows as what it does to memory. */
export function accessedEvent(board: Board, access: Accessed): ToldEvent {
  const { actor, physical, bytes, observation, result } = access;
  const name = board.describe(physical, bytes.length);
  const value = valueText(bytes);
  const who = actor === "cpu" ? "The CPU" : actor === "user" ? "The user program" : "The device";
  const object = board.objectAt(physical)?.id;
  const common = {
    agent: actor,
    physical: addressText(physical),
    value: bytesText(bytes),
    ...(access.virtual === undefined ? {} : { virtual: addressText(access.virtual) }),
    ...(object === undefined ? {} : { object }),
  };
  if (access.kind === "load") {
    const supplier = result.supplier ?? "memory";
    const expected = observation.expected;
    const past = actor === "device" && !board.model.coherent ? ", past the cache" : "";
    const from = supplier === "cache" ? "from the cache" : `from memory${past}`;
    const wrong = expected === undefined ? "" : `: stale, the newest is ${valueText(expected)}`;
    return {
      kind: "load",
      ...common,
      sentence: `${who} reads ${value} from ${name} (${from})${wrong}.`,
      ...(expected === undefined ? {} : { expected: bytesText(expected) }),
      stale: observation.stale,
      supplier,
    };
  }
  const into =
    actor === "device"
      ? "memory"
      : result.into === "cache"
        ? "cache"
        : board.model.writeBuffer.depth > 0
          ? "write-buffer"
          : "memory";
  // What a device's write does to memory is told by the memory's own event: here is what it means to the cache.
  const sentence =
    actor === "device"
      ? board.model.coherent
        ? "The cache takes part in the device's write: no older copy of these bytes stays in it."
        : "The device's write goes past the cache: a copy there does not learn of it."
      : `${who} writes ${value} to ${name}, ${places[into]}.`;
  return { kind: "store", ...common, sentence, into };
}

const places = { cache: "into the cache", memory: "past the cache", "write-buffer": "by way of the write buffer" };

export function bufferEvent(
  board: Board,
  action: "push" | "drain",
  entry: { readonly line: number; readonly offset: number; readonly bytes: Uint8Array; readonly copy?: object },
  agent: EventActor,
): ToldEvent {
  const physical = entry.line + entry.offset;
  const name = board.describe(physical, entry.bytes.length);
  const value = valueText(entry.bytes);
  const sentence =
    action === "push"
      ? `The write buffer holds ${value} for ${name}; ${entry.copy === undefined ? "memory does not have it yet" : "nobody else sees it yet"}.`
      : `The write buffer sends ${value} for ${name} to ${entry.copy === undefined ? "memory" : "the cache"}.`;
  return { kind: "buffer", agent, sentence, action, physical: addressText(physical), value: bytesText(entry.bytes) };
}

export function faultEvent(agent: Actor, reason: string, address: number): ToldEvent {
  return {
    kind: "fault",
    agent,
    sentence: `${agent === "device" ? "The bus refuses the device's access" : "The access faults"}: ${reason} (${addressText(address)}).`,
    reason,
    address: addressText(address),
  };
}

export function mappingEvent(before: MappingRequest | undefined, after: MappingRequest | undefined): ToldEvent {
  const shown = after ?? before;
  const name = shown?.name ?? "";
  const sentence =
    after === undefined
      ? `The mapping of ${name} is gone.`
      : `The kernel maps ${name} ${after.attribute === "write-back" ? "cached" : after.attribute} at ${addressText(after.virtual)} (${after.origin}).`;
  return {
    kind: "mapping",
    agent: "cpu",
    sentence,
    id: shown?.id ?? "",
    ...(before === undefined ? {} : { before: tracedMapping(before) }),
    ...(after === undefined ? {} : { after: tracedMapping(after) }),
  };
}

function lineName(board: Board, line: number): string {
  const { lineBytes } = board.model.cache;
  const names: string[] = [];
  for (let at = line; at < line + lineBytes; ) {
    const object = board.objectAt(at);
    if (object === undefined) {
      at++;
      continue;
    }
    const end = Math.min(line + lineBytes, Math.max(at + 1, object.at + object.size));
    const name = board.describe(at, end - at);
    if (!names.includes(name)) names.push(name);
    at = end;
  }
  return names.length === 0 ? `The line at ${addressText(line)}` : `The line of ${names.join(" and ")}`;
}

/** Up to eight bytes in full, in memory order; of more the first ones and the count. */
function valueText(bytes: Uint8Array): string {
  if (bytes.length <= 8) return `0x${bytesText(bytes)}`;
  const first = bytes[0];
  if (bytes.every((byte) => byte === first)) return `${bytes.length} bytes of 0x${bytesText(bytes.subarray(0, 1))}`;
  return `${bytes.length} bytes (0x${bytesText(bytes.subarray(0, 4))}...)`;
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
