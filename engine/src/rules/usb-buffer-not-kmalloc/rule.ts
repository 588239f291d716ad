/**
 * Looks for static data, string literals and per-CPU data as the buffer of a USB transfer. Stack memory, vmalloc memory and struct
 * members have rules of their own.
 */
import type { Facts } from "../../analysis/facts.ts";
import { pathTo } from "../../analysis/flow/finding-path.ts";
import { describe, wrongMemory } from "../../analysis/buffers/wrong-memory.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "usb/buffer-not-kmalloc",
    group: "usb",
    severity: "error",
    stage: "preview",
    summary: "The buffer of a USB transfer must be allocated memory.",
    why: "The USB core maps the buffer with dma_map_single(). A module's static data has no linear address, so the transfer fails or another page is used; built-in data shares cache lines with other variables.",
    remedy:
      "Copy the data into kmalloc() memory (kmemdup()), or use usb_control_msg_send() and usb_control_msg_recv(), which copy.",
    basis: [
      "drivers/usb/core/hcd.c:1400-1420,1465-1485 (6.12.117): usb_hcd_map_urb_for_dma() maps what it gets",
      "Documentation/driver-api/usb/dma.rst:98-130 (6.12.117)",
      "Documentation/core-api/dma-api-howto.rst:132-140 (6.12.117)",
    ],
    when: "Modules everywhere; built-in drivers on arm64 and on machines without coherent DMA.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { argument, origin } of wrongMemory(facts, ["image", "string", "percpu"], ["usb"])) {
    const { function: owner, statement, name } = argument;
    yield {
      ...statement.calleeSpan,
      message: `${name}() transfers ${describe(origin)}.`,
      function: owner.name,
      path: pathTo(origin, owner, statement.id, statement.calleeSpan, "given to the USB core here"),
      subjects: [argument.subject],
      fixes: [],
    };
  }
}
