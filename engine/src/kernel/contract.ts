/**
 * One record per function or macro of the kernel's API: the single description that the analyser, the simulator, hover texts
 * and the TypeScript module share. Facts are from linux 6.12.117 unless a record says otherwise.
 */

/** What kind of memory a CPU pointer points to (knowledge: "Kinds of CPU pointer"). */
export type MemoryKind =
  | "linear" // slab, page, devres, page fragment: in the kernel's linear map
  | "maybe-vmalloc" // kvmalloc
  | "vmalloc"
  | "vmap"
  | "kmap"
  | "stack"
  | "image"
  | "percpu"
  | "iomem"
  | "memremap"
  | "sram"
  | "coherent"
  | "coherent-wc"
  | "cookie" // dma_alloc_attrs(NO_KERNEL_MAPPING)
  | "noncoherent" // dma_alloc_noncoherent, dma_alloc_pages: linear
  | "noncontiguous" // dma_vmap_noncontiguous
  | "user";

/** What kind of number or descriptor a handle is. */
export type HandleKind =
  | "dma-coherent"
  | "dma-pool"
  | "dma-streaming"
  | "dma-noncoherent"
  | "dma-resource"
  | "phys"
  | "pfn"
  | "page"
  | "folio"
  | "sg-cpu"
  | "sg-mapped"
  | "sg-coherent"
  | "pgprot-cached"
  | "pgprot-uncached"
  | "pgprot-wc"
  | "pgprot-device"
  | "pgprot-right"
  | "vma";

/** How a result says that the call failed. */
export type ErrorConvention =
  | "none" // void, or cannot fail
  | "null" // NULL
  | "err-ptr"
  | "errno" // 0 or a negative errno
  | "zero" // a count, 0 is failure (dma_map_sg)
  | "negative-or-zero" // scsi_dma_map
  | "dma-mapping-error" // test with dma_mapping_error()
  | "false";

/** What the call does to the memory or the machine. */
export type Effect =
  | "allocate"
  | "free"
  | "map-streaming"
  | "unmap-streaming"
  | "sync-for-cpu"
  | "sync-for-device"
  | "map-sg"
  | "unmap-sg"
  | "sync-sg-for-cpu"
  | "sync-sg-for-device"
  | "check-handle"
  | "map-resource"
  | "unmap-resource"
  | "map-user"
  | "pgprot"
  | "virt-to-page"
  | "virt-to-phys"
  | "page-to-virt"
  | "phys-to-virt"
  | "page-to-phys"
  | "page-to-pfn"
  | "pfn-to-page"
  | "vmalloc-to-page"
  | "sg-init"
  | "sg-set"
  | "sg-read"
  | "does-dma"
  | "copies"
  | "submit"
  | "doorbell"
  | "barrier"
  | "cache-op"
  | "mmio-read"
  | "mmio-write"
  | "mmio-map"
  | "kernel-map"
  | "kernel-unmap"
  | "set-mask"
  | "cpu-access-begin"
  | "cpu-access-end"
  | "user-copy"
  | "query"
  | "accessor"
  | "none";

/** What one parameter is for. */
export type Role =
  | "device"
  | "size"
  | "length"
  | "offset"
  | "count"
  | "direction"
  | "gfp"
  | "attrs"
  | "vma"
  | "user-address"
  | "pgprot"
  | "cpu" // a CPU pointer to the memory that the call concerns
  | "handle" // a dma_addr_t
  | "handle-out" // a dma_addr_t * that the call fills
  | "phys"
  | "pfn"
  | "page"
  | "sg"
  | "sgt"
  | "data" // `data`: the buffer of a call that does DMA on it, or copies it
  | "pool"
  | "urb"
  | "skb"
  | "value"
  | "address"
  | "other";

/**
 * What an access or a barrier orders. "memory-*": accesses to memory that a device reads or writes (dma_wmb(), writel() after earlier
 * stores, readl() before later loads); "device-*": register accesses too (wmb()); "smp": between processors only, nothing for a
 * device; "compiler": the compiler's order only; "nothing": the relaxed and raw accessors.
 */
export type Ordering =
  | "nothing"
  | "compiler"
  | "smp"
  | "memory-read"
  | "memory-write"
  | "memory-full"
  | "device-read"
  | "device-write"
  | "device-full";

export interface Parameter {
  readonly name: string;
  /** C type as declared, where the declaration gives one: "struct device *". Macros have none. */
  readonly type?: string;
  readonly role: Role;
  /** Kinds that the argument may legally be; absent when it does not matter. */
  readonly accepts?: readonly MemoryKind[];
  /** The note of the table, for hover texts: "of the allocation, not of the VMA". */
  readonly note?: string;
}

export interface ApiFunction {
  readonly name: string;
  /** "coherent-alloc", "streaming", "map-user", ... */
  readonly group: string;
  readonly parameters: readonly Parameter[];
  readonly returns: string;
  /** Kind of memory that the returned pointer (or the out-parameter) has. */
  readonly memory?: MemoryKind;
  /** Kind of the returned or out-parameter's handle. */
  readonly handle?: HandleKind;
  readonly effect: Effect;
  readonly error: ErrorConvention;
  /** Takes more arguments than `parameters` names. */
  readonly variadic?: true;
  /** Freed with the device (devres): not freeing it is no leak. */
  readonly managed?: true;
  /** The memory comes zeroed. */
  readonly zeroes?: true;
  /**
   * The kind of memory depends on an argument (its index): it equals the constant of that name, or has that flag set.
   * `memory` holds where none of them applies.
   */
  readonly memoryBy?: {
    readonly parameter: number;
    readonly test: "equal" | "flag";
    readonly kinds: Readonly<Record<string, MemoryKind>>;
  };
  /** Memory and handle are not returned: they land in these fields of the record. */
  readonly lands?: { readonly record: string; readonly cpu: string; readonly handle?: string };
  /** Of a barrier or a register access. */
  readonly orders?: Ordering;
  /** Of a call with the effect "cache-op", where it is one of these. */
  readonly cacheOperation?: "clean" | "invalidate" | "flush";
  /** Kernel version as text, unverified. */
  readonly since?: string;
  readonly removed?: string;
  readonly in61: boolean;
  readonly in612: boolean;
  /** Where it is defined in 6.12: "include/linux/dma-mapping.h:472". */
  readonly source: string;
  /** The table's own words: contract, `requires`, notes. They become the hover text. */
  readonly produces: string;
  readonly requires: string;
  readonly notes: string;
}
