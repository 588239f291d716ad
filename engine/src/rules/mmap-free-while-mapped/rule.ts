/**
 * Looks for memory that a process can have mapped and that an ioctl or the driver's removal frees. Silent where the driver counts its
 * mappings, installs operations on them, notes them, or takes them away before the free.
 */
import { type MappedFree, mappedFrees } from "../../analysis/aliases/mapped-frees.ts";
import type { Facts } from "../../analysis/facts.ts";
import { makerOf, pathTo, subjectAt } from "../../analysis/flow/finding-path.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/mmap-free-while-mapped",
    group: "user-mapping",
    severity: "error",
    stage: "stable",
    summary: "Memory that a process has mapped is freed only when the last mapping has gone.",
    why: "A mapping made of frame numbers holds no reference to the pages. After the free they belong to somebody else, and the process goes on reading and writing them: it sees another owner's data, and corrupts it.",
    remedy:
      "Count the mappings in vm_ops->open() and close() and refuse the free with -EBUSY while there are any, or hold a reference to the buffer for each of them; free in the file's release, which no mapping outlives.",
    basis: [
      "kernel/dma/mapping.c:536-564 (6.12.117): dma_mmap_attrs(): the memory must not be freed until the mapping has gone",
      "mm/memory.c, remap_pfn_range() (6.12.117): maps frames, takes no reference to their pages",
      "sound/core/pcm_native.c (6.12.117): mmap_count, hw_free() gives -EBADFD while it is not 0",
    ],
    when: "Everywhere.",
    proof: "freed-user-mapping",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const found of mappedFrees(facts)) {
    const { mapping, free, subject, origin } = found;
    const { function: owner, statement, name } = free;
    const memory = subjectAt(facts, owner, statement.id, subject, origin);
    const { file, start, end } = "calleeSpan" in mapping.statement ? mapping.statement.calleeSpan : mapping.statement;
    const path = pathTo(origin, owner, statement.id, statement.calleeSpan, "freed here");
    yield {
      ...statement.calleeSpan,
      message: `${name}() frees ${memory} (${makerOf(origin)}) in ${whenOf(found)}, while a process may have it mapped by ${mapping.name} in ${mapping.function.name}().`,
      severity: found.entry.when === "ioctl" ? "error" : "warning",
      function: owner.name,
      path: [
        ...path.slice(0, -1),
        {
          file,
          start,
          end,
          function: mapping.function.name,
          statement: mapping.statement.id,
          role: "pass",
          note: "mapped into user space here",
        },
        ...path.slice(-1),
      ],
      subjects: [memory],
      fixes: [],
    };
  }
}

function whenOf({ entry, free }: MappedFree): string {
  const by = entry.name === free.function.name ? "" : `, called by ${entry.name}()`;
  return entry.when === "ioctl" ? `an ioctl${by}` : `the driver's removal${by}`;
}
