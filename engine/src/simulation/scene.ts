/** What a run has brought about that the device, the user and the proof need: buffers, mappings, what the device was told. */
import type { Attribute, Direction } from "../machine/model.ts";
import type { FileSpan } from "../text/span.ts";

/** Memory that can be shared with a device or a user. */
export interface Buffer {
  readonly id: string;
  /** As the source calls it. */
  name: string;
  readonly kind: BufferKind;
  /** The CPU pointer that the allocator returned. */
  readonly virtual: bigint;
  /** Bytes that were asked for. */
  readonly size: number;
  /** Physical address of each page's first byte that belongs to the buffer. */
  readonly frames: readonly number[];
  /** Physical address of the first byte. */
  readonly physical: number;
  /** The bus address, where the allocator gave one. */
  readonly handle: bigint | undefined;
  live: boolean;
}

export type BufferKind = "coherent" | "linear" | "vmalloc" | "stack" | "noncoherent";

/** A streaming mapping, and who owns the memory. */
export interface StreamingMapping {
  readonly handle: bigint;
  readonly virtual: bigint;
  readonly physical: number;
  readonly size: number;
  readonly direction: Direction;
  readonly name: string;
  /** Physical address of the first byte of the memory that the device has been given instead. */
  readonly bounce?: number;
  owner: "cpu" | "device";
  live: boolean;
}

/** Why a mapping was refused. */
export interface Refusal {
  readonly call: string;
  readonly reason: string;
  readonly virtual: bigint;
  readonly size: number;
  readonly direction: Direction;
}

/** Pages that a user has in its address space. */
export interface UserMapping {
  readonly virtual: bigint;
  readonly frames: readonly number[];
  readonly attribute: Attribute;
  readonly call: string;
  readonly source: FileSpan;
}

/** One stretch of bus addresses that the device was told to use. */
export interface DeviceOrder {
  readonly handle: bigint;
  readonly size: number;
  readonly direction: Direction;
  readonly how: string;
}

/** One entry of a scatterlist as the code built it. */
export interface ListEntry {
  /** Physical address by the struct page that was put in. */
  readonly physical: number;
  /** The CPU pointer that it was made of, where that is known. */
  readonly virtual: bigint | undefined;
  readonly size: number;
}

export interface WrongPage {
  /** The pointer that it was computed from. */
  readonly virtual: bigint;
  readonly physical: number;
  /** "virt_to_page()" */
  readonly call: string;
}

/** A second address of memory that a call has made, or an address computed from what is no address. */
export interface KernelAlias {
  readonly virtual: bigint;
  /** What the call was given: a struct page, a physical address or a DMA address. */
  readonly of: bigint;
  /** "page_address()" */
  readonly call: string;
}

/** A physical address that the code has taken of memory. */
export interface PhysicalAddress {
  readonly virtual: bigint;
  readonly physical: number;
  readonly call: string;
}

export class Scene {
  readonly buffers: Buffer[] = [];
  readonly streaming: StreamingMapping[] = [];
  readonly refusals: Refusal[] = [];
  readonly userMappings: UserMapping[] = [];
  readonly orders: DeviceOrder[] = [];
  /** Pages that the code computed by linear arithmetic from an address that is not linear. */
  readonly wrongPages: WrongPage[] = [];
  /** The one of them that the finding's own statement computed. */
  pageOfFinding: WrongPage | undefined;
  /** Addresses by which the code can reach memory beside its first one, in the order in which they were made. */
  readonly aliases: KernelAlias[] = [];
  /** Physical addresses that the code has computed. */
  readonly physicals: PhysicalAddress[] = [];
  /** Entries of lists whose DMA address the code has asked for, and what it got. */
  readonly listReads: { readonly sg: bigint; readonly handle: bigint }[] = [];
  /** Addresses whose page the walk of the page tables has not found. */
  readonly missingPages: { readonly virtual: bigint; readonly call: string }[] = [];
  /** Physical pages of device registers that the code has asked the bus for. */
  readonly registers = new Set<number>();
  /** Transfers of an SPI message, by the message's address. */
  readonly messages = new Map<bigint, readonly bigint[]>();
  /** Lists that a request to the crypto engine names, by the request's address. */
  readonly requests = new Map<bigint, { readonly source: bigint; readonly target: bigint }>();
  /** The code has asked whether the data cache aliases, and it does. */
  toldOfAliasing = false;
  /** A helper has copied the data before the transfer, so the caller's memory did not matter. */
  copied = false;
  /** Scatterlists by the address of their first entry, as they were when they were mapped or handed over. */
  readonly lists = new Map<bigint, readonly ListEntry[]>();

  bufferAt(virtual: bigint): Buffer | undefined {
    return this.buffers.findLast(
      (buffer) => virtual >= buffer.virtual && virtual < buffer.virtual + BigInt(buffer.size),
    );
  }

  bufferOfHandle(handle: bigint): Buffer | undefined {
    return this.buffers.findLast(
      (buffer) =>
        buffer.handle !== undefined && handle >= buffer.handle && handle < buffer.handle + BigInt(buffer.size),
    );
  }

  mappingOfHandle(handle: bigint): StreamingMapping | undefined {
    return this.streaming.findLast(
      (mapping) => handle >= mapping.handle && handle < mapping.handle + BigInt(Math.max(1, mapping.size)),
    );
  }
}
