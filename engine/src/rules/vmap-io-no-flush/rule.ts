/**
 * Looks for cached vmap() and vm_map_ram() aliases of pages that a device reads or writes, in drivers that call neither
 * flush_kernel_vmap_range() nor invalidate_kernel_vmap_range().
 */
import type { Facts } from "../../analysis/facts.ts";
import { makerOf, pathTo } from "../../analysis/flow/finding-path.ts";
import { nameOfPages } from "../../analysis/aliases/kernel-aliases.ts";
import { unmanagedAliases } from "../../analysis/aliases/unmanaged-aliases.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/vmap-io-no-flush",
    group: "aliases",
    severity: "warning",
    stage: "stable",
    summary: "A vmap() alias of pages under I/O needs flush_kernel_vmap_range() and invalidate_kernel_vmap_range().",
    why: "A cache that is indexed by virtual address keeps the alias in lines of its own. dma_map_page() and dma_sync_*() clean the linear map's lines: the device reads what was there before, and the kernel reads lines older than what the device wrote.",
    remedy:
      "Call flush_kernel_vmap_range(address, size) before the pages go to the device, and invalidate_kernel_vmap_range(address, size) after they come back.",
    basis: [
      "Documentation/core-api/cachetlb.rst:374-398 (6.12.117): for vmap and vmalloc ranges that undergo I/O",
      "drivers/media/common/videobuf2/videobuf2-dma-contig.c:126-160 (6.12.117) calls both",
    ],
    when: "Caches that are indexed by virtual address: old ARM, MIPS, PA-RISC, SuperH, and others by size. Elsewhere the calls cost nothing.",
    proof: "window-alias",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { alias, origin, mapped } of unmanagedAliases(facts)) {
    const { function: owner, statement } = alias;
    const name = nameOfPages(facts, alias);
    const device = mapped ? `which ${mapped.name}() maps for the device` : "which the DMA API made for the device";
    yield {
      ...statement.calleeSpan,
      message: `${alias.name}() makes a second address of ${name} (${makerOf(origin)}), ${device}; nothing flushes or invalidates that alias.`,
      function: owner.name,
      path: pathTo(origin, owner, statement.id, statement.calleeSpan, "second address made here"),
      subjects: [name],
      fixes: [],
    };
  }
}
