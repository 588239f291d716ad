/** Looks for a physical or bus address, computed with linear-map arithmetic, that goes where a DMA address belongs. */
import { physicalForDevices } from "../../analysis/coherent/device-addresses.ts";
import type { Facts } from "../../analysis/facts.ts";
import { pathTo } from "../../analysis/flow/finding-path.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/phys-as-handle",
    group: "addresses",
    severity: "error",
    stage: "stable",
    summary: "A physical address must not be given to a device as a DMA address.",
    why: "Behind an IOMMU, with a DMA offset or a narrow mask the device reads and writes somewhere else, or faults. And nothing cleans the cache: on non-coherent machines the device reads what was in memory before.",
    remedy:
      "Map the memory with dma_map_single() and test the handle with dma_mapping_error(), or allocate it with dma_alloc_coherent() and use the handle that comes with it.",
    basis: [
      "Documentation/core-api/dma-api-howto.rst:30-48, 95-101 (6.12.117): devices see bus addresses, virt_to_phys() does not make them",
      "Documentation/core-api/dma-isa-lpc.rst:54-59 (6.12.117): no isa_virt_to_bus()",
      "Documentation/core-api/dma-api.rst:22-25 (6.12.117): what a dma_addr_t is",
    ],
    when: "Behind an IOMMU, with a DMA offset (dma-ranges), where the mask needs bounce buffers; and on every non-coherent machine.",
    proof: "physical-address",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { function: owner, statement, span, sink, origin, name: given } of physicalForDevices(facts)) {
    const name = given === "" ? "the memory" : given;
    const bus = origin.conversions.includes("bus");
    yield {
      file: span.file,
      start: span.start,
      end: span.end,
      message: `The ${bus ? "bus" : "physical"} address of ${name} goes to ${sink}: a device needs a DMA address, which only the DMA API makes.`,
      function: owner.name,
      path: pathTo(origin, owner, statement.id, span, "given to the device here"),
      subjects: [name, sink],
      fixes: [],
    };
  }
}
