/**
 * Looks for CPU accesses to a streaming buffer between its map and its unmap or sync_for_cpu: stores to any buffer, loads of one that
 * the device may write. Silent outside the mapped bytes, where a sync_for_device follows a store, and on the failed map's branch.
 */
import { textBetween } from "../../program/lower-c-file.ts";
import type { Facts } from "../../analysis/facts.ts";
import { type AccessViolation, accessViolations } from "../../analysis/ownership/ownership-violations.ts";
import type { Expression, PathStep } from "../../program/program.ts";
import type { Rule, RuleFinding } from "../rule.ts";
import { fixesOf } from "./fixes.ts";

const rule: Rule = {
  meta: {
    id: "dma/cpu-access-while-mapped",
    group: "streaming",
    severity: "error",
    stage: "stable",
    summary:
      "Between the map and the unmap or sync_for_cpu of a streaming buffer its memory belongs to the device, and the CPU must not touch it.",
    why: "The map has written the caches back or copied the buffer to a bounce buffer. What the CPU stores afterwards stays in a dirty line or in the original, and the device sends the old bytes. What the CPU loads too early stays in the cache and hides what the device writes later.",
    remedy:
      "Access the memory before the map or after the unmap, or take it back with dma_sync_single_for_cpu() and give it away again with dma_sync_single_for_device().",
    basis: [
      "Documentation/core-api/dma-api.rst:300-319, 456-465 (6.12.117): when the memory must be synced",
      "Documentation/core-api/dma-api-howto.rst:627-665 (6.12.117): the CPU must not access the buffer while it is mapped",
      "kernel/dma/mapping.c:269-274 (6.12.117): the buffer must not be touched by the CPU until it is unmapped",
      "rtl8188ee, commit 6df3c293d284, and p54, commit 478762855b5a: found in the same way and mended",
    ],
    when: "Where the device is not cache coherent, and everywhere with bounce buffers (swiotlb), also on x86.",
    proof: "owned-by-device",
    fixes: [
      { id: "move-before-map", title: "Access the memory before it is mapped", safety: "safe" },
      { id: "bracket", title: "Take the buffer back for the access with sync calls", safety: "review" },
    ],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const violation of accessViolations(facts)) {
    const { mapping, accesses } = violation;
    const [{ access }] = accesses;
    const { owner } = mapping;
    const buffer = mapping.buffer ? sourceOf(facts, mapping.buffer) : "the buffer";
    yield {
      ...access.span,
      message: messageOf(facts, violation, buffer),
      function: owner.name,
      path: pathOf(facts, violation, buffer),
      subjects: [buffer, violation.kind],
      fixes: fixesOf(facts, violation),
    };
  }
}

/** The buffer as the source spells it, without a cast in front. */
function sourceOf(facts: Facts, buffer: Expression): string {
  const text = textBetween(facts.unit, buffer.file, buffer.start, buffer.end);
  return text.replace(/\s+/g, " ").replace(/^\((?:const |struct |unsigned )*\w+ ?\**\) ?/, "");
}

function messageOf(facts: Facts, { mapping, kind, accesses }: AccessViolation, buffer: string): string {
  const [{ access }, ...others] = accesses;
  const place = access.place && facts.textOfPlace(mapping.owner, access.place);
  const how = access.by !== undefined ? `${access.by}()` : "the CPU";
  const what = place ?? buffer;
  const verb = kind === "store" ? "writes" : "reads";
  const behind =
    kind === "store"
      ? "the device may not see it"
      : "what the device writes later may stay hidden behind the cached bytes";
  const more = others.length > 0 ? ` (and ${others.length} more below)` : "";
  return `${how} ${verb} ${what} while ${buffer} is mapped for the device${more}: ${behind}.`;
}

function pathOf(facts: Facts, { mapping, accesses }: AccessViolation, buffer: string): readonly PathStep[] {
  const { made, call, owner } = mapping;
  const [{ access }] = accesses;
  const map: PathStep = {
    ...made.call.calleeSpan,
    function: made.owner.name,
    statement: made.call.id,
    role: "map",
    note: `${buffer} mapped here`,
  };
  const pass: PathStep = {
    ...call.calleeSpan,
    function: owner.name,
    statement: call.id,
    role: "pass",
    note: `${buffer} passed here`,
  };
  // The step is the statement: a place that a call's result goes to lies beside the call.
  const { file, start, end } = facts.statementOf(owner, access.statement) ?? access.span;
  const sink: PathStep = {
    file,
    start,
    end,
    function: owner.name,
    statement: access.statement,
    role: "sink",
    note: "touched here",
  };
  return call === made.call ? [map, sink] : [pass, map, sink];
}
