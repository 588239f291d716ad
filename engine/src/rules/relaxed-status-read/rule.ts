/** Looks for memory that the device writes, read after the test of a status that a relaxed register read gave. */
import type { Facts } from "../../analysis/facts.ts";
import { makerOf } from "../../analysis/flow/finding-path.ts";
import { pathOfRelaxed, relaxedStatusReads } from "../../analysis/device/relaxed-registers.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/relaxed-status-read",
    group: "ordering",
    severity: "warning",
    stage: "preview",
    summary: "A relaxed register read does not come before the memory reads after it.",
    why: "After readl_relaxed() said that the transfer is complete, the CPU may use bytes of the buffer that it had loaded before.",
    remedy: "Use readl(), or put rmb() between the read and the buffer.",
    basis: [
      "Documentation/memory-barriers.txt:2585-2590, 2609-2617 (6.12.117)",
      "Documentation/driver-api/device-io.rst:106-117 (6.12.117)",
    ],
    when: "Weakly ordered machines: arm64 speculates loads past the test.",
    fixes: [{ id: "readl", title: "Use the ordered accessor", safety: "safe" }],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const one of relaxedStatusReads(facts)) {
    const { register, memory, function: owner, verdict } = one;
    const name = facts.textOfPlace(owner, memory.place);
    const { calleeSpan } = register.call;
    const ordered = register.name.replace(/_relaxed$/, "");
    yield {
      ...calleeSpan,
      message: `${name} may be read before ${register.name}() has read the status that is tested: it lies in memory from ${makerOf(verdict.origin)}, and nothing orders the two.`,
      function: owner.name,
      path: pathOfRelaxed(facts, one, "status read here"),
      subjects: [name],
      fixes:
        ordered === register.name
          ? []
          : [
              {
                id: "readl",
                title: `Use ${ordered}()`,
                edits: [{ file: calleeSpan.file, start: calleeSpan.start, end: calleeSpan.end, newText: ordered }],
              },
            ],
    };
  }
}
