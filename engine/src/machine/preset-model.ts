/** The machine of a platform preset: its facts, reduced to what the machine computes with. */
import type { CacheOperation, MemoryAttribute, PartialLine, Platform, SyncAction } from "../platforms/index.ts";
import { setsOf } from "../platforms/index.ts";
import { addressMaps } from "./address-maps.ts";
import type {
  Attribute,
  CacheModel,
  Direction,
  EdgeRule,
  MachineModel,
  MaintenanceOperation,
  SyncModel,
} from "./model.ts";

/** Undefined only where the preset has no address map, which a test rules out for all shipped ones. */
export function modelOf(platform: Platform): MachineModel | undefined {
  const addresses = addressMaps[platform.basedOn ?? platform.id];
  if (addresses === undefined) return undefined;
  const { storeOrder, uncachedAliasHit } = platform;
  const endian = platform.endian.value;
  const coherentAttribute = attributeOf(platform.pgprot.dmacoherent.value);
  const aliasHit = uncachedAliasHit.value;
  const orders = storeOrder.value;
  // Cacheable stores that miss a read-allocate cache wait for their line alone; see line.ts, `pending`.
  const weak: Attribute[] = ["write-back", "write-through"];
  if (orders.uncached === "weak") weak.push("uncached");
  if (orders.writeCombine === "weak") weak.push("write-combine");
  return {
    id: platform.id,
    title: platform.title,
    bits: platform.bits.value,
    // A processor of either order is simulated little-endian, as its distributions mostly are.
    endian: endian === "either" ? "little" : endian,
    cache: cacheOf(platform),
    pageBytes: platform.pageBytes.value,
    mmu: platform.mmu.value,
    coherentMemory: platform.coherentAlloc.mechanism.value.blocking !== "unsupported",
    flushDcachePage: platform.flushDcachePage.value === "instruction-only" ? "none" : platform.flushDcachePage.value,
    speculation: {
      loadFill: platform.speculation.loadFill.value || platform.speculation.hardwarePrefetch.value,
      storeDirty: platform.speculation.storeDirty.value,
    },
    uncachedAliasHit: {
      // Under a virtual tag only the same virtual address can hit at all, so its rule is the rule.
      uncached: hitOf(aliasHit.sameVirtualAddress ?? aliasHit.uncached),
      writeCombine: hitOf(aliasHit.sameVirtualAddress ?? aliasHit.writeCombine),
    },
    coherent: platform.dma.coherent.value,
    sync: syncOf(platform),
    prepCoherent: operationOf(platform.prepCoherent.value),
    protection: {
      noncached: attributeOf(platform.pgprot.noncached.value),
      writeCombine: attributeOf(platform.pgprot.writecombine.value),
      dmaCoherent: coherentAttribute,
      coherent: attributeOf(platform.pgprot.dmaPgprot.value.plain),
      coherentWriteCombine: attributeOf(platform.pgprot.dmaPgprot.value.writeCombine),
    },
    storeBuffer: platform.dma.coherent.value && orders.cached === "weak" && orders.writeBuffer,
    writeBuffer: { depth: orders.writeBuffer ? writeBufferDepth : 0, weak },
    barriers: { wmb: platform.wmb.value === "barrier", dmaWmb: platform.dmaWmb.value === "barrier", mb: true },
    flushOnSwitch: platform.dcache.tag.value === "virtual",
    addresses,
  };
}

/**
 * The machine that a kernel runs on. Kernels for machines that execute stores speculatively are compiled with a cache barrier
 * before each store (arch/mips/sgi-ip22/Platform:26 of linux 6.12.117, -mr10k-cache-barrier=store), so none comes to be.
 */
export function kernelModelOf(platform: Platform): MachineModel | undefined {
  const model = modelOf(platform);
  return model === undefined ? undefined : { ...model, speculation: { ...model.speculation, storeDirty: false } };
}

/** Entries of the modelled write buffer: real ones have 4 to 16, and nothing but the moment of a natural drain depends on it. */
const writeBufferDepth = 8;

function cacheOf(platform: Platform): CacheModel {
  const { dcache } = platform;
  const aliases = dcache.indexing.value === "VIVT" || dcache.indexing.value === "VIPT-aliasing";
  const replacement = dcache.replacement.value;
  return {
    lineBytes: dcache.lineBytes.value,
    ways: dcache.ways.value,
    sets: setsOf(platform),
    // A virtual index that makes no aliases (the way is a page, or the hardware sees to it) behaves as a physical one.
    index: aliases ? dcache.index.value : "physical",
    tag: dcache.tag.value,
    write: dcache.write.value,
    allocate: dcache.allocate.value,
    // Runs must repeat exactly: a random victim is the next one in turn.
    replacement: replacement === "random" ? "round-robin" : replacement === "pseudo-lru" ? "lru" : replacement,
    granuleBytes: dcache.dirtyGranuleBytes.value,
  };
}

function syncOf(platform: Platform): SyncModel {
  const { forDevice, forCpu } = platform.sync;
  const all = [forDevice, forCpu].flatMap((one) => [one.toDevice.value, one.fromDevice.value, one.bidirectional.value]);
  const byDirection = (one: typeof forDevice): Record<Direction, MaintenanceOperation | "none"> => ({
    "to-device": cellOf(one.toDevice.value),
    "from-device": cellOf(one.fromDevice.value),
    bidirectional: cellOf(one.bidirectional.value),
  });
  return {
    forDevice: byDirection(forDevice),
    forCpu: byDirection(forCpu),
    edges: edgesOf(platform.partialLine.value),
    wholeCache: all.some((cell) => cell.scope === "all"),
  };
}

/** The outer cache is not modelled: its operations follow the inner ones and end in the same state of memory. */
function cellOf(cell: SyncAction): MaintenanceOperation | "none" {
  return operationOf(cell.operation);
}

function operationOf(operation: CacheOperation): MaintenanceOperation | "none" {
  return operation === "flush" ? "clean-invalidate" : operation;
}

function edgesOf(rule: PartialLine): { readonly first: EdgeRule; readonly last: EdgeRule } {
  switch (rule) {
    case "clean-edges":
      return { first: "clean", last: "clean" };
    case "flush-edges":
      return { first: "clean-invalidate", last: "clean-invalidate" };
    case "clean-start-flush-end":
      return { first: "clean", last: "clean-invalidate" };
    case "flush-range":
      return { first: "whole-range", last: "whole-range" };
    case "invalidate":
    case "whole-cache":
    case "not-applicable":
      return { first: "same", last: "same" };
  }
}

/** A protection that leaves the mapping as it is leaves it cached. */
function attributeOf(attribute: MemoryAttribute | "unchanged"): Attribute {
  return attribute === "unchanged" ? "write-back" : attribute;
}

function hitOf(
  hit: "bypass" | "snoop" | "write-through-hit" | "undefined" | "none",
): "bypass" | "snoop" | "write-through-hit" | "undefined" {
  return hit === "none" ? "bypass" : hit;
}
