/**
 * Looks for pages taken from the scatter-gather table of an imported buffer: sg_page(), sg_virt(), sg_phys() and kin, and arrays of
 * pages made of it. Silent where the table may be the driver's own.
 */
import type { Facts } from "../../analysis/facts.ts";
import { makerOf, pathTo } from "../../analysis/flow/finding-path.ts";
import { touchedTables } from "../../analysis/streaming/imported-tables.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dmabuf/sgt-touch-pages",
    group: "dma-buf",
    severity: "error",
    stage: "stable",
    summary: "The table of an imported buffer holds DMA addresses; its pages are the exporter's.",
    why: "The exporter need not have pages behind the addresses at all: on-chip memory, another device's memory, pages that the importer must not count or map. With CONFIG_DMABUF_DEBUG the page links are mangled, and the first use faults.",
    remedy:
      "Give the device sg_dma_address() and sg_dma_len(); read or write the buffer through dma_buf_vmap(), map it for user space with dma_buf_mmap().",
    basis: [
      "drivers/dma-buf/dma-buf.c:776-812 (6.12.117): mangle_sg_table(), to catch abuse of the underlying struct page by importers",
      "drivers/gpu/drm/drm_prime.c:1012-1037 (6.12.117): drm_prime_sg_to_page_array() is deprecated and strongly discouraged",
      "include/linux/dma-buf.h:160-180 (6.12.117): map_dma_buf returns a table that is mapped into the device's address space",
    ],
    when: "Every machine, by what the exporter is.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { function: owner, statement, span, name, subject, origin } of touchedTables(facts)) {
    const text = facts.textOf(owner, subject);
    const maker = origin ? makerOf(origin) : "handed in by the DRM core";
    const note = "the exporter's pages taken here";
    yield {
      ...span,
      message: `${name} takes the pages of ${text}, the table of an imported buffer (${maker}): only its DMA addresses are the importer's.`,
      function: owner.name,
      path: origin
        ? pathTo(origin, owner, statement, span, note)
        : [{ file: span.file, start: span.start, end: span.end, function: owner.name, statement, role: "sink", note }],
      subjects: [text],
      fixes: [],
    };
  }
}
