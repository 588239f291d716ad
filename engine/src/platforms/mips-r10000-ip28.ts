import { inferred, kernel, manual } from "./fact.ts";
import type { Platform } from "./platform.ts";

/** SGI IP28 R10000 (non-coherent, speculative stores dirty lines). */
export const mipsR10000: Platform = {
  id: "mips-r10000-ip28",
  title: "SGI IP28 R10000 (non-coherent, speculative stores dirty lines)",
  tier: "expert",
  summary:
    "Speculative stores make lines dirty: even a correct driver loses data unless the compiler puts barriers in.",
  bits: kernel(64, "linux-6.12.117:arch/mips/sgi-ip22/Platform (64-bit kernel)"),
  endian: kernel("big", "linux-6.12.117:arch/mips/Kconfig (SGI_IP28 supports big-endian only)"),
  mmu: inferred(true, "the R10000 has a TLB"),
  pageBytes: kernel(4096, "linux-6.12.117:arch/mips/Kconfig:86"),
  dcache: {
    lineBytes: kernel(32, "linux-6.12.117:arch/mips/mm/c-r4k.c:1080"),
    sizeBytes: kernel(32768, "linux-6.12.117:c-r4k.c:1079", "1<<(12+DC)"),
    ways: kernel(2, "linux-6.12.117:c-r4k.c:1081"),
    index: manual("virtual", "R10000 UM 5.5 (discmaster copy)", "virtual; PIdx in L2 tag purges aliases in hardware"),
    tag: manual("physical", "R10000 UM 5.5 (discmaster copy)"),
    indexing: manual("VIPT-nonaliasing", "R10000 UM 5.5: PIdx in the L2 tag purges aliases in hardware"),
    write: inferred("back", "R10000 UM 5.5 (discmaster copy)"),
    allocate: inferred("read-write", "R10000 UM 5.5 (discmaster copy)", "read+write"),
    replacement: inferred("lru", "R10000 UM 5.5 (discmaster copy)", "LRU"),
    dirtyGranuleBytes: inferred(32, "the whole line"),
  },
  speculation: {
    loadFill: inferred(true, "R10000 UM: loads execute speculatively"),
    hardwarePrefetch: inferred(true, "linux-6.12.117:arch/mips/mm/c-r4k.c:1083 (MIPS_CPU_PREFETCH)"),
    storeDirty: manual(
      true,
      'R10000 UM "Unexpected Write Back Due to Speculative Store Instruction"; kernel builds IP28 with -mr10k-cache-barrier=store arch/mips/sgi-ip22/Platform:26',
    ),
  },
  uncachedAliasHit: inferred(
    { uncached: "bypass", writeCombine: "bypass" },
    "as the other MIPS presets: uncached addresses bypass the cache",
  ),
  vaColours: manual(1, "R10000 UM 5.5: PIdx in the L2 tag purges aliases in hardware"),
  dma: {
    coherent: kernel(
      false,
      "linux-6.12.117:arch/mips/Kconfig:754 (SGI_IP28: DMA_NONCOHERENT)",
      "no (IP28/IP32); IP27/IP30 coherent",
    ),
    perDevice: kernel(false, "linux-6.12.117:arch/mips/Kconfig:754 (SGI_IP28: DMA_NONCOHERENT)"),
    bounce: kernel(
      "never",
      "linux-6.12.117:arch/mips/Kconfig (SWIOTLB only with 64-bit DMA addresses and PCI, or on Loongson and Octeon)",
    ),
    iommu: kernel(false, "linux-6.12.117:drivers/iommu/Kconfig:152-153 (IOMMU_DMA is for ARM64, X86 and S390 only)"),
  },
  pgprot: {
    noncached: kernel("uncached", "linux-6.12.117:arch/mips/include/asm/pgtable.h:460"),
    writecombine: kernel(
      "uncached",
      "linux-6.12.117:arch/mips/kernel/cpu-probe.c:1859 (the default; the R10000 does not change it)",
      "_CACHE_UNCACHED; the processor also has UNCACHED_ACCELERATED",
    ),
    dmacoherent: kernel("uncached", "linux-6.12.117:include/linux/dma-map-ops.h:338"),
    dmaPgprot: kernel({ plain: "uncached", writeCombine: "uncached" }, "linux-6.12.117:arch/mips/Kconfig:1116"),
  },
  coherentAlloc: {
    mechanism: kernel(
      { blocking: "uncached-alias", atomic: "uncached-alias", alternatives: [] },
      "linux-6.12.117:arch/mips/mm/dma-noncoherent.c:52; arch/mips/include/asm/mach-generic/spaces.h:66-67",
      "xkphys uncached UNCAC_BASE 0x9000000000000000 (spaces.h:67)",
    ),
    virtToPage: kernel(
      { "uncached-alias": "works" },
      "linux-6.12.117:arch/mips/include/asm/page.h:157-184",
      "works (XPHYSADDR)",
    ),
  },
  prepCoherent: kernel("flush", "linux-6.12.117:arch/mips/mm/dma-noncoherent.c:47"),
  sync: {
    forDevice: {
      toDevice: kernel({ operation: "flush" }, "linux-6.12.117:arch/mips/mm/dma-noncoherent.c:28-137"),
      fromDevice: kernel({ operation: "invalidate" }, "linux-6.12.117:arch/mips/mm/dma-noncoherent.c:28-137"),
      bidirectional: kernel({ operation: "flush" }, "linux-6.12.117:arch/mips/mm/dma-noncoherent.c:28-137"),
    },
    forCpu: {
      toDevice: kernel({ operation: "none" }, "linux-6.12.117:arch/mips/mm/dma-noncoherent.c:28-137"),
      fromDevice: kernel({ operation: "invalidate" }, "linux-6.12.117:arch/mips/mm/dma-noncoherent.c:28-137"),
      bidirectional: kernel({ operation: "invalidate" }, "linux-6.12.117:arch/mips/mm/dma-noncoherent.c:28-137"),
    },
  },
  partialLine: kernel("invalidate", "linux-6.12.117:arch/mips/mm/c-r4k.c:814-857"),
  minAlign: kernel(128, "linux-6.12.117:arch/mips/include/asm/mach-generic/kmalloc.h:10"),
  shmlba: kernel(262144, "linux-6.12.117:arch/mips/include/asm/shmparam.h:11", "0x40000 (run time shm_align_mask)"),
  flushDcachePage: kernel("kernel-alias", "linux-6.12.117:arch/mips/mm/cache.c:102-124"),
  dmaWmb: kernel(
    "barrier",
    "linux-6.12.117:arch/mips/include/asm/barrier.h:25-29; include/asm-generic/barrier.h:80-81",
  ),
  wmb: kernel("barrier", "linux-6.12.117:arch/mips/include/asm/barrier.h:25-29 (sync)"),
  storeOrder: inferred(
    { cached: "total", uncached: "total", writeCombine: "total", writeBuffer: true },
    "R10000: stores graduate in program order",
  ),
  quirks: ["even a correct driver loses data without compiler cache barriers"],
  siblings: [],
};
