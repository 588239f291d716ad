/**
 * Looks for DMA addresses that go into 32 bits while the driver set a wider mask. Silent where the upper half of the same address is taken
 * as well, where it was shifted far enough, where the driver also sets a mask of 32 bits on its own, and where no mask is set: 32 bits
 * are what a device has from the start.
 */
import { narrowHandles } from "../../analysis/coherent/narrow-handles.ts";
import type { Facts } from "../../analysis/facts.ts";
import { makerOf } from "../../analysis/flow/finding-path.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/handle-truncation",
    group: "addresses",
    severity: "warning",
    stage: "stable",
    summary: "A DMA address has as many bits as the mask says: 32 of them are not enough behind a wider mask.",
    why: "With a mask of more than 32 bits the allocator and the map may return addresses above 4 GiB. The device gets the lower half, and reads or writes the memory that lies there.",
    remedy:
      "Keep the address in a dma_addr_t and give the device both halves, lower_32_bits() and upper_32_bits(); a device that takes only 32 bits says so with DMA_BIT_MASK(32).",
    basis: [
      "Documentation/core-api/dma-api-howto.rst:103-109 (6.12.117): a dma_addr_t can hold any valid DMA address",
      "Documentation/core-api/dma-api-howto.rst:150-200 (6.12.117): 32 bits are assumed, and a wider mask says that the device takes more",
      "Documentation/core-api/dma-api.rst:47-49 (6.12.117)",
    ],
    when: "Machines with memory or I/O addresses above 4 GiB.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { function: owner, statement, span, name, sink, origin, mask, bits } of narrowHandles(facts)) {
    const { file, start, end } = span;
    const maker = origin ? ` (${makerOf(origin)})` : "";
    yield {
      file,
      start,
      end,
      message: `${sink} takes 32 bits of ${name}${maker}, a DMA address of up to ${bits} bits by ${mask.name}(): the upper half is lost.`,
      function: owner.name,
      path: [
        {
          ...mask.statement.calleeSpan,
          function: mask.function.name,
          statement: mask.statement.id,
          role: "pass",
          note: `${bits} bits allowed here`,
        },
        ...(origin?.path ?? []).filter((step) => step.statement !== statement.id || step.function !== owner.name),
        { file, start, end, function: owner.name, statement: statement.id, role: "sink", note: "32 bits taken here" },
      ],
      subjects: [name, sink],
      fixes: [],
    };
  }
}
