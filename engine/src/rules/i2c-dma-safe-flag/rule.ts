/**
 * Looks for I2C buffers that the driver declares safe for DMA although they are on the stack, static or vmalloc memory. Without the claim
 * the I2C core copies where it must, so any memory is right.
 */
import type { Facts } from "../../analysis/facts.ts";
import { pathTo } from "../../analysis/flow/finding-path.ts";
import { unsafeClaims } from "../../analysis/buffers/i2c-safe-buffers.ts";
import { describe } from "../../analysis/buffers/wrong-memory.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "i2c/dma-safe-flag",
    group: "i2c",
    severity: "error",
    stage: "preview",
    summary: "I2C_M_DMA_SAFE is for buffers that are safe for DMA.",
    why: "The flag tells the bus driver to map the buffer as it is. Stack, static and vmalloc memory has no address that can be mapped, or shares its cache lines with other variables.",
    remedy: "Drop the flag (the bus driver then copies where it must), or allocate the buffer with kmalloc().",
    basis: [
      "Documentation/i2c/dma-considerations.rst:24-44 (6.12.117)",
      "drivers/i2c/i2c-core-base.c, i2c_get_dma_safe_msg_buf() (6.12.117): the flag means no bounce buffer",
      "include/uapi/linux/i2c.h:82-84 (6.12.117)",
    ],
    when: "Bus drivers that do DMA; with CONFIG_VMAP_STACK, in modules, and on machines without coherent DMA.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { function: owner, statement, span, claim, subject, origin } of unsafeClaims(facts))
    yield {
      ...span,
      message: `${claim} promises that the buffer is safe for DMA, but it is ${describe(origin)}.`,
      function: owner.name,
      path: pathTo(origin, owner, statement.id, span, "declared safe for DMA here"),
      subjects: [subject],
      fixes: [],
    };
}
