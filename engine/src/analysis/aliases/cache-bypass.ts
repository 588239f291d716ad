/**
 * Cache maintenance that a driver does by itself on memory that it knows: the streaming API does it for every cache that the machine
 * has (Documentation/core-api/dma-api-howto.rst:98-101, 6.12.117).
 */
import type { ApiCall, Facts, Origin, OriginKind } from "../facts.ts";
import { forbiddenOrigins } from "../values/judgement.ts";

export interface CacheBypass {
  readonly call: ApiCall;
  readonly subject: string;
  readonly origin: Origin;
}

/**
 * The architecture's own functions, and those that only one of them has. Not clflush_cache_range() and its kin: x86's DMA API
 * maintains no cache at all (arch/x86/Kconfig selects no ARCH_HAS_SYNC_DMA_FOR_DEVICE, linux 6.12.117), so that a driver whose device
 * does not snoop has nothing else.
 */
const operations =
  /^(dma_cache_(wback|inv|wback_inv)|dmac_(flush_range|map_area|unmap_area|inv_range|clean_range)|__cpuc_flush_dcache_area|outer_(flush|inv|clean)_range|dcache_(clean|inval|clean_inval)_poc|__flush_dcache_area|flush_dcache_range|invalidate_dcache_range|clean_dcache_range|arch_sync_dma_for_(device|cpu))$/;

const ram = new Set<OriginKind>([
  "linear",
  "coherent",
  "coherent-wc",
  "noncoherent",
  "image",
  "stack",
  "maybe-vmalloc",
]);

/** Operations of an IOMMU, a GART and the DMA API. */
const beneath = new Set(["iommu_ops", "iommu_domain_ops", "agp_bridge_driver", "dma_map_ops"]);

/** Calls of an architecture's cache maintenance on memory that the driver allocated. */
export function cacheBypasses(facts: Facts): readonly CacheBypass[] {
  // What the DMA API itself stands on cannot use it.
  if (facts.unit.opsTables.some((table) => table.record !== undefined && beneath.has(table.record))) return [];
  const found: CacheBypass[] = [];
  for (const call of facts.callsWith("cache-op")) {
    if (!operations.test(call.name)) continue;
    const pointer = call.statement.arguments[0];
    if (!pointer) continue;
    const value = facts.valueOf({ function: call.function, statement: call.statement.id }, pointer);
    const origin = forbiddenOrigins(value, (one) => ram.has(one.kind))[0]?.origin;
    if (origin) found.push({ call, subject: facts.textOf(call.function, pointer), origin });
  }
  return found;
}
