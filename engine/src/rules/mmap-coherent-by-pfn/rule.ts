/**
 * Looks for user mappings of coherent memory made by frame number or page. Where the frame comes from the handle itself,
 * dma/mmap-dma-handle-as-pfn speaks; where it is right and only the protection is not, dma/mmap-cached-pgprot does.
 */
import { coherentMappings, isDmaHandle, isLinearConversion } from "../../analysis/coherent/coherent-uses.ts";
import { coherentAsVmalloc } from "../../analysis/coherent/mapped-kinds.ts";
import type { Facts } from "../../analysis/facts.ts";
import { makerOf, pathTo, subjectAt } from "../../analysis/flow/finding-path.ts";
import { mappingFixes } from "../../analysis/fixes/mapping-fixes.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/mmap-coherent-by-pfn",
    group: "user-mapping",
    severity: "error",
    stage: "stable",
    summary:
      "Coherent memory must be mapped into user space by dma_mmap_coherent(), dma_mmap_wc() or dma_mmap_attrs().",
    why: "A frame computed from the CPU pointer is another frame wherever coherent memory is remapped, and the default protection is cached: the application reads what its cache held before the device wrote, and the device never sees what the application wrote.",
    remedy:
      "Return dma_mmap_coherent(dev, vma, cpu_addr, dma_handle, size) from .mmap, with the size of the allocation.",
    basis: [
      "kernel/dma/mapping.c:536-564 (6.12.117): dma_mmap_attrs() is the way to map coherent memory",
      "kernel/dma/direct.c:542-564 (6.12.117): it sets the protection, serves carve-outs, decrypts, checks the offset",
      'Benjamin Herrenschmidt, alsa-devel, 7 May 2008: mmap of dma_alloc_coherent() memory "doesn\'t work"',
    ],
    when: "Cached user mapping: every machine without coherent DMA. Wrong frame: wherever coherent memory is remapped, and behind an IOMMU.",
    proof: "user-mapping",
    subsumes: ["dma/mmap-cached-pgprot"],
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
  for (const { origin, mapping } of coherentMappings(facts).frames) {
    const { function: owner, statement } = mapping;
    const name = subjectAt(facts, owner, statement.id, mapping.subject, origin);
    const linear = !isDmaHandle(origin) && origin.conversions.some(isLinearConversion);
    const wrongs = [
      linear ? "by a frame that linear-map arithmetic made up" : mapping.exporter ? "by its kernel address" : "by hand",
      ...(mapping.protection.kind === "cached" ? ["with the cached default protection"] : []),
    ];
    yield {
      ...mapping.span,
      message: `${mapping.name} maps ${name}, coherent memory (${makerOf(origin)}), ${wrongs.join(" and ")}.`,
      function: owner.name,
      path: pathTo(origin, owner, statement.id, mapping.span, "mapped into user space here"),
      subjects: [name],
      ...(!linear && mapping.exporter === undefined && { severity: "warning" as const }),
      fixes: mappingFixes(facts, mapping, origin),
    };
  }
  for (const { function: owner, statement, subject, origin } of coherentAsVmalloc(facts)) {
    const name = subjectAt(facts, owner, statement.id, subject, origin);
    yield {
      ...statement.calleeSpan,
      message: `remap_vmalloc_range() maps ${name}, coherent memory (${makerOf(origin)}), cached where it is remapped, and fails where it is not.`,
      function: owner.name,
      path: pathTo(origin, owner, statement.id, statement.calleeSpan, "mapped into user space here"),
      subjects: [name],
      fixes: [],
    };
  }
}
