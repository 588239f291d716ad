/** Looks for kmap() and kmap_atomic(). Silent for a kmap() that others than its task use, and where the driver defines the name itself. */
import { type AtomicMapping, oldPageMappings } from "../../analysis/fixes/old-page-mappings.ts";
import type { Facts } from "../../analysis/facts.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "legacy/kmap-atomic",
    group: "legacy",
    severity: "hint",
    stage: "stable",
    summary: "kmap() and kmap_atomic() are deprecated: kmap_local_page() maps a page for the task that asks.",
    why: "kmap() waits on a small pool that all processors share, and kmap_atomic() turns off preemption and page faults for as long as the mapping lasts.",
    remedy: "Map by kmap_local_page() and unmap by kunmap_local(), the last mapped first.",
    basis: ["Documentation/mm/highmem.rst:61-62, 105-131 (6.12.117)", "include/linux/highmem.h:37, 179 (6.12.117)"],
    when: "Machines with high memory; elsewhere the calls cost preemption only.",
    fixes: [{ id: "local", title: "Map by kmap_local_page()", safety: "review" }],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const mapping of oldPageMappings(facts)) {
    const { function: owner, statement, name } = mapping;
    const page = statement.arguments[0];
    const text = page ? facts.textOf(owner, page) : "the page";
    const place = { ...statement.calleeSpan, function: owner.name, statement: statement.id };
    yield {
      ...statement.calleeSpan,
      message: `${name}() is deprecated: kmap_local_page() maps ${text} for this task alone.`,
      function: owner.name,
      path: [{ ...place, role: "sink", note: "mapped here" }],
      subjects: [text],
      fixes: fixesFor(mapping),
    };
  }
}

function fixesFor({ edits }: AtomicMapping): RuleFinding["fixes"] {
  return edits.length > 0 ? [{ id: "local", edits }] : [];
}
