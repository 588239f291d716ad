/** Looks for DMA masks that are set on a USB device or interface. Silent for devices that the driver does not show to be one. */
import type { Facts } from "../../analysis/facts.ts";
import { usbMasks } from "../../analysis/streaming/mask-spellings.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/mask-usb-interface",
    group: "limits",
    severity: "error",
    stage: "preview",
    summary: "A USB device does no DMA of its own: its mask is the host controller's.",
    why: "The struct device of a USB device or interface shares the mask of the controller that does the DMA: setting it changes what all devices on that bus may use.",
    remedy: "Leave the mask alone; the host controller's driver has set it.",
    basis: [
      "Documentation/driver-api/usb/dma.rst:29-31 (6.12.117): never use dma_set_mask() on any USB interface or device",
    ],
    when: "Everywhere.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { call, device, record } of usbMasks(facts)) {
    const { function: owner, statement, name } = call;
    const text = facts.textOf(owner, device);
    const what = record === "usb_device" ? "a USB device" : "a USB interface";
    yield {
      ...statement.calleeSpan,
      message: `${name}() on ${text}, which is ${what}: the mask belongs to the host controller.`,
      function: owner.name,
      path: [
        { ...statement.calleeSpan, function: owner.name, statement: statement.id, role: "sink", note: "mask set here" },
      ],
      subjects: [text],
      fixes: [],
    };
  }
}
