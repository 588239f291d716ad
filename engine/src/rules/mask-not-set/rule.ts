/**
 * Looks for DMA masks of fewer than 32 bits whose setting nobody checks, and for PCI drivers that set none at all. Silent where the unit
 * sets a mask for the same file, stores one, or calls a helper that may.
 */
import type { Facts } from "../../analysis/facts.ts";
import { missingMasks, uncheckedMasks } from "../../analysis/streaming/missing-masks.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/mask-not-set",
    group: "limits",
    severity: "warning",
    stage: "preview",
    summary:
      "A driver says what its device can address before the first mapping, and checks the answer where that is less than 32 bits.",
    why: "A mask of fewer than 32 bits may be one that the machine cannot serve; then the old mask stays, and the device gets addresses whose upper bits it drops: it reads and writes somewhere else. Without any mask the kernel assumes 32 bits, which is more than some devices can do and less than most.",
    remedy: "if (dma_set_mask_and_coherent(dev, DMA_BIT_MASK(n))) return -EIO; in probe.",
    basis: [
      "Documentation/core-api/dma-api-howto.rst:146-204 (6.12.117): you must set the mask; no DMA unless the call succeeded",
      "kernel/dma/mapping.c:878-911 (6.12.117): a mask that is not supported is not set, and -EIO returned",
      "Documentation/core-api/dma-api.rst:155-181 (6.12.117)",
    ],
    when: "Machines with memory above what the device reaches.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { function: owner, statement, name } of uncheckedMasks(facts)) {
    const mask = statement.arguments[1];
    const text = mask ? facts.textOf(owner, mask) : "a narrow mask";
    yield {
      ...statement.calleeSpan,
      message: `${name}() with ${text} may fail, and nobody looks: the device then gets addresses that it cannot reach.`,
      function: owner.name,
      path: [
        {
          ...statement.calleeSpan,
          function: owner.name,
          statement: statement.id,
          role: "sink",
          note: "set here, answer dropped",
        },
      ],
      subjects: [text],
      fixes: [],
    };
  }
  for (const { master, use } of missingMasks(facts)) {
    const { function: owner, statement } = master;
    yield {
      ...statement.calleeSpan,
      message: `pci_set_master() lets the device do DMA, ${use.name}() gives it memory, and no DMA mask is set: 32 bits are assumed.`,
      severity: "hint",
      function: owner.name,
      path: [
        {
          ...use.statement.calleeSpan,
          function: use.function.name,
          statement: use.statement.id,
          role: "pass",
          note: "memory given to the device here",
        },
        {
          ...statement.calleeSpan,
          function: owner.name,
          statement: statement.id,
          role: "sink",
          note: "DMA allowed here",
        },
      ],
      subjects: ["pci_set_master"],
      fixes: [],
    };
  }
}
