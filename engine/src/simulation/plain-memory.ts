/**
 * Memory that only the driver's own code touches through one mapping: bytes, what is known of each, and the origins of values.
 * No cache is modelled here, since none can show; stretches that a device or a user also sees live on the machine instead.
 */
import type { Origin, Value } from "./value.ts";

/** What is known of a byte: written by the code, never written, or zeroed and maybe set by code that did not run. */
export type Knowledge = "known" | "fresh" | "soft";

/** Small, since most objects are, and a run makes every page anew. A power of two. */
const pageBytes = 256;
const fresh = 0;
const soft = 1;
const known = 2;

/** Pages are cut from larger pieces, since each array costs more than its bytes. */
interface Chunk {
  readonly bytes: Uint8Array;
  /** Of the same bytes. */
  readonly view: DataView;
  readonly state: Uint8Array;
}

interface Page {
  readonly chunk: Chunk;
  /** Where the page begins in the chunk. */
  readonly base: number;
}

const pagesOfChunk = 16;

export class PlainMemory {
  readonly #pages = new Map<number, Page>();
  #chunk: Chunk | undefined;
  readonly #origins = new Map<bigint, { readonly size: number; readonly origin: Origin }>();
  readonly #bigEndian: boolean;

  constructor(bigEndian: boolean) {
    this.#bigEndian = bigEndian;
  }

  /** `size` is 1 to 16 bytes; the result is unsigned. */
  load(address: bigint, size: number): Value {
    const bits = this.#bits(address, size);
    if (this.#origins.size === 0) return { bits };
    const stored = this.#origins.get(address);
    return stored?.size === size ? { bits, origin: stored.origin } : { bits };
  }

  store(address: bigint, size: number, value: Value): void {
    this.#forgetOrigins(address, size);
    const at = placeOf(address);
    const offset = at & (pageBytes - 1);
    if (offset + size <= pageBytes && (size === 8 || size === 4 || size === 1 || size === 2)) {
      const page = this.#pageToWrite(numberOf(at));
      const { view, state } = page.chunk;
      const from = page.base + offset;
      if (size === 8) view.setBigUint64(from, value.bits, !this.#bigEndian);
      else {
        const bits = Number(BigInt.asUintN(32, value.bits));
        if (size === 4) view.setUint32(from, bits, !this.#bigEndian);
        else if (size === 2) view.setUint16(from, bits, !this.#bigEndian);
        else view.setUint8(from, bits);
      }
      for (let index = from; index < from + size; index++) state[index] = known;
    } else this.#storeBytes(address, size, value.bits);
    if (value.origin !== undefined) this.#origins.set(address, { size, origin: value.origin });
  }

  #storeBytes(address: bigint, size: number, value: bigint): void {
    let bits = BigInt.asUintN(size * 8, value);
    const bytes = new Uint8Array(size);
    for (let index = 0; index < size; index++) {
      bytes[this.#bigEndian ? size - 1 - index : index] = Number(bits & 0xffn);
      bits >>= 8n;
    }
    this.#segments(address, size, (number, offset, count, index) => {
      const page = this.#pageToWrite(number);
      const from = page.base + offset;
      page.chunk.bytes.set(count === size ? bytes : bytes.subarray(index, index + count), from);
      page.chunk.state.fill(known, from, from + count);
    });
  }

  /** What the weakest byte of the stretch is. */
  knowledge(address: bigint, size: number): Knowledge {
    let weakest = known;
    this.#segments(address, size, (number, offset, count) => {
      const page = this.#pages.get(number);
      if (page === undefined) weakest = fresh;
      else {
        const from = page.base + offset;
        for (let at = from; at < from + count; at++) weakest = Math.min(weakest, page.chunk.state[at] ?? fresh);
      }
    });
    return weakest === known ? "known" : weakest === soft ? "soft" : "fresh";
  }

  /** Fills with a byte; `soft` marks zeroed memory whose fields other code may have set since. */
  fill(address: bigint, size: number, byte: number, knowledge: "known" | "soft"): void {
    this.#forgetOrigins(address, size);
    const state = knowledge === "known" ? known : soft;
    this.#fill(address, size, byte, state);
  }

  /** The bytes are as if never written: a new stack frame. */
  forget(address: bigint, size: number): void {
    this.#forgetOrigins(address, size);
    this.#fill(address, size, 0, fresh);
  }

  /** Copies bytes, knowledge and origins: a structure assignment, memcpy(). Ranges may overlap. */
  copy(target: bigint, source: bigint, size: number): void {
    const bytes = new Uint8Array(size);
    const states = new Uint8Array(size).fill(fresh);
    this.#segments(source, size, (number, offset, count, index) => {
      const page = this.#pages.get(number);
      if (page === undefined) return;
      const from = page.base + offset;
      bytes.set(page.chunk.bytes.subarray(from, from + count), index);
      states.set(page.chunk.state.subarray(from, from + count), index);
    });
    const origins: [number, { readonly size: number; readonly origin: Origin }][] = [];
    if (this.#origins.size > 0) {
      for (let index = 0; index < size; index++) {
        const origin = this.#origins.get(source + BigInt(index));
        if (origin !== undefined && index + origin.size <= size) origins.push([index, origin]);
      }
    }
    this.#forgetOrigins(target, size);
    this.#segments(target, size, (number, offset, count, index) => {
      const page = this.#pageToWrite(number);
      page.chunk.bytes.set(bytes.subarray(index, index + count), page.base + offset);
      page.chunk.state.set(states.subarray(index, index + count), page.base + offset);
    });
    for (const [index, origin] of origins) this.#origins.set(target + BigInt(index), origin);
  }

  #bits(address: bigint, size: number): bigint {
    const at = placeOf(address);
    const offset = at & (pageBytes - 1);
    if (offset + size <= pageBytes) {
      const page = this.#pages.get(numberOf(at));
      if (page === undefined) return 0n;
      const { view } = page.chunk;
      const from = page.base + offset;
      if (size === 8) return view.getBigUint64(from, !this.#bigEndian);
      if (size === 4) return BigInt(view.getUint32(from, !this.#bigEndian));
      if (size === 1) return BigInt(view.getUint8(from));
      if (size === 2) return BigInt(view.getUint16(from, !this.#bigEndian));
    }
    const bytes = new Uint8Array(size);
    this.#segments(address, size, (number, from, count, index) => {
      const page = this.#pages.get(number);
      if (page === undefined) return;
      bytes.set(page.chunk.bytes.subarray(page.base + from, page.base + from + count), index);
    });
    let bits = 0n;
    for (let index = 0; index < size; index++) {
      bits = (bits << 8n) | BigInt(bytes[this.#bigEndian ? index : size - 1 - index] ?? 0);
    }
    return bits;
  }

  #fill(address: bigint, size: number, byte: number, state: number): void {
    this.#segments(address, size, (number, offset, count) => {
      const page = this.#pageToWrite(number);
      const from = page.base + offset;
      page.chunk.bytes.fill(byte, from, from + count);
      page.chunk.state.fill(state, from, from + count);
    });
  }

  /** The stretch, page by page: the page's number, the first byte in it, how many, and how many came before. */
  #segments(
    address: bigint,
    size: number,
    visit: (number: number, offset: number, count: number, index: number) => void,
  ): void {
    const place = placeOf(address);
    let number = numberOf(place);
    let offset = place & (pageBytes - 1);
    for (let index = 0; index < size; ) {
      const count = Math.min(pageBytes - offset, size - index);
      visit(number, offset, count, index);
      index += count;
      number++;
      offset = 0;
    }
  }

  #pageToWrite(number: number): Page {
    let page = this.#pages.get(number);
    if (page === undefined) {
      const base = (this.#pages.size % pagesOfChunk) * pageBytes;
      if (base === 0 || this.#chunk === undefined) {
        const bytes = new Uint8Array(pagesOfChunk * pageBytes);
        this.#chunk = { bytes, view: new DataView(bytes.buffer), state: new Uint8Array(bytes.length) };
      }
      page = { chunk: this.#chunk, base };
      this.#pages.set(number, page);
    }
    return page;
  }

  #forgetOrigins(address: bigint, size: number): void {
    if (this.#origins.size === 0) return;
    if (size > this.#origins.size * 2) {
      for (const at of this.#origins.keys()) if (at >= address && at < address + BigInt(size)) this.#origins.delete(at);
      return;
    }
    for (let index = 0; index < size; index++) this.#origins.delete(address + BigInt(index));
  }
}

/** The address as a number that holds it exactly: one of the upper half is negative, as the machine's are. */
function placeOf(address: bigint): number {
  return Number(BigInt.asIntN(64, address));
}

function numberOf(place: number): number {
  return Math.floor(place / pageBytes);
}
