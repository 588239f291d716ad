/**
 * Looks for an architecture's cache maintenance called on memory that the driver allocated. Silent for memory whose origin the driver does
 * not show, as page tables of other subsystems and user memory.
 */
import { cacheBypasses } from "../../analysis/aliases/cache-bypass.ts";
import { isCoherentMemory } from "../../analysis/coherent/coherent-uses.ts";
import type { Facts } from "../../analysis/facts.ts";
import { makerOf, pathTo } from "../../analysis/flow/finding-path.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/bypass-cache-ops",
    group: "streaming",
    severity: "warning",
    stage: "preview",
    summary: "Drivers leave cache maintenance to the DMA API.",
    why: "An architecture's function knows the cache of one machine: an outer cache, a bounce buffer or a speculating CPU is left out, and the driver does not build elsewhere. Coherent memory needs none at all.",
    remedy:
      "Map the memory and use dma_sync_single_for_device() and dma_sync_single_for_cpu(); drop the call for coherent memory.",
    basis: [
      "Documentation/core-api/dma-api-howto.rst:98-101 (6.12.117)",
      'arch/arm/mm/dma-mapping.c:674-678 (6.12.117): "Drivers should NOT use this function directly"',
      "Documentation/core-api/cachetlb.rst (6.12.117): these functions are about aliases, not about devices",
    ],
    when: "Machines without coherent DMA, above all those with an outer cache.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { call, subject, origin } of cacheBypasses(facts)) {
    const { function: owner, statement, name } = call;
    const coherent = isCoherentMemory(origin);
    yield {
      ...statement.calleeSpan,
      message: coherent
        ? `${name}() maintains the cache for ${subject}, which is coherent memory (${makerOf(origin)}) and needs none.`
        : `${name}() maintains the cache for ${subject} (${makerOf(origin)}) past the DMA API.`,
      function: owner.name,
      path: pathTo(origin, owner, statement.id, statement.calleeSpan, "cache maintained by hand here"),
      subjects: [subject],
      fixes: [],
    };
  }
}
