/**
 * One cache line of physical memory and everything that holds a version of it: RAM, its copies in the cache, stores on their way.
 * The transitions here are the only place that says what an access does to data. The concrete machine, the belief sets and the
 * search all apply them, so the engines cannot differ in their rules.
 */
import { bytesEqual } from "./address.ts";
import { type Attribute, coloursOf, type MachineModel } from "./model.ts";

export interface LineState {
  /** Address of the first byte. */
  readonly physical: number;
  readonly ram: Uint8Array;
  /** One at most where index and tag are physical; one for each virtual address or colour otherwise. */
  readonly copies: Copy[];
  /** Stores that have not reached RAM, or the cache in a store buffer before it, oldest first; those that keep no order with other lines. */
  readonly pending: PendingStore[];
}

export interface Copy {
  /** Tells copies of one line apart: see `copyKey`. */
  readonly key: number;
  /** Virtual address of the line's first byte, as it was filled. */
  readonly virtual: number;
  readonly data: Uint8Array;
  /** One bit for each dirty granule, lowest address in bit 0. */
  dirty: number;
}

export interface PendingStore {
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** The copy that the store is for, where it waits before the cache; else it goes to RAM. */
  readonly copy?: { readonly key: number; readonly virtual: number };
}

/** One atomic change or look at a line. `key` and `virtual` are the copy's. */
export type LineStep =
  /** Brings the line in where that copy is absent. `dirty`: a speculative store's mark on all of it. */
  | { readonly kind: "fill"; readonly key: number; readonly virtual: number; readonly dirty?: boolean }
  /** Through the cache: the copy's bytes, RAM's where it is absent. */
  | { readonly kind: "read"; readonly key: number; readonly offset: number; readonly size: number }
  | { readonly kind: "read-ram"; readonly offset: number; readonly size: number }
  /** A store to write-back memory: into the copy, or past where it is absent. */
  | { readonly kind: "write"; readonly key: number; readonly offset: number; readonly bytes: Uint8Array }
  /** A store that updates the copy where there is one, and always goes on past it. */
  | { readonly kind: "write-through"; readonly key: number; readonly offset: number; readonly bytes: Uint8Array }
  /** A store that does not look at the cache. */
  | { readonly kind: "write-past"; readonly offset: number; readonly bytes: Uint8Array }
  /** The device on a coherent bus reads: dirty granules answer, clean ones never. */
  | { readonly kind: "snoop-read"; readonly offset: number; readonly size: number }
  /** The device on a coherent bus writes, or an uncached access that checks the cache: copies are written back and dropped. */
  | { readonly kind: "snoop-drop" }
  | { readonly kind: "write-ram"; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: "clean" | "invalidate" | "clean-invalidate" | "evict"; readonly key: number }
  /** The oldest pending store reaches RAM, or its copy. */
  | { readonly kind: "drain" };

export interface LineResult {
  /** What was read. */
  readonly bytes?: Uint8Array;
  readonly supplier?: "cache" | "memory";
  /** Where a store went; "past": it must still reach RAM, by way of the write buffer where there is one. */
  readonly into?: "cache" | "past";
}

const nothing: LineResult = {};

/** Which copy of a line an access through that virtual address meets. */
export function copyKey(model: MachineModel, virtual: number): number {
  if (model.cache.tag === "virtual") return virtual - ((virtual & (model.cache.lineBytes - 1)) >>> 0);
  if (model.cache.index === "physical") return 0;
  const colours = coloursOf(model);
  return colours === 1 ? 0 : Math.floor((virtual >>> 0) / model.pageBytes) % colours;
}

export function findCopy(line: LineState, key: number): Copy | undefined {
  for (const copy of line.copies) if (copy.key === key) return copy;
  return undefined;
}

export function newLine(physical: number, lineBytes: number): LineState {
  return { physical, ram: new Uint8Array(lineBytes), copies: [], pending: [] };
}

export function cloneLine(line: LineState): LineState {
  return {
    physical: line.physical,
    ram: line.ram.slice(),
    copies: line.copies.map((copy) => ({ ...copy, data: copy.data.slice() })),
    pending: line.pending.slice(),
  };
}

/** Same bytes everywhere. The order of copies does not matter. */
export function linesEqual(a: LineState, b: LineState): boolean {
  if (a.copies.length !== b.copies.length || a.pending.length !== b.pending.length) return false;
  if (!bytesEqual(a.ram, b.ram)) return false;
  for (const copy of a.copies) {
    const other = findCopy(b, copy.key);
    if (other?.dirty !== copy.dirty || !bytesEqual(other.data, copy.data)) return false;
  }
  for (let i = 0; i < a.pending.length; i++) {
    const one = a.pending[i];
    const other = b.pending[i];
    if (one === undefined || one.offset !== other?.offset || one.copy?.key !== other.copy?.key) return false;
    if (!bytesEqual(one.bytes, other.bytes)) return false;
  }
  return true;
}

/** Applies one step to the line, in place. */
export function transition(model: MachineModel, line: LineState, step: LineStep): LineResult {
  switch (step.kind) {
    case "fill": {
      const present = findCopy(line, step.key);
      if (present === undefined) {
        const dirty = step.dirty === true ? allGranules(model) : 0;
        line.copies.push({ key: step.key, virtual: step.virtual, data: line.ram.slice(), dirty });
      } else if (step.dirty === true) present.dirty = allGranules(model);
      return nothing;
    }
    case "read": {
      const copy = findCopy(line, step.key);
      const from = copy?.data ?? line.ram;
      return {
        bytes: from.slice(step.offset, step.offset + step.size),
        supplier: copy === undefined ? "memory" : "cache",
      };
    }
    case "read-ram":
      return { bytes: line.ram.slice(step.offset, step.offset + step.size), supplier: "memory" };
    case "write": {
      const copy = findCopy(line, step.key);
      if (copy === undefined) return { into: "past" };
      copy.data.set(step.bytes, step.offset);
      copy.dirty |= granuleMask(model, step.offset, step.bytes.length);
      return { into: "cache" };
    }
    case "write-through":
      findCopy(line, step.key)?.data.set(step.bytes, step.offset);
      return { into: "past" };
    case "write-past":
      return { into: "past" };
    case "snoop-read": {
      const bytes = line.ram.slice(step.offset, step.offset + step.size);
      let supplier: "cache" | "memory" = "memory";
      for (const copy of line.copies) {
        for (let i = 0; i < step.size; i++) {
          if ((copy.dirty & granuleMask(model, step.offset + i, 1)) === 0) continue;
          bytes[i] = copy.data[step.offset + i] ?? 0;
          supplier = "cache";
        }
      }
      return { bytes, supplier };
    }
    case "snoop-drop":
      for (const copy of line.copies) writeBack(model, line, copy);
      line.copies.length = 0;
      return nothing;
    case "write-ram":
      line.ram.set(step.bytes, step.offset);
      return nothing;
    case "clean": {
      const copy = findCopy(line, step.key);
      if (copy !== undefined) writeBack(model, line, copy);
      return nothing;
    }
    case "invalidate":
      drop(line, step.key);
      return nothing;
    case "clean-invalidate":
    case "evict": {
      const copy = findCopy(line, step.key);
      if (copy === undefined) return nothing;
      writeBack(model, line, copy);
      drop(line, step.key);
      return nothing;
    }
    case "drain": {
      const oldest = line.pending.shift();
      if (oldest === undefined) return nothing;
      for (const arriving of arrivalSteps(oldest)) transition(model, line, arriving);
      return nothing;
    }
  }
}

/** The steps of a CPU load or store on one line, in order. The last one gives the result. */
export function accessSteps(
  model: MachineModel,
  attribute: Attribute,
  virtual: number,
  access:
    | { readonly kind: "load"; readonly offset: number; readonly size: number }
    | { readonly kind: "store"; readonly offset: number; readonly bytes: Uint8Array },
): readonly LineStep[] {
  const base = virtual - ((virtual & (model.cache.lineBytes - 1)) >>> 0);
  const key = copyKey(model, base);
  const fill: LineStep = { kind: "fill", key, virtual: base };
  if (attribute === "write-back" || attribute === "write-through") {
    if (access.kind === "load") return [fill, { kind: "read", key, offset: access.offset, size: access.size }];
    const { offset, bytes } = access;
    if (attribute === "write-through" || model.cache.write === "through") {
      return [{ kind: "write-through", key, offset, bytes }];
    }
    if (model.storeBuffer) return [{ kind: "write-past", offset, bytes }];
    const write: LineStep = { kind: "write", key, offset, bytes };
    return model.cache.allocate === "read-write" ? [fill, write] : [write];
  }
  const hit = attribute === "write-combine" ? model.uncachedAliasHit.writeCombine : model.uncachedAliasHit.uncached;
  const before: readonly LineStep[] = hit === "snoop" ? [{ kind: "snoop-drop" }] : [];
  if (access.kind === "load") return [...before, { kind: "read-ram", offset: access.offset, size: access.size }];
  const { offset, bytes } = access;
  if (hit === "write-through-hit") return [{ kind: "write-through", key, offset, bytes }];
  return [...before, { kind: "write-past", offset, bytes }];
}

/** A store that waits, as it is kept: with the copy that it is for where it waits before the cache. */
export function pendingStore(
  model: MachineModel,
  attribute: Attribute,
  virtual: number,
  store: { readonly offset: number; readonly bytes: Uint8Array },
): PendingStore {
  const { offset } = store;
  const bytes = store.bytes.slice();
  if (!model.storeBuffer || attribute !== "write-back" || model.cache.write !== "back") return { offset, bytes };
  const base = virtual - ((virtual & (model.cache.lineBytes - 1)) >>> 0);
  return { offset, bytes, copy: { key: copyKey(model, base), virtual: base } };
}

/** What happens to the line when a store that waited arrives. */
export function arrivalSteps({ offset, bytes, copy }: PendingStore): readonly LineStep[] {
  if (copy === undefined) return [{ kind: "write-ram", offset, bytes }];
  const { key, virtual } = copy;
  return [
    { kind: "fill", key, virtual },
    { kind: "write", key, offset, bytes },
  ];
}

/** The steps of a DMA access on one line. */
export function dmaSteps(
  model: MachineModel,
  access:
    | { readonly kind: "load"; readonly offset: number; readonly size: number }
    | { readonly kind: "store"; readonly offset: number; readonly bytes: Uint8Array },
): readonly LineStep[] {
  if (access.kind === "load") {
    return [{ kind: model.coherent ? "snoop-read" : "read-ram", offset: access.offset, size: access.size }];
  }
  const write: LineStep = { kind: "write-ram", offset: access.offset, bytes: access.bytes };
  return model.coherent ? [{ kind: "snoop-drop" }, write] : [write];
}

/** The bits of the granules that the stretch touches. Offsets and sizes in bytes, inside the line. */
export function granuleMask(model: MachineModel, offset: number, size: number): number {
  const granule = model.cache.granuleBytes;
  const first = Math.floor(offset / granule);
  const last = Math.floor((offset + size - 1) / granule);
  let mask = 0;
  for (let i = first; i <= last; i++) mask |= 1 << i;
  return mask;
}

function allGranules(model: MachineModel): number {
  return granuleMask(model, 0, model.cache.lineBytes);
}

function writeBack(model: MachineModel, line: LineState, copy: Copy): void {
  if (copy.dirty === 0) return;
  const granule = model.cache.granuleBytes;
  for (let i = 0; i * granule < line.ram.length; i++) {
    if ((copy.dirty & (1 << i)) !== 0) line.ram.set(copy.data.subarray(i * granule, (i + 1) * granule), i * granule);
  }
  copy.dirty = 0;
}

function drop(line: LineState, key: number): void {
  const at = line.copies.findIndex((copy) => copy.key === key);
  if (at >= 0) line.copies.splice(at, 1);
}
