/**
 * Looks for memory without a linear address (vmalloc, vmap, kvmalloc) handed to dma_map_single(), to a scatterlist by pointer,
 * or to a bus that maps the pointer itself. Silent where the driver tests is_vmalloc_addr(), and for SPI, whose core copes.
 */
import { dmaArguments } from "../../analysis/buffers/dma-arguments.ts";
import type { Facts, Origin } from "../../analysis/facts.ts";
import { isPointer } from "../../analysis/coherent/coherent-uses.ts";
import { makerOf, pathTo } from "../../analysis/flow/finding-path.ts";
import { forbiddenOrigins } from "../../analysis/values/judgement.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/map-vmalloc",
    group: "streaming",
    severity: "error",
    stage: "stable",
    summary: "vmalloc() and vmap() memory must not be mapped for DMA by its address.",
    why: "Its pages are scattered over memory, but the call computes one physical address from the pointer with the linear map's arithmetic, which is wrong even for the first page: the mapping is rejected, or the device works on frames of somebody else.",
    remedy:
      "Use kmalloc() or alloc_pages(), or build a scatterlist of vmalloc_to_page() of each page and flush the kernel's alias.",
    basis: [
      "Documentation/core-api/dma-api-howto.rst:124-130 (6.12.117)",
      "include/linux/dma-mapping.h:380-383 (6.12.117): a warning and DMA_MAPPING_ERROR",
      "include/linux/scatterlist.h:183-190 (6.12.117): sg_set_buf() is virt_to_page()",
    ],
    when: "Everywhere.",
    proof: "vmalloc-buffer",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const argument of dmaArguments(facts)) {
    if (argument.mapper === "spi") continue;
    for (const { origin } of forbiddenOrigins(argument.value, isScattered)) {
      const { function: owner, statement, name } = argument;
      const perhaps = origin.kind === "maybe-vmalloc" ? "may be" : "is";
      yield {
        ...statement.calleeSpan,
        message: `${name}() gets ${argument.subject}, which ${perhaps} vmalloc memory (${makerOf(origin)}) and has no linear address.`,
        function: owner.name,
        path: pathTo(origin, owner, statement.id, statement.calleeSpan, "used for DMA by its address here"),
        subjects: [argument.subject],
        ...(origin.kind === "maybe-vmalloc" && { severity: "warning" as const }),
        fixes: [],
      };
    }
  }
}

function isScattered(origin: Origin): boolean {
  return (origin.kind === "vmalloc" || origin.kind === "vmap" || origin.kind === "maybe-vmalloc") && isPointer(origin);
}
