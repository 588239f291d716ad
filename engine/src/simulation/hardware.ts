/**
 * The machine as the kernel model uses it: virtual addresses as bigints, frames, mappings of the kernel and of users.
 * Everything that touches memory goes through the port; nothing here keeps bytes.
 */
import type { MachinePort, Observation } from "../machine/action.ts";
import { addressOfBits, alignDown, bitsOfAddress } from "../machine/address.ts";
import type { Attribute } from "../machine/model.ts";

export class Hardware {
  readonly port: MachinePort;
  readonly pageBytes: number;
  readonly wordBits: 32 | 64;
  readonly bigEndian: boolean;
  #mappings = 0;
  #slab = { next: 0, end: 0 };
  #slabPages: number[] = [];

  constructor(port: MachinePort) {
    this.port = port;
    this.pageBytes = port.model.pageBytes;
    this.wordBits = port.model.bits;
    this.bigEndian = port.model.endian === "big";
  }

  address(virtual: bigint): number {
    return addressOfBits(virtual, this.wordBits);
  }

  bits(address: number): bigint {
    return bitsOfAddress(address, this.wordBits);
  }

  /** Linear address of fresh pages; physical addresses of contiguous frames. */
  pages(bytes: number): { readonly virtual: bigint; readonly physical: number } {
    const physical = this.port.board.allocatePages(bytes);
    return { virtual: this.bits(this.port.board.linear(physical)), physical };
  }

  /** A stretch of linear memory that shares its pages, and may share its lines, with others: the slab. */
  slab(bytes: number, alignment: number): bigint {
    if (bytes >= this.pageBytes) return this.pages(bytes).virtual;
    let at = Math.ceil(this.#slab.next / alignment) * alignment;
    if (at + bytes > this.#slab.end) {
      const chunk = this.port.board.allocatePages(16 * this.pageBytes);
      this.#slab = { next: chunk, end: chunk + 16 * this.pageBytes };
      this.#slabPages.push(chunk);
      at = chunk;
    }
    this.#slab.next = at + bytes;
    return this.bits(this.port.board.linear(at));
  }

  /** virt_to_phys() arithmetic. The uncached segment folds into RAM where the architecture masks it out (MIPS CPHYSADDR). */
  linearPhysical(virtual: bigint): number {
    const address = this.address(virtual);
    const { uncachedBase, ramSize, ramBase } = this.port.model.addresses;
    if (uncachedBase !== undefined && address >= uncachedBase && address < uncachedBase + ramSize) {
      return ramBase + (address - uncachedBase);
    }
    return this.port.board.linearPhysical(address);
  }

  linear(physical: number): bigint {
    return this.bits(this.port.board.linear(physical));
  }

  isLinear(virtual: bigint): boolean {
    const { linearBase, ramSize } = this.port.model.addresses;
    const offset = this.address(virtual) - linearBase;
    return offset >= 0 && offset < ramSize;
  }

  isVmalloc(virtual: bigint): boolean {
    const address = this.address(virtual);
    return (
      !this.isLinear(virtual) &&
      !this.isUncachedSegment(virtual) &&
      address >= this.port.model.addresses.vmallocBase &&
      address < this.port.model.addresses.vmallocBase + 0x8000000
    );
  }

  isUncachedSegment(virtual: bigint): boolean {
    const { uncachedBase, ramSize } = this.port.model.addresses;
    const offset = this.address(virtual) - (uncachedBase ?? 0);
    return uncachedBase !== undefined && offset >= 0 && offset < ramSize;
  }

  /** The page walk of the kernel's tables. */
  walk(virtual: bigint, space = 0): { readonly physical: number; readonly attribute: Attribute } | undefined {
    return this.port.board.tables.translate(this.address(virtual), space);
  }

  /** Addresses of the vmalloc window. */
  reserveKernel(size: number): bigint {
    return this.bits(this.port.board.reserveVirtual("vmalloc", size));
  }

  /** Maps frames into the vmalloc window. */
  mapKernel(name: string, frames: readonly number[], attribute: Attribute, origin: string, at?: bigint): bigint {
    const size = frames.length * this.pageBytes;
    const virtual = this.address(at ?? this.reserveKernel(size));
    this.port.perform({
      kind: "map",
      mapping: {
        id: this.#id("kernel"),
        name,
        space: 0,
        virtual,
        physical: frames.map((frame) => this.frame(frame)),
        size,
        attribute,
        origin,
      },
    });
    return this.bits(virtual);
  }

  /** Maps frames at a user's address; space 1 is the user that the proofs run. */
  mapUser(name: string, virtual: bigint, frames: readonly number[], attribute: Attribute, origin: string): void {
    this.port.perform({
      kind: "map",
      mapping: {
        id: this.#id("user"),
        name,
        space: 1,
        virtual: this.address(virtual),
        physical: frames.map((frame) => this.frame(frame)),
        size: frames.length * this.pageBytes,
        attribute,
        origin,
      },
    });
  }

  #id(window: string): string {
    this.#mappings++;
    return `${window}-${String(this.#mappings)}`;
  }

  load(virtual: bigint, size: number, agent: "cpu" | "user" = "cpu", space = agent === "user" ? 1 : 0): Observation {
    return this.port.perform({ kind: "load", agent, virtual: this.address(virtual), size, space });
  }

  store(
    virtual: bigint,
    bytes: Uint8Array,
    agent: "cpu" | "user" = "cpu",
    space = agent === "user" ? 1 : 0,
  ): Observation {
    return this.port.perform({ kind: "store", agent, virtual: this.address(virtual), bytes, space });
  }

  /** Bytes in memory order of a number of `size` bytes. */
  bytesOf(bits: bigint, size: number): Uint8Array {
    const bytes = new Uint8Array(size);
    let rest = BigInt.asUintN(size * 8, bits);
    for (let index = 0; index < size; index++) {
      bytes[this.bigEndian ? size - 1 - index : index] = Number(rest & 0xffn);
      rest >>= 8n;
    }
    return bytes;
  }

  numberOf(bytes: Uint8Array): bigint {
    let bits = 0n;
    for (let index = 0; index < bytes.length; index++) {
      const at = this.bigEndian ? index : bytes.length - 1 - index;
      bits = (bits << 8n) | BigInt(bytes[at] ?? 0);
    }
    return bits;
  }

  /**
   * The frame that a page table entry or a DMA address can hold: a physical address of at most 51 bits, whatever arithmetic
   * gave. Beyond that a number would no longer count in bytes.
   */
  frame(physical: number): number {
    const limit = 2 ** 51;
    const rest = physical % limit;
    return this.pageOf(rest < 0 ? rest + limit : rest);
  }

  /** The frame of a page frame number, as the driver's variable holds it. */
  frameOfNumber(pfn: bigint): number {
    return Number(BigInt.asUintN(51, pfn * BigInt(this.pageBytes)));
  }

  pageOf(physical: number): number {
    return alignDown(physical, this.pageBytes);
  }

  lineOf(address: bigint): bigint {
    const line = BigInt(this.port.model.cache.lineBytes);
    return (address / line) * line;
  }
}
