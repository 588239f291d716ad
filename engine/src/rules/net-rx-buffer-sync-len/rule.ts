/**
 * Looks for copies out of a receive buffer that are longer than what dma_sync_*_for_cpu() was told: two constants, or the synced length with
 * a constant added. Silent where another sync or an unmap of the function may have covered the rest.
 */
import type { Facts } from "../../analysis/facts.ts";
import { eventStep, mapStep } from "../../analysis/ownership/kept-words.ts";
import { shortSyncs } from "../../analysis/ownership/short-syncs.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "net/rx-buffer-sync-len",
    group: "streaming",
    severity: "error",
    stage: "preview",
    summary: "A received packet is synced for the CPU as far as it is copied.",
    why: "The bytes past the synced ones may come out of the cache as they were before the packet arrived, and behind a bounce buffer they are not copied back: the end of the packet is that of an older one.",
    remedy: "Give dma_sync_single_for_cpu() at least the length that is copied.",
    basis: [
      "Documentation/core-api/dma-api-howto.rst:690-728 (6.12.117): the receive example syncs what it looks at",
      "CVE-2026-72064 (mana): a receive path that read what nobody had synced",
    ],
    when: "Where the device is not cache coherent, and everywhere with bounce buffers (swiotlb), also on x86.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { kept, sync, owner, access, copy } of shortSyncs(facts)) {
    const length = copy.arguments.at(-1);
    const copied = length ? facts.textOf(owner, length) : "more";
    const synced = sync.size ? facts.textOf(owner, sync.size) : "fewer";
    yield {
      ...access.span,
      message: `${access.by ?? "the CPU"}() copies ${copied} bytes of a received buffer of which ${sync.api.name}() syncs ${synced}: the rest may be older than the transfer.`,
      function: owner.name,
      path: [
        mapStep(kept),
        eventStep(sync, `${synced} bytes synced here`),
        {
          ...access.span,
          function: owner.name,
          statement: access.statement,
          role: "sink",
          note: `${copied} bytes copied here`,
        },
      ],
      subjects: [kept.handleField],
      fixes: [],
    };
  }
}
