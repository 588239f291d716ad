import { inferred, kernel, manual } from "./fact.ts";
import type { Platform } from "./platform.ts";

/** ColdFire V3/V4e no-MMU (MCF53xx/54xx). */
export const coldfire: Platform = {
  id: "coldfire",
  title: "ColdFire V3/V4e no-MMU (MCF53xx/54xx)",
  tier: "core",
  summary: "No MMU, no coherent memory at all, and every cache operation works on the whole cache.",
  bits: kernel(32, "linux-6.12.117:arch/m68k/Kconfig (32-bit architecture)"),
  endian: kernel("big", "linux-6.12.117:arch/m68k/Kconfig:43 (CPU_BIG_ENDIAN)"),
  mmu: kernel(false, "linux-6.12.117:arch/m68k/Kconfig:79,90"),
  pageBytes: kernel(4096, "linux-6.12.117:arch/m68k/Kconfig.cpu:49"),
  dcache: {
    lineBytes: kernel(16, "linux-6.12.117:arch/m68k/include/asm/m53xxacr.h:65, m54xxacr.h:65"),
    sizeBytes: kernel(
      16384,
      "linux-6.12.117:m53xxacr.h:56-60; m54xxacr.h:52-62",
      "8K/16K unified (53xx), 8K/32K D (54xx)",
    ),
    ways: kernel(4, "linux-6.12.117:m53xxacr.h:66"),
    index: inferred("physical", "no MMU: virtual and physical addresses are equal", "physical (no MMU)"),
    tag: inferred("physical", "no MMU: virtual and physical addresses are equal"),
    indexing: inferred("PIPT", "no MMU: virtual and physical addresses are equal"),
    write: kernel(
      "back",
      "linux-6.12.117:arch/m68k/Kconfig.cpu:549",
      "write-through or copy-back (HAVE_CACHE_CB choice)",
    ),
    allocate: manual(
      "read-write",
      "MCF548x Reference Manual, Rev. 3, table 7-7 (CI3): a copyback write miss reads the line",
    ),
    replacement: manual("round-robin", "MCF5407 User's Manual, 4.12.2: pseudo-round-robin"),
    dirtyGranuleBytes: inferred(16, "line"),
  },
  speculation: {
    loadFill: inferred(false, "inferred"),
    hardwarePrefetch: inferred(false, "inferred"),
    storeDirty: inferred(false, "inferred"),
  },
  uncachedAliasHit: inferred(
    { uncached: "none", writeCombine: "none" },
    "no MMU: there are no aliases",
    "no aliases (1:1)",
  ),
  vaColours: inferred(1, "no MMU: there are no aliases"),
  dma: {
    coherent: kernel(
      false,
      "linux-6.12.117:arch/m68k/Kconfig.cpu:546-555",
      "no, unless COLDFIRE_COHERENT_DMA (no/WT cache)",
    ),
    perDevice: kernel(false, "linux-6.12.117:arch/m68k/Kconfig.cpu:546-555"),
    bounce: kernel("never", "linux-6.12.117:arch/m68k/Kconfig selects no SWIOTLB for this processor"),
    iommu: kernel(false, "linux-6.12.117:drivers/iommu/Kconfig:152-153 (IOMMU_DMA is for ARM64, X86 and S390 only)"),
  },
  pgprot: {
    noncached: inferred("unchanged", "no page tables without an MMU", "n/a"),
    writecombine: inferred("unchanged", "no page tables without an MMU", "n/a"),
    dmacoherent: inferred("unchanged", "no page tables without an MMU", "n/a"),
    dmaPgprot: kernel(
      { plain: "unchanged", writeCombine: "unchanged" },
      "linux-6.12.117:include/linux/dma-map-ops.h:343-347",
      "prot unchanged",
    ),
  },
  coherentAlloc: {
    mechanism: kernel(
      { blocking: "unsupported", atomic: "unsupported", alternatives: [] },
      "linux-6.12.117:kernel/dma/direct.c:238-241; drivers/net/ethernet/freescale/fec_main.c:383-387",
      "NOT SUPPORTED: pr_warn_once + NULL; FEC uses dma_alloc_noncoherent(BIDI)",
    ),
    virtToPage: kernel({ linear: "works" }, "linux-6.12.117:arch/m68k/include/asm/page_no.h:32", "works (1:1)"),
  },
  prepCoherent: kernel(
    "none",
    "linux-6.12.117:kernel/dma/direct.c:238-241 (no coherent memory, so nothing to prepare)",
  ),
  sync: {
    forDevice: {
      toDevice: kernel(
        { operation: "flush", scope: "all" },
        "linux-6.12.117:arch/m68k/kernel/dma.c:29-45; arch/m68k/include/asm/cacheflush_no.h:66-82",
        "push + invalidate WHOLE cache",
      ),
      fromDevice: kernel(
        { operation: "invalidate", scope: "all" },
        "linux-6.12.117:arch/m68k/kernel/dma.c:29-45; arch/m68k/include/asm/cacheflush_no.h:66-82",
        "invalidate WHOLE cache (no push)",
      ),
      bidirectional: kernel(
        { operation: "flush", scope: "all" },
        "linux-6.12.117:arch/m68k/kernel/dma.c:29-45; arch/m68k/include/asm/cacheflush_no.h:66-82",
        "push + invalidate WHOLE cache",
      ),
    },
    forCpu: {
      toDevice: kernel(
        { operation: "none" },
        "linux-6.12.117:arch/m68k/kernel/dma.c:29-45; arch/m68k/include/asm/cacheflush_no.h:66-82",
      ),
      fromDevice: kernel(
        { operation: "none" },
        "linux-6.12.117:arch/m68k/kernel/dma.c:29-45; arch/m68k/include/asm/cacheflush_no.h:66-82",
      ),
      bidirectional: kernel(
        { operation: "none" },
        "linux-6.12.117:arch/m68k/kernel/dma.c:29-45; arch/m68k/include/asm/cacheflush_no.h:66-82",
      ),
    },
  },
  partialLine: kernel("whole-cache", "linux-6.12.117:arch/m68k/include/asm/cacheflush_no.h:66-82", "whole cache"),
  minAlign: kernel(16, "linux-6.12.117:arch/m68k/include/asm/cache.h:12"),
  shmlba: kernel(4096, "linux-6.12.117:include/asm-generic/shmparam.h:5", "PAGE_SIZE"),
  flushDcachePage: inferred("none", "linux-6.12.117:arch/m68k/include/asm/cacheflush_no.h", "no-op"),
  dmaWmb: kernel(
    "compiler",
    "linux-6.12.117:include/asm-generic/barrier.h:68-69,80-81 (m68k has no barrier of its own)",
    "barrier",
  ),
  wmb: kernel("compiler", "linux-6.12.117:include/asm-generic/barrier.h:68-69 (m68k has no barrier of its own)"),
  storeOrder: inferred(
    { cached: "total", uncached: "total", writeCombine: "total", writeBuffer: true },
    "ColdFire: in-order core with a store buffer",
    "in-order + store buffer",
  ),
  quirks: ["copy-back + FROM_DEVICE map discards every dirty line in the machine (by reading)"],
  siblings: [
    {
      name: "blackfin (removed 4.17)",
      note: "2.6.2x: coherent = uncached top of RAM (_ramend - DMA_UNCACHED_REGION); map_single only invalidates; unmap no-op: torvalds/linux@1394f03 arch/blackfin/kernel/dma-mapping.c",
    },
    { name: "sh2 nommu", note: "NO_DMA unless J2: arch/sh/Kconfig:67" },
  ],
};
