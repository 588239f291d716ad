/** Memory as the interpreter sees it: cells, inputs, objects that come to be because they are used, functions as values. */
import { type Type, unknownType } from "../program/types.ts";
import { Layouts } from "./layout.ts";
import { ObjectSpace, type SpaceObject } from "./object-space.ts";
import { PlainMemory } from "./plain-memory.ts";
import { convert, known, type Origin, type Value } from "./value.ts";
import type { Plan, World } from "./world.ts";
import type { DriverUnit } from "../program/program.ts";

/** The cell of an access path, its type and, for a field, whose it is. */
export interface Cell {
  readonly address: bigint;
  readonly type: Type;
  readonly field?: { readonly owner: bigint; readonly record: string | undefined; readonly name: string };
}

/** Bytes of a buffer that is made because the code uses a pointer to something of unknown size. */
const lazyBufferBytes = 4096;

/** At least so long is every struct page: objects of neighbours must not overlap. */
const structPageBytes = 32;

export class ObjectMemory {
  readonly unit: DriverUnit;
  readonly world: World;
  readonly plan: Plan;
  readonly layouts: Layouts;
  readonly space: ObjectSpace;
  readonly memory: PlainMemory;
  /** Values that inputs had in this run. */
  readonly inputs = new Map<string, bigint>();
  /** What was supposed, in words, in order of appearance. */
  readonly assumptions = new Set<string>();
  readonly #functions = new Map<string, bigint>();
  readonly #functionNames = new Map<bigint, { readonly name: string; readonly file: string }>();

  constructor(unit: DriverUnit, world: World, plan: Plan) {
    this.unit = unit;
    this.world = world;
    this.plan = plan;
    this.layouts = new Layouts(unit.records, world.wordBits);
    this.space = new ObjectSpace(this.layouts, (bytes, alignment) => world.allocate(bytes, alignment));
    this.memory = new PlainMemory(world.bigEndian);
  }

  // ------------------------------------------------------------ memory

  /** Loads `size` bytes as they are, from the machine or from plain memory. */
  loadBits(address: bigint, size: number): Value {
    if (this.world.isShared(address, size)) return this.world.load(address, size);
    return this.memory.load(address, size);
  }

  storeBits(address: bigint, size: number, value: Value): void {
    if (this.world.isShared(address, size)) this.world.store(address, size, value);
    else this.memory.store(address, size, value);
  }

  load(cell: Cell): Value {
    const { type, address } = cell;
    if (type.kind === "array" || type.kind === "record") return known(address);
    const size = Math.min(16, Math.max(1, this.layouts.sizeOf(type)));
    if (this.world.isShared(address, size)) {
      return convert(this.world.load(address, size), type, this.world.wordBits);
    }
    if (this.memory.knowledge(address, size) !== "known") this.#makeInput(cell, size);
    return convert(this.memory.load(address, size), type, this.world.wordBits);
  }

  store(cell: Cell, value: Value, source?: string): void {
    const { type, address } = cell;
    if (type.kind === "record") {
      this.copyRecord(address, value.bits, type);
      return;
    }
    let stored = value;
    if (type.kind === "pointer") {
      stored = this.typedPointer(value, type.target);
      const object = stored.bits === 0n ? undefined : this.space.at(stored.bits);
      if (object !== undefined && object.base === stored.bits && object.name === "" && source !== undefined) {
        object.name = source;
      }
    }
    const size = Math.min(16, Math.max(1, this.layouts.sizeOf(type)));
    this.storeBits(address, size, convert(stored, type, this.world.wordBits));
  }

  /** A structure assignment; fields without offsets are carried over by name. */
  copyRecord(target: bigint, source: bigint, type: Type): void {
    const size = this.layouts.sizeOf(type);
    this.copyBytes(target, source, size);
    this.space.copyFields(target, source, (to, from, bytes) => {
      this.memory.copy(to, from, bytes);
    });
  }

  /** Copies bytes between plain memory and the machine, word by word where one side is shared, as a CPU would. */
  copyBytes(target: bigint, source: bigint, size: number): void {
    if (!this.world.isShared(target, size) && !this.world.isShared(source, size)) {
      this.memory.copy(target, source, size);
      return;
    }
    for (let index = 0; index < size; ) {
      const step = wordStep(target + BigInt(index), source + BigInt(index), size - index, this.layouts.wordBytes);
      const value = this.loadBits(source + BigInt(index), step);
      this.storeBits(target + BigInt(index), step, known(value.bits));
      index += step;
    }
  }

  fillBytes(target: bigint, size: number, byte: number, knowledge: "known" | "soft" = "known"): void {
    if (!this.world.isShared(target, size)) {
      this.memory.fill(target, size, byte, knowledge);
      return;
    }
    for (let index = 0; index < size; ) {
      const step = wordStep(target + BigInt(index), 0n, size - index, this.layouts.wordBytes);
      let bits = 0n;
      for (let at = 0; at < step; at++) bits = (bits << 8n) | BigInt(byte & 0xff);
      this.storeBits(target + BigInt(index), step, known(bits));
      index += step;
    }
  }

  /** First read of a cell that the run has not written: its value is an input. */
  #makeInput(cell: Cell, size: number): void {
    const { address, type, field } = cell;
    if (field !== undefined) {
      this.world.prepareField(field.owner, field.record, field.name);
      if (this.world.isShared(address, size) || this.memory.knowledge(address, size) === "known") return;
    }
    const name = this.space.describe(address);
    const soft = this.memory.knowledge(address, size) === "soft";
    const value = this.inputValue(name, type, soft, address);
    this.memory.store(address, size, value);
  }

  /** The value of an input of a type: what the plan says, else 0, else for a pointer something to point to. */
  inputValue(name: string, type: Type, soft: boolean, cell?: bigint): Value {
    const planned = this.plan.inputs.get(name);
    const untyped = type.kind === "unknown" || (type.kind === "pointer" && isUntyped(type.target));
    const at = cell === undefined ? {} : { cell };
    const origin: Origin = { kind: "input", name, ...at, ...(untyped ? { untyped } : {}) };
    let bits: bigint;
    if (typeof planned === "bigint") bits = planned;
    else if (type.kind === "pointer" && (planned === "object" || !soft)) bits = this.#pointee(name, type.target);
    else if (planned === "object") bits = this.#pointee(name, unknownType);
    else bits = 0n;
    this.inputs.set(name, bits);
    return { bits, origin };
  }

  /** An input that has an ordinary value of its own. */
  chosen(name: string, ordinary: bigint): Value {
    const planned = this.plan.inputs.get(name);
    const bits = typeof planned === "bigint" ? planned : ordinary;
    this.inputs.set(name, bits);
    return { bits, origin: { kind: "input", name } };
  }

  #pointee(name: string, target: Type): bigint {
    if (target.kind === "function") return this.functionAddress(`(${name})`, "");
    return this.lazyObject(name, target).base;
  }

  /** The object that a pointer to `target` points to when nothing has said which: the path's object of that record. */
  lazyObject(name: string, target: Type): SpaceObject {
    if (target.kind === "record") {
      const existing = this.space.ofRecord(target.name);
      if (existing !== undefined) return existing;
      const place = this.world.place(target.name);
      const object =
        place === undefined
          ? this.space.makeLazily(name, target.name, Math.max(64, this.layouts.sizeOf(target)))
          : this.space.register(place, structPageBytes, name, "page", target.name, true);
      this.world.prepareObject(object.base, target.name);
      return object;
    }
    return this.space.makeLazily(name, undefined, Math.max(lazyBufferBytes, this.layouts.sizeOf(target)));
  }

  /** A pointer that is used as one to `target`: an untyped input finds its object, a plain allocation learns its record. */
  typedPointer(value: Value, target: Type): Value {
    if (target.kind !== "record") return value;
    const origin = value.origin;
    if (origin?.kind === "input" && origin.untyped === true) {
      const known = this.space.ofRecord(target.name);
      const current = value.bits === 0n ? undefined : this.space.at(value.bits);
      if (current !== undefined && known === undefined) {
        this.space.learn(current, target.name);
        this.world.prepareObject(current.base, target.name);
        return value;
      }
      if (current?.record !== undefined) return value;
      if (value.bits === 0n && this.plan.inputs.get(origin.name) === 0n) return value;
      const bits = this.lazyObject(origin.name, target).base;
      this.inputs.set(origin.name, bits);
      const resolved: Value = { bits, origin: { kind: "input", name: origin.name } };
      if (origin.cell !== undefined) this.memory.store(origin.cell, this.layouts.wordBytes, resolved);
      return resolved;
    }
    const object = value.bits === 0n ? undefined : this.space.at(value.bits);
    if (object !== undefined && object.base === value.bits && object.record === undefined && object.kind !== "stack") {
      this.space.learn(object, target.name);
    }
    return value;
  }

  /** The pointer in a cell, made to point to something if it does not. */
  pointerIn(cell: Cell, target: Type): bigint {
    const value = this.typedPointer(this.load(cell), target);
    // No kernel maps the first page; a NULL here is a pointer that code outside the path has set.
    if (value.bits >= 4096n) return value.bits;
    const name = this.space.describe(cell.address);
    this.assumptions.add(`${name} points to something`);
    const object = this.lazyObject(name, target);
    this.inputs.set(name, object.base);
    const bits = object.base + (value.bits > 0n ? value.bits : 0n);
    this.storeBits(cell.address, this.layouts.wordBytes, { bits, origin: { kind: "input", name } });
    return bits;
  }

  // ------------------------------------------------------------ functions as values

  functionAddress(name: string, file: string): bigint {
    const target = this.unit.functionNamed(name, file);
    const key = target === undefined ? name : `${target.file}:${name}`;
    let address = this.#functions.get(key);
    if (address === undefined) {
      const base = this.world.wordBits === 64 ? 0xffffffff_81000000n : 0xbf000000n;
      address = base + BigInt(this.#functions.size * 16);
      this.#functions.set(key, address);
      this.#functionNames.set(address, { name, file });
    }
    return address;
  }

  functionAt(address: bigint): { readonly name: string; readonly file: string } | undefined {
    return this.#functionNames.get(address);
  }
}

function isUntyped(type: Type): boolean {
  return type.kind === "void" || type.kind === "unknown" || type.kind === "opaque";
}

/** The widest access that is aligned on both sides. */
function wordStep(target: bigint, source: bigint, left: number, word: number): number {
  let step = word;
  while (step > 1 && (step > left || target % BigInt(step) !== 0n || source % BigInt(step) !== 0n)) step /= 2;
  return step;
}
