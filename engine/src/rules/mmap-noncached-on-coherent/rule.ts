/**
 * Looks for RAM that user space maps write-combined while the linear map keeps it cached: by hand, through the framebuffer's core, or
 * by a protection that was set before dma_mmap_coherent(). Silent where the driver changes the linear map as well.
 */
import type { Facts } from "../../analysis/facts.ts";
import { makerOf, pathTo, subjectAt } from "../../analysis/flow/finding-path.ts";
import { mistypedMappings, overruledMappings } from "../../analysis/aliases/user-memory-types.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/mmap-noncached-on-coherent",
    group: "user-mapping",
    severity: "warning",
    stage: "preview",
    summary: "The user mapping of RAM must have the memory type of the kernel's own mapping.",
    why: "What the kernel stores stays in its cache, and the application's uncached loads miss it; a dirty line, from zeroing the pages alone, is written back later over what the application has stored.",
    remedy:
      "Allocate with dma_alloc_coherent() or dma_alloc_wc() and map with dma_mmap_coherent() or dma_mmap_wc(): the API chooses one protection for both sides.",
    basis: [
      "kernel/dma/mapping.c:500-514 (6.12.117): dma_pgprot() leaves the protection alone on coherent devices",
      "Documentation/arch/x86/pat.rst, Advanced APIs for drivers (6.12.117): set_memory_uc() or _wc() first",
      "drivers/video/fbdev/core/fb_io_fops.c:149-175 (6.12.117): fb_io_mmap() takes pgprot_framebuffer()",
      "Benjamin Herrenschmidt, alsa-devel, 7 May 2008: uncached for non-coherent architectures only",
    ],
    when: "Every machine on which a protection means something; on coherent machines it makes a mismatch that was not there.",
    proof: "user-alias",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { mapping, origin, protection } of mistypedMappings(facts)) {
    // pgprot_noncached() has a rule of its own: the type is wrong for RAM even where the two mappings agreed.
    if (protection?.kind === "pgprot-uncached") continue;
    const { function: owner, statement } = mapping;
    const name = subjectAt(facts, owner, statement.id, mapping.subject, origin);
    const how = protection
      ? `${mapping.name} maps ${name} (${makerOf(origin)}) with ${makerOf(protection)}`
      : `The framebuffer's core maps ${mapping.name} (${makerOf(origin)}) write-combined`;
    yield {
      ...mapping.span,
      message: `${how}, while the linear map keeps these pages cached: two memory types of one page.`,
      function: owner.name,
      path: pathTo(origin, owner, statement.id, mapping.span, "mapped with another memory type here"),
      subjects: [name],
      fixes: [],
    };
  }
  for (const { call, vma, protection } of overruledMappings(facts)) {
    const { function: owner, statement } = call;
    const text = facts.textOf(owner, vma);
    yield {
      ...statement.calleeSpan,
      message: `${call.name}() chooses the protection itself; ${makerOf(protection)} before it stays in force on a coherent device, whose memory the kernel has cached.`,
      function: owner.name,
      path: pathTo(protection, owner, statement.id, statement.calleeSpan, "mapped with the protection set before here"),
      subjects: [text],
      fixes: [],
    };
  }
}
