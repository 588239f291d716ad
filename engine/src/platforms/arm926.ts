import { inferred, kernel, manual } from "./fact.ts";
import type { Platform } from "./platform.ts";

/** ARM926EJ-S (ARMv5TEJ, VIVT). */
export const arm926: Platform = {
  id: "arm926",
  title: "ARM926EJ-S (ARMv5TEJ, VIVT)",
  tier: "core",
  summary: "Virtually tagged: two mappings of one page are two cache lines, and only the map call invalidates.",
  bits: kernel(32, "linux-6.12.117:arch/arm/Kconfig (32-bit architecture)"),
  endian: kernel("little", "linux-6.12.117:arch/arm/mm/Kconfig:747 (default CPU_LITTLE_ENDIAN)"),
  mmu: kernel(true, "linux-6.12.117:arch/arm/Kconfig:315"),
  pageBytes: kernel(4096, "linux-6.12.117:arch/arm/Kconfig:125"),
  dcache: {
    lineBytes: kernel(32, "linux-6.12.117:arch/arm/mm/proc-arm926.S:38"),
    sizeBytes: manual(16384, "ARM DDI0198D p.4-2 (easymanua.ls/arm/arm926ej-s/manual?p=98)", "4K..128K, 16K typical"),
    ways: manual(4, "ARM DDI0198D p.4-2 (easymanua.ls/arm/arm926ej-s/manual?p=98)"),
    index: manual("virtual", "ARM DDI0198D p.4-2 (easymanua.ls/arm/arm926ej-s/manual?p=98)", "virtual (MVA)"),
    tag: manual(
      "virtual",
      "ARM DDI0198D p.4-2 (easymanua.ls/arm/arm926ej-s/manual?p=98)",
      "virtual (+PA tag kept for write-back)",
    ),
    indexing: manual("VIVT", "ARM DDI0198D p.4-2 (easymanua.ls/arm/arm926ej-s/manual?p=98)"),
    write: manual("back", "ARM DDI0198D p.4-2 (easymanua.ls/arm/arm926ej-s/manual?p=98)", "back/through per C,B bits"),
    allocate: manual("read", "ARM DDI0198D p.4-2 (easymanua.ls/arm/arm926ej-s/manual?p=98)", "read-miss only"),
    replacement: manual(
      "random",
      "ARM DDI0198D p.4-2 (easymanua.ls/arm/arm926ej-s/manual?p=98)",
      "pseudo-random or round-robin",
    ),
    dirtyGranuleBytes: manual(
      16,
      "ARM DDI0198D p.4-2 (easymanua.ls/arm/arm926ej-s/manual?p=98): two dirty bits per line",
    ),
  },
  speculation: {
    loadFill: kernel(
      false,
      'linux-6.12.117:arch/arm/mm/proc-arm926.S:335-337 (unmap_area is "ret": nothing refetches)',
    ),
    hardwarePrefetch: kernel(
      false,
      'linux-6.12.117:arch/arm/mm/proc-arm926.S:335-337 (unmap_area is "ret": nothing refetches)',
    ),
    storeDirty: kernel(
      false,
      'linux-6.12.117:arch/arm/mm/proc-arm926.S:335-337 (unmap_area is "ret": nothing refetches)',
    ),
    prefetchInstruction: manual("NOP - no linefill", "ARM DDI0198D p.4-2 (easymanua.ls/arm/arm926ej-s/manual?p=98)"),
  },
  uncachedAliasHit: inferred(
    { uncached: "bypass", writeCombine: "bypass", sameVirtualAddress: "write-through-hit" },
    "ARM922T TRM DDI0184B B.2.6 (D force noncachable) for the same-VA case",
    "miss (different VA => different tag); same VA remapped uncached: write updates the cached line, read ignores it",
  ),
  vaColours: kernel(
    "any",
    "linux-6.12.117:arch/arm/mm/proc-arm926.S:361-376",
    "any two VAs alias; homonyms: whole D-cache cleaned+invalidated on switch_mm",
  ),
  dma: {
    coherent: kernel(false, "linux-6.12.117:drivers/of/address.c:1005-1019", "per device (dma-coherent), default no"),
    perDevice: kernel(true, "linux-6.12.117:drivers/of/address.c:1005-1019"),
    bounce: kernel("never", "linux-6.12.117:arch/arm/mm/Kconfig:668 (SWIOTLB only with ARM_LPAE)"),
    iommu: kernel(false, "linux-6.12.117:drivers/iommu/Kconfig:152-153 (IOMMU_DMA is for ARM64, X86 and S390 only)"),
  },
  pgprot: {
    noncached: kernel("uncached", "linux-6.12.117:arch/arm/include/asm/pgtable.h:115", "L_PTE_MT_UNCACHED (NCNB)"),
    writecombine: kernel(
      "write-combine",
      "linux-6.12.117:arch/arm/include/asm/pgtable.h:118",
      "L_PTE_MT_BUFFERABLE (NCB)",
    ),
    dmacoherent: kernel(
      "uncached",
      "linux-6.12.117:arch/arm/include/asm/pgtable.h:135",
      "UNCACHED|XN (ARM_DMA_MEM_BUFFERABLE=n)",
    ),
    dmaPgprot: kernel(
      { plain: "uncached", writeCombine: "write-combine" },
      "linux-6.12.117:arch/arm/mm/dma-mapping.c:438-444; arch/arm/Kconfig:14",
      "dmacoherent, or writecombine with DMA_ATTR_WRITE_COMBINE",
    ),
  },
  coherentAlloc: {
    mechanism: kernel(
      { blocking: "remap", atomic: "pool", alternatives: ["in-place", "linear"] },
      "linux-6.12.117:arch/arm/mm/dma-mapping.c:319-326,391-424,560-600",
      "ARCH_HAS_DMA_ALLOC: CMA lowmem -> linear map PTEs rewritten in place; CMA highmem / buddy -> vmap remap; GFP_ATOMIC -> 256 KiB pool; coherent device -> plain page",
    ),
    virtToPage: kernel(
      { linear: "works", "in-place": "works", remap: "garbage", pool: "garbage" },
      "linux-6.12.117:arch/arm/include/asm/memory.h:296-301,390; WARN with DEBUG_VIRTUAL arch/arm/mm/physaddr.c",
      "works only for CMA lowmem or coherent device; else pfn = linear arithmetic on a vmalloc address -> pfn outside RAM; struct page* points outside mem_map/vmemmap (fault on use) or at an unrelated page",
    ),
  },
  prepCoherent: kernel(
    "flush",
    "linux-6.12.117:arch/arm/mm/dma-mapping.c:107-135",
    "clear + dmac_flush_range + outer_flush",
  ),
  sync: {
    forDevice: {
      toDevice: kernel(
        { operation: "clean" },
        "linux-6.12.117:arch/arm/mm/proc-arm926.S:256-337; dma-mapping.c:679-705",
      ),
      fromDevice: kernel(
        { operation: "invalidate" },
        "linux-6.12.117:arch/arm/mm/proc-arm926.S:256-337; dma-mapping.c:679-705",
        "inv (edge lines cleaned first)",
      ),
      bidirectional: kernel(
        { operation: "flush" },
        "linux-6.12.117:arch/arm/mm/proc-arm926.S:256-337; dma-mapping.c:679-705",
      ),
    },
    forCpu: {
      toDevice: kernel(
        { operation: "none" },
        "linux-6.12.117:arch/arm/mm/proc-arm926.S:256-337; dma-mapping.c:679-705",
      ),
      fromDevice: kernel(
        { operation: "none", outer: "invalidate" },
        "linux-6.12.117:arch/arm/mm/proc-arm926.S:256-337; dma-mapping.c:679-705",
        "- (L1); outer inv",
      ),
      bidirectional: kernel(
        { operation: "none", outer: "invalidate" },
        "linux-6.12.117:arch/arm/mm/proc-arm926.S:256-337; dma-mapping.c:679-705",
        "- (L1); outer inv",
      ),
    },
  },
  partialLine: kernel(
    "clean-edges",
    "linux-6.12.117:arch/arm/mm/proc-arm926.S:257-268",
    "clean edge lines, then invalidate",
  ),
  minAlign: kernel(32, "linux-6.12.117:arch/arm/include/asm/cache.h:18 + mm/Kconfig L1_CACHE_SHIFT=5"),
  shmlba: kernel(16384, "linux-6.12.117:arch/arm/include/asm/shmparam.h:10", "4*PAGE_SIZE"),
  flushDcachePage: kernel(
    "kernel-and-user-aliases",
    "linux-6.12.117:arch/arm/mm/flush.c:199-282,316-",
    "flush kernel alias + every user alias in current mm; lazily via PG_dcache_clean",
  ),
  dmaWmb: kernel("compiler", "linux-6.12.117:arch/arm/include/asm/barrier.h:71-75", "compiler barrier only"),
  wmb: kernel("compiler", "linux-6.12.117:arch/arm/include/asm/barrier.h:72 (neither SMP nor ARM_DMA_MEM_BUFFERABLE)"),
  storeOrder: inferred(
    { cached: "total", uncached: "total", writeCombine: "total", writeBuffer: true },
    "ARM DDI0198D: one in-order write buffer, drained by MCR c7,c10,4",
    "in-order with write buffer; drained by MCR c7,c10,4",
  ),
  quirks: [
    "map of FROM_DEVICE is the ONLY invalidation: any CPU touch while the device owns the buffer leaves a stale line",
  ],
  siblings: [],
};
