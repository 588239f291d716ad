import type { Fact } from "./fact.ts";

/**
 * One kind of machine: what its data cache does, what the kernel (linux 6.12.117) does about it, and what the page protections
 * mean there. Sizes are bytes, addresses are of the kind that the field names. Every fact carries its source.
 */
export interface Platform {
  /** As on the command line: "arm926". */
  readonly id: string;
  readonly title: string;
  /** Of a user's preset: the shipped one that it was made from, whose places in the address space it has. */
  readonly basedOn?: string;
  /** Core presets are the ones to compare first; expert ones are rare machines with a behaviour of their own. */
  readonly tier: "core" | "expert";
  /** One sentence: why one would choose it. */
  readonly summary: string;
  /** Width of a pointer and of `unsigned long`. */
  readonly bits: Fact<32 | 64>;
  /** "either" where the processor can be built or booted both ways. */
  readonly endian: Fact<"little" | "big" | "either">;
  readonly mmu: Fact<boolean>;
  readonly pageBytes: Fact<number>;
  readonly dcache: DataCache;
  readonly speculation: Speculation;
  /** What an access through an uncached mapping does with a line of the same physical address that is in the cache. */
  readonly uncachedAliasHit: Fact<UncachedAliasHit>;
  /**
   * Virtual colours: how many places in the cache one physical page may be at, by the virtual page that it is accessed through.
   * 1 means that there are no aliases; "any" that any two virtual addresses are two places (the tag is virtual).
   */
  readonly vaColours: Fact<number | "any">;
  readonly dma: Dma;
  readonly pgprot: PageProtections;
  readonly coherentAlloc: CoherentAllocation;
  /** What arch_dma_prep_coherent() does to the page's cached alias before the memory is handed out. */
  readonly prepCoherent: Fact<CacheOperation>;
  readonly sync: SyncMatrix;
  /** What an invalidation does to the lines at the edges that the buffer shares with its neighbours. */
  readonly partialLine: Fact<PartialLine>;
  /** ARCH_DMA_MINALIGN, or the alignment that kmalloc() gives where that is not defined. */
  readonly minAlign: Fact<number>;
  /** SHMLBA: shared user mappings are placed at equal addresses modulo this many bytes. */
  readonly shmlba: Fact<number>;
  readonly flushDcachePage: Fact<FlushDcachePage>;
  /** dma_wmb(): "barrier" drains the write buffer, "compiler" is no step of the machine. */
  readonly dmaWmb: Fact<"barrier" | "compiler">;
  /** wmb(). */
  readonly wmb: Fact<"barrier" | "compiler">;
  readonly storeOrder: Fact<StoreOrder>;
  /** A flag that tells at run time whether the cache has aliases. */
  readonly aliasFlag?: Fact<string>;
  /** What is worth telling about this machine, for people. */
  readonly quirks: readonly string[];
  /** Relatives that have no preset of their own. */
  readonly siblings: readonly Sibling[];
}

/** The level-1 data cache. `sets` is not here: see `setsOf`. */
export interface DataCache {
  readonly lineBytes: Fact<number>;
  readonly sizeBytes: Fact<number>;
  readonly ways: Fact<number>;
  /** The address whose bits choose the set. */
  readonly index: Fact<"virtual" | "physical">;
  /** The address that the line's tag is compared with. */
  readonly tag: Fact<"virtual" | "physical">;
  /** Index, tag and whether two virtual addresses of one physical address may be two lines. */
  readonly indexing: Fact<"VIVT" | "VIPT-aliasing" | "VIPT-nonaliasing" | "PIPT">;
  /** What a store to cacheable memory does by default: stays in the cache, or goes through to memory as well. */
  readonly write: Fact<"back" | "through">;
  /** Which misses bring a line into the cache. */
  readonly allocate: Fact<"read" | "read-write">;
  readonly replacement: Fact<"lru" | "pseudo-lru" | "round-robin" | "random" | "fifo">;
  /** Bytes that one dirty bit stands for: what a write-back writes at least. */
  readonly dirtyGranuleBytes: Fact<number>;
  /** Which virtual aliases the architecture allows (PA-RISC). */
  readonly aliasRule?: Fact<string>;
}

/** What the processor does to the cache without being told to by the program. */
export interface Speculation {
  /** Fills a line for a load that is executed speculatively. */
  readonly loadFill: Fact<boolean>;
  readonly hardwarePrefetch: Fact<boolean>;
  /** A store that is executed speculatively makes a line dirty (R10000). */
  readonly storeDirty: Fact<boolean>;
  /** What the prefetch instruction does, where that is special. */
  readonly prefetchInstruction?: Fact<string>;
}

/** bypass: the cache is not looked up; snoop: it is, and supplies or is updated; write-through-hit: only a store updates it. */
export type AliasHit = "bypass" | "snoop" | "write-through-hit" | "undefined" | "none";
export interface UncachedAliasHit {
  readonly uncached: AliasHit;
  readonly writeCombine: AliasHit;
  /** Through the same virtual address that the line came in by, remapped uncached, where that differs. */
  readonly sameVirtualAddress?: AliasHit;
}

export interface Dma {
  /** Whether the device that the preset simulates snoops the cache: dev_is_dma_coherent(). */
  readonly coherent: Fact<boolean>;
  /** Whether that is decided for each device (devicetree) or for the whole machine. */
  readonly perDevice: Fact<boolean>;
  /** When the kernel copies through a bounce buffer (swiotlb). */
  readonly bounce: Fact<"never" | "address" | "address-or-small-kmalloc">;
  /** Whether dma_alloc_coherent() and mappings may go through an IOMMU on such a machine (a toggle, off by default). */
  readonly iommu: Fact<boolean>;
}

/**
 * How memory is accessed through a mapping. "uncached": in order; "write-combine": not cached, stores are buffered and may reach
 * memory late and out of order (Arm's Normal non-cacheable, RISC-V's NC, x86's WC); "device": neither cached nor gathered.
 */
export type MemoryAttribute = "write-back" | "write-through" | "uncached" | "write-combine" | "device";
export interface PageProtections {
  /** pgprot_noncached(); "unchanged" where the function does nothing. */
  readonly noncached: Fact<MemoryAttribute | "unchanged">;
  readonly writecombine: Fact<MemoryAttribute | "unchanged">;
  readonly dmacoherent: Fact<MemoryAttribute | "unchanged">;
  /** dma_pgprot() for the device that the preset simulates, without and with DMA_ATTR_WRITE_COMBINE. */
  readonly dmaPgprot: Fact<{
    readonly plain: MemoryAttribute | "unchanged";
    readonly writeCombine: MemoryAttribute | "unchanged";
  }>;
  /** What every user mapping of RAM gets, whatever protection it asks for; absent where it gets what it asks for. */
  readonly ofUserRam?: Fact<MemoryAttribute>;
}

/**
 * Where dma_alloc_coherent() takes its memory from. "linear": the page's cached linear address; "remap": an uncached vmap of it;
 * "in-place": the linear mapping itself is changed to uncached; "uncached-alias": a second, uncached window onto all memory
 * (KSEG1); "pool": the atomic pool; "window": a private uncached window; "unsupported": NULL.
 */
export type AllocationMechanism =
  | "linear"
  | "remap"
  | "in-place"
  | "uncached-alias"
  | "pool"
  | "window"
  | "global-pool"
  | "unsupported";
/** What virt_to_page() gives: the page; a struct page that is none of the buffer's. */
export type VirtToPage = "works" | "garbage";
export interface CoherentAllocation {
  readonly mechanism: Fact<{
    /** When the call may sleep. */
    readonly blocking: AllocationMechanism;
    /** GFP_ATOMIC. */
    readonly atomic: AllocationMechanism;
    /** What else it may be, by memory, configuration or IOMMU. */
    readonly alternatives: readonly AllocationMechanism[];
  }>;
  /** By the mechanism that gave the memory. */
  readonly virtToPage: Fact<Readonly<Partial<Record<AllocationMechanism, VirtToPage>>>>;
  /** How it was in older kernels. */
  readonly history?: string;
}

/** clean: dirty data to memory; invalidate: drop the line, dirty or not; flush: clean, then invalidate. */
export type CacheOperation = "none" | "clean" | "invalidate" | "flush";
/** What one cell of the sync matrix does. */
export interface SyncAction {
  readonly operation: CacheOperation;
  /** What it becomes, for the whole range, when the range does not begin and end on a line. */
  readonly unaligned?: CacheOperation;
  /** "all": the whole cache whatever the range. */
  readonly scope?: "all";
  /** The same on an outer (second level) cache. */
  readonly outer?: CacheOperation;
  /** What linux 6.1.192 does, where it differs. */
  readonly linux61?: CacheOperation;
}
export interface SyncByDirection {
  readonly toDevice: Fact<SyncAction>;
  readonly fromDevice: Fact<SyncAction>;
  readonly bidirectional: Fact<SyncAction>;
}
/** arch_sync_dma_for_device() (map, sync_for_device) and arch_sync_dma_for_cpu() (unmap, sync_for_cpu). */
export interface SyncMatrix {
  readonly forDevice: SyncByDirection;
  readonly forCpu: SyncByDirection;
}

/**
 * "not-applicable": nothing is ever invalidated; "clean-edges", "flush-edges": the edge lines are cleaned (cleaned and
 * invalidated) and the middle is invalidated; "clean-start-flush-end": ARMv6; "flush-range": the whole range is flushed instead;
 * "invalidate": the edge lines are invalidated as the rest, so the neighbours' stores are lost; "whole-cache".
 */
export type PartialLine =
  | "not-applicable"
  | "clean-edges"
  | "flush-edges"
  | "clean-start-flush-end"
  | "flush-range"
  | "invalidate"
  | "whole-cache";

/** Which data aliases flush_dcache_page() writes back; "instruction-only": none, it is about instruction caches there. */
export type FlushDcachePage = "none" | "instruction-only" | "kernel-alias" | "kernel-and-user-aliases";

/** "total": stores of that kind reach memory in program order; "weak": stores to different addresses may pass each other. */
export interface StoreOrder {
  readonly cached: "total" | "weak";
  readonly uncached: "total" | "weak";
  readonly writeCombine: "total" | "weak";
  /** Whether stores that do not stay in the cache wait in a buffer before they reach memory. */
  readonly writeBuffer: boolean;
}

export interface Sibling {
  readonly name: string;
  /** Bytes, or a range in words. */
  readonly line?: number;
  readonly size?: string;
  readonly ways?: number;
  readonly note: string;
}
