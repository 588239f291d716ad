/**
 * Looks for static data, string literals and per-CPU data mapped for DMA by their address, and for their physical address in a
 * descriptor or a register. USB and SPI transfers have rules of their
 * own; an address that the driver tests first is the driver's own business.
 */
import type { Facts } from "../../analysis/facts.ts";
import { pathTo } from "../../analysis/flow/finding-path.ts";
import { imageAddresses } from "../../analysis/device/image-addresses.ts";
import { describe, wrongMemory } from "../../analysis/buffers/wrong-memory.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/map-image",
    group: "streaming",
    severity: "error",
    stage: "preview",
    summary: "Static data of the kernel or a module must not be used for DMA.",
    why: "A module's data is not in the linear map, so the address arithmetic gives another page, or the call is rejected; built-in data shares its cache lines with other variables, and a device's write is lost when those are written back.",
    remedy: "Copy it first: kmemdup(source, bytes, GFP_KERNEL), and map the copy; or allocate the buffer.",
    basis: [
      "Documentation/core-api/dma-api-howto.rst:132-140 (6.12.117)",
      'kernel/dma/debug.c:1088-1093 (6.12.117): "device driver maps memory from kernel text or rodata"',
      "drivers/usb/core/hcd.c:1475-1479 (6.12.117)",
    ],
    when: "Modules everywhere; built-in drivers on arm64 and on machines without coherent DMA.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { argument, origin } of wrongMemory(
    facts,
    ["image", "string", "percpu"],
    ["streaming", "scatterlist", "other"],
  )) {
    const { function: owner, statement, name } = argument;
    yield {
      ...statement.calleeSpan,
      message: `${name}() gets ${describe(origin)}.`,
      function: owner.name,
      path: pathTo(origin, owner, statement.id, statement.calleeSpan, "used for DMA by its address here"),
      subjects: [argument.subject],
      fixes: [],
    };
  }
  for (const { call, subject, origin } of imageAddresses(facts)) {
    const { function: owner, statement, name } = call;
    yield {
      ...statement.calleeSpan,
      message: `${name}() makes an address for the device of ${describe(origin)}.`,
      function: owner.name,
      path: pathTo(origin, owner, statement.id, statement.calleeSpan, "address for the device made here"),
      subjects: [subject],
      fixes: [],
    };
  }
}
