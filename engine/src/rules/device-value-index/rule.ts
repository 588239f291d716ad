/** Looks for a value that the device wrote into coherent memory, used as an index or a length with nothing that looks at it. */
import { trustedValues } from "../../analysis/device/device-values.ts";
import type { Facts } from "../../analysis/facts.ts";
import { makerOf, pathTo } from "../../analysis/flow/finding-path.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/device-value-index",
    group: "device-values",
    severity: "warning",
    stage: "preview",
    summary: "A value that the device wrote must be copied once and range-checked before it is an index or a length.",
    why: "A faulty device, or one that an attacker has replaced, writes an index beyond the array: the driver reads or overwrites memory of others.",
    remedy: "Load it once with READ_ONCE() into a local, compare it with the bound, and use the local.",
    basis: [
      "SADA (USENIX Security 2021): 121 buffer overflows by unchecked values from DMA memory in Linux 5.6",
      "Commit 6499a0db9b0f (av7110): index from DMA memory checked",
    ],
    when: "Everywhere, when the device is not to be trusted: faulty hardware, Thunderbolt, a hypervisor under a confidential guest.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { function: owner, load, use, span, statement, target, verdict } of trustedValues(facts)) {
    const name = facts.textOfPlace(owner, load.place);
    const what = use === "index" ? `indexes ${target}` : `is the length of ${target}`;
    const path = pathTo(
      verdict.origin,
      owner,
      statement.id,
      span,
      use === "index" ? "used as an index here" : "used as a length here",
    );
    yield {
      file: span.file,
      start: span.start,
      end: span.end,
      message: `${name} ${what}, and nothing checks it: the device writes it, in memory from ${makerOf(verdict.origin)}.`,
      function: owner.name,
      path: [
        ...path.slice(0, -1),
        {
          file: load.span.file,
          start: load.span.start,
          end: load.span.end,
          function: owner.name,
          statement: load.statement?.id ?? -1,
          role: "load",
          note: `${name} read here`,
        },
        ...path.slice(-1),
      ],
      subjects: [name],
      fixes: [],
    };
  }
}
