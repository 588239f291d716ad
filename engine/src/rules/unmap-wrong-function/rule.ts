/**
 * Looks for handles that go to the unmap or sync of another kind of mapping: resources, coherent memory, pages against pointers.
 * Silent as soon as the handle may come from a call of the right kind.
 */
import { freedByOther } from "../../analysis/coherent/other-families.ts";
import type { Facts, Origin } from "../../analysis/facts.ts";
import { makerOf, pathTo, subjectAt } from "../../analysis/flow/finding-path.ts";
import { foreignOrigins, misfits, partnersOf } from "../../analysis/ownership/mapping-partners.ts";
import { type StreamingEvent, streamingEvents } from "../../analysis/ownership/streaming-events.ts";
import type { CallStatement, PathStep, ProgramFunction } from "../../program/program.ts";
import type { Rule, RuleFinding, RuleFix } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/unmap-wrong-function",
    group: "streaming",
    severity: "error",
    stage: "stable",
    summary: "What one family of calls mapped or allocated must be unmapped and synced by the same family.",
    why: "The unmap of the wrong family gives back what was never given: it works on the caches of a resource that has none, leaves coherent memory allocated, and frees IOMMU addresses that are still in use. dma_unmap_single() and dma_unmap_page() are one function today, so mixing these two only misleads the reader.",
    remedy:
      "Pair single with single, page with page, resource with resource; free coherent memory with dma_free_coherent() and never sync it.",
    basis: [
      'kernel/dma/debug.c:994-1000 (6.12.117): "device driver frees DMA memory with wrong function"',
      'kernel/dma/debug.c:1096-1113 (6.12.117): "device driver tries to sync DMA memory it has not allocated"',
      "Documentation/core-api/dma-api.rst:67-70 (6.12.117): coherent memory is freed by dma_free_coherent()",
      "include/linux/dma-mapping.h:305-345 (6.12.117): single and page are one implementation",
    ],
    when: "Everywhere for coherent memory and resources; single and page only where a later kernel tells them apart.",
    fixes: [{ id: "pair", title: "Unmap by the function of the same name", safety: "safe" }],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { call, origin, memory, partner } of freedByOther(facts)) {
    const { function: owner, statement, name } = call;
    const subject = subjectAt(facts, owner, statement.id, memory, origin);
    yield {
      ...statement.calleeSpan,
      message: `${name}() frees DMA memory with wrong function: ${subject} comes from ${makerOf(origin)}, and ${partner}() frees it.`,
      function: owner.name,
      path: pathTo(origin, owner, statement.id, statement.calleeSpan, "freed here"),
      subjects: [subject],
      fixes: [],
    };
  }
  for (const event of streamingEvents(facts)) {
    if (event.step === "map" || event.family === "sg" || !event.handle) continue;
    const subject = facts.textOf(event.owner, event.handle);
    const allocated = coherentOrigin(facts, event);
    const verb = event.step === "unmap" ? "frees" : "syncs";
    if (allocated?.birth) {
      const { birth } = allocated;
      const maker = allocated.api ? `${allocated.api.name}()` : "another call";
      const wrong =
        event.step === "unmap"
          ? `frees DMA memory with wrong function: ${subject} is coherent memory of ${maker}.`
          : `syncs DMA memory that was never mapped: ${subject} is coherent memory of ${maker}, which needs no sync.`;
      yield finding(
        event,
        `${event.api.name}() ${wrong}`,
        subject,
        birth,
        "allocate",
        event.step === "unmap" ? "error" : "warning",
      );
      continue;
    }
    const [map] = misfits(facts, event, (one) => one.family !== event.family);
    if (map) {
      const message = `${event.api.name}() ${verb} DMA memory with wrong function: ${subject} is mapped by ${map.api.name}().`;
      yield finding(event, message, subject, { function: map.owner, statement: map.call }, "map", "error");
      continue;
    }
    const [unlike] = event.step === "unmap" ? misfits(facts, event, (one) => isOther(one, event)) : [];
    if (unlike) {
      const message = `${subject} is mapped by ${unlike.api.name}() and unmapped by ${event.api.name}(): the same today, but not the pair that the API names.`;
      const hint = finding(event, message, subject, { function: unlike.owner, statement: unlike.call }, "map", "hint");
      yield { ...hint, fixes: paired(event) };
    }
  }
}

/** Coherent memory, where the handle can be nothing else. */
function coherentOrigin(facts: Facts, event: StreamingEvent): Origin | undefined {
  if (partnersOf(facts, event).length > 0) return undefined;
  const made = foreignOrigins(facts, event).filter((one) => one.kind !== "null");
  return made.every((one) => one.kind === "dma-coherent" || one.kind === "dma-pool") ? made[0] : undefined;
}

/** Pages and packet fragments against pointers. */
function isOther(map: StreamingEvent, event: StreamingEvent): boolean {
  const mapped = shapeOf(map);
  const unmapped = shapeOf(event);
  return mapped !== undefined && unmapped !== undefined && mapped !== unmapped;
}
function shapeOf({ api }: StreamingEvent): "single" | "page" | undefined {
  if (/_(un)?map_single/.test(api.name)) return "single";
  return /_(un)?map_page/.test(api.name) || api.name === "skb_frag_dma_map" ? "page" : undefined;
}

function finding(
  event: StreamingEvent,
  message: string,
  subject: string,
  made: { readonly function: ProgramFunction; readonly statement: CallStatement },
  role: PathStep["role"],
  severity: "error" | "warning" | "hint",
): RuleFinding {
  const { call, owner } = event;
  return {
    ...call.calleeSpan,
    message,
    severity,
    function: owner.name,
    path: [
      {
        ...made.statement.calleeSpan,
        function: made.function.name,
        statement: made.statement.id,
        role,
        note: role === "map" ? "mapped here" : "allocated here",
      },
      {
        ...call.calleeSpan,
        function: owner.name,
        statement: call.id,
        role: "sink",
        note: event.step === "unmap" ? "unmapped here" : "synced here",
      },
    ],
    subjects: [subject, event.step],
    fixes: [],
  };
}

/** dma_unmap_single() and dma_unmap_page() take the same arguments, and are one function (include/linux/dma-mapping.h:327-345). */
function paired({ api, call, owner }: StreamingEvent): readonly RuleFix[] {
  const [, kind, rest = ""] = /^dma_unmap_(single|page)(_attrs)?$/.exec(api.name) ?? [];
  if (kind === undefined || call.macro !== undefined || owner.language !== "c") return [];
  const { file, start, end } = call.calleeSpan;
  const newText = `dma_unmap_${kind === "single" ? "page" : "single"}${rest}`;
  return [{ id: "pair", title: `Use ${newText}()`, edits: [{ file, start, end, newText }] }];
}
