/**
 * Looks for ioremap() pointers handed to dma_map_single() or a scatterlist, and for RAM handed to dma_map_resource().
 */
import { isPointer } from "../../analysis/coherent/coherent-uses.ts";
import type { Facts, Origin } from "../../analysis/facts.ts";
import { makerOf, pathTo } from "../../analysis/flow/finding-path.ts";
import { forbiddenOrigins } from "../../analysis/values/judgement.ts";
import { describe, wrongMemory } from "../../analysis/buffers/wrong-memory.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/map-iomem-or-resource",
    group: "streaming",
    severity: "error",
    stage: "preview",
    summary:
      "RAM is mapped with dma_map_single(), page or sg; a device's registers and memory with dma_map_resource().",
    why: "An ioremap() pointer is not in the linear map, so dma_map_single() computes another address, and there is no struct page behind it. dma_map_resource() does no cache maintenance: for RAM the device reads stale bytes.",
    remedy:
      "Swap the call: dma_map_resource() gets the physical address of the device memory, dma_map_single() the pointer to RAM.",
    basis: [
      "Documentation/core-api/dma-api.rst:358-360 (6.12.117)",
      "kernel/dma/mapping.c:321-343 (6.12.117): dma_map_resource() rejects RAM",
      "Documentation/core-api/dma-api-howto.rst:23-28,124-143 (6.12.117)",
    ],
    when: "Everywhere.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { argument, origin } of wrongMemory(facts, ["iomem"], ["streaming", "scatterlist", "usb", "other"])) {
    const { function: owner, statement, name } = argument;
    yield {
      ...statement.calleeSpan,
      message: `${name}() gets ${describe(origin)} (${makerOf(origin)}) and has no struct page.`,
      function: owner.name,
      path: pathTo(origin, owner, statement.id, statement.calleeSpan, "used for DMA by its address here"),
      subjects: [argument.subject],
      fixes: [],
    };
  }
  yield* ramAsResource(facts);
}

function* ramAsResource(facts: Facts): Iterable<RuleFinding> {
  for (const call of facts.callsWith("map-resource")) {
    const address = call.argument("phys");
    if (!address) continue;
    const { function: owner, statement } = call;
    const value = facts.valueOf({ function: owner, statement: statement.id }, address);
    for (const { origin } of forbiddenOrigins(value, isRam)) {
      const subject = facts.textOf(owner, address);
      yield {
        ...statement.calleeSpan,
        message: `${call.name}() gets ${subject}, the address of RAM (${origin.name}): no cache is maintained for it.`,
        function: owner.name,
        path: pathTo(origin, owner, statement.id, statement.calleeSpan, "mapped as device memory here"),
        subjects: [subject],
        fixes: [],
      };
    }
  }
}

/** A physical address that was made of a pointer to RAM, or of its page. */
function isRam(origin: Origin): boolean {
  const ram =
    origin.kind === "linear" || origin.kind === "image" || origin.kind === "noncoherent" || origin.kind === "page";
  return ram && !isPointer(origin) && origin.conversions.includes("phys");
}
