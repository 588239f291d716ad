/**
 * Breadth-first search through schedules on the concrete machine: by number of environment steps, so that the first harmful run is
 * a shortest one. Steps of the environment on a line are tried only right before an agent's action that touches the line, since
 * they commute with everything else; what leads to a state that was seen before is not followed.
 */
import type { AgentAction, AgentProgram, EnvironmentAction, MachinePort, Observation } from "../machine/action.ts";
import { bytesText } from "../machine/address.ts";
import { Machine } from "../machine/machine.ts";
import type { MachineModel } from "../machine/model.ts";
import {
  type Exploration,
  type ExploreOptions,
  type FoundOutcome,
  abandon,
  explorationOf,
  unlessAbandoned,
} from "./explorer.ts";
import { type Schedule, type ScheduledStep, scheduleText } from "./explorer-schedule.ts";

export interface SearchOptions extends ExploreOptions {
  /** Environment steps in one schedule at most. Default: no bound but `maxRuns`. */
  readonly maxSteps?: number;
}

/** All outcomes that schedules of the concrete machine lead to, shortest schedules first; or, by default, enough for a verdict. */
export function searchSchedules(model: MachineModel, program: AgentProgram, options: SearchOptions = {}): Exploration {
  const maxRuns = options.maxRuns ?? 4096;
  const untilVerdict = options.untilVerdict ?? true;
  const seen = new Set<string>();
  const outcomes = new Map<string, FoundOutcome>();
  let witness: FoundOutcome | undefined;
  let harmless = false;
  let runs = 0;
  let complete = true;
  let cut = false;
  // One list for each number of steps; a choice of the program costs nothing and stays in its list.
  let level: Node[] = [{ choices: [], steps: [], warmed: [], from: 0 }];
  for (let steps = 0; level.length > 0; steps++) {
    const next: Node[] = [];
    for (let i = 0; i < level.length; i++) {
      const node = level[i];
      if (node === undefined) break;
      const decided = untilVerdict && witness !== undefined && harmless;
      if (runs >= maxRuns || decided) return explorationOf(outcomes, witness, runs, false, cut);
      runs++;
      const port = new SearchPort(model, node, options, seen);
      const outcome = unlessAbandoned(program, port);
      level.push(...port.siblings);
      if (steps < (options.maxSteps ?? Number.POSITIVE_INFINITY)) next.push(...port.children);
      else if (port.children.length > 0) complete = false;
      if (outcome === undefined) continue;
      if (outcome.cut === true) {
        cut = true;
        continue;
      }
      if (!outcome.harm) harmless = true;
      if (outcomes.has(outcome.key) && (witness !== undefined || !outcome.harm)) continue;
      const found = { key: outcome.key, harm: outcome.harm, schedule: scheduleText(port.schedule(), model) };
      if (!outcomes.has(outcome.key)) outcomes.set(outcome.key, found);
      if (found.harm) witness ??= found;
    }
    level = next;
  }
  return explorationOf(outcomes, witness, runs, complete, cut);
}

/** A run that is decided up to a point: from there on nature takes its course. */
interface Node {
  readonly choices: readonly number[];
  readonly steps: readonly ScheduledStep[];
  /** Lines that were in the cache before the run. */
  readonly warmed: readonly ScheduledStep[];
  /** Agent action before which the last decision was made: new ones come at it or after it. */
  readonly from: number;
}

class SearchPort implements MachinePort {
  readonly model: MachineModel;
  readonly recording = false;
  /** Runs with one environment step more. */
  readonly children: Node[] = [];
  /** Runs with another choice of the program. */
  readonly siblings: Node[] = [];
  readonly #machine: Machine;
  readonly #node: Node;
  readonly #seen: Set<string>;
  readonly #warm: boolean;
  readonly #touched = new Set<number>();
  readonly #chosen: number[] = [];
  /** What the program has seen: with the choices and the machine's state it decides all that follows. */
  #observed = "";
  #action = 0;
  #next = 0;

  constructor(model: MachineModel, node: Node, options: ExploreOptions, seen: Set<string>) {
    this.model = model;
    this.#machine = new Machine(model, { iommu: options.iommu ?? false, record: false });
    this.#node = node;
    this.#seen = seen;
    this.#warm = options.warm ?? true;
    for (const { step } of node.warmed) this.#machine.step(step);
  }

  get board(): Machine["board"] {
    return this.#machine.board;
  }

  schedule(): Schedule {
    return { choices: this.#chosen, steps: [...this.#node.warmed, ...this.#node.steps] };
  }

  perform(action: AgentAction): Observation {
    const { steps } = this.#node;
    for (let due = steps[this.#next]; due?.at === this.#action; due = steps[this.#next]) {
      this.#next++;
      this.#machine.step(due.step);
    }
    const lines = this.#machine.touchedLines(action);
    if (
      this.#next === steps.length &&
      this.#action >= this.#node.from &&
      this.#chosen.length >= this.#node.choices.length
    ) {
      for (const line of lines) this.#branch(line);
    }
    for (const line of lines) this.#touched.add(line);
    this.#action++;
    const { observation } = this.#machine.step(action);
    if (action.kind === "load" || action.kind === "dma-read") this.#observed += `${bytesText(observation.bytes)},`;
    return observation;
  }

  choose(alternatives: number, _what: string, state?: string): number {
    const index = this.#chosen.length;
    const given = this.#node.choices[index];
    if (given === undefined && state !== undefined && this.#next === this.#node.steps.length) this.#meet(state);
    if (given === undefined) {
      for (let other = 1; other < alternatives; other++) {
        this.siblings.push({ ...this.#node, choices: [...this.#chosen, other], from: this.#action });
      }
    }
    const chosen = Math.min(given ?? 0, alternatives - 1);
    this.#chosen.push(chosen);
    return chosen;
  }

  beginStep(): void {
    // Only a replay tells a story.
  }

  tell(): void {
    // Only a replay tells a story.
  }

  #meet(state: string): void {
    // Lines that were not touched may still turn out to have been in the cache before the run.
    const key = `choice ${state}|${[...this.#touched].sort().join()}|${this.#machine.stateKey()}`;
    if (this.#seen.has(key)) abandon();
    this.#seen.add(key);
  }

  #branch(line: number): void {
    const { model } = this;
    const steps: EnvironmentAction[] = [...this.#machine.environmentSteps(line)];
    if (this.#warm && !this.#touched.has(line) && this.board.tables.linearAttribute(line) === "write-back") {
      if (!model.speculation.loadFill) steps.push({ kind: "warm", physical: line, virtual: this.board.linear(line) });
    }
    for (const step of steps) {
      const after = this.#machine.clone();
      if (!after.step(step).applied) continue;
      const key = `${this.#action}|${this.#chosen.join(".")}|${this.#observed}|${after.stateKey()}`;
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      const choices = this.#chosen.slice();
      const from = this.#action;
      if (step.kind === "warm")
        this.children.push({ ...this.#node, choices, from, warmed: [...this.#node.warmed, { at: 0, step }] });
      else this.children.push({ ...this.#node, choices, from, steps: [...this.#node.steps, { at: from, step }] });
    }
  }
}
