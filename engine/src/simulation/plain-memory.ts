/**
 * Memory that only the driver's own code touches through one mapping: bytes, what is known of each, and the origins of values.
 * No cache is modelled here, since none can show; stretches that a device or a user also sees live on the machine instead.
 */
import type { Origin, Value } from "./value.ts";

/** What is known of a byte: written by the code, never written, or zeroed and maybe set by code that did not run. */
export type Knowledge = "known" | "fresh" | "soft";

const pageBytes = 4096;
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
    let bits = 0n;
    for (let index = 0; index < size; index++) {
      const at = this.#bigEndian ? index : size - 1 - index;
      bits = (bits << 8n) | BigInt(this.byte(address + BigInt(at)));
    }
    const stored = this.#origins.get(address);
    return stored?.size === size ? { bits, origin: stored.origin } : { bits };
  }

  store(address: bigint, size: number, value: Value): void {
    let bits = BigInt.asUintN(size * 8, value.bits);
    this.#forgetOrigins(address, size);
    for (let index = 0; index < size; index++) {
      const at = this.#bigEndian ? size - 1 - index : index;
      this.#write(address + BigInt(at), Number(bits & 0xffn), known);
      bits >>= 8n;
    }
    if (value.origin !== undefined) this.#origins.set(address, { size, origin: value.origin });
  }

  /** What the weakest byte of the stretch is. */
  knowledge(address: bigint, size: number): Knowledge {
    let weakest = known;
    for (let index = 0; index < size; index++) {
      const at = address + BigInt(index);
      const page = this.#pages.get(Number(at / BigInt(pageBytes)));
      weakest = Math.min(weakest, page?.state[Number(at % BigInt(pageBytes))] ?? fresh);
    }
    return weakest === known ? "known" : weakest === soft ? "soft" : "fresh";
  }

  byte(address: bigint): number {
    return this.#pages.get(Number(address / BigInt(pageBytes)))?.bytes[Number(address % BigInt(pageBytes))] ?? 0;
  }

  /** Fills with a byte; `soft` marks zeroed memory whose fields other code may have set since. */
  fill(address: bigint, size: number, byte: number, knowledge: "known" | "soft"): void {
    this.#forgetOrigins(address, size);
    const state = knowledge === "known" ? known : soft;
    for (let index = 0; index < size; index++) this.#write(address + BigInt(index), byte, state);
  }

  /** The bytes are as if never written: a new stack frame. */
  forget(address: bigint, size: number): void {
    this.#forgetOrigins(address, size);
    for (let index = 0; index < size; index++) this.#write(address + BigInt(index), 0, fresh);
  }

  /** Copies bytes, knowledge and origins: a structure assignment, memcpy(). Ranges may overlap. */
  copy(target: bigint, source: bigint, size: number): void {
    const bytes: number[] = [];
    const states: number[] = [];
    const origins: [number, { readonly size: number; readonly origin: Origin }][] = [];
    for (let index = 0; index < size; index++) {
      const at = source + BigInt(index);
      const page = this.#pages.get(Number(at / BigInt(pageBytes)));
      const offset = Number(at % BigInt(pageBytes));
      bytes.push(page?.bytes[offset] ?? 0);
      states.push(page?.state[offset] ?? fresh);
      const origin = this.#origins.get(at);
      if (origin !== undefined && index + origin.size <= size) origins.push([index, origin]);
    }
    this.#forgetOrigins(target, size);
    for (let index = 0; index < size; index++) {
      this.#write(target + BigInt(index), bytes[index] ?? 0, states[index] ?? fresh);
    }
    for (const [index, origin] of origins) this.#origins.set(target + BigInt(index), origin);
  }

  #write(address: bigint, byte: number, state: number): void {
    const number = Number(address / BigInt(pageBytes));
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = { bytes: new Uint8Array(pageBytes), state: new Uint8Array(pageBytes) };
      this.#pages.set(number, page);
    }
    const offset = Number(address % BigInt(pageBytes));
    page.bytes[offset] = byte;
    page.state[offset] = state;
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
