/**
 * Looks for coherent memory that is reached through a second, cached kernel address, made of its true frame: phys_to_virt(dma_to_phys()),
 * page_address(), kmap() and vmap() of a page that vmalloc_to_page() found, memremap(MEMREMAP_WB) of its handle. Silent where the driver
 * tests what kind of address it has. phys_to_virt() of the handle itself is dma/handle-as-cpu-pointer, virt_to_page() of the pointer
 * dma/coherent-virt-to-page.
 */
import { linearAliases } from "../../analysis/coherent/linear-aliases.ts";
import type { Facts } from "../../analysis/facts.ts";
import { makerOf, pathTo } from "../../analysis/flow/finding-path.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/coherent-linear-alias",
    group: "coherent",
    severity: "error",
    stage: "preview",
    summary: "Coherent memory must not be reached through a second, cached kernel address.",
    why: "The second address reads through the cache. The first read fills a line, and every later read hits it: the status that the device has written since is not seen. A write stays in the cache, or is written back over what the device stored.",
    remedy: "Keep the pointer that the allocator returned beside the handle, and use that.",
    basis: [
      "kernel/dma/direct.c:272-298 (6.12.117): the cache is cleaned once, then the remapped or uncached address is the one to use",
      "Documentation/memory-barriers.txt:2753-2769 (6.12.117): what the CPU has in its cache is not what the device sees",
      "Documentation/core-api/dma-api-howto.rst:124-143 (6.12.117)",
    ],
    when: "Machines without coherent DMA. On the others the second address only hides that it is wrong.",
    proof: "linear-alias",
    subsumes: ["dma/coherent-vmalloc-to-page"],
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { function: owner, statement, name, origin, subject, memory } of linearAliases(facts)) {
    const span = statement.calleeSpan;
    yield {
      ...span,
      message: `${name}() makes a second, cached address of ${memory}, coherent memory (${makerOf(origin)}): what the device writes is not seen through it.`,
      function: owner.name,
      path: pathTo(origin, owner, statement.id, span, "second address made here"),
      subjects: [subject],
      fixes: [],
    };
  }
}
