import { inferred, kernel, manual } from "./fact.ts";
import type { Platform } from "./platform.ts";

/** RISC-V with Zicbom+Svpbmt (and T-Head C906/C910 variant). */
export const riscvZicbom: Platform = {
  id: "riscv-zicbom",
  title: "RISC-V with Zicbom+Svpbmt (and T-Head C906/C910 variant)",
  tier: "core",
  summary: "RISC-V with cache-block operations: invalidation at unmap discards what a neighbour wrote meanwhile.",
  bits: kernel(64, "linux-6.12.117:arch/riscv/Kconfig:7 (64BIT)"),
  endian: inferred("little", "RISC-V Linux is little-endian"),
  mmu: kernel(true, "linux-6.12.117:arch/riscv/Kconfig:278"),
  pageBytes: kernel(4096, "linux-6.12.117:arch/riscv/Kconfig:170"),
  dcache: {
    lineBytes: kernel(64, "linux-6.12.117:arch/riscv/boot/dts/thead/th1520.dtsi:31"),
    sizeBytes: kernel(65536, "linux-6.12.117:th1520.dtsi:32"),
    ways: kernel(
      2,
      "linux-6.12.117:th1520.dtsi:33 512 sets; C906 dtsi cv18xx.dtsi:24-26 also 2, vendor page says 4-way (riscfive.com) - CONFLICT",
    ),
    index: inferred(
      "virtual",
      "vendor (T-Head C910)",
      "VIPT per vendor, treated non-aliasing by Linux (no CPU_CACHE_ALIASING)",
    ),
    tag: inferred("physical", "vendor (T-Head C910)"),
    indexing: inferred("VIPT-nonaliasing", "linux-6.12.117:arch/riscv/Kconfig selects no CPU_CACHE_ALIASING"),
    write: inferred("back", "linux-6.12.117:arch/riscv/mm/dma-noncoherent.c:59-115 (cleans before DMA)"),
    allocate: inferred("read-write", "vendor (T-Head C910)", "read+write"),
    replacement: inferred("fifo", "vendor (T-Head C910)", "FIFO (vendor)"),
    dirtyGranuleBytes: inferred(64, "whole line"),
  },
  speculation: {
    loadFill: kernel(
      true,
      "linux-6.12.117:arch/riscv/mm/dma-noncoherent.c:64-67 arch_sync_dma_cpu_needs_post_dma_flush()=true",
    ),
    hardwarePrefetch: inferred(true, "linux-6.12.117:arch/riscv/mm/dma-noncoherent.c:64-67"),
    storeDirty: inferred(false, "speculative stores are not committed to the cache"),
  },
  uncachedAliasHit: manual(
    { uncached: "bypass", writeCombine: "bypass" },
    "RISC-V priv. spec PBMT text quoted in riscv-isa-manual PR #1570",
    "may lose coherence; needs fence; cbo.flush; fence",
  ),
  vaColours: inferred(1, "linux-6.12.117:arch/riscv/Kconfig selects no CPU_CACHE_ALIASING"),
  dma: {
    coherent: kernel(
      false,
      "linux-6.12.117:arch/riscv/Kconfig:20; th1520.dtsi:224",
      "default coherent (ARCH_DMA_DEFAULT_COHERENT); dma-noncoherent on the bus node",
    ),
    perDevice: kernel(true, "linux-6.12.117:arch/riscv/Kconfig:20; th1520.dtsi:224"),
    bounce: kernel(
      "address-or-small-kmalloc",
      "linux-6.12.117:arch/riscv/Kconfig:355,411 (DMA_BOUNCE_UNALIGNED_KMALLOC if SWIOTLB)",
    ),
    iommu: kernel(false, "linux-6.12.117:drivers/iommu/Kconfig:152-153 (IOMMU_DMA is for ARM64, X86 and S390 only)"),
  },
  pgprot: {
    noncached: kernel("device", "linux-6.12.117:arch/riscv/include/asm/pgtable.h:632-641", "_PAGE_IO (PBMT IO)"),
    writecombine: kernel("write-combine", "linux-6.12.117:pgtable.h:644-652", "_PAGE_NOCACHE (PBMT NC)"),
    dmacoherent: kernel("write-combine", "linux-6.12.117:pgtable.h:654", "=writecombine"),
    dmaPgprot: kernel(
      { plain: "write-combine", writeCombine: "write-combine" },
      "linux-6.12.117:kernel/dma/mapping.c:505-514; arch/riscv/include/asm/pgtable-64.h:137",
      "PBMT NC for non-coherent; T-Head uses bits 59..63 pgtable-64.h:137",
    ),
  },
  coherentAlloc: {
    mechanism: kernel(
      { blocking: "remap", atomic: "pool", alternatives: ["global-pool"] },
      "linux-6.12.117:arch/riscv/Kconfig:708; Kconfig.errata:61,99",
      "DMA_DIRECT_REMAP; JH7100: DMA_GLOBAL_POOL",
    ),
    virtToPage: kernel(
      { remap: "garbage", pool: "garbage" },
      "linux-6.12.117:arch/riscv/include/asm/page.h:167-191",
      "non-linear -> kernel_mapping_va_to_pa -> garbage (WARN with DEBUG_VIRTUAL)",
    ),
  },
  prepCoherent: kernel("flush", "linux-6.12.117:arch/riscv/mm/dma-noncoherent.c:117"),
  sync: {
    forDevice: {
      toDevice: kernel(
        { operation: "clean" },
        "linux-6.12.117:arch/riscv/mm/dma-noncoherent.c:59-115; T-Head ops by PA errata.c:68-106",
      ),
      fromDevice: kernel(
        { operation: "clean" },
        "linux-6.12.117:arch/riscv/mm/dma-noncoherent.c:59-115; T-Head ops by PA errata.c:68-106",
      ),
      bidirectional: kernel(
        { operation: "clean" },
        "linux-6.12.117:arch/riscv/mm/dma-noncoherent.c:59-115; T-Head ops by PA errata.c:68-106",
      ),
    },
    forCpu: {
      toDevice: kernel(
        { operation: "none" },
        "linux-6.12.117:arch/riscv/mm/dma-noncoherent.c:59-115; T-Head ops by PA errata.c:68-106",
      ),
      fromDevice: kernel(
        { operation: "invalidate", linux61: "flush" },
        "linux-6.12.117:arch/riscv/mm/dma-noncoherent.c:59-115; T-Head ops by PA errata.c:68-106",
        "inv (6.1: flush)",
      ),
      bidirectional: kernel(
        { operation: "invalidate", linux61: "flush" },
        "linux-6.12.117:arch/riscv/mm/dma-noncoherent.c:59-115; T-Head ops by PA errata.c:68-106",
        "inv (6.1: flush)",
      ),
    },
  },
  partialLine: kernel(
    "invalidate",
    "linux-6.12.117:arch/riscv/include/asm/errata_list.h:106-120; 6.1 mm/dma-noncoherent.c:45-46",
    "cbo.inval on rounded-out lines: neighbour write during DMA LOST (6.1 flush: device data lost instead)",
  ),
  minAlign: kernel(64, "linux-6.12.117:arch/riscv/include/asm/cache.h:15"),
  shmlba: kernel(4096, "linux-6.12.117:include/asm-generic/shmparam.h:5", "PAGE_SIZE"),
  flushDcachePage: kernel("instruction-only", "linux-6.12.117:arch/riscv/include/asm/cacheflush.h", "I/D only"),
  dmaWmb: kernel(
    "barrier",
    "linux-6.12.117:arch/riscv/include/asm/barrier.h:25; include/asm-generic/barrier.h:80-81",
    "fence ow,ow (= wmb)",
  ),
  wmb: kernel("barrier", "linux-6.12.117:arch/riscv/include/asm/barrier.h:25 (fence ow,ow)"),
  storeOrder: inferred(
    { cached: "weak", uncached: "total", writeCombine: "weak", writeBuffer: true },
    "RVWMO; PBMT IO is strongly ordered, PBMT NC is not",
    "weak (RVWMO)",
  ),
  quirks: ["device without dma-noncoherent on non-coherent SoC: no sync at all"],
  siblings: [],
};
