/** Looks for a DMA address that linear-map arithmetic turns into a CPU pointer or a page. */
import { handlesAsAddresses } from "../../analysis/coherent/device-addresses.ts";
import type { Facts } from "../../analysis/facts.ts";
import { makerOf, pathTo } from "../../analysis/flow/finding-path.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/handle-as-cpu-pointer",
    group: "addresses",
    severity: "error",
    stage: "stable",
    summary: "A DMA address is not a CPU address and must not be turned into one.",
    why: "Behind an IOMMU the DMA address is an I/O virtual address: phys_to_virt() of it points to somebody else's memory. Where coherent memory is remapped it points to the cached alias, and the CPU reads stale descriptors.",
    remedy: "Keep the CPU pointer beside the DMA address, and use that.",
    basis: [
      "Documentation/core-api/dma-api.rst:22-25 (6.12.117): a dma_addr_t is what the device sees",
      "Documentation/core-api/dma-api-howto.rst:37-48, 75-88 (6.12.117)",
    ],
    when: "Behind an IOMMU, with a DMA offset (dma-ranges), with bounce buffers and encrypted memory; for coherent memory on every non-coherent machine too.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { call, subject, verdict, usedBy } of handlesAsAddresses(facts)) {
    const { function: owner, statement } = call;
    const { calleeSpan } = statement;
    const name = facts.textOf(owner, subject);
    const used = usedBy ? `what ${usedBy.name}() takes for a DMA address` : "a dma_addr_t";
    const from = verdict ? `the DMA address that ${makerOf(verdict.origin)} made` : used;
    yield {
      ...calleeSpan,
      message: `${call.name}() takes ${name} for a physical address: it is ${from}.`,
      function: owner.name,
      path: verdict
        ? pathTo(verdict.origin, owner, statement.id, calleeSpan, "taken for a physical address here")
        : [
            {
              ...calleeSpan,
              function: owner.name,
              statement: statement.id,
              role: "sink",
              note: "taken for a physical address here",
            },
          ],
      subjects: [name],
      fixes: [],
    };
  }
}
