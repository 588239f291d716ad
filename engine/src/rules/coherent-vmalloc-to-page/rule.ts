/**
 * Looks for vmalloc_to_page() and vmalloc_to_pfn() on the CPU pointer of coherent memory. Silent behind is_vmalloc_addr(), where the
 * pointer may be other memory, and where a mapping or a second kernel address makes the harm and is reported instead.
 */
import { claimedConversions, isCoherentMemory, isPointer } from "../../analysis/coherent/coherent-uses.ts";
import { linearAliases } from "../../analysis/coherent/linear-aliases.ts";
import type { Facts } from "../../analysis/facts.ts";
import { makerOf, pathTo, subjectAt } from "../../analysis/flow/finding-path.ts";
import { forbiddenOrigins } from "../../analysis/values/judgement.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/coherent-vmalloc-to-page",
    group: "coherent",
    severity: "error",
    stage: "preview",
    summary:
      "Coherent memory need not be in the vmalloc area: its page is not to be had from the kernel's page tables.",
    why: "vmalloc_to_page() walks the page tables. They have no entry for MIPS's uncached segment, a carve-out's frames have no struct page, and in the linear map the walk is a BUG with CONFIG_DEBUG_VIRTUAL or ends at a large page: the page is NULL, or none.",
    remedy:
      "Use dma_mmap_coherent() for user space and the handle for the device. Where a struct page is needed, allocate with dma_alloc_pages() or dma_alloc_noncontiguous().",
    basis: [
      "kernel/dma/ops_helpers.c:9-14 (6.12.117): the core itself asks is_vmalloc_addr() first",
      "kernel/dma/mapping.c:471-481 (6.12.117): not all coherent memory has a struct page",
      "kernel/dma/coherent.c:42-50 (6.12.117): a carve-out is memremap()ed",
      "mm/vmalloc.c:801-809 (6.12.117): VIRTUAL_BUG_ON(!is_vmalloc_or_module_addr())",
    ],
    when: "Wherever the allocator does not remap: cache-coherent machines without an IOMMU, MIPS, OpenRISC, Xtensa, and carve-outs everywhere.",
    proof: "no-page",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  const calls = facts.callsWith("vmalloc-to-page");
  if (calls.length === 0) return;
  const claimed = new Set(claimedConversions(facts));
  for (const { origin } of linearAliases(facts))
    for (const { file, start } of origin.path) claimed.add(`${file}:${start}`);
  for (const call of calls) {
    const { function: owner, statement } = call;
    const subject = statement.arguments[0];
    if (!subject || claimed.has(`${statement.file}:${statement.start}`)) continue;
    const value = facts.valueOf({ function: owner, statement: statement.id }, subject);
    for (const { origin } of forbiddenOrigins(value, (one) => isCoherentMemory(one) && isPointer(one))) {
      const name = subjectAt(facts, owner, statement.id, subject, origin);
      yield {
        ...statement.calleeSpan,
        message: `${name} is coherent memory (${makerOf(origin)}): ${call.name}() finds its page only where the allocator happened to remap it.`,
        function: owner.name,
        path: pathTo(origin, owner, statement.id, statement.calleeSpan, `${call.name}() of it here`),
        subjects: [name],
        fixes: [],
      };
    }
  }
}
