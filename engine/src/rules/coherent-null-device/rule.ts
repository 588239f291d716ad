/** Looks for NULL in place of the device of a DMA call. Silent where only some way brings NULL. */
import type { Facts } from "../../analysis/facts.ts";
import { nullDevices } from "../../analysis/streaming/null-devices.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/coherent-null-device",
    group: "coherent",
    severity: "error",
    stage: "preview",
    summary: "Every call of the DMA API needs the device that does the DMA.",
    why: "The device says which memory it reaches, whether an IOMMU stands between and whether its DMA is coherent. Since Linux 5.x no default stands in: the first thing that the call does is to read through the pointer.",
    remedy:
      "Pass the device on the bus: &pdev->dev. One that is no bus device needs a mask: dma_coerce_mask_and_coherent().",
    basis: [
      "kernel/dma/mapping.c:155-170, 590-598 (6.12.117): dev->dma_mask and dev->coherent_dma_mask are read at once",
      "include/linux/dma-map-ops.h:76-81 (6.12.117): get_dma_ops() reads dev->dma_ops",
      "Documentation/core-api/dma-api.rst:66-70 (6.12.117)",
    ],
    when: "Everywhere.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { call, device } of nullDevices(facts)) {
    const { function: owner, statement, name } = call;
    const text = facts.textOf(owner, device);
    yield {
      ...statement.calleeSpan,
      message:
        text === "NULL" || text === "0"
          ? `${name}() is given no device: it reads the device's mask through NULL.`
          : `${name}() is given ${text}, which is NULL here: it reads the device's mask through it.`,
      function: owner.name,
      path: [
        {
          ...statement.calleeSpan,
          function: owner.name,
          statement: statement.id,
          role: "sink",
          note: "called without a device",
        },
      ],
      subjects: [text],
      fixes: [],
    };
  }
}
