/** Looks for a field that the device writes, read once for a check and once more for the use. */
import { doubleFetches } from "../../analysis/device/double-fetches.ts";
import type { Facts } from "../../analysis/facts.ts";
import { makerOf, pathTo } from "../../analysis/flow/finding-path.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/double-fetch",
    group: "device-values",
    severity: "warning",
    stage: "preview",
    summary: "A field that the device writes must not be read again after it was checked.",
    why: "The device may change it between the two reads: the check sees a good value, the use gets another.",
    remedy: "Load it once with READ_ONCE() into a local; check and use the local.",
    basis: [
      "DMARacer (CCS 2025): 80 time-of-check to time-of-use bugs by DMA memory",
      "CVE-2026-64034 (mana): double fetch from a completion entry",
    ],
    when: "Everywhere, when the device is not to be trusted; and where the compiler chooses to read twice.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { function: owner, checked, used, statement, how, verdict } of doubleFetches(facts)) {
    const name = facts.textOfPlace(owner, used.place);
    const path = pathTo(verdict.origin, owner, statement.id, used.span, `read again here, ${how}`);
    yield {
      ...used.span,
      message: `${name} was checked before and is read again here, ${how}: the device may have changed it in the memory from ${makerOf(verdict.origin)}.`,
      function: owner.name,
      path: [
        ...path.slice(0, -1),
        {
          file: checked.span.file,
          start: checked.span.start,
          end: checked.span.end,
          function: owner.name,
          statement: checked.statement?.id ?? -1,
          role: "load",
          note: `${name} checked here`,
        },
        ...path.slice(-1),
      ],
      subjects: [name],
      fixes: [],
    };
  }
}
