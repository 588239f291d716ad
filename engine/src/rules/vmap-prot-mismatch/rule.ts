/**
 * Looks for vmap() of ordinary pages with an uncached or write-combined protection while the linear map keeps them cached. Silent where
 * set_memory_*() or set_pages_*() changes the linear map, and where the file cleans the cached lines for a device.
 */
import { mismatchedAliases } from "../../analysis/aliases/alias-protections.ts";
import type { Facts } from "../../analysis/facts.ts";
import { makerOf, pathTo } from "../../analysis/flow/finding-path.ts";
import { nameOfPages } from "../../analysis/aliases/kernel-aliases.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/vmap-prot-mismatch",
    group: "aliases",
    severity: "warning",
    stage: "preview",
    summary: "A kernel alias must have the memory type of the page's other mappings.",
    why: "The linear map keeps the page cached. A line of it that is dirty, from zeroing the page alone, is written back whenever the cache likes: over what was stored by the uncached address since.",
    remedy:
      "Take vmap(..., PAGE_KERNEL); for memory that a device reads dma_alloc_coherent(), dma_alloc_wc() or dma_alloc_noncontiguous().",
    basis: [
      "Documentation/arch/x86/pat.rst, Advanced APIs for drivers (6.12.117): set_memory_uc() or _wc() first",
      "arch/arm64/include/asm/pgtable.h:674-696 (6.12.117)",
      "Benjamin Herrenschmidt, alsa-devel, 7 May 2008: other attributes only where they are possible at all in kernel space",
    ],
    when: "Every machine on which a protection means something: PowerPC, ARM and x86 call mixed types unpredictable.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { alias, origin } of mismatchedAliases(facts)) {
    const { function: owner, statement, protection } = alias;
    if (!protection) continue;
    const name = nameOfPages(facts, alias);
    yield {
      ...statement.calleeSpan,
      message: `vmap() maps ${name} (${makerOf(origin)}) with ${facts.textOf(owner, protection)}, while the linear map keeps these pages cached: two memory types of one page.`,
      function: owner.name,
      path: pathTo(origin, owner, statement.id, statement.calleeSpan, "mapped with another memory type here"),
      subjects: [name],
      fixes: [],
    };
  }
}
