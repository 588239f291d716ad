/**
 * Looks for unmaps and frees on the way that a function takes when it has given up waiting for the transfer, with nothing in between that
 * could stop the device. Silent as soon as any call between may do so: a register write, a dmaengine call, a function that is not known.
 */
import { type UnfinishedTransfer, unfinishedTransfers } from "../../analysis/device/unfinished-transfers.ts";
import type { Facts } from "../../analysis/facts.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/unmap-before-complete",
    group: "streaming",
    severity: "error",
    stage: "stable",
    summary: "A buffer is unmapped and freed only when the device has finished with it, or has been stopped.",
    why: "A wait that timed out says that the transfer is late, not that it is over. The device goes on reading or writing an address that is no longer the buffer's: behind an IOMMU it faults, with a bounce buffer it fills a slot of somebody else, without either it writes into memory that has been given to another owner.",
    remedy:
      "Stop the transfer before the unmap: dmaengine_terminate_sync(), the device's abort or reset, and a read back that tells that it has stopped.",
    basis: [
      "Documentation/core-api/dma-api-howto.rst:549-550, 583-584 (6.12.117): unmap when the DMA activity is finished",
      "Documentation/driver-api/dmaengine/client.rst, Terminate APIs (6.12.117): buffers may be freed after dmaengine_synchronize()",
    ],
    when: "Everywhere, when a device is slow, hangs or is unplugged.",
    proof: "freed-while-mapped",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  const told = new Set<string>();
  for (const transfer of unfinishedTransfers(facts)) {
    const { memory, wait, end } = transfer;
    const { owner, made, is, name } = memory;
    const place = `${end.file} ${end.start}`;
    if (told.has(place)) continue;
    told.add(place);
    const ends = is === "mapped" ? "ends the mapping of" : "frees";
    yield {
      ...end.calleeSpan,
      message: `${nameOf(end)}() ${ends} ${name} ${reasonOf(transfer)}, and nothing has stopped the device.`,
      function: owner.name,
      path: [
        {
          ...made.calleeSpan,
          function: owner.name,
          statement: made.id,
          role: is === "mapped" ? "map" : "allocate",
          note: `${name} ${is} here`,
        },
        { ...wait.calleeSpan, function: owner.name, statement: wait.id, role: "pass", note: "given up here" },
        {
          ...end.calleeSpan,
          function: owner.name,
          statement: end.id,
          role: "sink",
          note: is === "mapped" ? "unmapped here" : "freed here",
        },
      ],
      subjects: [name],
      fixes: [],
    };
  }
}

function nameOf({ callee }: UnfinishedTransfer["wait"]): string {
  return callee.kind === "direct" ? callee.name : "the call";
}

function reasonOf({ wait, answer }: UnfinishedTransfer): string {
  const name = nameOf(wait);
  if (answer === undefined) return `whatever ${name}() said`;
  return answer === "negative" && !/poll_timeout/.test(name)
    ? `after a signal ended ${name}()`
    : `after ${name}() timed out`;
}
