/** Looks for calls of flush_kernel_dcache_page(). Silent where the driver defines a function of that name itself. */
import type { Facts } from "../../analysis/facts.ts";
import { removedCalls, type RemovedFunction } from "../../analysis/fixes/removed-calls.ts";
import { removedCallFinding } from "../removed-call-finding.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "legacy/flush-kernel-dcache-page",
    group: "legacy",
    severity: "hint",
    stage: "preview",
    summary: "flush_kernel_dcache_page() is gone: flush_dcache_page() does its work.",
    why: "It was for pages that only the kernel had written, and most architectures with aliasing caches never had it, so that user space read stale bytes there.",
    remedy: "Call flush_dcache_page() with the same page.",
    basis: [
      "Documentation/core-api/cachetlb.rst (6.12.117): flush_dcache_page() alone is described",
      "commit f358afc52c30 (5.15): remove flush_kernel_dcache_page",
    ],
    when: "Everywhere: the driver does not build.",
    fixes: [{ id: "rename", title: "Call flush_dcache_page()", safety: "safe" }],
  },
  check,
};
export default rule;

const removed: readonly RemovedFunction[] = [
  { name: "flush_kernel_dcache_page", successor: "flush_dcache_page", gone: "5.15" },
];

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const call of removedCalls(facts, removed)) yield removedCallFinding(facts, call);
}
