import { inferred, kernel, manual } from "./fact.ts";
import type { Platform } from "./platform.ts";

/** Cortex-A72/A53 SoC, device with dma-coherent (LS1043A, Juno). */
export const arm64Coherent: Platform = {
  id: "arm64-coh",
  title: "Cortex-A72/A53 SoC, device with dma-coherent (LS1043A, Juno)",
  tier: "core",
  summary: "The same processor as arm64-nc with a device that snoops (dma-coherent in the devicetree).",
  bits: kernel(64, "linux-6.12.117:arch/arm64/Kconfig:298 (64BIT)"),
  endian: kernel("little", "linux-6.12.117:arch/arm64/Kconfig:1537 (default CPU_LITTLE_ENDIAN)"),
  mmu: kernel(true, "linux-6.12.117:arch/arm64/Kconfig:301"),
  pageBytes: kernel(4096, "linux-6.12.117:arch/arm64/Kconfig:1411 (one of 4K/16K/64K)", "4K/16K/64K"),
  dcache: {
    lineBytes: kernel(64, "linux-6.12.117:arch/arm/boot/dts/broadcom/bcm2837.dtsi:56"),
    sizeBytes: kernel(32768, "linux-6.12.117:bcm2837.dtsi:55"),
    ways: kernel(4, "linux-6.12.117:bcm2837.dtsi:57 (128 sets); bcm2711.dtsi:476 (256 sets)", "A53 4, A72 2"),
    index: inferred("physical", "A53 TRM DDI0500D", "physical (PIPT behaviour)"),
    tag: inferred("physical", "A53 TRM DDI0500D"),
    indexing: inferred("PIPT", "A53 TRM DDI0500D; Linux knows no aliasing data cache on arm64"),
    write: inferred("back", "A53 TRM DDI0500D"),
    allocate: inferred("read-write", "A53 TRM DDI0500D", "read+write (write-streaming may drop to no-alloc)"),
    replacement: inferred("random", "A53 TRM DDI0500D", "pseudo-random"),
    dirtyGranuleBytes: inferred(64, "whole line"),
  },
  speculation: {
    loadFill: manual(true, "A72 TRM 100095 6.4: loads execute speculatively"),
    hardwarePrefetch: inferred(true, "A72 TRM 100095 6.4"),
    storeDirty: manual(false, "A72 TRM 6.4: speculative stores are not committed"),
  },
  uncachedAliasHit: manual(
    { uncached: "bypass", writeCombine: "bypass" },
    "A53 TRM DDI0500D 6.2; A35/A55 A5.3",
    "NC/Device accesses do not look up the cache",
  ),
  vaColours: inferred(1, "linux-6.12.117:include/asm-generic/shmparam.h:5 (SHMLBA == PAGE_SIZE)"),
  dma: {
    coherent: kernel(
      true,
      "linux-6.12.117:DT dma-coherent/dma-noncoherent walk: drivers/of/address.c:1005-1019; fsl-ls1043a.dtsi:307",
    ),
    perDevice: kernel(
      true,
      "linux-6.12.117:DT dma-coherent/dma-noncoherent walk: drivers/of/address.c:1005-1019; fsl-ls1043a.dtsi:307",
    ),
    bounce: kernel(
      "address",
      "linux-6.12.117:arch/arm64/Kconfig:264 (SWIOTLB); small kmalloc buffers of a coherent device are not bounced: include/linux/dma-map-ops.h:262-317",
    ),
    iommu: kernel(true, "linux-6.12.117:drivers/iommu/Kconfig:152-153 (IOMMU_DMA: ARM64 || X86 || S390)"),
  },
  pgprot: {
    noncached: kernel("device", "linux-6.12.117:arch/arm64/include/asm/pgtable.h:677", "Device-nGnRnE"),
    writecombine: kernel("write-combine", "linux-6.12.117:pgtable.h:679", "Normal-NC"),
    dmacoherent: kernel("write-combine", "linux-6.12.117:pgtable.h:694", "Normal-NC"),
    dmaPgprot: kernel(
      { plain: "unchanged", writeCombine: "unchanged" },
      "linux-6.12.117:kernel/dma/mapping.c:505-514",
      "unchanged (Normal WB)",
    ),
  },
  coherentAlloc: {
    mechanism: kernel(
      { blocking: "linear", atomic: "linear", alternatives: ["remap"] },
      "linux-6.12.117:kernel/dma/direct.c:206-318 (dma_direct_alloc)",
      "linear map page_address()",
    ),
    virtToPage: kernel(
      { linear: "works", remap: "garbage" },
      "linux-6.12.117:arch/arm64/include/asm/memory.h:336-345,418-422; arch/arm64/mm/physaddr.c",
      "works (unless IOMMU remap)",
    ),
  },
  prepCoherent: kernel(
    "clean",
    "linux-6.12.117:arch/arm64/mm/dma-mapping.c:34; 6.1 same file:60",
    "clean to PoC only (6.1: clean+inv)",
  ),
  sync: {
    forDevice: {
      toDevice: kernel(
        { operation: "clean" },
        "linux-6.12.117:arch/arm64/mm/dma-mapping.c:15-32 (skipped entirely when dma_coherent)",
        "clean PoC",
      ),
      fromDevice: kernel(
        { operation: "clean" },
        "linux-6.12.117:arch/arm64/mm/dma-mapping.c:15-32 (skipped entirely when dma_coherent)",
        "clean PoC",
      ),
      bidirectional: kernel(
        { operation: "clean" },
        "linux-6.12.117:arch/arm64/mm/dma-mapping.c:15-32 (skipped entirely when dma_coherent)",
        "clean PoC",
      ),
    },
    forCpu: {
      toDevice: kernel(
        { operation: "none" },
        "linux-6.12.117:arch/arm64/mm/dma-mapping.c:15-32 (skipped entirely when dma_coherent)",
      ),
      fromDevice: kernel(
        { operation: "invalidate" },
        "linux-6.12.117:arch/arm64/mm/dma-mapping.c:15-32 (skipped entirely when dma_coherent)",
        "inv PoC",
      ),
      bidirectional: kernel(
        { operation: "invalidate" },
        "linux-6.12.117:arch/arm64/mm/dma-mapping.c:15-32 (skipped entirely when dma_coherent)",
        "inv PoC",
      ),
    },
  },
  partialLine: kernel(
    "flush-edges",
    "linux-6.12.117:arch/arm64/mm/cache.S:145-162",
    "edge lines DC CIVAC, middle DC IVAC",
  ),
  minAlign: kernel(
    128,
    "linux-6.12.117:arch/arm64/include/asm/cache.h:35; ARCH_KMALLOC_MINALIGN 8 + bounce of small kmalloc: dma-map-ops.h:262-317",
  ),
  shmlba: kernel(4096, "linux-6.12.117:include/asm-generic/shmparam.h:5", "PAGE_SIZE"),
  flushDcachePage: kernel(
    "instruction-only",
    "linux-6.12.117:arch/arm64/mm/flush.c:70-81",
    "I/D only: clears PG_dcache_clean",
  ),
  dmaWmb: kernel("barrier", "linux-6.12.117:arch/arm64/include/asm/barrier.h:66", "dmb oshst"),
  wmb: kernel("barrier", "linux-6.12.117:arch/arm64/include/asm/barrier.h:62 (dsb st)"),
  storeOrder: inferred(
    { cached: "weak", uncached: "total", writeCombine: "weak", writeBuffer: true },
    "Armv8: Normal memory is weakly ordered, Device-nGnRnE is not",
    "weak",
  ),
  quirks: [
    "FROM_DEVICE map CLEANS (does not invalidate): neighbour writes survive the map",
    "small unaligned kmalloc + non-coherent + FROM/BIDI => swiotlb bounce (6.5+)",
  ],
  siblings: [],
};
