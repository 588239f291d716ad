/** A trace as a sequence of steps: what a person moves through. */
import type { Agent, HarmKind, Trace, TraceEvent, TraceRange } from "./trace.ts";

export interface TimelineStep {
  /** Counts from 0. */
  readonly index: number;
  /** First and last event of the step. */
  readonly first: number;
  readonly last: number;
  readonly agent: Agent;
  /** The sentences of the step's events, the step's own first. */
  readonly sentences: readonly string[];
  readonly source?: TraceRange;
  readonly code?: string;
  readonly function?: string;
  /** Whether a byte that was read, or lies in the cache or in RAM, went stale or was lost in this step. */
  readonly stale: boolean;
  readonly harm?: HarmKind;
}

/** Groups the events of a trace by step. Events of equal `step` are neighbours. */
export function timelineOf(trace: Trace): readonly TimelineStep[] {
  const steps: TimelineStep[] = [];
  let first = 0;
  while (first < trace.events.length) {
    const number = trace.events[first]?.step;
    let last = first;
    while (trace.events[last + 1]?.step === number && last + 1 < trace.events.length) last++;
    steps.push(stepOf(steps.length, first, last, trace.events.slice(first, last + 1)));
    first = last + 1;
  }
  return steps;
}

/** The next step after `from` (or before it, where `direction` is -1) at which something went stale; undefined if none. */
export function nextStale(steps: readonly TimelineStep[], from: number, direction: 1 | -1): number | undefined {
  for (let i = from + direction; i >= 0 && i < steps.length; i += direction) {
    if (steps[i]?.stale) return i;
  }
  return undefined;
}

/** The index of the step that the event belongs to. */
export function stepOfEvent(steps: readonly TimelineStep[], event: number): number {
  let from = 0;
  let to = steps.length;
  while (from + 1 < to) {
    const middle = (from + to) >> 1;
    if ((steps[middle]?.first ?? 0) <= event) from = middle;
    else to = middle;
  }
  return from;
}

/** The steps that stand for a source line, in order. */
export function stepsAtLine(steps: readonly TimelineStep[], file: string, line: number): readonly number[] {
  return steps
    .filter((step) => step.source?.file === file && step.source.line <= line && line <= step.source.endLine)
    .map((step) => step.index);
}

function stepOf(index: number, first: number, last: number, events: readonly TraceEvent[]): TimelineStep {
  const head = events[0];
  const start = events.find((event) => event.kind === "step");
  const harm = events.find((event) => event.kind === "harm");
  const sentences: string[] = [];
  for (const event of start ? [start, ...events.filter((other) => other !== start)] : events) {
    if (event.sentence !== "" && !sentences.includes(event.sentence)) sentences.push(event.sentence);
  }
  return {
    index,
    first,
    last,
    agent: head?.agent ?? "environment",
    sentences,
    ...(start?.source && { source: start.source }),
    ...(start?.code !== undefined && { code: start.code }),
    ...(start?.function !== undefined && { function: start.function }),
    stale: events.some(turnsStale),
    ...(harm && { harm: harm.harm }),
  };
}

function turnsStale(event: TraceEvent): boolean {
  if (event.kind === "harm" || event.kind === "fault") return true;
  if (event.kind === "load") return event.stale;
  return (
    event.kind === "line" &&
    (event.after?.stale.includes(true) ?? false) &&
    !(event.before?.stale.includes(true) ?? false)
  );
}
