import { inferred, kernel } from "./fact.ts";
import type { Platform } from "./platform.ts";

/** MIPS 24Kc/34K (VIPT aliasing, KSEG0/KSEG1). */
export const mips24k: Platform = {
  id: "mips24k",
  title: "MIPS 24Kc/34K (VIPT aliasing, KSEG0/KSEG1)",
  tier: "core",
  summary:
    "Uncached memory is an alias of the linear map (KSEG1), so virt_to_page() works; caches alias; invalidation loses neighbours.",
  bits: inferred(32, "MIPS32: 24Kc and 34K are 32-bit cores"),
  endian: inferred(
    "either",
    "the core is built or strapped either way (arch/mips/Kconfig CPU_BIG_ENDIAN, CPU_LITTLE_ENDIAN)",
  ),
  mmu: inferred(true, "MIPS32 24Kc and 34K have a TLB"),
  pageBytes: kernel(4096, "linux-6.12.117:arch/mips/Kconfig:86", "4K (16K/64K avoids aliases)"),
  dcache: {
    lineBytes: inferred(32, "24K; read from Config1 at boot"),
    sizeBytes: inferred(32768, "common build; Config1"),
    ways: inferred(4, "24K; Config1"),
    index: kernel(
      "virtual",
      "linux-6.12.117:arch/mips/mm/c-r4k.c:1273-1303",
      "virtual, aliases if waysize > PAGE_SIZE and !Config7.AR",
    ),
    tag: inferred("physical", "linux-6.12.117:arch/mips/mm/c-r4k.c:1273-1303"),
    indexing: kernel("VIPT-aliasing", "linux-6.12.117:arch/mips/mm/c-r4k.c:1273-1303"),
    write: inferred("back", "CCA 3 of the MIPS32 PRA", "back (CCA 3)"),
    allocate: inferred("read-write", "CCA 3 of the MIPS32 PRA: write-back with write-allocate", "read+write"),
    replacement: inferred("lru", "24K: least recently used by way", "LRU (per way)"),
    dirtyGranuleBytes: inferred(32, "whole line"),
  },
  speculation: {
    loadFill: kernel(
      false,
      "linux-6.12.117:arch/mips/mm/dma-noncoherent.c:28-45: 24K/34K not in cpu_needs_post_dma_flush() (no MAAR)",
    ),
    hardwarePrefetch: inferred(false, "linux-6.12.117:arch/mips/mm/dma-noncoherent.c:28-45"),
    storeDirty: inferred(false, "linux-6.12.117:arch/mips/mm/dma-noncoherent.c:28-45"),
  },
  uncachedAliasHit: inferred(
    { uncached: "bypass", writeCombine: "bypass" },
    "MIPS32 PRA; check",
    "KSEG1 bypasses the cache without lookup",
  ),
  vaColours: inferred(2, "32K/4 = 8 KiB way"),
  dma: {
    coherent: kernel(
      false,
      "linux-6.12.117:arch/mips/mm/dma-noncoherent.c:139-144",
      "per device via arch_setup_dma_ops, default no",
    ),
    perDevice: kernel(true, "linux-6.12.117:arch/mips/mm/dma-noncoherent.c:139-144"),
    bounce: kernel(
      "never",
      "linux-6.12.117:arch/mips/Kconfig (SWIOTLB only with 64-bit DMA addresses and PCI, or on Loongson and Octeon)",
    ),
    iommu: kernel(false, "linux-6.12.117:drivers/iommu/Kconfig:152-153 (IOMMU_DMA is for ARM64, X86 and S390 only)"),
  },
  pgprot: {
    noncached: kernel("uncached", "linux-6.12.117:arch/mips/include/asm/pgtable.h:460", "_CACHE_UNCACHED"),
    writecombine: kernel(
      "uncached",
      "linux-6.12.117:arch/mips/kernel/cpu-probe.c:1348-1365",
      "cpu_data.writecombine = _CACHE_UNCACHED on 24K/34K",
    ),
    dmacoherent: kernel("uncached", "linux-6.12.117:dma-map-ops.h:338", "=noncached"),
    dmaPgprot: kernel(
      { plain: "uncached", writeCombine: "uncached" },
      "linux-6.12.117:arch/mips/Kconfig:1116",
      "noncached / writecombine with WC attr",
    ),
  },
  coherentAlloc: {
    mechanism: kernel(
      { blocking: "uncached-alias", atomic: "uncached-alias", alternatives: [] },
      "linux-6.12.117:arch/mips/mm/dma-noncoherent.c:52; mach-generic/spaces.h:38; kernel/dma/direct.c:296-301",
      "ARCH_HAS_DMA_SET_UNCACHED: linear page, prep, then __pa+UNCAC_BASE = KSEG1 alias 0xa0000000",
    ),
    virtToPage: kernel(
      { "uncached-alias": "works" },
      "linux-6.12.117:arch/mips/include/asm/page.h:157-184",
      "WORKS: __pa = CPHYSADDR masks KSEG1 (EVA: garbage)",
    ),
  },
  prepCoherent: kernel("flush", "linux-6.12.117:arch/mips/mm/dma-noncoherent.c:47", "writeback+invalidate"),
  sync: {
    forDevice: {
      toDevice: kernel(
        { operation: "flush" },
        "linux-6.12.117:arch/mips/mm/dma-noncoherent.c:57-137; c-r4k.c:1753",
        "flush (r4k _dma_cache_wback = wback_inv)",
      ),
      fromDevice: kernel(
        { operation: "invalidate" },
        "linux-6.12.117:arch/mips/mm/dma-noncoherent.c:57-137; c-r4k.c:1753",
      ),
      bidirectional: kernel(
        { operation: "flush" },
        "linux-6.12.117:arch/mips/mm/dma-noncoherent.c:57-137; c-r4k.c:1753",
      ),
    },
    forCpu: {
      toDevice: kernel({ operation: "none" }, "linux-6.12.117:arch/mips/mm/dma-noncoherent.c:57-137; c-r4k.c:1753"),
      fromDevice: kernel(
        { operation: "none" },
        "linux-6.12.117:arch/mips/mm/dma-noncoherent.c:57-137; c-r4k.c:1753",
        "- (inv only on R10000/R12000/BMIPS5000/Loongson2EF/XBurst/MAAR)",
      ),
      bidirectional: kernel(
        { operation: "none" },
        "linux-6.12.117:arch/mips/mm/dma-noncoherent.c:57-137; c-r4k.c:1753",
        "- (same)",
      ),
    },
  },
  partialLine: kernel(
    "invalidate",
    "linux-6.12.117:arch/mips/mm/c-r4k.c:814-857; arch/mips/include/asm/r4kcache.h:288-313",
    "Hit_Invalidate on rounded-out lines: neighbour data LOST; size >= dcache_size -> whole cache Index_Writeback_Inv",
  ),
  minAlign: kernel(128, "linux-6.12.117:arch/mips/include/asm/mach-generic/kmalloc.h:10"),
  shmlba: kernel(
    262144,
    "linux-6.12.117:arch/mips/include/asm/shmparam.h:11; c-r4k.c:1726-1731",
    "0x40000 (run time shm_align_mask)",
  ),
  flushDcachePage: kernel(
    "kernel-alias",
    "linux-6.12.117:arch/mips/mm/cache.c:102-124",
    "flush kernel alias unless unmapped (PG_dcache_dirty deferral)",
  ),
  dmaWmb: kernel(
    "barrier",
    "linux-6.12.117:arch/mips/include/asm/barrier.h:25-29; include/asm-generic/barrier.h:80-81",
    "sync",
  ),
  wmb: kernel("barrier", "linux-6.12.117:arch/mips/include/asm/barrier.h:25-29 (sync)"),
  storeOrder: inferred(
    { cached: "total", uncached: "total", writeCombine: "total", writeBuffer: true },
    "24K: in-order core with a write buffer",
    "in-order + write buffer",
  ),
  quirks: ["user mmap of a KSEG1 buffer needs pgprot_noncached; a cached user alias can also be of the wrong colour"],
  siblings: [],
};
