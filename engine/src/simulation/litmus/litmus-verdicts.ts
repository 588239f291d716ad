/** What a litmus test comes to on a machine: every outcome that some schedule leads to, and the verdict. */
import type { AgentProgram } from "../../machine/action.ts";
import type { Platform } from "../../platforms/index.ts";
import type { LitmusLocation, LitmusPlace, LitmusSource } from "../../program/litmus/litmus-source.ts";
import type { Trace, TraceEvent, Verdict } from "../../trace/trace.ts";
import { type Exploration, replay, type ReplayedRun } from "../explorer.ts";
import { exploreBeliefs } from "../explorer-belief.ts";
import { searchSchedules } from "../explorer-search.ts";
import { tracedPlatform } from "../trace-of-run.ts";
import { placesOf } from "./litmus-expressions.ts";
import type { LitmusMachine } from "./litmus-machine.ts";
import { defaultRounds, litmusProgram } from "./litmus-program.ts";

export interface LitmusOptions {
  /** Rounds of a loop in one run. Default: 3. */
  readonly rounds?: number;
  /** Runs at most (default 50,000); beyond, the verdict is "unknown" unless it is certain already. */
  readonly maxRuns?: number;
  /** The user's own machines, besides the shipped ones. */
  readonly presets?: readonly Platform[];
}

export interface LitmusOutcome {
  /** "own=1 desc=0": the registers in the order of the file. */
  readonly state: string;
  readonly bad: boolean;
  /** Replays a run that ends so. */
  readonly schedule: string;
}

export interface LitmusVerdict {
  readonly platform: string;
  readonly verdict: Verdict;
  /** Why there is no run on that machine at all, or why the verdict is not known. */
  readonly note?: string;
  /** By state. */
  readonly outcomes: readonly LitmusOutcome[];
  /** Runs that were made. */
  readonly runs: number;
}

/** All outcomes, by belief sets. */
export function litmusVerdict(
  source: LitmusSource,
  machine: LitmusMachine,
  options: LitmusOptions = {},
): LitmusVerdict {
  const impossible = impossibleOn(source, machine);
  if (impossible !== undefined) {
    return { platform: machine.id, verdict: "never", note: impossible, outcomes: [], runs: 0 };
  }
  const found = exploreLitmus(source, machine, "beliefs", options);
  const outcomes = [...found.outcomes.values()]
    .map(({ key, harm, schedule }) => ({ state: key, bad: harm, schedule }))
    .sort((a, b) => (a.state < b.state ? -1 : 1));
  const rounds = options.rounds ?? defaultRounds;
  const note = found.cut
    ? `a loop went round more than ${rounds} times`
    : found.complete
      ? undefined
      : "not every schedule was tried";
  return {
    platform: machine.id,
    verdict: found.verdict,
    ...(found.verdict === "unknown" && note !== undefined ? { note } : {}),
    outcomes,
    runs: found.runs,
  };
}

/** What one engine finds; both find the same outcomes. */
export function exploreLitmus(
  source: LitmusSource,
  machine: LitmusMachine,
  engine: "beliefs" | "search",
  options: LitmusOptions = {},
): Exploration {
  const explore = engine === "beliefs" ? exploreBeliefs : searchSchedules;
  return explore(machine.model, programOn(source, machine, options), {
    iommu: machine.iommu,
    untilVerdict: false,
    maxRuns: options.maxRuns ?? 50_000,
  });
}

/** One run under a schedule; undefined where the text is none. */
export function replayLitmus(
  source: LitmusSource,
  machine: LitmusMachine,
  schedule: string,
  options: LitmusOptions = {},
): ReplayedRun | undefined {
  return replay(machine.model, programOn(source, machine, options), schedule, { iommu: machine.iommu });
}

/** A run as a trace, for people and for the panel; undefined where the text is no schedule, or none of this test on this machine. */
export function litmusTrace(
  source: LitmusSource,
  machine: LitmusMachine,
  schedule: string,
  tool: string,
  options: LitmusOptions = {},
): Trace | undefined {
  const run = replayLitmus(source, machine, schedule, options);
  if (run?.faithful !== true) return undefined;
  const { verdict } = litmusVerdict(source, machine, options);
  const lines = source.text.split(/\r\n|\r|\n/);
  const { key, harm, cut } = run.outcome;
  const sentence = cut === true ? "A loop went round too often: the run was broken off." : `It ends with ${key}.`;
  const events = harm ? [...run.events, harmEvent(run.events, key)] : run.events;
  return {
    version: 1,
    tool,
    title: `${source.name}: ${source.about}`,
    platform: tracedPlatform(machine.platform, machine.model, machine.id, []),
    schedule,
    outcome: harm
      ? {
          kind: "harm",
          harm: "stale-read",
          sentence: `${sentence} That is what the test calls bad.`,
          event: events.length - 1,
        }
      : { kind: "fine", sentence },
    verdict,
    sources: [{ file: source.file, firstLine: 1, lines }],
    objects: run.machine.board.objects(),
    events,
  };
}

/** The last stale read is where the harm shows; a test may call other things bad too. */
function harmEvent(events: readonly TraceEvent[], state: string): TraceEvent {
  const read = events.findLast((event) => event.kind === "load" && event.stale);
  const at = read?.kind === "load" ? read : undefined;
  return {
    kind: "harm",
    harm: "stale-read",
    step: events.at(-1)?.step ?? 0,
    agent: at?.agent ?? "cpu",
    sentence: `The test's condition holds: ${state}.`,
    physical: at?.physical ?? "0x00000000",
    expected: at?.expected ?? "",
    got: at?.value ?? "",
  };
}

function programOn(source: LitmusSource, machine: LitmusMachine, options: LitmusOptions): AgentProgram {
  const rounds = options.rounds ?? defaultRounds;
  return litmusProgram(source, { rounds, bounces: machine.bounces });
}

/** Why the test says nothing on that machine: it has no such memory, or no second mapping of it. */
export function impossibleOn(source: LitmusSource, { model, platform }: LitmusMachine): string | undefined {
  const coherent = (memory: LitmusLocation["memory"]): boolean => memory === "coherent";
  if (!model.coherentMemory && source.locations.some(({ memory }) => coherent(memory))) {
    return `${platform.title} has no coherent memory`;
  }
  if (model.mmu) return undefined;
  const second = ({ way }: LitmusPlace): boolean => way !== "plain" && way !== "cached" && way !== "user-mapping";
  const needed = source.agents.some(({ body }) => placesOf(body).some(second));
  return needed ? `${platform.title} has no second mapping of memory` : undefined;
}
