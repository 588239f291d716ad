/**
 * Looks for dma_mmap_coherent() and kin with the VMA's length where the size of the allocation belongs. Silent where vm_pgoff is tested
 * or set on the way, and where the memory is allocated for the VMA.
 */
import type { Facts } from "../../analysis/facts.ts";
import { vmaLengthCalls } from "../../analysis/aliases/vma-lengths.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/mmap-size-vma-length",
    group: "user-mapping",
    severity: "warning",
    stage: "preview",
    summary: "The size that dma_mmap_coherent() and kin take is the allocation's, not the VMA's length.",
    why: "The call holds vm_pgoff and the VMA's length against the size. With the VMA's own length it refuses every mapping that does not begin at page 0, and it no longer notices a VMA that is longer than the buffer: what lies behind it is mapped too.",
    remedy: "Pass the size that was allocated; the VMA says itself which part is wanted.",
    basis: [
      "kernel/dma/mapping.c:536-564 (6.12.117): @size is the size that dma_alloc_attrs() was called with",
      "kernel/dma/direct.c:560-561 (6.12.117): `vma->vm_pgoff >= count || user_count > count - vma->vm_pgoff`",
      "ALSA, commit 9066ae7ff5d8, which fixed 657b1989dacf",
    ],
    when: "Every machine.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { call, size } of vmaLengthCalls(facts)) {
    const { function: owner, statement, name } = call;
    const text = facts.textOf(owner, size);
    const { file, start, end } = size;
    yield {
      file,
      start,
      end,
      message: `${name}() is given ${text}, the VMA's length, for the size of the allocation: an offset is refused, and a VMA that is too long is not.`,
      function: owner.name,
      path: [
        {
          file,
          start,
          end,
          function: owner.name,
          statement: statement.id,
          role: "sink",
          note: "the VMA's length given as the size here",
        },
      ],
      subjects: [text],
      fixes: [],
    };
  }
}
