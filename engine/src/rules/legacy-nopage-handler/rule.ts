/** Looks for .nopage and .nopfn handlers in a vm_operations_struct: the kernel calls .fault, and maps DMA memory in .mmap. */
import type { Facts } from "../../analysis/facts.ts";
import type { ProgramFunction } from "../../program/program.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "legacy/nopage-handler",
    group: "legacy",
    severity: "warning",
    stage: "preview",
    summary: "vm_operations_struct has no .nopage and no .nopfn any more.",
    why: "The driver does not build. Carried over to .fault word by word, a handler that makes pages of a DMA buffer by virt_to_page() maps pages that are not the buffer's.",
    remedy:
      "Map DMA memory as a whole in .mmap with dma_mmap_coherent(); for ordinary pages write a .fault handler that sets vmf->page.",
    basis: [
      "include/linux/mm.h (6.12.117), struct vm_operations_struct: .fault, .huge_fault and .map_pages are all there is",
      "kernel/dma/mapping.c:536-564 (6.12.117): dma_mmap_attrs()",
      "Benjamin Herrenschmidt, alsa-devel, 7 May 2008: on the nopage handler of the PCM core",
    ],
    when: "Every machine.",
    fixes: [],
  },
  check,
};
export default rule;

const gone = new Set(["nopage", "nopfn"]);

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const table of facts.unit.opsTables) {
    if (table.record !== "vm_operations_struct") continue;
    for (const entry of table.entries) {
      if (!gone.has(entry.field)) continue;
      const handler = facts.unit.functionNamed(entry.value, table.file);
      const dma = handler && makesPages(facts, handler);
      const span = { file: table.file, start: entry.start, end: entry.end };
      yield {
        ...span,
        message: dma
          ? `.${entry.field} is gone: ${entry.value}() makes pages of memory by virt_to_page(); map DMA memory in .mmap with dma_mmap_coherent().`
          : `.${entry.field} is gone: the kernel calls .fault, which takes a struct vm_fault.`,
        function: entry.value,
        path: [{ ...span, function: entry.value, statement: -1, role: "sink", note: "installed here" }],
        subjects: [`${table.name}.${entry.field}`],
        fixes: [],
      };
    }
  }
}

function makesPages(facts: Facts, handler: ProgramFunction): boolean {
  return facts.callsWith("virt-to-page").some((call) => call.function === handler);
}
