/**
 * Memory that only the driver's own code touches through one mapping: bytes, what is known of each, and the origins of values.
 * No cache is modelled here, since none can show; stretches that a device or a user also sees live on the machine instead.
 */
import type { Origin, Value } from "./value.ts";

/** What is known of a byte: written by the code, never written, or zeroed and maybe set by code that did not run. */
export type Knowledge = "known" | "fresh" | "soft";

const pageBytes = 4096;
const bigPageBytes = BigInt(pageBytes);
const fresh = 0;
const soft = 1;
const known = 2;

interface Page {
  readonly bytes: Uint8Array;
  readonly state: Uint8Array;
}

export class PlainMemory {
  readonly #pages = new Map<number, Page>();
  readonly #origins = new Map<bigint, { readonly size: number; readonly origin: Origin }>();
  readonly #bigEndian: boolean;

  constructor(bigEndian: boolean) {
    this.#bigEndian = bigEndian;
  }

  /** `size` is 1 to 16 bytes; the result is unsigned. */
  load(address: bigint, size: number): Value {
    const bits = this.#bits(address, size);
    const stored = this.#origins.get(address);
    return stored?.size === size ? { bits, origin: stored.origin } : { bits };
  }

  store(address: bigint, size: number, value: Value): void {
    let bits = BigInt.asUintN(size * 8, value.bits);
    this.#forgetOrigins(address, size);
    const bytes = new Uint8Array(size);
    for (let index = 0; index < size; index++) {
      bytes[this.#bigEndian ? size - 1 - index : index] = Number(bits & 0xffn);
      bits >>= 8n;
    }
    this.#segments(address, size, (number, offset, count, index) => {
      const page = this.#pageToWrite(number);
      page.bytes.set(count === size ? bytes : bytes.subarray(index, index + count), offset);
      page.state.fill(known, offset, offset + count);
    });
    if (value.origin !== undefined) this.#origins.set(address, { size, origin: value.origin });
  }

  /** What the weakest byte of the stretch is. */
  knowledge(address: bigint, size: number): Knowledge {
    let weakest = known;
    this.#segments(address, size, (number, offset, count) => {
      const state = this.#pages.get(number)?.state;
      if (state === undefined) weakest = fresh;
      else for (let at = offset; at < offset + count; at++) weakest = Math.min(weakest, state[at] ?? fresh);
    });
    return weakest === known ? "known" : weakest === soft ? "soft" : "fresh";
  }

  byte(address: bigint): number {
    return this.#pages.get(Number(address / BigInt(pageBytes)))?.bytes[Number(address % BigInt(pageBytes))] ?? 0;
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
      bytes.set(page.bytes.subarray(offset, offset + count), index);
      states.set(page.state.subarray(offset, offset + count), index);
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
      page.bytes.set(bytes.subarray(index, index + count), offset);
      page.state.set(states.subarray(index, index + count), offset);
    });
    for (const [index, origin] of origins) this.#origins.set(target + BigInt(index), origin);
  }

  #bits(address: bigint, size: number): bigint {
    const bytes = new Uint8Array(size);
    this.#segments(address, size, (number, offset, count, index) => {
      const page = this.#pages.get(number);
      for (let at = 0; at < count; at++) bytes[index + at] = page?.bytes[offset + at] ?? 0;
    });
    // Up to six bytes a number holds; beyond, two numbers do.
    const part = (from: number, count: number): number => {
      let value = 0;
      for (let at = 0; at < count; at++) {
        value = value * 256 + (bytes[this.#bigEndian ? from + at : size - 1 - from - at] ?? 0);
      }
      return value;
    };
    if (size <= 6) return BigInt(part(0, size));
    let bits = 0n;
    for (let from = 0; from < size; from += 6) {
      const count = Math.min(6, size - from);
      bits = (bits << BigInt(count * 8)) | BigInt(part(from, count));
    }
    return bits;
  }

  #fill(address: bigint, size: number, byte: number, state: number): void {
    this.#segments(address, size, (number, offset, count) => {
      const page = this.#pageToWrite(number);
      page.bytes.fill(byte, offset, offset + count);
      page.state.fill(state, offset, offset + count);
    });
  }

  /** The stretch, page by page: the page's number, the first byte in it, how many, and how many came before. */
  #segments(
    address: bigint,
    size: number,
    visit: (number: number, offset: number, count: number, index: number) => void,
  ): void {
    let number = Number(address / bigPageBytes);
    let offset = Number(address % bigPageBytes);
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
      page = { bytes: new Uint8Array(pageBytes), state: new Uint8Array(pageBytes) };
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
