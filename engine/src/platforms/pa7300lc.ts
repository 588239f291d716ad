import { inferred, kernel, manual } from "./fact.ts";
import type { Platform } from "./platform.ts";

/** PA-RISC PA7300LC/7100LC (PA1.1, VIPT, equivalent aliases). */
export const pa7300lc: Platform = {
  id: "pa7300lc",
  title: "PA-RISC PA7300LC/7100LC (PA1.1, VIPT, equivalent aliases)",
  tier: "expert",
  summary: "PA-RISC: aliases are allowed only at equal offsets modulo 4 MiB; unmap purges.",
  bits: kernel(32, "linux-6.12.117:arch/parisc/Kconfig:229-233 (PA11)"),
  endian: kernel("big", "linux-6.12.117:arch/parisc/Kconfig:99"),
  mmu: kernel(true, "linux-6.12.117:arch/parisc/Kconfig:102"),
  pageBytes: kernel(4096, "linux-6.12.117:arch/parisc/Kconfig:281"),
  dcache: {
    lineBytes: kernel(32, "linux-6.12.117:arch/parisc/include/asm/cache.h:26 (DMA_MINALIGN)"),
    sizeBytes: inferred(65536, "reported by the firmware (PDC) at boot; 64 KiB assumed for the PA7300LC"),
    ways: inferred(2, "reported by the firmware (PDC) at boot; 2 assumed for the PA7300LC"),
    index: inferred("virtual", "linux-6.12.117:arch/parisc/include/asm/shmparam.h:16-21"),
    tag: inferred("physical", "linux-6.12.117:arch/parisc/kernel/cache.c:335-352"),
    indexing: manual("VIPT-aliasing", "HP V-Class Architecture ch.3 (docs.hp.com A3725-96022)"),
    write: inferred("back", "linux-6.12.117:arch/parisc/kernel/pci-dma.c:441-445 (fdc writes dirty lines back)"),
    allocate: inferred("read-write", "not found; assumed"),
    replacement: inferred("random", "not found; assumed"),
    dirtyGranuleBytes: inferred(32, "the whole line"),
    aliasRule: manual(
      "equivalent aliases: same offset modulo 4/16 MiB; non-equivalent must be read-only",
      "HP V-Class Architecture ch.3 (docs.hp.com A3725-96022); kernel SHM_COLOUR 0x00400000 arch/parisc/include/asm/shmparam.h:21",
    ),
  },
  speculation: {
    loadFill: inferred(false, "PA7300LC is in order; no statement found"),
    hardwarePrefetch: kernel(false, "linux-6.12.117:arch/parisc/Kconfig:235-237 (PREFETCH: PA8X00 or PA7200 only)"),
    storeDirty: inferred(false, "PA7300LC is in order; no statement found"),
  },
  uncachedAliasHit: inferred({ uncached: "bypass", writeCombine: "bypass" }, "no statement found; bypass assumed"),
  vaColours: inferred(8, "32 KiB way / 4 KiB page from the assumed geometry; the rule is 4 MiB equivalence"),
  dma: {
    coherent: kernel(false, "linux-6.12.117:arch/parisc/Kconfig:227-235", "PA1.1 no, PA2.0 via IOMMU yes"),
    perDevice: kernel(false, "linux-6.12.117:arch/parisc/Kconfig:227-235"),
    bounce: kernel("never", "linux-6.12.117:arch/parisc/Kconfig selects no SWIOTLB for this processor"),
    iommu: kernel(false, "linux-6.12.117:drivers/iommu/Kconfig:152-153 (IOMMU_DMA is for ARM64, X86 and S390 only)"),
  },
  pgprot: {
    noncached: kernel("uncached", "linux-6.12.117:arch/parisc/include/asm/pgtable.h:503"),
    writecombine: kernel("uncached", "linux-6.12.117:include/linux/pgtable.h:1361-1363 (= pgprot_noncached)"),
    dmacoherent: kernel("uncached", "linux-6.12.117:include/linux/dma-map-ops.h:338"),
    dmaPgprot: kernel({ plain: "uncached", writeCombine: "uncached" }, "linux-6.12.117:kernel/dma/mapping.c:505-514"),
  },
  coherentAlloc: {
    mechanism: kernel(
      { blocking: "window", atomic: "window", alternatives: ["unsupported"] },
      "linux-6.12.117:arch/parisc/kernel/pci-dma.c:401-421",
      "arch_dma_alloc: pcxl window + map_uncached_pages; NULL on other PA1.1",
    ),
    virtToPage: kernel(
      { window: "garbage" },
      "linux-6.12.117:arch/parisc/include/asm/page.h:148,172",
      "pfn = linear arithmetic on a vmalloc address -> pfn outside RAM; struct page* points outside mem_map/vmemmap (fault on use) or at an unrelated page",
    ),
  },
  prepCoherent: kernel("flush", "linux-6.12.117:arch/parisc/kernel/pci-dma.c:401-421 (flush_kernel_dcache_range)"),
  sync: {
    forDevice: {
      toDevice: kernel({ operation: "flush" }, "linux-6.12.117:arch/parisc/kernel/pci-dma.c:438-464", "flush (fdc)"),
      fromDevice: kernel({ operation: "flush" }, "linux-6.12.117:arch/parisc/kernel/pci-dma.c:438-464", "flush (fdc)"),
      bidirectional: kernel({ operation: "flush" }, "linux-6.12.117:arch/parisc/kernel/pci-dma.c:438-464"),
    },
    forCpu: {
      toDevice: kernel({ operation: "flush" }, "linux-6.12.117:arch/parisc/kernel/pci-dma.c:438-464"),
      fromDevice: kernel(
        { operation: "invalidate" },
        "linux-6.12.117:arch/parisc/kernel/pci-dma.c:438-464",
        "purge (pdc)",
      ),
      bidirectional: kernel({ operation: "flush" }, "linux-6.12.117:arch/parisc/kernel/pci-dma.c:438-464"),
    },
  },
  partialLine: kernel("invalidate", "linux-6.12.117:arch/parisc/kernel/pci-dma.c:447-464 (purge of the range)"),
  minAlign: kernel(32, "linux-6.12.117:arch/parisc/include/asm/cache.h:26"),
  shmlba: kernel(
    4096,
    "linux-6.12.117:arch/parisc/include/asm/shmparam.h:20-21",
    "PAGE_SIZE, but equivalent aliases are modulo SHM_COLOUR 0x00400000",
  ),
  flushDcachePage: kernel("kernel-and-user-aliases", "linux-6.12.117:arch/parisc/kernel/cache.c:473"),
  dmaWmb: kernel("compiler", "linux-6.12.117:arch/parisc/include/asm/barrier.h:26 (uniprocessor)"),
  wmb: kernel("compiler", "linux-6.12.117:arch/parisc/include/asm/barrier.h:24 (uniprocessor)"),
  storeOrder: inferred(
    { cached: "total", uncached: "total", writeCombine: "total", writeBuffer: true },
    "PA-RISC: strongly ordered implementations",
  ),
  quirks: [],
  siblings: [],
};
