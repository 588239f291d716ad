import { inferred, kernel, manual } from "./fact.ts";
import type { Platform } from "./platform.ts";

/** Cortex-A9/A7 (ARMv7, PIPT D-cache, speculation). */
export const cortexA9: Platform = {
  id: "cortex-a9",
  title: "Cortex-A9/A7 (ARMv7, PIPT D-cache, speculation)",
  tier: "core",
  summary:
    "Physically indexed, but it prefetches and speculates: a line can come back while the device owns the buffer.",
  bits: kernel(32, "linux-6.12.117:arch/arm/Kconfig (32-bit architecture)"),
  endian: kernel("little", "linux-6.12.117:arch/arm/mm/Kconfig:747 (default CPU_LITTLE_ENDIAN)"),
  mmu: kernel(true, "linux-6.12.117:arch/arm/Kconfig:315"),
  pageBytes: kernel(4096, "linux-6.12.117:arch/arm/Kconfig:125"),
  dcache: {
    lineBytes: manual(32, "DDI0388I 7-2 (manualshive 2973185 p.113); bcm2836.dtsi:57", "A9 32, A7 64"),
    sizeBytes: manual(32768, "DDI0388I 7-2", "16/32/64K"),
    ways: manual(4, "DDI0388I 7-2"),
    index: manual("physical", "DDI0388I 7-2"),
    tag: manual("physical", "DDI0388I 7-2"),
    indexing: manual("PIPT", "DDI0388I 7-2"),
    write: manual("back", "DDI0388I 7.4.3", "back (WT treated as NC on A9: DDI0388I 7.4.3)"),
    allocate: inferred("read-write", "DDI0388I 7-2", "read+write"),
    replacement: manual("random", "blee74.tistory.com copy of TRM", "pseudo-random (A9)"),
    dirtyGranuleBytes: inferred(32, "whole line unless TRM says otherwise"),
  },
  speculation: {
    loadFill: inferred(true, 'DDI0388I 7.6.2; arch/arm/mm/dma-mapping.c:95-105 ("later ARMs" prefetch speculatively)'),
    hardwarePrefetch: manual(true, "DDI0388I 7.6.2: up to 8 streams, allocates in L1; DDI0464D 6.5.2 (A7)"),
    storeDirty: inferred(false, "speculative stores are not committed to the cache on Arm processors"),
  },
  uncachedAliasHit: manual(
    { uncached: "bypass", writeCombine: "bypass" },
    "DDI0388I 7.4.3",
    "A9 NC: no lookup, no allocation",
  ),
  vaColours: inferred(1, "linux-6.12.117:arch/arm/mm/flush.c:291-293 (cache_is_vipt_nonaliasing at run time)"),
  dma: {
    coherent: kernel(false, "linux-6.12.117:drivers/of/address.c:1005-1019", "per device (ACP/CCI), default no"),
    perDevice: kernel(true, "linux-6.12.117:drivers/of/address.c:1005-1019"),
    bounce: kernel("never", "linux-6.12.117:arch/arm/mm/Kconfig:668 (SWIOTLB only with ARM_LPAE)"),
    iommu: kernel(true, "linux-6.12.117:arch/arm/Kconfig:177 (ARM_DMA_USE_IOMMU)"),
  },
  pgprot: {
    noncached: kernel(
      "device",
      "linux-6.12.117:arch/arm/mm/proc-v7-2level.S:112-140",
      "UNCACHED -> Strongly-ordered (n=000 TR=00)",
    ),
    writecombine: kernel(
      "write-combine",
      "linux-6.12.117:arch/arm/mm/proc-v7-2level.S:112-140",
      "BUFFERABLE -> Normal NC",
    ),
    dmacoherent: kernel(
      "write-combine",
      "linux-6.12.117:arch/arm/include/asm/pgtable.h:128",
      "BUFFERABLE|XN (Normal NC)",
    ),
    dmaPgprot: kernel(
      { plain: "write-combine", writeCombine: "write-combine" },
      "linux-6.12.117:arch/arm/mm/dma-mapping.c:438-444",
      "dmacoherent; WC attr also Normal NC",
    ),
  },
  coherentAlloc: {
    mechanism: kernel(
      { blocking: "remap", atomic: "pool", alternatives: ["in-place", "linear"] },
      "linux-6.12.117:arch/arm/mm/dma-mapping.c:319-326,391-424,560-600",
      "as arm926 (+ outer cache PL310 flush)",
    ),
    virtToPage: kernel(
      { linear: "works", "in-place": "works", remap: "garbage", pool: "garbage" },
      "linux-6.12.117:arch/arm/include/asm/memory.h:296-301,390",
      "as arm926",
    ),
  },
  prepCoherent: kernel("flush", "linux-6.12.117:arch/arm/mm/dma-mapping.c:107-135", "flush L1 + outer"),
  sync: {
    forDevice: {
      toDevice: kernel(
        { operation: "clean", outer: "clean" },
        "linux-6.12.117:arch/arm/mm/cache-v7.S:367-460; dma-mapping.c:679-705",
        "clean L1, clean outer",
      ),
      fromDevice: kernel(
        { operation: "invalidate", outer: "invalidate" },
        "linux-6.12.117:arch/arm/mm/cache-v7.S:367-460; dma-mapping.c:679-705",
        "inv L1, inv outer",
      ),
      bidirectional: kernel(
        { operation: "clean", outer: "clean" },
        "linux-6.12.117:arch/arm/mm/cache-v7.S:367-460; dma-mapping.c:679-705",
        "clean",
      ),
    },
    forCpu: {
      toDevice: kernel({ operation: "none" }, "linux-6.12.117:arch/arm/mm/cache-v7.S:367-460; dma-mapping.c:679-705"),
      fromDevice: kernel(
        { operation: "invalidate", outer: "invalidate" },
        "linux-6.12.117:arch/arm/mm/cache-v7.S:367-460; dma-mapping.c:679-705",
        "inv outer, inv L1",
      ),
      bidirectional: kernel(
        { operation: "invalidate", outer: "invalidate" },
        "linux-6.12.117:arch/arm/mm/cache-v7.S:367-460; dma-mapping.c:679-705",
        "inv",
      ),
    },
  },
  partialLine: kernel(
    "flush-edges",
    "linux-6.12.117:arch/arm/mm/cache-v7.S:376-387",
    "edge lines clean+inv, middle inv",
  ),
  minAlign: kernel(64, "linux-6.12.117:arch/arm/mm/Kconfig:1082-1097"),
  shmlba: kernel(
    16384,
    "linux-6.12.117:arch/arm/include/asm/shmparam.h:10",
    "4*PAGE_SIZE (but nonaliasing at run time)",
  ),
  flushDcachePage: kernel(
    "instruction-only",
    "linux-6.12.117:arch/arm/mm/flush.c:291-293",
    "only exec mappings (nonaliasing)",
  ),
  dmaWmb: kernel("barrier", "linux-6.12.117:arch/arm/include/asm/barrier.h:68", "dmb oshst"),
  wmb: kernel("barrier", "linux-6.12.117:arch/arm/include/asm/barrier.h:66"),
  storeOrder: inferred(
    { cached: "weak", uncached: "total", writeCombine: "weak", writeBuffer: true },
    "ARMv7: Normal memory is weakly ordered, Strongly-ordered and Device are not",
    "weak",
  ),
  quirks: ["outer cache (PL310) is a second non-coherent level: order of L1/L2 ops matters"],
  siblings: [],
};
