/** Looks for calls of ioremap_nocache(). Silent where the driver defines a function of that name itself. */
import type { Facts } from "../../analysis/facts.ts";
import { removedCalls, type RemovedFunction } from "../../analysis/fixes/removed-calls.ts";
import { removedCallFinding } from "../removed-call-finding.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "legacy/ioremap-nocache",
    group: "legacy",
    severity: "hint",
    stage: "preview",
    summary: "ioremap_nocache() is gone: ioremap() maps registers uncached by itself.",
    why: "The two were the same on every architecture but ia64, and the one with the longer name was removed.",
    remedy: "Call ioremap() with the same arguments.",
    basis: [
      "Documentation/driver-api/device-io.rst:418-431 (6.12.117)",
      "commit 4bdc0d676a64 (5.6): remove ioremap_nocache and devm_ioremap_nocache",
    ],
    when: "Everywhere: the driver does not build.",
    fixes: [{ id: "rename", title: "Call ioremap()", safety: "safe" }],
  },
  check,
};
export default rule;

const removed: readonly RemovedFunction[] = [
  { name: "ioremap_nocache", successor: "ioremap", gone: "5.6" },
  { name: "devm_ioremap_nocache", successor: "devm_ioremap", gone: "5.6" },
];

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const call of removedCalls(facts, removed)) yield removedCallFinding(facts, call);
}
