/**
 * Looks for remap_pfn_range() of a buffer over the VMA's whole length where nobody tests the length or the offset. Silent where a core
 * tests it before the driver is called, and where the VMA is handed to a function that may test it.
 */
import type { Facts } from "../../analysis/facts.ts";
import { makerOf, pathTo, subjectAt } from "../../analysis/flow/finding-path.ts";
import { uncheckedRanges } from "../../analysis/aliases/vma-ranges.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/mmap-unchecked-range",
    group: "user-mapping",
    severity: "error",
    stage: "preview",
    summary: "A driver that maps a buffer by hand must hold the VMA's offset and length against the buffer.",
    why: "remap_pfn_range() maps as many frames as it is told to. An application that asks for more than the buffer has gets the pages behind it, whoever they belong to, readable and writable.",
    remedy:
      "Map with dma_mmap_coherent() or vm_iomap_memory(), which test the range, or refuse with -EINVAL what does not fit: offset >= pages || length > pages - offset.",
    basis: [
      "kernel/dma/direct.c:560-561 (6.12.117): `vma->vm_pgoff >= count || user_count > count - vma->vm_pgoff`",
      "mm/memory.c (6.12.117): vm_iomap_memory() tests the range, remap_pfn_range() does not",
    ],
    when: "Every machine.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { mapping, size, origin } of uncheckedRanges(facts)) {
    const { function: owner, statement } = mapping;
    const name = subjectAt(facts, owner, statement.id, mapping.subject, origin);
    yield {
      ...mapping.span,
      message: `${mapping.name} maps ${facts.textOf(owner, size)} bytes of ${name} (${makerOf(origin)}), as many as the application asks for: nothing holds the VMA's length against the buffer.`,
      function: owner.name,
      path: pathTo(origin, owner, statement.id, mapping.span, "mapped into user space here"),
      subjects: [name],
      fixes: [],
    };
  }
}
