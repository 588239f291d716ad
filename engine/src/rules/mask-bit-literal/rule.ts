/** Looks for DMA masks that are spelled as numbers. Silent for macros of the driver and for computed masks. */
import type { Facts } from "../../analysis/facts.ts";
import { literalMasks } from "../../analysis/streaming/mask-spellings.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/mask-bit-literal",
    group: "limits",
    severity: "hint",
    stage: "stable",
    summary: "A DMA mask is said by DMA_BIT_MASK(n): numbers have widths of their own.",
    why: "A digit too few goes unseen, an int or long is narrower than the 64 bits of a mask, and bits that are left out at the bottom mean nothing: the mask says up to where the device can address, not how its buffers are aligned.",
    remedy: "Write DMA_BIT_MASK(n) with the number of address bits that the device has.",
    basis: [
      "include/linux/dma-mapping.h:74 (6.12.117): DMA_BIT_MASK()",
      "Documentation/core-api/dma-api-howto.rst:149-204 (6.12.117)",
    ],
    when: "Everywhere: a matter of spelling where the number is right.",
    fixes: [{ id: "bit-mask", title: "Write DMA_BIT_MASK()", safety: "safe" }],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { call, mask, text, bits } of literalMasks(facts)) {
    const { file, start, end } = mask;
    const { function: owner, statement } = call;
    const today = `DMA_BIT_MASK(${bits ?? "n"})`;
    yield {
      file,
      start,
      end,
      message:
        bits === undefined
          ? `${text} is no mask of address bits: ${call.name}() takes DMA_BIT_MASK(n), whatever alignment the device wants.`
          : `${text} is ${today}, which says how many address bits the device has.`,
      function: owner.name,
      path: [
        { file, start, end, function: owner.name, statement: statement.id, role: "sink", note: "mask given here" },
      ],
      subjects: [text],
      fixes:
        bits === undefined
          ? []
          : [{ id: "bit-mask", title: `Write ${today}`, edits: [{ file, start, end, newText: today }] }],
    };
  }
}
