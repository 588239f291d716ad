/** Looks for page flags and zones that the DMA allocators refuse or ignore. Silent where the flags are computed elsewhere. */
import type { Facts } from "../../analysis/facts.ts";
import { gfpFlagsIn } from "../../analysis/coherent/gfp-flags.ts";
import type { ApiFunction } from "../../kernel/contract.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/coherent-comp-or-zone-flag",
    group: "coherent",
    severity: "warning",
    stage: "stable",
    summary: "The DMA allocators choose the zone from the device's mask: they take no zone flag and no __GFP_COMP.",
    why: "Where the flag is refused the allocation always fails, with a warning in the log. Where it is ignored the memory can lie anywhere below the device's mask, which is not what the code says.",
    remedy: "Remove the flag. A device that reaches less memory says so with dma_set_coherent_mask().",
    basis: [
      "kernel/dma/mapping.c:600-606 (6.12.117): __GFP_COMP is refused with a warning and NULL",
      "kernel/dma/mapping.c:614-615 (6.12.117): zone flags are taken out, the implementations choose",
      "kernel/dma/mapping.c:672-677 (6.12.117): dma_alloc_pages() refuses both",
      "Documentation/core-api/dma-api.rst:562-564 (6.12.117)",
    ],
    when: "Everywhere.",
    fixes: [{ id: "remove-flag", title: "Remove the flag", safety: "safe" }],
  },
  check,
};
export default rule;

const zones = new Set(["GFP_DMA", "GFP_DMA32", "__GFP_DMA", "__GFP_DMA32", "__GFP_HIGHMEM", "GFP_HIGHUSER"]);
const coherent = /^dmam?_alloc_(coherent|attrs|wc|writecombine)$/;
/** These take pages as they are, so they refuse what they cannot honour. */
const pages = /^dma_alloc_(pages|noncoherent|noncontiguous)$/;

function takesFlags({ name, effect }: ApiFunction): boolean {
  return effect === "allocate" && (pages.test(name) || coherent.test(name));
}

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const call of facts.callsOf(takesFlags)) {
    const refusesZones = pages.test(call.name);
    const gfp = call.argument("gfp");
    if (!gfp) continue;
    for (const { name, removal, file, start, end } of gfpFlagsIn(facts.unit, gfp)) {
      const isRefused = name === "__GFP_COMP" || (refusesZones && zones.has(name));
      if (!isRefused && !zones.has(name)) continue;
      const { function: owner, statement } = call;
      const span = { file, start, end };
      yield {
        ...span,
        message: isRefused
          ? `${call.name}() refuses ${name}: it warns and returns NULL.`
          : `${call.name}() ignores ${name}: the device's mask chooses the zone.`,
        function: owner.name,
        path: [{ ...span, function: owner.name, statement: statement.id, role: "sink", note: `${name} is given here` }],
        subjects: [name],
        ...(isRefused ? {} : { severity: "hint" as const }),
        fixes: removal ? [{ id: "remove-flag", title: `Remove ${name}`, edits: [removal] }] : [],
      };
    }
  }
}
