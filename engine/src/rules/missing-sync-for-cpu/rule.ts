/**
 * Looks for reads of a buffer that another function mapped for the device and that nobody has taken back yet: the function reads it and
 * unmaps it afterwards, or the buffer stays mapped until the teardown and no function of the driver syncs it for the CPU.
 * Silent where a caller may have synced it, and in drivers that flush by hand or ask for coherence.
 */
import { earlyReads } from "../../analysis/ownership/early-reads.ts";
import type { Facts } from "../../analysis/facts.ts";
import { unsyncedAccesses } from "../../analysis/ownership/kept-ownership.ts";
import { accessStep, accessWords, eventStep, mapStep, moreBelow } from "../../analysis/ownership/kept-words.ts";
import type { PathStep } from "../../program/program.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/missing-sync-for-cpu",
    group: "streaming",
    severity: "error",
    stage: "stable",
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
    proof: "owned-by-device",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  const told = new Set<string>();
  for (const { kept, end, owner, call, reads } of earlyReads(facts)) {
    const [first, ...others] = reads;
    const handle = end.handle ? facts.textOf(end.owner, end.handle) : "the handle";
    const place = `${first.span.file} ${first.span.start}`;
    if (told.has(place)) continue;
    told.add(place);
    const pass: PathStep = {
      ...call.calleeSpan,
      function: owner.name,
      statement: call.id,
      role: "pass",
      note: "passed here, after the read",
    };
    yield {
      ...first.span,
      message: `${accessWords(facts, owner, first, kept)} before ${end.api.name}() takes it back from the device${moreBelow(others)}: the bytes may be older than the transfer.`,
      function: owner.name,
      path: [
        mapStep(kept),
        ...(call === end.call ? [] : [pass]),
        eventStep(end, `${handle} unmapped only here`),
        accessStep(owner, first),
      ],
      subjects: [handle],
      fixes: [],
    };
  }
  for (const { kept, owner, kind, accesses, otherSync } of unsyncedAccesses(facts)) {
    const [{ access }, ...others] = accesses;
    const place = `${access.span.file} ${access.span.start}`;
    if (kind !== "load" || otherSync || told.has(place)) continue;
    told.add(place);
    yield {
      ...access.span,
      message: `${accessWords(facts, owner, access, kept)}, which stays mapped for the device, and nothing syncs it for the CPU${moreBelow(others)}: the bytes may be older than the transfer.`,
      function: owner.name,
      path: [mapStep(kept), accessStep(owner, access)],
      subjects: [kept.handleField],
      fixes: [],
    };
  }
}
