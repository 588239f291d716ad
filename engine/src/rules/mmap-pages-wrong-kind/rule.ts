/**
 * Looks for dma_mmap_coherent() and kin of memory that dma_alloc_coherent() did not make, and for dma_mmap_pages() of coherent memory.
 * Silent where the driver changes the linear map's type itself.
 */
import type { Facts } from "../../analysis/facts.ts";
import { makerOf, pathTo, subjectAt } from "../../analysis/flow/finding-path.ts";
import { type WrongKind, wrongKinds } from "../../analysis/coherent/mapped-kinds.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/mmap-pages-wrong-kind",
    group: "user-mapping",
    severity: "error",
    stage: "preview",
    summary: "Each dma_mmap_ function maps the memory of its own allocator only.",
    why: "dma_mmap_coherent() gives the application an uncached mapping on machines without coherent DMA, while the kernel has ordinary pages cached; behind an IOMMU it looks for an allocation that is not there. dma_mmap_pages() maps coherent memory cached, and takes a page that coherent memory need not have.",
    remedy:
      "Map dma_alloc_coherent() memory with dma_mmap_coherent(), dma_alloc_pages() memory with dma_mmap_pages(), and ordinary pages with vm_insert_page() or remap_vmalloc_range().",
    basis: [
      "kernel/dma/mapping.c:536-564,728-738 (6.12.117)",
      "Documentation/core-api/dma-api.rst:587-589,685-688 (6.12.117): the argument is what the allocator returned",
    ],
    when: "Machines without coherent DMA, and those whose DMA goes through an IOMMU.",
    proof: "user-mapping",
    subsumes: ["dma/coherent-virt-to-page"],
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { call, subject, origin, is } of wrongKinds(facts)) {
    const { function: owner, statement } = call;
    const name = subjectAt(facts, owner, statement.id, subject, origin);
    yield {
      ...statement.calleeSpan,
      message: `${call.name}() is given ${name}, ${is} memory (${makerOf(origin)}): ${mapperOf(is)}.`,
      function: owner.name,
      path: pathTo(origin, owner, statement.id, statement.calleeSpan, "mapped into user space here"),
      subjects: [name],
      fixes: [],
    };
  }
}

function mapperOf(is: WrongKind["is"]): string {
  switch (is) {
    case "coherent":
      return "dma_mmap_coherent() maps it";
    case "non-coherent":
      return "dma_mmap_pages() or dma_mmap_noncontiguous() maps it";
    case "ordinary":
      return "the call maps what dma_alloc_coherent() returned";
    case "vmalloc":
      return "remap_vmalloc_range() maps it";
  }
}
