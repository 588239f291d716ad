/**
 * Can a program of agents go wrong on a machine? Two engines answer, over the same transitions (machine/line.ts): belief sets, which
 * keep every configuration that a line may be in and branch on what is observed, and a search through schedules, which finds the
 * shortest. Whatever they find is a schedule, and `replay` runs it on the concrete machine.
 */
import type {
  AgentAction,
  AgentProgram,
  MachinePort,
  Observation,
  RunOutcome,
  StepHead,
  ToldEvent,
} from "../machine/action.ts";
import { Machine } from "../machine/machine.ts";
import type { MachineModel } from "../machine/model.ts";
import type { TraceEvent, Verdict } from "../trace/trace.ts";
import { naturalSchedule, parseSchedule, type Schedule } from "./explorer-schedule.ts";

export interface ExploreOptions {
  /** DMA goes through an IOMMU. */
  readonly iommu?: boolean;
  /** Tries also that lines which the program touches were in the cache before, clean. Default: true. */
  readonly warm?: boolean;
  /** Ends as soon as the verdict is certain: a harmful run and a harmless one were seen. Default: true. */
  readonly untilVerdict?: boolean;
  /** Runs at most (default 4096); beyond, the verdict is "unknown" unless it is certain already. */
  readonly maxRuns?: number;
}

export interface FoundOutcome {
  readonly key: string;
  readonly harm: boolean;
  /** A run that ends so. */
  readonly schedule: string;
}

export interface Exploration {
  readonly verdict: Verdict;
  /** By key, in the order they were found. */
  readonly outcomes: ReadonlyMap<string, FoundOutcome>;
  /** A harmful run; the search's is a shortest one. */
  readonly witness?: FoundOutcome;
  readonly runs: number;
  /** Whether everything was tried that there is to try. */
  readonly complete: boolean;
  /** Whether runs were broken off by the program itself, so that they have no outcome. */
  readonly cut: boolean;
}

export interface ReplayedRun {
  readonly outcome: RunOutcome;
  readonly events: readonly TraceEvent[];
  /** Whether every step of the schedule came to be; false where the schedule belongs to another program or machine. */
  readonly faithful: boolean;
  readonly machine: Machine;
}

export interface ReplayOptions extends ExploreOptions {
  /** Whether the run's events are wanted; without them it is several times faster. Default: true. */
  readonly record?: boolean;
}

/** Runs the program once on the concrete machine. Undefined where `schedule` is no schedule; the empty text is the natural run. */
export function replay(
  model: MachineModel,
  program: AgentProgram,
  schedule: string,
  options: ReplayOptions = {},
): ReplayedRun | undefined {
  const parsed = schedule === "" ? naturalSchedule : parseSchedule(schedule, model);
  if (parsed === undefined) return undefined;
  const port = new ScheduledPort(model, parsed, options);
  const outcome = program(port);
  return { outcome, events: port.events, faithful: port.faithful, machine: port.machine };
}

/** The verdict that a set of outcomes amounts to. */
function verdictOf(outcomes: Iterable<FoundOutcome>, complete: boolean): Verdict {
  let harm = false;
  let fine = false;
  for (const outcome of outcomes) {
    if (outcome.harm) harm = true;
    else fine = true;
  }
  if (harm && fine) return "sometimes";
  if (!complete) return "unknown";
  return harm ? "always" : fine ? "never" : "unknown";
}

/** Ends a run that has come to a state from which another run went on. Made once: a stack is of no use here. */
const abandoned = new Error("the rest of this run is known");

/** Leaves the program from within; `unlessAbandoned` catches it. */
export function abandon(): never {
  throw abandoned;
}

/** Runs the program; undefined where the run was abandoned. */
export function unlessAbandoned(program: AgentProgram, port: MachinePort): RunOutcome | undefined {
  try {
    return program(port);
  } catch (error) {
    if (error === abandoned) return undefined;
    throw error;
  }
}

/** What an engine found, with its verdict. */
export function explorationOf(
  outcomes: ReadonlyMap<string, FoundOutcome>,
  witness: FoundOutcome | undefined,
  runs: number,
  complete: boolean,
  cut: boolean,
): Exploration {
  const verdict = verdictOf(outcomes.values(), complete && !cut);
  return { verdict, outcomes, runs, complete: complete && !cut, cut, ...(witness === undefined ? {} : { witness }) };
}

/** The concrete machine under a schedule, recording. */
class ScheduledPort implements MachinePort {
  readonly model: MachineModel;
  readonly machine: Machine;
  readonly recording: boolean;
  readonly events: TraceEvent[] = [];
  readonly #schedule: Schedule;
  #action = 0;
  #choice = 0;
  #next = 0;
  #faithful = true;
  #steps = 0;
  /** The step that has begun, told when something happens in it; and after the environment came in between, told again. */
  #pending: StepHead | undefined;
  #current: StepHead | undefined;

  constructor(model: MachineModel, schedule: Schedule, options: ReplayOptions) {
    this.model = model;
    this.recording = options.record ?? true;
    this.machine = new Machine(model, { iommu: options.iommu ?? false, record: this.recording });
    this.#schedule = schedule;
  }

  get board(): Machine["board"] {
    return this.machine.board;
  }

  get faithful(): boolean {
    return this.#faithful && this.#next === this.#schedule.steps.length;
  }

  perform(action: AgentAction): Observation {
    this.#environment();
    this.#openStep();
    this.#action++;
    const { events, observation } = this.machine.step(action);
    for (const event of events) this.events.push(event);
    return observation;
  }

  choose(alternatives: number): number {
    const chosen = this.#schedule.choices[this.#choice++] ?? 0;
    if (chosen < alternatives) return chosen;
    this.#faithful = false;
    return 0;
  }

  beginStep(step: StepHead): void {
    if (this.#pending !== undefined) this.#openStep();
    this.#pending = step;
  }

  tell(event: ToldEvent): void {
    if (!this.recording) return;
    this.#openStep();
    this.events.push({ ...event, step: this.machine.stepNumber });
  }

  #environment(): void {
    for (;;) {
      const due = this.#schedule.steps[this.#next];
      if (due?.at !== this.#action) return;
      this.#next++;
      this.#number({ agent: "environment", sentence: environmentSentence[due.step.kind] });
      const { events, applied } = this.machine.step(due.step);
      if (!applied) this.#faithful = false;
      for (const event of events) this.events.push(event);
      // An agent's step that was under way goes on under a number of its own.
      this.#pending ??= this.#current;
    }
  }

  #openStep(): void {
    const step = this.#pending;
    if (step === undefined) return;
    this.#pending = undefined;
    this.#current = step;
    this.#number(step);
  }

  #number(step: StepHead): void {
    this.machine.stepNumber = this.#steps++;
    if (this.recording) this.events.push({ kind: "step", ...step, step: this.machine.stepNumber });
  }
}

const environmentSentence = {
  evict: "The cache makes room, as it may at any time.",
  fill: "The processor fetches ahead, as it may at any time.",
  soil: "The processor executes a store ahead of time and takes it back.",
  drain: "The write buffer empties a little, as it may at any time.",
  warm: "Before the run.",
} as const;
