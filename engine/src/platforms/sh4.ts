import { inferred, kernel, manual } from "./fact.ts";
import type { Platform } from "./platform.ts";

/** SuperH SH-4 (SH7750, direct-mapped, aliasing). */
export const sh4: Platform = {
  id: "sh4",
  title: "SuperH SH-4 (SH7750, direct-mapped, aliasing)",
  tier: "core",
  summary: "A direct-mapped cache with four colours; nothing happens at unmap, and invalidation loses neighbours.",
  bits: kernel(32, "linux-6.12.117:arch/sh/mm/Kconfig:84 and the SH-4's 32-bit registers"),
  endian: kernel("either", "linux-6.12.117:arch/sh/Kconfig.cpu:11-14"),
  mmu: kernel(true, "linux-6.12.117:arch/sh/mm/Kconfig:4"),
  pageBytes: kernel(4096, "linux-6.12.117:arch/sh/mm/Kconfig:21"),
  dcache: {
    lineBytes: kernel(32, "linux-6.12.117:arch/sh/include/cpu-sh4/cpu/cache.h:10"),
    sizeBytes: kernel(16384, "linux-6.12.117:arch/sh/kernel/cpu/sh4/probe.c:44-48"),
    ways: kernel(1, "linux-6.12.117:probe.c:47 (SH7750R/7751R: 2)"),
    index: manual("virtual", "SH7751 HW manual 4.3.2", "effective address bits [13:5]"),
    tag: manual("physical", "SH7751 HW manual 4.3.2", "physical bits [28:10]"),
    indexing: manual("VIPT-aliasing", "SH7751 HW manual 4.3.2"),
    write: inferred(
      "back",
      "SH7751 HW manual 4.3.2; copy-back is the kernel's usual choice",
      "back (copy-back) or through",
    ),
    allocate: inferred("read-write", "SH7751 HW manual 4.3.2", "read; write in CB mode"),
    replacement: inferred("lru", "SH7751 HW manual 4.3.2 (direct-mapped: no choice; two ways: LRU)", "direct / LRU"),
    dirtyGranuleBytes: inferred(32, "one U bit per line"),
  },
  speculation: {
    loadFill: kernel(false, "linux-6.12.117:no ARCH_HAS_SYNC_DMA_FOR_CPU: arch/sh/Kconfig:139-143"),
    hardwarePrefetch: inferred(false, "linux-6.12.117:no ARCH_HAS_SYNC_DMA_FOR_CPU: arch/sh/Kconfig:139-143"),
    storeDirty: inferred(false, "linux-6.12.117:no ARCH_HAS_SYNC_DMA_FOR_CPU: arch/sh/Kconfig:139-143"),
  },
  uncachedAliasHit: inferred({ uncached: "bypass", writeCombine: "bypass" }, "SH7751 manual", "P2 access bypasses"),
  vaColours: kernel(4, "linux-6.12.117:16 KiB way / 4 KiB page; SHMLBA 0x4000 arch/sh/include/asm/shmparam.h:15"),
  dma: {
    coherent: kernel(false, "linux-6.12.117:arch/sh/Kconfig:139", "never (DMA_NONCOHERENT)"),
    perDevice: kernel(false, "linux-6.12.117:arch/sh/Kconfig:139"),
    bounce: kernel("never", "linux-6.12.117:arch/sh/Kconfig selects no SWIOTLB for this processor"),
    iommu: kernel(false, "linux-6.12.117:drivers/iommu/Kconfig:152-153 (IOMMU_DMA is for ARM64, X86 and S390 only)"),
  },
  pgprot: {
    noncached: kernel("uncached", "linux-6.12.117:arch/sh/include/asm/pgtable_32.h:378-381", "clears _PAGE_CACHABLE"),
    writecombine: kernel("uncached", "linux-6.12.117:arch/sh/include/asm/pgtable_32.h:378-381", "same"),
    dmacoherent: kernel("uncached", "linux-6.12.117:include/linux/dma-map-ops.h:338", "=noncached"),
    dmaPgprot: kernel(
      { plain: "uncached", writeCombine: "uncached" },
      "linux-6.12.117:kernel/dma/mapping.c:505-514",
      "noncached",
    ),
  },
  coherentAlloc: {
    mechanism: kernel(
      { blocking: "remap", atomic: "pool", alternatives: [] },
      "linux-6.12.117:arch/sh/Kconfig:143",
      "DMA_DIRECT_REMAP (vmap in P3)",
    ),
    virtToPage: kernel(
      { remap: "garbage", pool: "garbage" },
      "linux-6.12.117:arch/sh/include/asm/page.h:124-160",
      "pfn = linear arithmetic on a vmalloc address -> pfn outside RAM; struct page* points outside mem_map/vmemmap (fault on use) or at an unrelated page",
    ),
  },
  prepCoherent: kernel("flush", "linux-6.12.117:arch/sh/kernel/dma-coherent.c:10", "purge (ocbp)"),
  sync: {
    forDevice: {
      toDevice: kernel({ operation: "clean" }, "linux-6.12.117:arch/sh/kernel/dma-coherent.c:15-33", "clean (ocbwb)"),
      fromDevice: kernel(
        { operation: "invalidate" },
        "linux-6.12.117:arch/sh/kernel/dma-coherent.c:15-33",
        "inv (ocbi)",
      ),
      bidirectional: kernel(
        { operation: "flush" },
        "linux-6.12.117:arch/sh/kernel/dma-coherent.c:15-33",
        "flush (ocbp)",
      ),
    },
    forCpu: {
      toDevice: kernel({ operation: "none" }, "linux-6.12.117:arch/sh/kernel/dma-coherent.c:15-33"),
      fromDevice: kernel({ operation: "none" }, "linux-6.12.117:arch/sh/kernel/dma-coherent.c:15-33"),
      bidirectional: kernel({ operation: "none" }, "linux-6.12.117:arch/sh/kernel/dma-coherent.c:15-33"),
    },
  },
  partialLine: kernel(
    "invalidate",
    "linux-6.12.117:arch/sh/mm/flush-sh4.c:79-100",
    "ocbi on rounded-out lines: neighbour data LOST at map",
  ),
  minAlign: kernel(32, "linux-6.12.117:arch/sh/include/asm/cache.h:21"),
  shmlba: kernel(16384, "linux-6.12.117:arch/sh/include/asm/shmparam.h:15", "0x4000"),
  flushDcachePage: kernel(
    "kernel-alias",
    "linux-6.12.117:arch/sh/mm/cache-sh4.c:110-135",
    "flush_cache_one of the kernel colour; lazily",
  ),
  dmaWmb: kernel(
    "compiler",
    "linux-6.12.117:arch/sh/include/asm/barrier.h:27-30 (synco for SH4A only); include/asm-generic/barrier.h:80-81",
    "synco (SH4A) / barrier",
  ),
  wmb: kernel(
    "compiler",
    "linux-6.12.117:arch/sh/include/asm/barrier.h:27-30 (synco for SH4A only); include/asm-generic/barrier.h:68-69",
  ),
  storeOrder: inferred(
    { cached: "total", uncached: "total", writeCombine: "total", writeBuffer: true },
    "SH7751: in-order core; uncached stores go through one write buffer",
    "in-order",
  ),
  quirks: [],
  siblings: [],
};
