/**
 * Looks for dma_mmap_coherent() and kin behind a test that vm_pgoff is a certain number other than 0: it is a cookie there, and the call
 * takes it for an offset. Silent where the file sets vm_pgoff.
 */
import type { Facts } from "../../analysis/facts.ts";
import { insertLineBefore } from "../../analysis/fixes/source-edits.ts";
import { cookieMappings } from "../../analysis/aliases/vma-ranges.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/mmap-pgoff-cookie",
    group: "user-mapping",
    severity: "warning",
    stage: "preview",
    summary: "Where vm_pgoff says which buffer is meant, it must be 0 before dma_mmap_coherent() is called.",
    why: "The call adds vm_pgoff to the buffer's first page: the mapping is refused with -ENXIO when the buffer is short, and shows the wrong part of it when it is long.",
    remedy: "Set vma->vm_pgoff = 0 before the call, and put it back afterwards where it is still needed.",
    basis: [
      "kernel/dma/direct.c:560-563 (6.12.117): the frame is that of the buffer plus vm_pgoff",
      "drivers/uio/uio.c:802-815, drivers/crypto/hisilicon/qm.c, drivers/gpu/drm/drm_gem_dma_helper.c:527-533 (6.12.117) clear it",
    ],
    when: "Every machine.",
    fixes: [{ id: "clear", title: "Clear vm_pgoff before mapping", safety: "review" }],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { call, vma, cookie } of cookieMappings(facts)) {
    const { function: owner, statement } = call;
    const text = facts.textOf(owner, vma);
    const edit = insertLineBefore(facts.unit, statement.calleeSpan, `${text}->vm_pgoff = 0;`);
    yield {
      ...statement.calleeSpan,
      message: `${call.name}() takes ${text}->vm_pgoff for an offset into the buffer, and here it is ${cookie}, which said what to map: it must be 0.`,
      function: owner.name,
      path: [
        {
          ...statement.calleeSpan,
          function: owner.name,
          statement: statement.id,
          role: "sink",
          note: "mapped from that page on here",
        },
      ],
      subjects: [text, cookie],
      fixes: edit ? [{ id: "clear", edits: [edit] }] : [],
    };
  }
}
