import { inferred, kernel, manual } from "./fact.ts";
import type { Platform } from "./platform.ts";

/** x86-64 PC (coherent, PAT). */
export const x8664: Platform = {
  id: "x86_64",
  title: "x86-64 PC (coherent, PAT)",
  tier: "core",
  summary:
    "A coherent PC: caches are snooped, so only wrong pages, wrong lengths and write-combining mappings do harm.",
  bits: kernel(64, "linux-6.12.117:arch/x86/Kconfig:3 (64BIT)"),
  endian: inferred("little", "little-endian is the only byte order that x86 has"),
  mmu: kernel(true, "linux-6.12.117:arch/x86/Kconfig:337"),
  pageBytes: kernel(4096, "linux-6.12.117:arch/x86/Kconfig:265 (HAVE_PAGE_SIZE_4KB)"),
  dcache: {
    lineBytes: kernel(64, "linux-6.12.117:arch/x86/include/asm/cache.h:8 (X86_L1_CACHE_SHIFT=6)"),
    sizeBytes: inferred(32768, "typical Intel/AMD L1D; parameter, not architectural"),
    ways: inferred(8, "way = 4 KiB so VIPT without aliases"),
    index: inferred("virtual", "SHMLBA==PAGE_SIZE arch/x86/include/asm/shmparam.h:5", "VIPT-nonaliasing"),
    tag: inferred("physical", "Intel and AMD level-1 caches are physically tagged; follows from VIPT"),
    indexing: inferred("VIPT-nonaliasing", "linux-6.12.117:arch/x86/include/asm/shmparam.h:5 (SHMLBA == PAGE_SIZE)"),
    write: inferred("back", "write-back is what the kernel maps RAM as; follows from the preset's other cache fields"),
    allocate: inferred(
      "read-write",
      "write-back memory allocates on both on current processors; not architectural",
      "read+write",
    ),
    replacement: inferred("pseudo-lru", "model as LRU", "pseudo-LRU"),
    dirtyGranuleBytes: inferred(64, "the whole line; no finer dirty state is documented"),
  },
  speculation: {
    loadFill: inferred(true, "architectural: WB memory may be prefetched at any time"),
    hardwarePrefetch: inferred(true, "architectural: WB memory may be prefetched at any time"),
    storeDirty: inferred(false, "architectural: WB memory may be prefetched at any time"),
  },
  uncachedAliasHit: manual(
    { uncached: "snoop", writeCombine: "bypass" },
    "Intel SDM vol.3 11.5.2 note 2, 11.12.4 (manualshelf/manualsdump copies)",
    "UC from PTE: snoops own caches; WC: may NOT check caches",
  ),
  vaColours: inferred(1, "linux-6.12.117:arch/x86/include/asm/shmparam.h:5 (SHMLBA == PAGE_SIZE)"),
  dma: {
    coherent: kernel(
      true,
      "linux-6.12.117:include/linux/dma-map-ops.h:242-247",
      "always (dev_is_dma_coherent()==true: no ARCH_HAS_SYNC_DMA_*)",
    ),
    perDevice: kernel(false, "linux-6.12.117:include/linux/dma-map-ops.h:242-247"),
    bounce: kernel("address", "linux-6.12.117:kernel/dma/direct.h:85-115", "swiotlb if addr > mask or SEV/TDX"),
    iommu: kernel(true, "linux-6.12.117:drivers/iommu/Kconfig:152-153 (IOMMU_DMA: ARM64 || X86 || S390)"),
  },
  pgprot: {
    noncached: kernel(
      "uncached",
      "linux-6.12.117:arch/x86/include/asm/pgtable.h:12-16",
      "UC- (_PAGE_CACHE_MODE_UC_MINUS)",
    ),
    writecombine: kernel("write-combine", "linux-6.12.117:arch/x86/mm/pat/memtype.c:1116", "WC via PAT"),
    dmacoherent: kernel(
      "uncached",
      "linux-6.12.117:include/linux/dma-map-ops.h:338",
      "=pgprot_noncached, but never used",
    ),
    dmaPgprot: kernel(
      { plain: "unchanged", writeCombine: "unchanged" },
      "linux-6.12.117:kernel/dma/mapping.c:507",
      "prot unchanged (cached WB)",
    ),
    ofUserRam: kernel(
      "write-back",
      "linux-6.12.117:arch/x86/mm/pat/memtype.c:872-888",
      "reserve_pfn_range() keeps the type of the linear map and logs what was asked for",
    ),
  },
  coherentAlloc: {
    mechanism: kernel(
      { blocking: "linear", atomic: "linear", alternatives: ["remap"] },
      "linux-6.12.117:kernel/dma/direct.c:206-318; drivers/iommu/dma-iommu.c:1663-1666",
      "page_address() of buddy/CMA page (cached linear map); with an IOMMU: iommu_dma_alloc_remap() -> vmap!",
    ),
    virtToPage: kernel(
      { linear: "works", remap: "garbage" },
      "linux-6.12.117:arch/x86/mm/physaddr.c:14-35",
      "works without IOMMU; with IOMMU pfn = linear arithmetic on a vmalloc address -> pfn outside RAM; struct page* points outside mem_map/vmemmap (fault on use) or at an unrelated page; BUG() with DEBUG_VIRTUAL",
    ),
  },
  prepCoherent: kernel(
    "none",
    "linux-6.12.117:arch/x86/Kconfig selects no ARCH_HAS_DMA_PREP_COHERENT; the device is coherent",
  ),
  sync: {
    forDevice: {
      toDevice: kernel({ operation: "none" }, "linux-6.12.117:none selected in arch/x86/Kconfig"),
      fromDevice: kernel({ operation: "none" }, "linux-6.12.117:none selected in arch/x86/Kconfig"),
      bidirectional: kernel({ operation: "none" }, "linux-6.12.117:none selected in arch/x86/Kconfig"),
    },
    forCpu: {
      toDevice: kernel({ operation: "none" }, "linux-6.12.117:none selected in arch/x86/Kconfig"),
      fromDevice: kernel({ operation: "none" }, "linux-6.12.117:none selected in arch/x86/Kconfig"),
      bidirectional: kernel({ operation: "none" }, "linux-6.12.117:none selected in arch/x86/Kconfig"),
    },
  },
  partialLine: kernel("not-applicable", "linux-6.12.117:none of the sync hooks is selected in arch/x86/Kconfig", "n/a"),
  minAlign: kernel(8, "linux-6.12.117:include/linux/cache.h:188"),
  shmlba: kernel(4096, "linux-6.12.117:arch/x86/include/asm/shmparam.h:5", "PAGE_SIZE"),
  flushDcachePage: kernel(
    "none",
    "linux-6.12.117:include/asm-generic/cacheflush.h via ARCH_IMPLEMENTS_FLUSH_DCACHE_PAGE=0",
    "no-op",
  ),
  dmaWmb: kernel("compiler", "linux-6.12.117:arch/x86/include/asm/barrier.h:51", "compiler barrier"),
  wmb: kernel("barrier", "linux-6.12.117:arch/x86/include/asm/barrier.h:19,24 (sfence)"),
  storeOrder: manual(
    { cached: "total", uncached: "total", writeCombine: "weak", writeBuffer: true },
    "Intel SDM vol.3 (TSO); 11.12.4 for WC",
    "TSO; WC stores are buffered and weakly ordered",
  ),
  quirks: [],
  siblings: [],
};
