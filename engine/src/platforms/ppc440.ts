import { inferred, kernel, manual } from "./fact.ts";
import type { Platform } from "./platform.ts";

/** PowerPC 440 (44x, non-coherent, physically tagged) - the platform of the 2008 mail. */
export const ppc440: Platform = {
  id: "ppc440",
  title: "PowerPC 440 (44x, non-coherent, physically tagged) - the platform of the 2008 mail",
  tier: "core",
  summary: "The platform of the 2008 mail: physically tagged, not coherent, and it speculates.",
  bits: kernel(32, "linux-6.12.117:arch/powerpc/Kconfig:18 (32BIT)"),
  endian: kernel("big", "linux-6.12.117:arch/powerpc/platforms/Kconfig.cputype:598 (default CPU_BIG_ENDIAN)"),
  mmu: kernel(true, "linux-6.12.117:arch/powerpc/Kconfig:30"),
  pageBytes: kernel(4096, "linux-6.12.117:arch/powerpc/Kconfig:821"),
  dcache: {
    lineBytes: manual(32, "IBM PPC440x5 UM p.28,117,121-122,145 (office.manualsonline.com ppc440x5.html)"),
    sizeBytes: manual(32768, "IBM PPC440x5 UM p.28,117,121-122,145 (office.manualsonline.com ppc440x5.html)"),
    ways: manual(64, "IBM PPC440x5 UM p.28,117,121-122,145 (office.manualsonline.com ppc440x5.html)"),
    index: manual("physical", "IBM PPC440x5 UM p.117,121-122", "physical (no aliases)"),
    tag: manual("physical", "IBM PPC440x5 UM p.117,121-122"),
    indexing: manual("PIPT", "IBM PPC440x5 UM p.117,121-122"),
    write: manual(
      "back",
      "IBM PPC440x5 UM p.28,117,121-122,145 (office.manualsonline.com ppc440x5.html)",
      "back (W=0) or through (W=1) per page",
    ),
    allocate: manual(
      "read-write",
      "IBM PPC440x5 UM p.28,117,121-122,145 (office.manualsonline.com ppc440x5.html)",
      "store-with-allocate or SWOA",
    ),
    replacement: manual(
      "round-robin",
      "IBM PPC440x5 UM p.28,117,121-122,145 (office.manualsonline.com ppc440x5.html) p.96",
      "round-robin (victim index per set)",
    ),
    dirtyGranuleBytes: manual(
      8,
      "IBM PPC440x5 UM p.28,117,121-122,145 (office.manualsonline.com ppc440x5.html) p.122: 4 dirty bits/line, flush writes only the dirty doubleword / quadword unless CCR1[FFF]",
    ),
  },
  speculation: {
    loadFill: manual(
      true,
      "IBM PPC440x5 UM p.28,117,121-122,145 (office.manualsonline.com ppc440x5.html) p.117: line read initiated speculatively after an unresolved branch is completed and written into the cache; G=1 forbids it",
    ),
    hardwarePrefetch: inferred(false, "IBM PPC440x5 UM p.117 names no hardware prefetcher"),
    storeDirty: manual(
      false,
      "IBM PPC440x5 UM p.28,117,121-122,145 (office.manualsonline.com ppc440x5.html) p.117: the line fill may happen, the write does not",
    ),
  },
  uncachedAliasHit: manual(
    { uncached: "undefined", writeCombine: "undefined" },
    "IBM PPC440x5 UM p.28,117,121-122,145 (office.manualsonline.com ppc440x5.html) p.145 5.6.2",
    'undefined ("programming error", results undefined)',
  ),
  vaColours: kernel(1, "linux-6.12.117:arch/powerpc/include/asm/shmparam.h:5 (SHMLBA == PAGE_SIZE)"),
  dma: {
    coherent: kernel(
      false,
      "linux-6.12.117:arch/powerpc/platforms/Kconfig.cputype:568-577",
      "never (NOT_COHERENT_CACHE default y for 44x)",
    ),
    perDevice: kernel(false, "linux-6.12.117:arch/powerpc/platforms/Kconfig.cputype:568-577"),
    bounce: kernel(
      "never",
      "linux-6.12.117:arch/powerpc/platforms/Kconfig.cputype selects no SWIOTLB for this processor",
    ),
    iommu: kernel(false, "linux-6.12.117:drivers/iommu/Kconfig:152-153 (IOMMU_DMA is for ARM64, X86 and S390 only)"),
  },
  pgprot: {
    noncached: kernel("uncached", "linux-6.12.117:arch/powerpc/include/asm/nohash/pgtable.h:352", "NO_CACHE|GUARDED"),
    writecombine: kernel(
      "write-combine",
      "linux-6.12.117:arch/powerpc/include/asm/nohash/pgtable.h:355,371",
      "NO_CACHE",
    ),
    dmacoherent: kernel("uncached", "linux-6.12.117:include/linux/dma-map-ops.h:338", "=noncached"),
    dmaPgprot: kernel(
      { plain: "uncached", writeCombine: "uncached" },
      "linux-6.12.117:kernel/dma/mapping.c:505-514",
      "pgprot_noncached (WC attr ignored: no ARCH_HAS_DMA_WRITE_COMBINE)",
    ),
  },
  coherentAlloc: {
    mechanism: kernel(
      { blocking: "remap", atomic: "pool", alternatives: [] },
      "linux-6.12.117:kernel/dma/direct.c:247-288, pool.c:76-106",
      "DMA_DIRECT_REMAP: vmap with dma_pgprot; atomic pool if !blocking",
    ),
    virtToPage: kernel(
      { remap: "garbage", pool: "garbage" },
      "linux-6.12.117:arch/powerpc/include/asm/page.h:198,228-239",
      "pfn = linear arithmetic on a vmalloc address -> pfn outside RAM; struct page* points outside mem_map/vmemmap (fault on use) or at an unrelated page",
    ),
    history:
      "2.6.25: CONSISTENT_START window, mk_pte(page,pgprot_noncached(PAGE_KERNEL)) arch/powerpc/lib/dma-noncoherent.c",
  },
  prepCoherent: kernel("flush", "linux-6.12.117:arch/powerpc/mm/dma-noncoherent.c:119", "flush (dcbf)"),
  sync: {
    forDevice: {
      toDevice: kernel(
        { operation: "clean" },
        "linux-6.12.117:arch/powerpc/mm/dma-noncoherent.c:22-47,107-117",
        "clean (dcbst)",
      ),
      fromDevice: kernel(
        { operation: "invalidate", unaligned: "flush" },
        "linux-6.12.117:arch/powerpc/mm/dma-noncoherent.c:22-47,107-117",
        "inv (dcbi) if line aligned else flush (dcbf) WHOLE range",
      ),
      bidirectional: kernel({ operation: "flush" }, "linux-6.12.117:arch/powerpc/mm/dma-noncoherent.c:22-47,107-117"),
    },
    forCpu: {
      toDevice: kernel({ operation: "clean" }, "linux-6.12.117:arch/powerpc/mm/dma-noncoherent.c:22-47,107-117"),
      fromDevice: kernel(
        { operation: "invalidate", unaligned: "flush" },
        "linux-6.12.117:arch/powerpc/mm/dma-noncoherent.c:22-47,107-117",
        "inv / flush if unaligned",
      ),
      bidirectional: kernel({ operation: "flush" }, "linux-6.12.117:arch/powerpc/mm/dma-noncoherent.c:22-47,107-117"),
    },
  },
  partialLine: kernel(
    "flush-range",
    "linux-6.12.117:arch/powerpc/mm/dma-noncoherent.c:35",
    "any misalignment turns the whole range into flush",
  ),
  minAlign: kernel(32, "linux-6.12.117:arch/powerpc/include/asm/cache.h:36-38"),
  shmlba: kernel(4096, "linux-6.12.117:arch/powerpc/include/asm/shmparam.h:5", "PAGE_SIZE"),
  flushDcachePage: kernel(
    "instruction-only",
    "linux-6.12.117:arch/powerpc/include/asm/cacheflush.h",
    "I/D only (clears PG_dcache_clean)",
  ),
  dmaWmb: kernel("barrier", "linux-6.12.117:arch/powerpc/include/asm/barrier.h:55", "SMPWMB (eieio/lwsync)"),
  wmb: kernel("barrier", "linux-6.12.117:arch/powerpc/include/asm/barrier.h:40 (sync)"),
  storeOrder: inferred(
    { cached: "weak", uncached: "total", writeCombine: "weak", writeBuffer: true },
    "Power ISA: storage accesses are weakly ordered; guarded and inhibited ones stay in order",
    "weak",
  ),
  quirks: ["unaligned flush AFTER the DMA writes back stale granules"],
  siblings: [
    {
      name: "mpc8xx",
      line: 16,
      size: "4-8 KiB",
      ways: 2,
      note: "Motorola MPC860 UM ch.8 p.8-1,8-6: no snooping; Kconfig.cputype NOT_COHERENT_CACHE",
    },
    {
      name: "mpc5121(e300)",
      line: 32,
      size: "32768",
      note: "linux-6.12.117:arch/powerpc/boot/dts/mpc5121.dtsi:31-34; non-coherent",
    },
    { name: "mpc83xx(e300)", note: "COHERENT: not in NOT_COHERENT_CACHE" },
  ],
};
