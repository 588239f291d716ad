/** Verdict and evidence in one: what a program may do on a machine, and a run on the concrete machine that shows it. */
import type { AgentProgram } from "../machine/action.ts";
import type { MachineModel } from "../machine/model.ts";
import type { Verdict } from "../trace/trace.ts";
import { type ExploreOptions, type FoundOutcome, type ReplayedRun, replay } from "./explorer.ts";
import { exploreBeliefs } from "./explorer-belief.ts";
import { parseSchedule, scheduleText } from "./explorer-schedule.ts";

export interface Examination {
  readonly verdict: Verdict;
  /** The run that shows it: harmful where there is harm, else the natural one. */
  readonly run: ReplayedRun;
  /** Replays `run`. */
  readonly schedule: string;
  /** Runs that the explorer made. */
  readonly runs: number;
}

/**
 * Explores with belief sets and replays a harmful run, with as few environment steps as leave it harmful. A harm that the concrete machine
 * does not show (its cache is too small to hold all that the schedule wants in it) is not claimed: the verdict is "unknown" then.
 */
export function examine(model: MachineModel, program: AgentProgram, options: ExploreOptions = {}): Examination {
  const exploration = exploreBeliefs(model, program, options);
  for (const outcome of exploration.outcomes.values()) {
    if (!outcome.harm) continue;
    const found = shortened(model, program, outcome, options);
    if (found !== undefined) return { verdict: exploration.verdict, ...found, runs: exploration.runs };
  }
  const natural = naturalRun(model, program, options);
  const claimed = exploration.witness !== undefined;
  return { verdict: claimed ? "unknown" : exploration.verdict, run: natural, schedule: "", runs: exploration.runs };
}

function naturalRun(model: MachineModel, program: AgentProgram, options: ExploreOptions): ReplayedRun {
  const run = replay(model, program, "", options);
  // The empty text is always a schedule.
  if (run === undefined) throw new Error("the natural schedule was refused");
  return run;
}

/** Drops every step that the harm does not need, from the last to the first. Undefined where the run is not harmful after all. */
function shortened(
  model: MachineModel,
  program: AgentProgram,
  outcome: FoundOutcome,
  options: ExploreOptions,
): { readonly run: ReplayedRun; readonly schedule: string } | undefined {
  let schedule = outcome.schedule;
  let run = replay(model, program, schedule, options);
  if (run?.outcome.harm !== true || !run.faithful) return undefined;
  let parsed = parseSchedule(schedule, model);
  for (let at = (parsed?.steps.length ?? 0) - 1; parsed !== undefined && at >= 0; at--) {
    const fewer = { choices: parsed.choices, steps: parsed.steps.filter((_, index) => index !== at) };
    const text = scheduleText(fewer, model);
    const shorter = replay(model, program, text, options);
    if (shorter?.outcome.harm !== true || !shorter.faithful || shorter.outcome.key !== run.outcome.key) continue;
    parsed = fewer;
    schedule = text;
    run = shorter;
  }
  return { run, schedule };
}
