/** Makes the trace of one run: the machine's events with the platform's facts and the source that the steps point into. */
import type { MachineModel } from "../machine/model.ts";
import { coloursOf } from "../machine/model.ts";
import type { Platform } from "../platforms/platform.ts";
import type { DriverUnit, PathStep } from "../program/program.ts";
import { SourceText } from "../text/source.ts";
import type { Outcome, Trace, TraceEvent, TraceObject, TracePlatform, TraceSource, Verdict } from "../trace/trace.ts";

export interface RunTrace {
  readonly unit: DriverUnit;
  readonly platform: Platform;
  readonly model: MachineModel;
  readonly id: string;
  readonly title: string;
  readonly rule: string;
  readonly fingerprint: string | undefined;
  readonly tool: string;
  readonly schedule: string;
  readonly outcome: Outcome;
  readonly verdict: Verdict;
  readonly path: readonly PathStep[];
  readonly events: readonly TraceEvent[];
  readonly objects: readonly TraceObject[];
  readonly assumptions: readonly string[];
}

export function makeTrace(run: RunTrace): Trace {
  return {
    version: 1,
    tool: run.tool,
    title: `${run.title}, on ${run.platform.title}`,
    rule: run.rule,
    ...(run.fingerprint === undefined ? {} : { finding: run.fingerprint }),
    platform: tracedPlatform(run.platform, run.model, run.id, run.assumptions),
    schedule: run.schedule,
    outcome: run.outcome,
    verdict: run.verdict,
    sources: sourcesOf(run),
    objects: run.objects,
    events: run.events,
  };
}

/** The head of a trace: the machine in numbers, and what is worth knowing of it. `assumptions` are the run's own. */
export function tracedPlatform(
  platform: Platform,
  model: MachineModel,
  id: string,
  assumptions: readonly string[],
): TracePlatform {
  const fact = (
    text: string,
    from: { readonly source: string; readonly confidence: string },
  ): TracePlatform["facts"][number] => ({
    text,
    source: from.source,
    inferred: from.confidence === "inferred",
  });
  const speculates = model.speculation.loadFill;
  return {
    id,
    title: platform.title,
    coherent: model.coherent,
    lineBytes: model.cache.lineBytes,
    granuleBytes: model.cache.granuleBytes,
    ways: model.cache.ways,
    sets: model.cache.sets,
    indexing: platform.dcache.indexing.value,
    pageBytes: model.pageBytes,
    facts: [
      fact(
        model.coherent ? "The device's DMA looks into the cache." : "The device's DMA does not look into the cache.",
        platform.dma.coherent,
      ),
      fact(
        `dma_alloc_coherent() memory: ${platform.coherentAlloc.mechanism.words ?? platform.coherentAlloc.mechanism.value.blocking}.`,
        platform.coherentAlloc.mechanism,
      ),
      fact(
        speculates
          ? "The processor may fill cache lines that the program does not touch."
          : "The processor fills only lines that the program touches.",
        platform.speculation.loadFill,
      ),
      ...(coloursOf(model) > 1
        ? [
            fact(
              `One physical line can be at ${String(coloursOf(model))} places in the cache.`,
              platform.dcache.indexing,
            ),
          ]
        : []),
      ...assumptions.slice(0, 12).map((text) => ({ text: `Supposed: ${text}.`, source: "the run", inferred: true })),
    ],
  };
}

/** The functions that steps point into, with a little around them. */
function sourcesOf(run: RunTrace): readonly TraceSource[] {
  const ranges = new Map<string, { first: number; last: number }>();
  const include = (file: string, first: number, last: number): void => {
    const range = ranges.get(file);
    if (range === undefined) ranges.set(file, { first, last });
    else {
      range.first = Math.min(range.first, first);
      range.last = Math.max(range.last, last);
    }
  };
  for (const event of run.events) {
    if (event.kind === "step" && event.source !== undefined)
      include(event.source.file, event.source.line, event.source.endLine);
  }
  const sources: TraceSource[] = [];
  for (const step of run.path) {
    const file = run.unit.files.get(step.file);
    if (file === undefined) continue;
    const text = new SourceText(step.file, file.text);
    include(step.file, text.positionAt(step.start).line, text.positionAt(step.end).line);
  }
  for (const [name, range] of ranges) {
    const file = run.unit.files.get(name);
    if (file === undefined) continue;
    const text = new SourceText(name, file.text);
    const firstLine = Math.max(1, range.first - 3);
    const last = Math.min(text.lineStarts.length, range.last + 3);
    sources.push({
      file: name,
      firstLine,
      lines: Array.from({ length: last - firstLine + 1 }, (_, index) => text.lineText(firstLine + index)),
    });
  }
  return sources;
}
