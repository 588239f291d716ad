/**
 * What the simulated machine needs to know of a platform, as plain data: every behaviour of the machine comes from here, none
 * from a platform's name. `modelOf` (preset-model.ts) makes it of a preset; tests make variants with object spread.
 */
import type { Mapping } from "../trace/trace.ts";

export type Attribute = Mapping["attribute"];
export type Direction = "to-device" | "from-device" | "bidirectional";
/** What a cache maintenance operation does to a line: writes it back, drops it, or both. */
export type MaintenanceOperation = "clean" | "invalidate" | "clean-invalidate";

export interface MachineModel {
  readonly id: string;
  readonly title: string;
  readonly bits: 32 | 64;
  readonly endian: "little" | "big";
  readonly cache: CacheModel;
  /** Bytes. */
  readonly pageBytes: number;
  /** Without one every address is physical, and memory has no second mapping. */
  readonly mmu: boolean;
  /** Whether dma_alloc_coherent() gives memory at all. */
  readonly coherentMemory: boolean;
  /** Which of a page's data aliases flush_dcache_page() writes back and drops. */
  readonly flushDcachePage: "none" | "kernel-alias" | "kernel-and-user-aliases";
  /** What the machine may do to a line unasked, besides evicting it. */
  readonly speculation: {
    /** Fills any line that a valid cacheable mapping reaches. */
    readonly loadFill: boolean;
    /** Fills and marks dirty without a store (R10000). */
    readonly storeDirty: boolean;
  };
  /** What an access that is not cacheable does about a line of the same address in the cache. */
  readonly uncachedAliasHit: { readonly uncached: AliasHit; readonly writeCombine: AliasHit };
  /** Whether this device's DMA snoops the cache. */
  readonly coherent: boolean;
  readonly sync: SyncModel;
  /** arch_dma_prep_coherent(): done through the cached mapping before a page becomes coherent memory. */
  readonly prepCoherent: MaintenanceOperation | "none";
  /** Attributes that the kernel's page protections select. */
  readonly protection: {
    readonly noncached: Attribute;
    readonly writeCombine: Attribute;
    /** pgprot_dmacoherent(): what coherent memory has where the device does not snoop. */
    readonly dmaCoherent: Attribute;
    /** dma_pgprot() of this device: what its coherent memory really has. */
    readonly coherent: Attribute;
    /** The same with DMA_ATTR_WRITE_COMBINE. */
    readonly coherentWriteCombine: Attribute;
  };
  readonly writeBuffer: WriteBufferModel;
  /**
   * Whether stores to write-back memory wait before they enter the cache, each line by itself. Only a device that snoops can tell, and
   * only where such stores are weakly ordered; on other machines they enter at once, which comes to the same.
   */
  readonly storeBuffer: boolean;
  /** Which barriers drain the write buffer; one that does not is for the compiler only. */
  readonly barriers: { readonly wmb: boolean; readonly dmaWmb: boolean; readonly mb: boolean };
  /** Whether a switch of address spaces cleans and invalidates the whole cache (virtual tags without an address space id). */
  readonly flushOnSwitch: boolean;
  readonly addresses: AddressMap;
}

export interface CacheModel {
  /** Bytes; a power of two. */
  readonly lineBytes: number;
  readonly ways: number;
  readonly sets: number;
  readonly index: "virtual" | "physical";
  readonly tag: "virtual" | "physical";
  readonly write: "back" | "through";
  /** Whether a store that misses brings its line in ("read-write"), or goes on to memory ("read"). */
  readonly allocate: "read" | "read-write";
  readonly replacement: "lru" | "round-robin" | "fifo";
  /** Bytes that share one dirty flag; a power of two, at most a line. */
  readonly granuleBytes: number;
}

/**
 * bypass: memory is accessed, the line stays as it is. snoop: the line is written back and dropped first.
 * write-through-hit: a store updates the line of the same virtual address too, a load ignores it. undefined: the manual forbids it;
 * it is simulated as bypass.
 */
export type AliasHit = "bypass" | "snoop" | "write-through-hit" | "undefined";

export interface SyncModel {
  readonly forDevice: Readonly<Record<Direction, MaintenanceOperation | "none">>;
  readonly forCpu: Readonly<Record<Direction, MaintenanceOperation | "none">>;
  /** What an invalidation of a range does with a first or last line that is in the range only in part. */
  readonly edges: { readonly first: EdgeRule; readonly last: EdgeRule };
  /** The operations act on the whole cache, whatever the range (ColdFire). */
  readonly wholeCache: boolean;
}

/**
 * same: the line is invalidated, the neighbour's bytes with it. clean: cleaned, then invalidated. clean-invalidate: in one operation.
 * whole-range: one unaligned end turns the whole range into clean-invalidate (PowerPC).
 */
export type EdgeRule = "same" | "clean" | "clean-invalidate" | "whole-range";

export interface WriteBufferModel {
  /** Entries; 0 means that stores past the cache reach memory at once. */
  readonly depth: number;
  /** Attributes whose stores may reach memory out of order. The others keep their order among themselves. */
  readonly weak: readonly Attribute[];
}

/** Where things are, as numbers. Kernel addresses of 64-bit machines are negative: see address.ts. */
export interface AddressMap {
  readonly ramBase: number;
  /** Bytes. */
  readonly ramSize: number;
  /** Virtual address of the first byte of RAM in the kernel's linear map. */
  readonly linearBase: number;
  /** Where vmalloc, vmap and remapped coherent memory live. */
  readonly vmallocBase: number;
  /** Virtual address at which the first byte of RAM is seen uncached, where the machine has such a segment (MIPS KSEG1). */
  readonly uncachedBase?: number;
  /** Where user mappings are placed. */
  readonly userBase: number;
  /** What the device adds to a physical address, without an IOMMU. */
  readonly busOffset: number;
}

/** Virtual colours: how many places in the cache one physical line can have because of virtual index bits above the page. */
export function coloursOf(model: Pick<MachineModel, "cache" | "pageBytes">): number {
  if (model.cache.index === "physical") return 1;
  return Math.max(1, (model.cache.sets * model.cache.lineBytes) / model.pageBytes);
}

/** The model with or without speculative fills: the same machine under another assumption. */
export function withSpeculation(model: MachineModel, loadFill: boolean): MachineModel {
  return { ...model, speculation: { ...model.speculation, loadFill } };
}
