/**
 * Looks for stack memory handed to something that does DMA on it. Silent for calls that copy, for a length of zero and for
 * integers that only look like pointers.
 */
import { type DmaArgument, dmaArguments } from "../../analysis/buffers/dma-arguments.ts";
import { beginsBehind } from "../../analysis/buffers/wrong-memory.ts";
import type { Facts, Origin } from "../../analysis/facts.ts";
import { pathTo } from "../../analysis/flow/finding-path.ts";
import { forbiddenOrigins } from "../../analysis/values/judgement.ts";
import type { Rule, RuleFinding } from "../rule.ts";
import { heapBuffer } from "./heap.ts";

const rule: Rule = {
  meta: {
    id: "dma/map-stack",
    group: "streaming",
    severity: "error",
    stage: "stable",
    summary: "Stack memory must not be used for DMA.",
    why: "With CONFIG_VMAP_STACK the stack is vmalloc memory: mapping it fails, or gives another page. Elsewhere the buffer shares its cache line with live variables, and a device's write is lost when that line is written back.",
    remedy:
      "Allocate the buffer with kmalloc(), keep it in an allocated struct on a cache line of its own, or use a call that copies (usb_control_msg_send(), spi_write_then_read()).",
    basis: [
      "Documentation/core-api/dma-api-howto.rst:132-140 (6.12.117)",
      "include/linux/dma-mapping.h:380-383 (6.12.117): an address in vmalloc space is rejected",
      'drivers/usb/core/hcd.c:1410-1411,1475-1476 (6.12.117): "transfer buffer is on stack"',
      "Documentation/spi/spi-summary.rst:453-455 (6.12.117)",
    ],
    when: "Mapping fails with CONFIG_VMAP_STACK (ARM, arm64, RISC-V, s390, x86-64, 32-bit PowerPC); without it data is lost on machines without coherent DMA.",
    proof: "stack-buffer",
    fixes: [
      { id: "heap", title: "Allocate the buffer with kmalloc(), freed by __free(kfree) (6.5+)", safety: "review" },
    ],
  },
  check,
};
export default rule;

interface StackBuffer {
  readonly argument: DmaArgument;
  readonly origins: readonly Origin[];
}

function* check(facts: Facts): Iterable<RuleFinding> {
  const byCall = new Map<DmaArgument["statement"], StackBuffer>();
  const counts = new Map<DmaArgument["statement"], number>();
  for (const argument of dmaArguments(facts)) {
    const origins = forbiddenOrigins(argument.value, (one) => one.kind === "stack")
      .map((one) => one.origin)
      .filter((one) => !beginsBehind(facts, argument, one));
    if (origins.length === 0) continue;
    counts.set(argument.statement, (counts.get(argument.statement) ?? 0) + origins.length);
    // The SPI core maps the pages of a stack correctly (drivers/spi/spi.c:1135, spi_map_buf_attrs(), 6.12.117), and what the
    // device only reads cannot lose a write: the contract asks for heap memory, but nothing goes wrong.
    if (argument.mapper === "spi" && !argument.written) continue;
    // A call with several such buffers is one mistake; the one that the device writes is the worst.
    const known = byCall.get(argument.statement);
    if (!known || (argument.written && !known.argument.written)) byCall.set(argument.statement, { argument, origins });
  }
  // A fix that leaves another buffer of the call on the stack would be half a fix.
  for (const one of byCall.values()) yield* findingOf(facts, one, counts.get(one.argument.statement) === 1);
}

function* findingOf(facts: Facts, { argument, origins }: StackBuffer, isOnly: boolean): Iterable<RuleFinding> {
  const origin = origins[0];
  if (!origin) return;
  const { function: owner, statement, name } = argument;
  const object = origin.object?.name ?? origin.name;
  const home = origin.path[0]?.function ?? owner.name;
  const others = origins.length > 1 ? ` and ${origins.length - 1} more` : "";
  yield {
    ...statement.calleeSpan,
    message: `${name}() ${verb(argument)} ${object}, which is on the stack${home === owner.name ? "" : ` of ${home}()${others}`}.`,
    function: owner.name,
    path: pathTo(origin, owner, statement.id, statement.calleeSpan, "used for DMA here"),
    subjects: [argument.subject],
    fixes: isOnly ? heapBuffer(facts, argument, origin) : [],
  };
}

function verb({ mapper, written }: DmaArgument): string {
  if (mapper === "scatterlist") return "makes a scatterlist of";
  if (mapper === "streaming") return "maps";
  return written ? "lets the device write to" : "lets the device read";
}
