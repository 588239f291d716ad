/**
 * Kernel aliases whose memory type differs from the linear map's: vmap() of ordinary pages with an uncached or write-combined protection.
 * Source: Documentation/arch/x86/pat.rst, arch/arm64/include/asm/pgtable.h:674-696 (linux 6.12.117).
 */
import type { Facts, Origin } from "../facts.ts";
import { type KernelAlias, kernelAliases } from "./kernel-aliases.ts";
import { peel } from "../values/local-evaluation.ts";

export interface MismatchedAlias {
  readonly alias: KernelAlias;
  readonly origin: Origin;
}

const uncachedNames = /^PAGE_KERNEL_(NOCACHE|NCG|NC|UNCACHED|WC|IO_NOCACHE)$/;

/** Calls that change the linear map's own type, so that the two agree (arch/x86/include/asm/set_memory.h, 6.12.117). */
const retyping = ["set_pages", "set_pages_array", "set_memory", "set_memory_array"].flatMap((name) =>
  ["uc", "wc", "wt"].map((type) => `${name}_${type}`),
);

/** Aliases of pages that the linear map has cached. Silent where the file cleans the cached lines by a map or by cache maintenance. */
export function mismatchedAliases(facts: Facts): readonly MismatchedAlias[] {
  if (facts.callsTo("vmap").length === 0) return [];
  const found: MismatchedAlias[] = [];
  for (const alias of kernelAliases(facts)) {
    if (!isUncached(facts, alias)) continue;
    if (retypes(facts) || cleans(facts, alias.function.file)) continue;
    const origins = alias.elements.contexts.flatMap((context) => context.origins);
    const origin = origins.find((one) => one.birth !== undefined && isOrdinaryPage(one));
    if (origin) found.push({ alias, origin });
  }
  return found;
}

/** Pages of the page allocator or the slab, which the linear map has. */
export function isOrdinaryPage({ kind, api, conversions }: Origin): boolean {
  if (kind !== "linear" && api?.handle !== "page") return false;
  return conversions.every((one) => one === "page" || one === "offset");
}

/** Whether the driver changes the linear map's own type. */
export function retypes(facts: Facts): boolean {
  return retyping.some((name) => facts.callsTo(name).length > 0);
}

/** A map for the device writes the cached lines back and drops them: the pages are the alias's alone from then on. */
function cleans(facts: Facts, file: string): boolean {
  return facts.callsWith("map-streaming", "map-sg", "cache-op").some((call) => call.function.file === file);
}

function isUncached(facts: Facts, alias: KernelAlias): boolean {
  const { protection, function: owner, statement } = alias;
  if (!protection) return false;
  const one = peel(protection);
  if (one.kind === "symbol") return isUncachedName(facts.unit.files.get(owner.file)?.text ?? "", one.name);
  const value = facts.valueOf({ function: owner, statement: statement.id }, protection);
  return value.contexts.some(({ origins }) => origins.some(({ kind }) => /^pgprot-(uncached|wc|device)$/.test(kind)));
}

/** A macro of the file may stand for the protection, by the configuration another one each time. */
function isUncachedName(text: string, name: string): boolean {
  if (uncachedNames.test(name)) return true;
  for (const [, macro, meaning] of text.matchAll(/^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+(\w+)[ \t]*$/gm))
    if (macro === name && meaning !== undefined && uncachedNames.test(meaning)) return true;
  return false;
}
