import { inferred, kernel, manual } from "./fact.ts";
import type { Platform } from "./platform.ts";

/** ARM1136/1176 with 32 KiB D-cache (ARMv6, VIPT aliasing). */
export const arm1136: Platform = {
  id: "arm1136-32k",
  title: "ARM1136/1176 with 32 KiB D-cache (ARMv6, VIPT aliasing)",
  tier: "core",
  summary: "Physically tagged but virtually indexed with 8 KiB ways: two colours of a page are two cache lines.",
  bits: kernel(32, "linux-6.12.117:arch/arm/Kconfig (32-bit architecture)"),
  endian: kernel("little", "linux-6.12.117:arch/arm/mm/Kconfig:747 (default CPU_LITTLE_ENDIAN)"),
  mmu: kernel(true, "linux-6.12.117:arch/arm/Kconfig:315"),
  pageBytes: kernel(4096, "linux-6.12.117:arch/arm/Kconfig:125"),
  dcache: {
    lineBytes: manual(32, "ARM DDI0301H 7.2 (manualslib 790788 p.377; bbs.eetop thread-234392)"),
    sizeBytes: manual(
      32768,
      "ARM DDI0211H 6.11.3 page colouring (developer.arm.com/docs/ddi0211/h/...): >16 KiB needs page colouring",
    ),
    ways: manual(4, "ARM DDI0301H 7.2 (manualslib 790788 p.377; bbs.eetop thread-234392)"),
    index: manual("virtual", "ARM DDI0211H 6.11.3 page colouring", "virtual (VA[13:12] above the page offset)"),
    tag: manual("physical", "ARM DDI0211H 6.11.3 page colouring"),
    indexing: manual("VIPT-aliasing", "ARM DDI0211H 6.11.3 page colouring: more than 16 KiB needs it"),
    write: manual(
      "back",
      "ARM DDI0301H 7.2 (manualslib 790788 p.377; bbs.eetop thread-234392)",
      "back/through per page",
    ),
    allocate: manual("read", "ARM DDI0301H 7.2 (manualslib 790788 p.377; bbs.eetop thread-234392)", "read only"),
    replacement: manual(
      "random",
      "ARM DDI0301H 7.2 (manualslib 790788 p.377; bbs.eetop thread-234392)",
      "pseudo-random or round-robin",
    ),
    dirtyGranuleBytes: inferred(16, "two dirty bits as ARM9; check TRM"),
  },
  speculation: {
    loadFill: inferred(
      false,
      'arch/arm/mm/Kconfig:1108-1110: ARMv6 CPUs "do not have aggressive speculative prefetch"',
    ),
    hardwarePrefetch: inferred(false, "linux-6.12.117:arch/arm/mm/Kconfig:1108-1110"),
    storeDirty: inferred(false, "linux-6.12.117:arch/arm/mm/Kconfig:1108-1110"),
  },
  uncachedAliasHit: inferred(
    { uncached: "bypass", writeCombine: "bypass" },
    "ARM DDI0301H 7.2 (manualslib 790788 p.377; bbs.eetop thread-234392)",
    'ignored/"unexpected hit" (TRM 7.2.6)',
  ),
  vaColours: inferred(2, "32K/4 ways = 8 KiB way / 4 KiB page; Linux assumes up to 4 (SHMLBA)"),
  dma: {
    coherent: kernel(false, "linux-6.12.117:drivers/of/address.c:1005-1019", "per device, default no"),
    perDevice: kernel(true, "linux-6.12.117:drivers/of/address.c:1005-1019"),
    bounce: kernel("never", "linux-6.12.117:arch/arm/mm/Kconfig:668 (SWIOTLB only with ARM_LPAE)"),
    iommu: kernel(false, "linux-6.12.117:drivers/iommu/Kconfig:152-153 (IOMMU_DMA is for ARM64, X86 and S390 only)"),
  },
  pgprot: {
    noncached: kernel(
      "device",
      "linux-6.12.117:arch/arm/mm/proc-macros.S:134-135",
      "L_PTE_MT_UNCACHED -> Strongly-ordered",
    ),
    writecombine: kernel(
      "write-combine",
      "linux-6.12.117:arch/arm/mm/proc-macros.S:136",
      "L_PTE_MT_BUFFERABLE -> TEX=1 Normal NC",
    ),
    dmacoherent: kernel(
      "write-combine",
      "linux-6.12.117:arch/arm/include/asm/pgtable.h:127-137; arch/arm/mm/Kconfig:1099-1120",
      "BUFFERABLE|XN if ARM_DMA_MEM_BUFFERABLE (default y) else UNCACHED|XN",
    ),
    dmaPgprot: kernel(
      { plain: "write-combine", writeCombine: "write-combine" },
      "linux-6.12.117:arch/arm/mm/dma-mapping.c:438-444; arch/arm/Kconfig:14",
      "as arm926",
    ),
  },
  coherentAlloc: {
    mechanism: kernel(
      { blocking: "remap", atomic: "pool", alternatives: ["in-place", "linear"] },
      "linux-6.12.117:arch/arm/mm/dma-mapping.c:319-326,391-424,560-600",
      "as arm926",
    ),
    virtToPage: kernel(
      { linear: "works", "in-place": "works", remap: "garbage", pool: "garbage" },
      "linux-6.12.117:arch/arm/include/asm/memory.h:296-301,390",
      "as arm926",
    ),
  },
  prepCoherent: kernel("flush", "linux-6.12.117:arch/arm/mm/dma-mapping.c:107-135", "as arm926"),
  sync: {
    forDevice: {
      toDevice: kernel({ operation: "clean" }, "linux-6.12.117:arch/arm/mm/cache-v6.S:209-302"),
      fromDevice: kernel(
        { operation: "invalidate" },
        "linux-6.12.117:arch/arm/mm/cache-v6.S:209-302",
        "inv (edges cleaned)",
      ),
      bidirectional: kernel({ operation: "clean" }, "linux-6.12.117:arch/arm/mm/cache-v6.S:209-302"),
    },
    forCpu: {
      toDevice: kernel({ operation: "none" }, "linux-6.12.117:arch/arm/mm/cache-v6.S:209-302"),
      fromDevice: kernel({ operation: "invalidate" }, "linux-6.12.117:arch/arm/mm/cache-v6.S:209-302"),
      bidirectional: kernel({ operation: "invalidate" }, "linux-6.12.117:arch/arm/mm/cache-v6.S:209-302"),
    },
  },
  partialLine: kernel(
    "clean-start-flush-end",
    "linux-6.12.117:arch/arm/mm/cache-v6.S:210-232",
    "start: clean then inv; end: clean+inv",
  ),
  minAlign: kernel(32, "linux-6.12.117:arch/arm/include/asm/cache.h:18"),
  shmlba: kernel(16384, "linux-6.12.117:arch/arm/include/asm/shmparam.h:10", "4*PAGE_SIZE"),
  flushDcachePage: kernel(
    "kernel-and-user-aliases",
    "linux-6.12.117:arch/arm/mm/flush.c:38-50,229-236",
    "flush kernel alias + one congruent user colour (flush_pfn_alias)",
  ),
  dmaWmb: kernel("barrier", "linux-6.12.117:arch/arm/include/asm/barrier.h:64-70", "dmb oshst if BUFFERABLE"),
  wmb: kernel("barrier", "linux-6.12.117:arch/arm/include/asm/barrier.h:66 (ARM_DMA_MEM_BUFFERABLE)"),
  storeOrder: inferred(
    { cached: "weak", uncached: "total", writeCombine: "weak", writeBuffer: true },
    "ARMv6: Normal memory is weakly ordered, Strongly-ordered and Device are not",
    "weak",
  ),
  aliasFlag: kernel("CTR bit 23", "linux-6.12.117:arch/arm/kernel/setup.c:330-334"),
  quirks: [
    "BCM2835 (16 KiB) does NOT alias; its dtsi says line 16, TRM says 32: arch/arm/boot/dts/broadcom/bcm2835.dtsi:28",
  ],
  siblings: [],
};
