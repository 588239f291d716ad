/**
 * What an agent's action comes to on any machine: translation, splitting into lines, the promises. The engine behind `target` says what the
 * lines hold.
 */
import type { Actor, AgentAction, MappingRequest, Observation } from "./action.ts";
import { addressText, alignDown } from "./address.ts";
import type { Board } from "./board.ts";
import type { LineResult } from "./line.ts";
import type { Attribute, MaintenanceOperation } from "./model.ts";
import type { Writer } from "./promises.ts";

/** A stretch of one line. */
export type LineAccess =
  | { readonly kind: "load"; readonly offset: number; readonly size: number }
  | { readonly kind: "store"; readonly offset: number; readonly bytes: Uint8Array };

/** Lines as one engine keeps them. Addresses of lines are of their first bytes. */
export interface LineTarget {
  readonly board: Board;
  access(line: number, virtual: number, attribute: Attribute, access: LineAccess, actor: Actor): LineResult;
  dma(line: number, access: LineAccess): LineResult;
  maintain(line: number, virtual: number, operation: MaintenanceOperation): void;
  maintainAll(operation: MaintenanceOperation): void;
  /** All stores on their way reach memory. */
  drainAll(): void;
  /** Those that keep an order among themselves do. */
  drainOrdered(): void;
  /** Called before the mappings of that physical range change, since speculation depends on them. */
  remapping(physical: number, size: number): void;
  /** For the trace. `observation` is that of the whole action. */
  accessed?(access: Accessed): void;
  faulted?(actor: Actor, reason: string, address: number): void;
  mapped?(before: MappingRequest | undefined, after: MappingRequest | undefined): void;
}

export interface Accessed {
  readonly actor: Actor;
  readonly kind: "load" | "store";
  readonly physical: number;
  readonly virtual?: number;
  readonly bytes: Uint8Array;
  readonly result: LineResult;
  readonly observation: Observation;
}

const noBytes = new Uint8Array(0);
const done: Observation = { bytes: noBytes, stale: false };

export function performOn(target: LineTarget, action: AgentAction): Observation {
  const { board } = target;
  switch (action.kind) {
    case "load":
    case "store":
      return cpuAccess(target, action);
    case "dma-read":
    case "dma-write":
      return dmaAccess(target, action);
    case "maintain":
      return maintain(target, action);
    case "maintain-all":
      target.maintainAll(action.operation);
      target.drainAll();
      return done;
    case "barrier": {
      if (action.barrier === "relaxed-doorbell") {
        target.drainOrdered();
        return done;
      }
      const { barriers } = board.model;
      const drains =
        action.barrier === "wmb"
          ? barriers.wmb
          : action.barrier === "dma_wmb"
            ? barriers.dmaWmb
            : action.barrier === "mb"
              ? barriers.mb
              : true;
      if (drains) target.drainAll();
      return done;
    }
    case "map":
    case "unmap": {
      const id = action.kind === "map" ? action.mapping.id : action.id;
      const before = board.tables.mapping(id);
      // A mapping more takes nothing away: only what goes matters to what may have happened through it.
      if (before !== undefined) {
        for (const physical of typeof before.physical === "number" ? [before.physical] : before.physical) {
          target.remapping(physical, typeof before.physical === "number" ? before.size : board.model.pageBytes);
        }
      }
      if (action.kind === "map") board.tables.map(action.mapping);
      else board.tables.unmap(id);
      target.mapped?.(before, action.kind === "map" ? action.mapping : undefined);
      return done;
    }
    case "set-linear-attribute": {
      const { physical, size, attribute, origin } = action;
      target.remapping(physical, size);
      const id = `linear ${addressText(physical)}`;
      const asMapping = (shown: Attribute, how: string): MappingRequest => ({
        id,
        name: board.describe(physical, size),
        space: 0,
        virtual: board.linear(physical),
        physical,
        size,
        attribute: shown,
        origin: how,
      });
      const before = board.tables.linearAttribute(physical);
      board.tables.setLinearAttribute(physical, size, attribute);
      target.mapped?.(asMapping(before, "linear map"), asMapping(attribute, origin));
      return done;
    }
    case "iommu-map":
      board.bus.map(action.bus, action.physical, action.size, action.access);
      return done;
    case "iommu-unmap":
      board.bus.unmap(action.bus, action.size);
      return done;
    case "switch-space":
      if (board.model.flushOnSwitch && action.space !== board.space) target.maintainAll("clean-invalidate");
      board.space = action.space;
      return done;
    case "announce":
      board.promises.announce(action.from);
      return done;
    case "copy":
      return copy(target, action);
  }
}

function cpuAccess(target: LineTarget, action: Extract<AgentAction, { kind: "load" | "store" }>): Observation {
  const { board } = target;
  const { lineBytes } = board.model.cache;
  const store = action.kind === "store" ? action.bytes : undefined;
  const size = action.kind === "store" ? action.bytes.length : action.size;
  const space = action.space ?? (action.agent === "user" ? board.space : 0);
  const bytes = store === undefined ? new Uint8Array(size) : noBytes;
  let first: number | undefined;
  let result: LineResult = {};
  let stale = false;
  let newest: Uint8Array | undefined;
  for (let at = 0; at < size; ) {
    const virtual = action.virtual + at;
    const where = board.tables.translate(virtual, space);
    if (where === undefined) return fault(target, action.agent, "no page is mapped at this address", virtual);
    if (!board.isRam(where.physical)) return fault(target, action.agent, "there is no memory at this address", virtual);
    const line = alignDown(where.physical, lineBytes);
    const offset = where.physical - line;
    const count = Math.min(lineBytes - offset, size - at);
    first ??= where.physical;
    if (store !== undefined) {
      const part = count === size ? store : store.subarray(at, at + count);
      board.promises.write("cpu", where.physical, part);
      result = target.access(line, virtual, where.attribute, { kind: "store", offset, bytes: part }, action.agent);
    } else {
      result = target.access(line, virtual, where.attribute, { kind: "load", offset, size: count }, action.agent);
      const part = result.bytes ?? noBytes;
      bytes.set(part, at);
      const check = board.promises.check("cpu", where.physical, part);
      if (check.stale) {
        stale = true;
        newest ??= bytes.slice();
      }
      newest?.set(check.newest, at);
    }
    at += count;
  }
  const observation: Observation = {
    bytes,
    stale,
    ...(newest === undefined ? {} : { expected: newest }),
    ...(first === undefined ? {} : { physical: first }),
  };
  if (first !== undefined && target.accessed !== undefined) {
    const shown = store ?? bytes;
    target.accessed({
      actor: action.agent,
      kind: action.kind,
      physical: first,
      virtual: action.virtual,
      bytes: shown,
      result,
      observation,
    });
  }
  return observation;
}

function dmaAccess(target: LineTarget, action: Extract<AgentAction, { kind: "dma-read" | "dma-write" }>): Observation {
  const { board } = target;
  const { lineBytes } = board.model.cache;
  const store = action.kind === "dma-write" ? action.bytes : undefined;
  const size = action.kind === "dma-write" ? action.bytes.length : action.size;
  const bytes = new Uint8Array(size);
  let first: number | undefined;
  let stale = false;
  let newest: Uint8Array | undefined;
  for (let at = 0; at < size; ) {
    const bus = action.bus + at;
    const physical = board.bus.translate(bus, store === undefined ? "read" : "write");
    if (typeof physical === "string") return fault(target, "device", physical, bus);
    if (!board.isRam(physical)) return fault(target, "device", "there is no memory at this bus address", bus);
    const line = alignDown(physical, lineBytes);
    const offset = physical - line;
    const count = Math.min(lineBytes - offset, size - at);
    first ??= physical;
    if (store !== undefined) {
      const part = count === size ? store : store.subarray(at, at + count);
      board.promises.write("device", physical, part);
      const result = target.dma(line, { kind: "store", offset, bytes: part });
      target.accessed?.({ actor: "device", kind: "store", physical, bytes: part, result, observation: done });
    } else {
      const result = target.dma(line, { kind: "load", offset, size: count });
      const part = result.bytes ?? noBytes;
      bytes.set(part, at);
      const check = board.promises.check("device", physical, part);
      if (check.stale) {
        stale = true;
        newest ??= bytes.slice();
      }
      newest?.set(check.newest, at);
      const seen: Observation = check.stale
        ? { bytes: part, stale: true, expected: check.newest }
        : { bytes: part, stale: false };
      target.accessed?.({ actor: "device", kind: "load", physical, bytes: part, result, observation: seen });
    }
    at += count;
  }
  return {
    bytes,
    stale,
    ...(newest === undefined ? {} : { expected: newest }),
    ...(first === undefined ? {} : { physical: first }),
  };
}

function maintain(target: LineTarget, action: Extract<AgentAction, { kind: "maintain" }>): Observation {
  const { board } = target;
  const { lineBytes } = board.model.cache;
  const end = action.virtual + action.size;
  for (let virtual = alignDown(action.virtual, lineBytes); virtual < end; virtual += lineBytes) {
    const where = board.tables.translate(virtual, action.space ?? 0);
    if (where === undefined) return fault(target, "cpu", "a cache operation on an address that is not mapped", virtual);
    target.maintain(where.physical, virtual, action.operation);
  }
  // Every architecture's range operation ends by waiting for memory: dsb, sync, drain write buffer.
  target.drainAll();
  return done;
}

/** Through the linear map, as swiotlb_bounce() does. */
function copy(target: LineTarget, action: Extract<AgentAction, { kind: "copy" }>): Observation {
  const { board } = target;
  const { lineBytes } = board.model.cache;
  if (board.isRam(action.from, action.size) && board.isRam(action.to, action.size)) {
    board.promises.copy(action.from, action.to, action.size);
  }
  for (let at = 0; at < action.size; ) {
    const from = action.from + at;
    const to = action.to + at;
    if (!board.isRam(from) || !board.isRam(to))
      return fault(target, "cpu", "there is no memory to copy", board.linear(from));
    const fromLine = alignDown(from, lineBytes);
    const toLine = alignDown(to, lineBytes);
    const count = Math.min(lineBytes - (from - fromLine), lineBytes - (to - toLine), action.size - at);
    const load: LineAccess = { kind: "load", offset: from - fromLine, size: count };
    const read = target.access(fromLine, board.linear(from), board.tables.linearAttribute(from), load, "cpu");
    const bytes = read.bytes ?? noBytes;
    const store: LineAccess = { kind: "store", offset: to - toLine, bytes };
    const result = target.access(toLine, board.linear(to), board.tables.linearAttribute(to), store, "cpu");
    target.accessed?.({
      actor: "cpu",
      kind: "store",
      physical: to,
      virtual: board.linear(to),
      bytes,
      result,
      observation: done,
    });
    at += count;
  }
  return done;
}

function fault(target: LineTarget, actor: Actor, reason: string, address: number): Observation {
  target.faulted?.(actor, reason, address);
  return { bytes: noBytes, stale: false, fault: reason };
}

/** Whose promises an actor makes and gets. */
export function writerOf(actor: Actor): Writer {
  return actor === "device" ? "device" : "cpu";
}
