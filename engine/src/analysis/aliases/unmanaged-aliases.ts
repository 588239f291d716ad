/**
 * Kernel aliases of pages that a device reads or writes, in drivers that never manage an alias. A cache that is indexed by virtual
 * address keeps the alias in lines of its own, and dma_sync_*() reaches the linear map's only
 * (Documentation/core-api/cachetlb.rst:374-398, Documentation/core-api/dma-api.rst:664-667, linux 6.12.117).
 */
import type { ApiCall, Facts, Origin } from "../facts.ts";
import { fieldKey } from "../values/field-keys.ts";
import { birthKey } from "../values/judgement.ts";
import { type KernelAlias, kernelAliases } from "./kernel-aliases.ts";
import { peel } from "../values/local-evaluation.ts";
import { workingsOf } from "../unit-facts.ts";

export interface UnmanagedAlias {
  readonly alias: KernelAlias;
  /** The pages' birth. */
  readonly origin: Origin;
  /** The map that gives them to the device; undefined for pages of the DMA API itself. */
  readonly mapped: ApiCall | undefined;
}

const managers = ["flush_kernel_vmap_range", "invalidate_kernel_vmap_range"];

function manages(facts: Facts): boolean {
  return managers.some((name) => facts.callsTo(name).length > 0);
}

/** Cached aliases by vmap() and vm_map_ram() of pages that the driver maps for a device, or that the DMA API allocated for it. */
export function unmanagedAliases(facts: Facts): readonly UnmanagedAlias[] {
  const aliases = kernelAliases(facts);
  if (aliases.length === 0 || manages(facts)) return [];
  const mapped = mappedPages(facts);
  const found: UnmanagedAlias[] = [];
  for (const alias of aliases) {
    if (!isCached(facts, alias)) continue;
    for (const origin of pagesOf(facts, alias)) {
      const call = origin.birth && mapped.get(birthKey(origin));
      if (!call && origin.api?.name !== "dma_alloc_pages") continue;
      found.push({ alias, origin, mapped: call });
      break;
    }
  }
  return found;
}

/**
 * The pages of an alias; where a call that fills the array hides them, all that its file puts into arrays of that field.
 */
function pagesOf(facts: Facts, { elements, pages, function: owner }: KernelAlias): readonly Origin[] {
  const origins = elements.contexts.flatMap((context) => context.origins);
  const array = peel(pages);
  if (array.kind !== "read" || origins.some((one) => one.kind !== "unknown")) return origins;
  const { steps, type } = array.place;
  const key = fieldKey(type.kind === "array" ? steps : [...steps, { kind: "deref" }]);
  if (key === undefined) return origins;
  const stores = workingsOf(facts)
    .index.storesTo(key)
    .filter((store) => store.function.file === owner.file);
  return stores.flatMap(({ function: filler, statement }) => {
    if (statement.kind !== "assign") return [];
    const value = facts.valueOf({ function: filler, statement: statement.id }, statement.value);
    return value.contexts.flatMap((context) => context.origins);
  });
}

/** Maps of pages, by the pages' birth. */
function mappedPages(facts: Facts): ReadonlyMap<string, ApiCall> {
  const pages = new Map<string, ApiCall>();
  for (const call of facts.callsWith("map-streaming")) {
    const subject = call.argument("page") ?? call.argument("cpu");
    if (!subject) continue;
    const value = facts.valueOf({ function: call.function, statement: call.statement.id }, subject);
    for (const { origins } of value.contexts)
      for (const origin of origins)
        if (origin.birth && (origin.kind === "linear" || origin.api?.handle === "page"))
          pages.set(birthKey(origin), call);
  }
  return pages;
}

/** vm_map_ram() has PAGE_KERNEL of its own; an uncached alias is no cache's. */
function isCached(facts: Facts, { protection, function: owner, statement }: KernelAlias): boolean {
  if (!protection) return true;
  if (protection.kind === "symbol") return protection.name === "PAGE_KERNEL";
  const value = facts.valueOf({ function: owner, statement: statement.id }, protection);
  const kinds = value.contexts.flatMap(({ origins }) => origins.map(({ kind }) => kind));
  return kinds.length > 0 && kinds.every((kind) => kind === "pgprot-cached");
}

/** Mappings by dma_vmap_noncontiguous() in drivers that never manage an alias. */
export function unmanagedNoncontiguous(facts: Facts): readonly ApiCall[] {
  if (facts.callsTo("dma_vmap_noncontiguous").length === 0 || manages(facts)) return [];
  return facts.callsWith("kernel-map").filter((call) => call.name === "dma_vmap_noncontiguous");
}
