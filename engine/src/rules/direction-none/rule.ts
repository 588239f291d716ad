/** Looks for DMA_NONE and the DMA engine's directions as the direction of a mapping. Silent for directions in variables. */
import type { Facts } from "../../analysis/facts.ts";
import { wrongDirections } from "../../analysis/streaming/mapping-directions.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/direction-none",
    group: "ownership",
    severity: "error",
    stage: "preview",
    summary: "A streaming call needs one of DMA_TO_DEVICE, DMA_FROM_DEVICE and DMA_BIDIRECTIONAL.",
    why: "DMA_NONE is for finding mistakes: the kernel stops in BUG_ON() when it gets there. DMA_MEM_TO_DEV and kin are the DMA engine's: some have the same numbers by chance.",
    remedy: "Say which way the device moves the data.",
    basis: [
      "Documentation/core-api/dma-api-howto.rst:487-490 (6.12.117)",
      "kernel/dma/mapping.c:162, 188, 207, 308 (6.12.117): BUG_ON(!valid_dma_direction(dir))",
      "include/linux/dmaengine.h:72-79 (6.12.117): enum dma_transfer_direction",
    ],
    when: "Everywhere.",
    fixes: [{ id: "direction", title: "Take the direction of the same value", safety: "safe" }],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { call, argument, name, meant } of wrongDirections(facts)) {
    const { file, start, end } = argument;
    const { function: owner, statement } = call;
    yield {
      file,
      start,
      end,
      message:
        meant === undefined
          ? `${call.name}() stops in BUG_ON() when it gets ${name}: it is no direction.`
          : `${name} is a direction of the DMA engine: ${call.name}() takes ${meant}, which has the same value.`,
      function: owner.name,
      path: [
        { file, start, end, function: owner.name, statement: statement.id, role: "sink", note: "direction given here" },
      ],
      subjects: [name],
      ...(meant === undefined ? {} : { severity: "hint" as const }),
      fixes:
        meant === undefined
          ? []
          : [{ id: "direction", title: `Take ${meant}`, edits: [{ file, start, end, newText: meant }] }],
    };
  }
}
