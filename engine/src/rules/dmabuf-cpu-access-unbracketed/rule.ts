/**
 * Looks for reads and writes through a dma-buf's kernel mapping in the function that made it, where the driver begins no CPU access.
 * Silent where it does so anywhere, and where the mapping is handed on.
 */
import type { Facts } from "../../analysis/facts.ts";
import { unbracketedAccesses } from "../../analysis/streaming/unbracketed-access.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dmabuf/cpu-access-unbracketed",
    group: "dma-buf",
    severity: "error",
    stage: "preview",
    summary: "CPU access to a dma-buf stands between dma_buf_begin_cpu_access() and dma_buf_end_cpu_access().",
    why: "The exporter does its cache maintenance in these two calls. Without them the importer reads lines that are older than what the device wrote, and what it writes stays in the cache.",
    remedy:
      "Call dma_buf_begin_cpu_access(buf, direction) after dma_buf_vmap() and test it, and dma_buf_end_cpu_access(buf, direction) after the last access.",
    basis: [
      "drivers/dma-buf/dma-buf.c:1284-1344 (6.12.117): kernel access, prepare and finish",
      "drivers/dma-buf/dma-buf.c:1386-1441 (6.12.117): dma_buf_begin_cpu_access(), dma_buf_end_cpu_access()",
      "include/linux/dma-buf.h:206-232 (6.12.117)",
    ],
    when: "Exporters whose memory is cached and whose devices do not snoop.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { function: owner, mapped, statement, buffer, way } of unbracketedAccesses(facts)) {
    const name = facts.textOf(owner, buffer);
    const callee = statement.callee.kind === "direct" ? `${statement.callee.name}()` : "The call";
    const doing = way === "read" ? "reads" : "writes";
    yield {
      ...statement.calleeSpan,
      message: `${callee} ${doing} the dma-buf ${name} without dma_buf_begin_cpu_access(): its exporter does no cache maintenance.`,
      function: owner.name,
      path: [
        {
          ...mapped.calleeSpan,
          function: owner.name,
          statement: mapped.id,
          role: "map",
          note: `${name} mapped for the kernel here`,
        },
        {
          ...statement.calleeSpan,
          function: owner.name,
          statement: statement.id,
          role: "sink",
          note: way === "read" ? "read here" : "written here",
        },
      ],
      subjects: [name, way],
      fixes: [],
    };
  }
}
