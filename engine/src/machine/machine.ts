/**
 * The concrete machine: one cache, one write buffer, memory, and the board around them. `step` is the transition function; what it
 * did is in the events that it returns, from which every state can be rebuilt (trace/state.ts). `clone` is cheap: lines are
 * shared until one side changes them.
 */
import type { CacheLine, TraceEvent } from "../trace/trace.ts";
import type { Action, AgentAction, EnvironmentAction, Observation } from "./action.ts";
import { Board, type BoardOptions } from "./board.ts";
import { Hierarchy } from "./hierarchy.ts";
import type { MachineModel } from "./model.ts";
import { performOn } from "./perform.ts";

export interface MachineOptions extends BoardOptions {
  /** Whether steps return events. Off, the machine is several times faster. Default: on. */
  readonly record?: boolean;
}

export interface StepResult {
  /** In order; empty where nothing is recorded. */
  readonly events: readonly TraceEvent[];
  readonly observation: Observation;
  /** False where an environment step had nothing to act on. */
  readonly applied: boolean;
}

const noEvents: readonly TraceEvent[] = [];
const nothingSeen: Observation = { bytes: new Uint8Array(0), stale: false };

export class Machine {
  readonly model: MachineModel;
  readonly board: Board;
  /** The step number that events get. */
  stepNumber = 0;
  readonly #hierarchy: Hierarchy;

  constructor(model: MachineModel, options: MachineOptions = {}, from?: Machine) {
    this.model = model;
    this.board = from?.board.clone() ?? new Board(model, options);
    this.#hierarchy = new Hierarchy(
      this.board,
      options.record ?? true,
      from === undefined ? undefined : from.#hierarchy,
    );
    this.stepNumber = from?.stepNumber ?? 0;
  }

  clone(): Machine {
    return new Machine(this.model, { record: this.#hierarchy.recording }, this);
  }

  get recording(): boolean {
    return this.#hierarchy.recording;
  }

  /** One step of an agent or of the environment. Never throws; what cannot be done is a fault or is not applied. */
  step(action: Action): StepResult {
    if (action.kind === "load" || action.kind === "store") {
      const observation = this.#hierarchy.hit(action);
      if (observation !== undefined) return { events: noEvents, observation, applied: true };
    }
    const told = this.#hierarchy.begin();
    let observation = nothingSeen;
    let applied = true;
    if (isEnvironment(action)) applied = this.#hierarchy.environment(action);
    else {
      observation = performOn(this.#hierarchy, action);
      if (action.kind === "load" || action.kind === "store") this.#hierarchy.remember(action);
    }
    const step = this.stepNumber;
    return { events: told.length === 0 ? noEvents : told.map((event) => ({ ...event, step })), observation, applied };
  }

  /** The lines (physical addresses) that a step would touch, and with them the environment steps that could matter before it. */
  touchedLines(action: AgentAction): readonly number[] {
    return this.#hierarchy.touched(action);
  }

  /** The environment steps that are possible now on that line. */
  environmentSteps(line: number): readonly EnvironmentAction[] {
    return this.#hierarchy.possible(line);
  }

  /** Valid lines with their place, by set and way. */
  cacheLines(): readonly (CacheLine & { readonly set: number; readonly way: number })[] {
    return this.#hierarchy.shown();
  }

  /** RAM as the device's plain bus sees it, whatever caches and buffers hold. */
  memory(physical: number, size: number): Uint8Array {
    return this.#hierarchy.memory(physical, size);
  }

  /** Stores that have not reached memory, oldest first. */
  writeBuffer(): readonly { readonly physical: number; readonly bytes: Uint8Array }[] {
    return this.#hierarchy.buffered().map(({ line, offset, bytes }) => ({ physical: line + offset, bytes }));
  }

  /** Two machines with the same key behave the same from here on, as far as the cache's replacement is left out of account. */
  stateKey(): string {
    return this.#hierarchy.key();
  }
}

function isEnvironment(action: Action): action is EnvironmentAction {
  switch (action.kind) {
    case "evict":
    case "fill":
    case "soil":
    case "drain":
    case "warm":
      return true;
    default:
      return false;
  }
}
