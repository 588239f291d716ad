/** Looks for memory that devres frees and that the driver frees as well, and for the reverse. Silent where both kinds may arrive. */
import type { Facts, Origin } from "../../analysis/facts.ts";
import { makerOf, pathTo, subjectAt } from "../../analysis/flow/finding-path.ts";
import { forbiddenOrigins } from "../../analysis/values/judgement.ts";
import type { ApiFunction } from "../../kernel/contract.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/coherent-managed-mixed-free",
    group: "coherent",
    severity: "error",
    stage: "preview",
    summary: "Memory of dmam_alloc_coherent() is freed with the device: only dmam_free_coherent() may free it before.",
    why: "devres keeps the allocation on the device's list. When the driver is unbound it frees the memory a second time, which by then may be somebody else's.",
    remedy: "Drop the free, or use dmam_free_coherent(). Memory of dma_alloc_coherent() takes dma_free_coherent().",
    basis: [
      "kernel/dma/mapping.c:30-77 (6.12.117): the release frees it; dmam_free_coherent() takes it off the list",
      "Documentation/driver-api/driver-model/devres.rst:258-263 (6.12.117)",
    ],
    when: "Everywhere.",
    fixes: [{ id: "match", title: "Use the free of the same family", safety: "review" }],
  },
  check,
};
export default rule;

const frees = /^(dmam?)_free_(coherent|attrs|wc)$/;

function isManagedOrNot({ name, effect }: ApiFunction): boolean {
  return effect === "free" && frees.test(name);
}

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const call of facts.callsOf(isManagedOrNot)) {
    const { function: owner, statement, name } = call;
    const memory = call.argument("cpu");
    const [, family, kind] = frees.exec(name) ?? [];
    if (family === undefined || kind === undefined || !memory) continue;
    const value = facts.valueOf({ function: owner, statement: statement.id }, memory);
    for (const { origin } of forbiddenOrigins(value, (one) => isOfOtherFamily(one, family))) {
      const subject = subjectAt(facts, owner, statement.id, memory, origin);
      const partner = family === "dma" ? "dmam_free_coherent" : "dma_free_coherent";
      const { file, start, end } = statement.calleeSpan;
      const canRename = statement.macro === undefined && owner.language === "c" && kind === "coherent";
      yield {
        ...statement.calleeSpan,
        message:
          family === "dma"
            ? `${name}() frees ${subject}, which ${makerOf(origin)} allocated for the device: devres frees it again.`
            : `${name}() frees ${subject}, which ${makerOf(origin)} allocated: devres does not know it and warns.`,
        function: owner.name,
        path: pathTo(origin, owner, statement.id, statement.calleeSpan, "freed here"),
        subjects: [subject],
        fixes: canRename
          ? [{ id: "match", title: `Use ${partner}()`, edits: [{ file, start, end, newText: partner }] }]
          : [],
      };
    }
  }
}

function isOfOtherFamily({ api, birth, conversions }: Origin, family: string): boolean {
  if (!birth || api?.effect !== "allocate" || conversions.length > 0) return false;
  const [, made] = /^(dmam?)_alloc_(?:coherent|attrs|wc)$/.exec(api.name) ?? [];
  return made !== undefined && made !== family;
}
