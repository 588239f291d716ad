/**
 * Looks for reads behind a sync_for_device, and for writes in front of a sync_for_cpu with nothing behind it that gives them to the device.
 * Silent where anything between may sync or unmap, and in drivers that flush by hand or ask for coherence.
 */
import type { Facts } from "../../analysis/facts.ts";
import { wrongWays } from "../../analysis/ownership/kept-ownership.ts";
import { accessStep, accessWords, eventStep, mapStep, moreBelow } from "../../analysis/ownership/kept-words.ts";
import type { StreamingEvent } from "../../analysis/ownership/streaming-events.ts";
import type { Rule, RuleFinding, RuleFix } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/sync-wrong-way",
    group: "streaming",
    severity: "error",
    stage: "preview",
    summary:
      "Before the CPU reads what the device wrote it is dma_sync_*_for_cpu(), and after the CPU has written it is dma_sync_*_for_device().",
    why: "The two are not one operation: for_device cleans the cache where for_cpu invalidates it, and they copy a bounce buffer in opposite directions. After the wrong one the reader still has the old bytes.",
    remedy: "Use the other sync, or move it to the other side of the access.",
    basis: [
      "Documentation/core-api/dma-api.rst:456-465 (6.12.117): which sync is for which moment",
      "kernel/dma/direct.h:59-87 (6.12.117): dma_direct_sync_single_for_device() and _for_cpu()",
      "CVE-2026-46077 (atmel-tdes): for_device before the CPU read the result",
    ],
    when: "Where the device is not cache coherent, and everywhere with bounce buffers (swiotlb), also on x86.",
    proof: "owned-by-device",
    fixes: [{ id: "for-device", title: "Sync for the device", safety: "review" }],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { kept, sync, kind, accesses, before } of wrongWays(facts)) {
    const [{ access }, ...others] = accesses;
    const { owner } = sync;
    const handle = sync.handle ? facts.textOf(owner, sync.handle) : "the handle";
    const words = accessWords(facts, owner, access, kept);
    const message =
      kind === "store"
        ? `${sync.api.name}() follows where ${words}${moreBelow(others)}: it does not give the bytes to the device.`
        : before
          ? `${words} after ${sync.api.name}() has given it back to the device${moreBelow(others)}: the bytes may not be what the device wrote.`
          : `${words} after ${sync.api.name}()${moreBelow(others)}: that does not make what the device wrote visible to the CPU.`;
    const step = eventStep(
      sync,
      kind === "store" ? `${handle} synced for the CPU here` : `${handle} synced for the device here`,
    );
    yield {
      ...(kind === "store" ? sync.call.calleeSpan : access.span),
      message,
      function: owner.name,
      path:
        kind === "store"
          ? [mapStep(kept), { ...accessStep(owner, access), role: "store" }, { ...step, role: "sink" }]
          : [mapStep(kept), step, accessStep(owner, access)],
      subjects: [handle],
      fixes: kind === "store" ? syncForDevice(sync) : [],
    };
  }
}

/** The call of the other direction takes the same arguments. */
function syncForDevice({ api, call, owner }: StreamingEvent): readonly RuleFix[] {
  const newText = api.name.replace("_for_cpu", "_for_device");
  if (newText === api.name || call.macro !== undefined || owner.language !== "c") return [];
  const { file, start, end } = call.calleeSpan;
  return [{ id: "for-device", title: `Call ${newText}()`, edits: [{ file, start, end, newText }] }];
}
