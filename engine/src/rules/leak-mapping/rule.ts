/**
 * Looks for error returns that are reached with a streaming mapping in place, where the function itself is the one to end it: it unmaps
 * the same handle on another way, keeps the handle in a local, or could not prepare the transfer. Silent where a caller may unmap.
 */
import type { Facts } from "../../analysis/facts.ts";
import { type Leak, leaks } from "../../analysis/ownership/mapping-leaks.ts";
import type { PathStep } from "../../program/program.ts";
import type { FileSpan } from "../../text/span.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/leak-mapping",
    group: "streaming",
    severity: "warning",
    stage: "stable",
    summary: "A function that fails after it mapped memory must unmap it before it returns.",
    why: "What stays mapped keeps its addresses in the IOMMU and its slots of the bounce buffer. Each failure takes some more, until maps fail that have nothing to do with it; and the device can still reach memory that has been freed meanwhile.",
    remedy: "Unmap on the error path, in the reverse order of the maps: `goto err_unmap`.",
    basis: [
      "Documentation/core-api/dma-api-howto.rst:623-625, 753-824 (6.12.117): every map has its unmap, error paths included",
      'kernel/dma/debug.c:847-870 (6.12.117): "device driver has pending DMA allocations while released from device"',
    ],
    when: "Everywhere; it hurts first where addresses or bounce buffers are few.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const leak of leaks(facts)) {
    const { mapping, exit } = leak;
    const { owner, call, made } = mapping;
    const span: FileSpan = owner.blocks[exit.block]?.terminator ?? call.calleeSpan;
    const { file, start, end } = span;
    const buffer = mapping.buffer ? facts.textOf(owner, mapping.buffer) : "the buffer";
    const path: PathStep[] = [
      {
        ...call.calleeSpan,
        function: owner.name,
        statement: call.id,
        role: "map",
        note: `${buffer} mapped here`,
      },
      {
        file,
        start,
        end,
        function: owner.name,
        statement: -1,
        role: "sink",
        note: "returned here with the mapping in place",
      },
    ];
    yield {
      ...call.calleeSpan,
      message: `${made.api.name}() maps ${buffer}, and ${owner.name}() fails without unmapping it: ${reasonOf(leak)}.`,
      function: owner.name,
      path,
      subjects: [buffer],
      fixes: [],
    };
  }
}

function reasonOf({ because, unmap }: Leak): string {
  switch (because) {
    case "unmapped-elsewhere": {
      const name = unmap?.callee.kind === "direct" ? `${unmap.callee.name}()` : "it";
      return `another path calls ${name}, this one does not`;
    }
    case "local-handle":
      return "its handle is in a local variable and nobody else can unmap it";
    case "nobody-unmaps":
      return "its handle is in a field that no unmap of the driver reads";
    case "callers-do-not":
      return "no caller unmaps anything after the failure";
    case "not-prepared":
      return "the transfer could not be prepared, so its completion never unmaps it";
  }
}
