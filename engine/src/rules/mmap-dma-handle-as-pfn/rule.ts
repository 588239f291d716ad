/**
 * Looks for user mappings whose frame number or physical address is a dma_addr_t. Silent where the number only has the type
 * (a BAR's address, SRAM of the SoC) and where dma_to_phys() translated it.
 */
import { coherentMappings } from "../../analysis/coherent/coherent-uses.ts";
import type { Facts } from "../../analysis/facts.ts";
import { makerOf, pathTo, subjectAt } from "../../analysis/flow/finding-path.ts";
import { mappingFixes } from "../../analysis/fixes/mapping-fixes.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/mmap-dma-handle-as-pfn",
    group: "user-mapping",
    severity: "error",
    stage: "stable",
    summary: "A DMA address is not a physical address: shifted right by PAGE_SHIFT it is not a page frame number.",
    why: "A dma_addr_t is what the device must be told. Behind an IOMMU, a bus offset or an encryption bit it is another number than the physical address, so the application maps memory of somebody else, or nothing at all.",
    remedy:
      "Map coherent memory with dma_mmap_coherent(), which knows how the handle translates and which protection is right.",
    basis: [
      "Documentation/core-api/dma-api-howto.rst:37-48 (6.12.117): bus addresses are not physical addresses",
      "Documentation/core-api/dma-api.rst:22-25 (6.12.117)",
      "kernel/dma/direct.c:542-564 (6.12.117): what dma_mmap_coherent() does instead",
      'videobuf-dma-contig, commit b3dc3f8: passing the DMA address to vm_iomap_memory() "is thus broken"',
    ],
    when: "Behind an IOMMU, with dma-ranges offsets, in confidential guests. Where the mapping is cached as well, on every machine without coherent DMA.",
    proof: "user-mapping",
    subsumes: ["dma/mmap-coherent-by-pfn", "dma/mmap-cached-pgprot"],
    fixes: [
      { id: "dma-mmap-coherent", title: "Use dma_mmap_coherent()", safety: "safe" },
      { id: "noncached", title: "Set vma->vm_page_prot = pgprot_noncached(...)", safety: "review" },
      { id: "writecombine", title: "Set vma->vm_page_prot = pgprot_writecombine(...)", safety: "review" },
    ],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { origin, mapping } of coherentMappings(facts).handles) {
    const { function: owner, statement } = mapping;
    const filled = mapping.exporter && statement.kind === "call";
    const name = filled ? mapping.name : subjectAt(facts, owner, statement.id, mapping.subject, origin);
    const cached = mapping.protection.kind === "cached" ? ", and with the cached default protection" : "";
    const harm = mapping.exporter
      ? `the ${mapping.exporter} core maps ${mapping.name} as a physical address`
      : `${mapping.name} maps whatever memory has that physical address${cached}`;
    yield {
      ...mapping.span,
      message: `${name} is a DMA address (${makerOf(origin)}), not a physical one: ${harm}.`,
      function: owner.name,
      path: pathTo(
        origin,
        owner,
        statement.id,
        mapping.span,
        mapping.exporter ? "handed over as a physical address here" : "mapped into user space here",
      ),
      subjects: [name],
      fixes: mappingFixes(facts, mapping, origin),
    };
  }
}
