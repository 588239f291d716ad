/**
 * Looks for static data, string literals and what is sent from the stack as buffers of SPI transfers. Silent for calls that copy, for
 * what is received on the stack, which dma/map-stack finds, and for struct members, which dma/map-unaligned-shared-line judges.
 */
import type { DmaArgument } from "../../analysis/buffers/dma-arguments.ts";
import type { Facts } from "../../analysis/facts.ts";
import { pathTo } from "../../analysis/flow/finding-path.ts";
import { describe, type WrongMemory, wrongMemory } from "../../analysis/buffers/wrong-memory.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "spi/buffer-dma-safe",
    group: "spi",
    severity: "warning",
    stage: "stable",
    summary: "The buffers of SPI transfers must be DMA-safe memory.",
    why: "A controller that does DMA maps the buffer. Static data of a module has no linear address, and the transfer fails with -EINVAL; what is sent from the stack works with the SPI core of today, but the contract does not promise it.",
    remedy:
      "Use spi_write_then_read(), which copies, or keep the buffers in an allocated struct: `u8 buf[4] __aligned(ARCH_DMA_MINALIGN);` as its last members.",
    basis: [
      "include/linux/spi/spi.h:962-963 (6.12.117): tx_buf and rx_buf are DMA-safe memory",
      "Documentation/spi/spi-summary.rst:416-419,453-455 (6.12.117)",
      "drivers/spi/spi.c:1135-1159 (6.12.117): spi_map_buf_attrs() takes vmalloc, kmap() and linear addresses only",
    ],
    when: "Controllers that do DMA: static data in modules; stack memory is a promise that is not made.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  const worst = new Map<DmaArgument["statement"], WrongMemory | undefined>();
  for (const one of wrongMemory(facts, ["stack", "image", "string", "percpu"], ["spi"])) {
    const { statement, written } = one.argument;
    const known = worst.get(statement);
    // What is received on the stack is dma/map-stack's finding, and a call with several such buffers is one mistake.
    if (written && one.origin.kind === "stack") worst.set(statement, undefined);
    else if (!worst.has(statement) || (known?.origin.kind === "stack" && one.origin.kind !== "stack"))
      worst.set(statement, one);
  }
  for (const one of worst.values()) if (one) yield findingOf(one);
}

function findingOf({ argument, origin }: WrongMemory): RuleFinding {
  const { function: owner, statement, name, written } = argument;
  return {
    ...statement.calleeSpan,
    message: `${name}() ${written ? "receives into" : "sends"} ${describe(origin)} and not DMA-safe.`,
    function: owner.name,
    path: pathTo(origin, owner, statement.id, statement.calleeSpan, "used for DMA here"),
    subjects: [argument.subject],
    // The SPI core maps the pages of a stack rightly, and nothing that the device writes can be lost: it is the contract only.
    ...(origin.kind === "stack" && { severity: "hint" as const }),
    fixes: [],
  };
}
