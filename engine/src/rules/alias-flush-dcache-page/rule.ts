/**
 * Looks for kernel accesses to memory that user space has mapped, by an address of another cache colour: vmalloc memory, a vmap() of
 * the mapped pages, or kmap_local_page(). Silent in files that flush, for vmalloc_user() memory and for uncached user mappings.
 */
import type { Facts } from "../../analysis/facts.ts";
import { makerOf, pathTo } from "../../analysis/flow/finding-path.ts";
import { type UnflushedAccess, unflushedAccesses } from "../../analysis/aliases/user-aliases.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/alias-flush-dcache-page",
    group: "aliases",
    severity: "warning",
    stage: "stable",
    summary:
      "What kernel and user space share by two addresses needs flush_dcache_page() or the vmap functions around it.",
    why: "On a cache that is indexed by virtual address the kernel's line and the application's are two. What one side stores stays in its own line, and the other reads what was there before.",
    remedy:
      "Call flush_dcache_page() after stores and before loads by the kernel (memcpy_to_page() does it itself); around a vmalloc or vmap address flush_kernel_vmap_range() and invalidate_kernel_vmap_range(). Memory from vmalloc_user() has the right colour from the start.",
    basis: [
      "Documentation/core-api/cachetlb.rst:276-307,374-398 (6.12.117)",
      "include/linux/highmem.h, memcpy_to_page() (6.12.117): the helpers flush the page that they write",
      "mm/vmalloc.c, vmalloc_user() (6.12.117): aligned to SHMLBA, so that the user's address has the same colour",
    ],
    when: "ARM with VIVT or aliasing VIPT caches, sh, m68k, PA-RISC, C-SKY, and by size MIPS, SPARC, Xtensa, Nios II. Never on x86, arm64, PowerPC, RISC-V.",
    proof: "user-alias",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const access of unflushedAccesses(facts)) {
    const { function: owner, statement, span, origin, mapping, name } = access;
    const user = {
      ...mapping.span,
      function: mapping.function.name,
      statement: mapping.statement.id,
      role: "map" as const,
      note: "mapped into user space here",
    };
    const path = pathTo(origin, owner, statement.id, span, "used by the kernel's own address here");
    yield {
      ...span,
      message: messageOf(access),
      function: owner.name,
      path: [...path.slice(0, -1), user, ...path.slice(-1)],
      subjects: [name],
      fixes: [],
    };
  }
}

function messageOf({ name, origin, mapping, access }: UnflushedAccess): string {
  const shared = `${mapping.function.name}() maps into user space`;
  return access === "alias"
    ? `${name} (${makerOf(origin)}) is the kernel's address of memory that ${shared}: without flush_kernel_vmap_range() and invalidate_kernel_vmap_range() neither side sees the other on an aliasing cache.`
    : `${name} is written by a temporary address, and ${shared} the same page: without flush_dcache_page() the application reads its old line on an aliasing cache.`;
}
