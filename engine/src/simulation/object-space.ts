/**
 * The objects that a run knows: where each lies, what the source calls it, and where its fields are.
 *
 * Fields of records that the unit declares have offsets. Fields of records that only unseen headers declare have none; they
 * live at addresses of their own, found by (address of the owner, field name). So `substream->runtime->dma_addr` is one cell
 * however it is reached, and `container_of()` finds its way back.
 */
import { addressText } from "../machine/address.ts";
import type { Layouts } from "./layout.ts";
import { ObjectIndex } from "./object-index.ts";

export interface SpaceObject {
  readonly base: bigint;
  readonly size: number;
  /** As the source calls it; the first place that the pointer was stored in. */
  name: string;
  readonly kind: string;
  /** The record that it was found to be. */
  record: string | undefined;
  /** Made because the code used it, not because the code allocated it. */
  readonly lazy: boolean;
}

/** Gives virtual addresses of linear memory (kernel linear map), `bytes` long. */
export type Arena = (bytes: number, alignment: number) => bigint;

interface OwnedField {
  readonly owner: bigint;
  readonly name: string;
}

export class ObjectSpace {
  readonly layouts: Layouts;
  readonly #arena: Arena;
  readonly #objects = new ObjectIndex<SpaceObject>();
  /** The variables of the frames that are live, the outermost first. */
  readonly #stack: SpaceObject[] = [];
  readonly #byRecord = new Map<string, SpaceObject>();
  readonly #fields = new Map<string, bigint>();
  readonly #owners = new Map<bigint, OwnedField>();

  constructor(layouts: Layouts, arena: Arena) {
    this.layouts = layouts;
    this.#arena = arena;
  }

  register(base: bigint, size: number, name: string, kind: string, record?: string, lazy = false): SpaceObject {
    const object: SpaceObject = { base, size, name, kind, record, lazy };
    // A reused address (a popped stack frame) names its newest object.
    this.#objects.add(object);
    if (kind === "stack") this.#stack.push(object);
    if (record !== undefined && !this.#byRecord.has(record)) this.#byRecord.set(record, object);
    return object;
  }

  /** Forgets the variables of frames that were popped: those that lie below `top`. */
  dropStack(top: bigint): void {
    for (let last = this.#stack.at(-1); last !== undefined && last.base < top; last = this.#stack.at(-1)) {
      this.#stack.pop();
      this.#objects.remove(last);
      if (last.record !== undefined && this.#byRecord.get(last.record) === last) this.#byRecord.delete(last.record);
    }
  }

  /** A fresh object of linear memory for a pointee that nothing has made so far. */
  makeLazily(name: string, record: string | undefined, size: number): SpaceObject {
    const bytes = Math.max(64, Math.ceil(size / 64) * 64);
    return this.register(this.#arena(bytes, bytes >= 4096 ? 4096 : 64), bytes, name, "linear", record, true);
  }

  /** The object of a record type: one per path, so that what one function stored the next one finds. */
  ofRecord(record: string): SpaceObject | undefined {
    return this.#byRecord.get(record);
  }

  /** Learns from a typed pointer what the object is. */
  learn(object: SpaceObject, record: string): void {
    if (object.record !== undefined) return;
    object.record = record;
    if (!this.#byRecord.has(record)) this.#byRecord.set(record, object);
  }

  at(address: bigint): SpaceObject | undefined {
    return this.#objects.at(address);
  }

  /** Address of a field; `record` is what the access path says, the object itself may know better. */
  fieldAddress(owner: bigint, record: string | undefined, name: string): bigint {
    const declared = this.#declaredRecord(owner, record, name);
    if (declared !== undefined) {
      const field = this.layouts.field(declared, name);
      if (field !== undefined) return owner + BigInt(field.offset);
    }
    const key = `${owner.toString(16)}.${name}`;
    const existing = this.#fields.get(key);
    if (existing !== undefined) return existing;
    const address = this.#arena(256, 64);
    this.#place(owner, name, address);
    this.register(address, 256, this.#fieldName(owner, name), "linear", undefined, true);
    return address;
  }

  /** Whether the field's cell exists already. */
  hasField(owner: bigint, name: string): boolean {
    return this.#fields.has(`${owner.toString(16)}.${name}`);
  }

  /** The owner of a member at `address`: container_of(). Undefined where the member is not known to lie in anything. */
  ownerOf(address: bigint, record: string, name: string): bigint | undefined {
    const field = this.layouts.isDeclared(record) ? this.layouts.field(record, name) : undefined;
    if (field !== undefined) {
      const owner = address - BigInt(field.offset);
      const object = this.at(owner);
      return object !== undefined &&
        (object.record === record ||
          object.size >= this.layouts.sizeOf({ kind: "record", tag: "struct", name: record }))
        ? owner
        : undefined;
    }
    const owned = this.#owners.get(address);
    return owned?.name === name ? owned.owner : undefined;
  }

  /** Says that `owner`'s field lies at `address`. */
  #place(owner: bigint, name: string, address: bigint): void {
    this.#fields.set(`${owner.toString(16)}.${name}`, address);
    this.#owners.set(address, { owner, name });
  }

  /** Makes a new owner for a member that was found alone, as a callback's argument is. */
  adopt(address: bigint, record: string, name: string): bigint {
    const existing = this.#byRecord.get(record);
    const owner =
      existing ??
      this.makeLazily(
        record,
        record,
        this.layouts.isDeclared(record) ? this.layouts.sizeOf({ kind: "record", tag: "struct", name: record }) : 64,
      );
    if (!this.layouts.isDeclared(record) && !this.hasField(owner.base, name)) this.#place(owner.base, name, address);
    return owner.base;
  }

  /** Copies the out-of-line fields of a record that has no layout: a structure assignment. */
  copyFields(target: bigint, source: bigint, copyCell: (target: bigint, source: bigint, size: number) => void): void {
    const prefix = `${source.toString(16)}.`;
    for (const [key, address] of [...this.#fields]) {
      if (!key.startsWith(prefix)) continue;
      copyCell(this.fieldAddress(target, undefined, key.slice(prefix.length)), address, 256);
    }
  }

  /** What the source would call the byte at an address: "buf->cpu", "priv->tx[3]". */
  describe(address: bigint): string {
    const object = this.at(address);
    if (object === undefined) return addressText(address);
    const offset = Number(address - object.base);
    if (object.record !== undefined && this.layouts.isDeclared(object.record)) {
      for (const [name, field] of this.layouts.fieldsOf(object.record)) {
        if (offset >= field.offset && offset < field.offset + field.size) {
          const inner = offset - field.offset;
          return `${object.name}->${name}${inner === 0 ? "" : ` + ${String(inner)}`}`;
        }
      }
    }
    return offset === 0 ? object.name : `${object.name} + ${String(offset)}`;
  }

  #declaredRecord(owner: bigint, record: string | undefined, name: string): string | undefined {
    if (this.layouts.isDeclared(record)) return record;
    // A path that names another record is right about it; only a path without a type asks the object.
    if (record !== undefined) return undefined;
    const object = this.at(owner);
    if (object?.base !== owner || !this.layouts.isDeclared(object.record)) return undefined;
    return this.layouts.field(object.record, name) === undefined ? undefined : object.record;
  }

  #fieldName(owner: bigint, name: string): string {
    const object = this.at(owner);
    if (object === undefined) return name;
    const inside = this.#owners.has(object.base) ? "." : "->";
    return owner === object.base ? `${object.name}${inside}${name}` : `${this.describe(owner)}.${name}`;
  }
}
