/** What a user's preset may say of a machine: each field with its place in a `Platform`, its values, and a sentence. */

export interface PresetField {
  /** Keys from the top of the file: ["dcache", "lineBytes"]. */
  readonly path: readonly string[];
  readonly values: PresetValues;
  readonly about: string;
}

export type PresetValues =
  | { readonly kind: "boolean" }
  /** A power of two from `least` to `most`. */
  | { readonly kind: "power"; readonly least: number; readonly most: number }
  | { readonly kind: "word"; readonly words: readonly string[] };

const boolean: PresetValues = { kind: "boolean" };
const power = (least: number, most: number): PresetValues => ({ kind: "power", least, most });
const word = (...words: readonly string[]): PresetValues => ({ kind: "word", words });
const field = (path: string, values: PresetValues, about: string): PresetField => ({
  path: path.split("."),
  values,
  about,
});

const attribute = word("write-back", "write-through", "uncached", "write-combine", "device", "unchanged");
const operation = word("none", "clean", "invalidate", "flush");
const aliasHit = word("bypass", "snoop", "write-through-hit", "undefined", "none");
const order = word("total", "weak");
const barrier = word("barrier", "compiler");
const mechanism = word("linear", "remap", "in-place", "uncached-alias", "pool", "window", "global-pool", "unsupported");

export const presetFields: readonly PresetField[] = [
  field("endian", word("little", "big"), "The order of bytes in a word."),
  field("pageBytes", power(1024, 65536), "Bytes of a page."),
  field("dcache.lineBytes", power(16, 256), "Bytes of a line of the data cache."),
  field("dcache.sizeBytes", power(1024, 4_194_304), "Bytes of the data cache."),
  field("dcache.ways", power(1, 64), "Lines of one set."),
  field(
    "dcache.indexing",
    word("VIVT", "VIPT-aliasing", "VIPT-nonaliasing", "PIPT"),
    "Which addresses choose the set and are compared, and whether two virtual addresses of one byte can be two lines.",
  ),
  field("dcache.write", word("back", "through"), "Whether a store stays in the cache or goes through to memory."),
  field("dcache.allocate", word("read", "read-write"), "Which misses bring a line in."),
  field("dcache.replacement", word("lru", "pseudo-lru", "round-robin", "random", "fifo"), "Which line makes room."),
  field("dcache.dirtyGranuleBytes", power(4, 256), "Bytes that one dirty bit stands for."),
  field("speculation.loadFill", boolean, "Whether lines are filled for loads that are executed ahead."),
  field("speculation.hardwarePrefetch", boolean, "Whether lines are filled because others were read."),
  field("speculation.storeDirty", boolean, "Whether a store that is executed ahead makes a line dirty."),
  field("uncachedAliasHit.uncached", aliasHit, "What an uncached access does about a line of the same address."),
  field("uncachedAliasHit.writeCombine", aliasHit, "What a write-combining access does about it."),
  field("dma.coherent", boolean, "Whether the device snoops the cache."),
  field("dma.iommu", boolean, "Whether the machine may have a translating IOMMU (the variant +iommu)."),
  field(
    "dma.bounce",
    word("never", "address", "address-or-small-kmalloc"),
    "When buffers bounce (the variant +swiotlb).",
  ),
  field("pgprot.noncached", attribute, "pgprot_noncached()"),
  field("pgprot.writecombine", attribute, "pgprot_writecombine()"),
  field("pgprot.dmacoherent", attribute, "pgprot_dmacoherent()"),
  field("pgprot.dmaPgprot.plain", attribute, "dma_pgprot() of the device."),
  field("pgprot.dmaPgprot.writeCombine", attribute, "dma_pgprot() with DMA_ATTR_WRITE_COMBINE."),
  field(
    "coherentAlloc.mechanism.blocking",
    mechanism,
    "Where dma_alloc_coherent() takes memory from when it may sleep.",
  ),
  field("coherentAlloc.mechanism.atomic", mechanism, "Where it takes it from with GFP_ATOMIC."),
  field("prepCoherent", operation, "arch_dma_prep_coherent()"),
  ...(["forDevice", "forCpu"] as const).flatMap((side) =>
    (["toDevice", "fromDevice", "bidirectional"] as const).map((direction) =>
      field(
        `sync.${side}.${direction}`,
        operation,
        `arch_sync_dma_${side === "forDevice" ? "for_device" : "for_cpu"}()`,
      ),
    ),
  ),
  field(
    "partialLine",
    word(
      "not-applicable",
      "clean-edges",
      "flush-edges",
      "clean-start-flush-end",
      "flush-range",
      "invalidate",
      "whole-cache",
    ),
    "What an invalidation does to lines that it covers in part.",
  ),
  field("minAlign", power(1, 4096), "ARCH_DMA_MINALIGN, or what kmalloc() aligns to."),
  field("shmlba", power(1024, 16_777_216), "SHMLBA."),
  field(
    "flushDcachePage",
    word("none", "instruction-only", "kernel-alias", "kernel-and-user-aliases"),
    "What flush_dcache_page() writes back.",
  ),
  field("dmaWmb", barrier, "Whether dma_wmb() drains the write buffer."),
  field("wmb", barrier, "Whether wmb() does."),
  field("storeOrder.cached", order, "Whether cached stores keep their order."),
  field("storeOrder.uncached", order, "Whether uncached stores do."),
  field("storeOrder.writeCombine", order, "Whether write-combining stores do."),
  field("storeOrder.writeBuffer", boolean, "Whether stores past the cache wait in a buffer."),
];
