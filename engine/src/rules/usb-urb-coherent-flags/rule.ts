/**
 * Looks for coherent memory as the buffer of a USB transfer without URB_NO_TRANSFER_DMA_MAP: the USB core then maps it again. Silent where
 * the flag is set for the file's urbs in another function, and where the flags come from elsewhere.
 */
import type { Facts } from "../../analysis/facts.ts";
import { makerOf, pathTo } from "../../analysis/flow/finding-path.ts";
import { type CoherentTransfer, coherentTransfers } from "../../analysis/buffers/usb-transfer-flags.ts";
import { allocationTerms } from "../../analysis/fixes/allocation-terms.ts";
import { insertLinesAfter } from "../../analysis/fixes/source-edits.ts";
import type { Rule, RuleFinding, RuleFix } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "usb/urb-coherent-flags",
    group: "usb",
    severity: "error",
    stage: "stable",
    summary: "Coherent memory in a USB transfer needs URB_NO_TRANSFER_DMA_MAP and transfer_dma.",
    why: "Without the flag the USB core hands the buffer to dma_map_single() although it has a DMA address already. Where coherent memory is remapped the transfer fails or works on another page; elsewhere every transfer pays for a mapping that nobody needs.",
    remedy:
      "Set `urb->transfer_dma` to the address that the allocation returned and `urb->transfer_flags |= URB_NO_TRANSFER_DMA_MAP`, or allocate the buffer with kmalloc().",
    basis: [
      "Documentation/driver-api/usb/dma.rst:44-66 (6.12.117)",
      "drivers/usb/core/hcd.c:1437-1501 (6.12.117): usb_hcd_map_urb_for_dma() tests the flag only",
      "kernel/dma/mapping.c:478-480 (6.12.117)",
    ],
    when: "Where coherent memory is remapped (ARM, arm64, MIPS and others without coherent DMA); a wasted mapping elsewhere.",
    proof: "coherent-remapped",
    subsumes: ["dma/coherent-map-single"],
    fixes: [{ id: "set-flag", title: "Set transfer_dma and URB_NO_TRANSFER_DMA_MAP", safety: "review" }],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const one of coherentTransfers(facts)) {
    const { function: owner, statement, span, receiver, subject, origin } = one;
    const missing = one.urb ? "without URB_NO_TRANSFER_DMA_MAP" : "and has no way to say so";
    yield {
      ...span,
      message: `${receiver} gets ${subject}, which is coherent memory (${makerOf(origin)}), ${missing}: the USB core maps it again.`,
      function: owner.name,
      path: pathTo(origin, owner, statement.id, span, "given to the USB core here"),
      subjects: [subject],
      fixes: flagged(facts, one),
    };
  }
}

/** Behind usb_fill_*_urb(), which sets none of both: the address that the allocation returned, where it has a name here. */
function flagged(
  facts: Facts,
  { function: owner, statement, buffer, origin, receiver }: CoherentTransfer,
): readonly RuleFix[] {
  if (statement.kind !== "call" || !receiver.startsWith("usb_fill_")) return [];
  const urb = statement.arguments[0];
  if (!urb || owner.language !== "c" || statement.macro !== undefined) return [];
  const terms = allocationTerms(facts, owner, statement.id, buffer, origin);
  const name = facts.textOf(owner, urb);
  if (!terms || !/^[\w>.\-[\]]+$/.test(name)) return [];
  const edit = insertLinesAfter(facts.unit, statement, [
    `${name}->transfer_dma = ${terms.handle};`,
    `${name}->transfer_flags |= URB_NO_TRANSFER_DMA_MAP;`,
  ]);
  return edit ? [{ id: "set-flag", edits: [edit] }] : [];
}
