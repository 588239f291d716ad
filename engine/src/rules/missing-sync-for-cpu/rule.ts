/**
 * Looks for reads of a buffer that another function mapped for the device and that nobody has taken back yet: the function reads it and
 * unmaps it afterwards. Silent where a caller may have synced it, and in drivers that flush by hand or ask for coherence.
 */
import { earlyReads } from "../../analysis/early-reads.ts";
import type { Facts } from "../../analysis/facts.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/missing-sync-for-cpu",
    group: "streaming",
    severity: "error",
    stage: "preview",
    summary: "What a device has written to a mapped buffer may be read only after the unmap or a sync_for_cpu.",
    why: "The processor may have fetched the cache lines of the buffer ahead of time, and behind a bounce buffer the bytes are not there yet at all. The driver reads what was in memory before the transfer: an old packet, an old length, zeros.",
    remedy:
      "Read the buffer after dma_unmap_single(), or call dma_sync_single_for_cpu() for the bytes that are read before the first read.",
    basis: [
      "Documentation/core-api/dma-api.rst:307-319, 456-465 (6.12.117): sync before reading what the device wrote",
      "Documentation/core-api/dma-api-howto.rst:627-641, 698-712 (6.12.117): the receive example syncs before it looks at the header",
      "gve, commit 9cfeeb576d49: a receive path that read packets without a sync",
    ],
    when: "Where the device is not cache coherent, and everywhere with bounce buffers (swiotlb), also on x86.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { kept, end, reads } of earlyReads(facts)) {
    const [first, ...others] = reads;
    const { owner } = end;
    const handle = end.handle ? facts.textOf(owner, end.handle) : "the handle";
    const what = first.place ? facts.textOfPlace(owner, first.place) : "the buffer";
    const how = first.by !== undefined ? `${first.by}()` : "the CPU";
    const more = others.length > 0 ? ` (and ${others.length} more below)` : "";
    const map = kept.map;
    yield {
      ...first.span,
      message: `${how} reads ${what} before ${end.api.name}() takes it back from the device${more}: the bytes may be older than the transfer.`,
      function: owner.name,
      path: [
        {
          ...map.call.calleeSpan,
          function: map.owner.name,
          statement: map.call.id,
          role: "map",
          note: "mapped for the device here",
        },
        {
          ...end.call.calleeSpan,
          function: owner.name,
          statement: end.call.id,
          role: "unmap",
          note: `${handle} unmapped only here`,
        },
        { ...first.span, function: owner.name, statement: first.statement, role: "sink", note: "read here" },
      ],
      subjects: [handle],
      fixes: [],
    };
  }
}
