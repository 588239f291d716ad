/**
 * Looks for loops that wait for a word in streaming memory while the device owns it: the loop's condition reads one place of a mapped buffer.
 * Silent where anything in the loop syncs, and where each round reads another place.
 */
import { textBetween } from "../../program/lower-c-file.ts";
import type { Facts } from "../../analysis/facts.ts";
import { mapStep } from "../../analysis/ownership/kept-words.ts";
import { polledMappings } from "../../analysis/ownership/polled-mappings.ts";
import type { Expression, PathStep } from "../../program/program.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/sleep-poll-cached",
    group: "streaming",
    severity: "error",
    stage: "preview",
    summary:
      "A word that the CPU polls and the device writes belongs in coherent memory, or is synced for the CPU in every round.",
    why: "The first round brings the line into the cache. The device writes memory, every later round reads the cache, and the loop never ends or always times out.",
    remedy:
      "Allocate the word with dma_alloc_coherent() and read it with READ_ONCE(), or call dma_sync_single_for_cpu() in the loop before each read.",
    basis: [
      "Documentation/core-api/dma-api-howto.rst:301-323 (6.12.117): what both sides use at once is for consistent mappings",
      "Documentation/memory-barriers.txt:2756-2769 (6.12.117): the CPU may go on reading its cache",
    ],
    when: "Where the device is not cache coherent, and everywhere with bounce buffers (swiotlb), also on x86.",
    subsumes: ["dma/cpu-access-while-mapped", "dma/missing-sync-for-cpu"],
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { owner, access, mapping, kept } of polledMappings(facts)) {
    const what = access.place ? facts.textOfPlace(owner, access.place) : "the word";
    const map: readonly PathStep[] = kept
      ? [mapStep(kept)]
      : mapping
        ? [
            {
              ...mapping.made.call.calleeSpan,
              function: mapping.made.owner.name,
              statement: mapping.made.call.id,
              role: "map",
              note: "mapped for the device here",
            },
          ]
        : [];
    yield {
      ...access.span,
      message: `The loop polls ${what} in streaming memory, and nothing in it syncs the word for the CPU: every round may read the cached bytes of the first.`,
      function: owner.name,
      path: [
        ...map,
        { ...access.span, function: owner.name, statement: access.statement, role: "sink", note: "polled here" },
      ],
      // The names by which the subsumed rules call it.
      subjects: kept ? [kept.handleField] : [bufferOf(facts, mapping?.buffer), "load"],
      fixes: [],
    };
  }
}

/** The mapped buffer as the source spells it, without a cast in front. */
function bufferOf(facts: Facts, buffer: Expression | undefined): string {
  if (!buffer) return "the buffer";
  const text = textBetween(facts.unit, buffer.file, buffer.start, buffer.end);
  return text.replace(/\s+/g, " ").replace(/^\((?:const |struct |unsigned )*\w+ ?\**\) ?/, "");
}
