/**
 * Looks for linear-map arithmetic (virt_to_page() and kin) on the CPU pointer of coherent memory. Silent where a mapping, a
 * scatterlist or a second dma_map_*() makes the harm of the same conversion and is reported instead, where the address is only
 * printed, and where the driver tests what kind of address it has.
 */
import {
  claimedConversions,
  coherentNotes,
  isCoherentMemory,
  isOnlyShown,
  isPointer,
} from "../../analysis/coherent/coherent-uses.ts";
import type { Facts } from "../../analysis/facts.ts";
import { makerOf, pathTo, subjectAt } from "../../analysis/flow/finding-path.ts";
import { forbiddenOrigins } from "../../analysis/values/judgement.ts";
import type { Rule, RuleFinding } from "../rule.ts";
import { handleFix } from "./handle.ts";

const rule: Rule = {
  meta: {
    id: "dma/coherent-virt-to-page",
    group: "coherent",
    severity: "error",
    stage: "stable",
    summary:
      "The CPU pointer of a coherent allocation must not be turned into a page, a frame number or a physical address with linear-map arithmetic.",
    why: "virt_to_page() subtracts the start of the linear map. Coherent memory is often mapped elsewhere, so the page is somebody else's: the kernel crashes, or the device and the driver work on memory that does not belong to them.",
    remedy:
      "Use the dma_addr_t that the allocator returned where hardware needs an address, dma_mmap_coherent() where user space needs the memory, and dma_alloc_pages() or dma_alloc_noncontiguous() where a struct page is needed.",
    basis: [
      'kernel/dma/mapping.c:600 (6.12.117): allocations "can never be turned back into a page pointer"',
      "kernel/dma/direct.c:248-303 (6.12.117): the address may be remapped, from a pool, or in an uncached segment",
      "drivers/iommu/dma-iommu.c:1653-1665 (6.12.117): behind an IOMMU every blocking allocation is remapped",
      "arch/arm64/mm/physaddr.c:10-19 (6.12.117): virt_to_phys() warns of a non-linear address",
      "mlx4, commit 73898db04301: vmap(virt_to_page(coherent)) crashed on arm64",
    ],
    when: "Wherever coherent memory is remapped: ARM, arm64, PowerPC and RISC-V without coherent DMA, every machine behind a translating IOMMU (also x86), device carve-outs. It works by luck on cache-coherent machines without an IOMMU.",
    proof: "coherent-page",
    fixes: [{ id: "use-handle", title: "Use the address that the allocator returned", safety: "safe" }],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  const claimed = claimedConversions(facts);
  for (const call of facts.callsWith("virt-to-page", "virt-to-phys")) {
    const { function: owner, statement } = call;
    const subject = statement.arguments[0];
    if (!subject || claimed.has(`${statement.file}:${statement.start}`) || isOnlyShown(owner, statement)) continue;
    const value = facts.valueOf({ function: owner, statement: statement.id }, subject);
    for (const { origin } of forbiddenOrigins(value, (one) => isCoherentMemory(one) && isPointer(one))) {
      const name = subjectAt(facts, owner, statement.id, subject, origin);
      yield {
        ...statement.calleeSpan,
        message: `${name} is coherent memory (${makerOf(origin)}): ${call.name}() gives the page of other memory wherever coherent memory is not in the linear map.`,
        function: owner.name,
        path: pathTo(origin, owner, statement.id, statement.calleeSpan, `${call.name}() of it here`),
        subjects: [name],
        fixes: handleFix(facts, call, origin),
      };
    }
  }
  for (const { call, subject, origin } of coherentNotes(facts)) {
    const { function: owner, statement } = call;
    const name = subjectAt(facts, owner, statement.id, subject, origin);
    yield {
      ...statement.calleeSpan,
      message: `${name} is coherent memory (${makerOf(origin)}): ${call.name}() puts the page of other memory into the list wherever coherent memory is not in the linear map.`,
      function: owner.name,
      path: pathTo(origin, owner, statement.id, statement.calleeSpan, "put into a scatterlist here"),
      subjects: [name],
      fixes: [],
    };
  }
}
