/**
 * Belief sets: for each line the set of configurations {RAM, copies, stores on their way} that it may be in, closed under what the
 * environment may do. An observation splits the set by what is seen; each value is followed in a run of its own. Lines are
 * independent given the agents' order, so the cost is linear in the steps, not exponential in the lines. Each configuration
 * remembers the environment steps that led to it, which makes every outcome a schedule.
 */
import type {
  Actor,
  AgentAction,
  AgentProgram,
  EnvironmentAction,
  MachinePort,
  Observation,
} from "../machine/action.ts";
import { alignDown, bytesEqual, bytesText } from "../machine/address.ts";
import { Board } from "../machine/board.ts";
import {
  accessSteps,
  copyKey,
  dmaSteps,
  type LineResult,
  type LineStep,
  newLine,
  pendingStore,
  transition,
} from "../machine/line.ts";
import type { Attribute, MachineModel, MaintenanceOperation } from "../machine/model.ts";
import { isCacheable } from "../machine/page-tables.ts";
import { type LineAccess, type LineTarget, performOn, writerOf } from "../machine/perform.ts";
import {
  type Exploration,
  type ExploreOptions,
  type FoundOutcome,
  abandon,
  explorationOf,
  unlessAbandoned,
} from "./explorer.ts";
import {
  type Configuration,
  close,
  configurationsKey,
  distinct,
  type History,
  shortest,
} from "./explorer-configurations.ts";
import { type Schedule, scheduleText } from "./explorer-schedule.ts";

/** All outcomes of the program, or enough of them for a verdict. */
export function exploreBeliefs(model: MachineModel, program: AgentProgram, options: ExploreOptions = {}): Exploration {
  const maxRuns = options.maxRuns ?? 4096;
  const untilVerdict = options.untilVerdict ?? true;
  const outcomes = new Map<string, FoundOutcome>();
  const seen = new Set<string>();
  // Branches towards something stale are followed first: they are what one looks for.
  const suspects: (readonly number[])[] = [];
  const others: (readonly number[])[] = [[]];
  let witness: FoundOutcome | undefined;
  let runs = 0;
  let harmless = false;
  let complete = true;
  let cut = false;
  for (;;) {
    const prefix = suspects.pop() ?? others.pop();
    if (prefix === undefined) break;
    if (runs >= maxRuns || (untilVerdict && witness !== undefined && harmless)) {
      return explorationOf(outcomes, witness, runs, false, cut);
    }
    runs++;
    const port = new BeliefPort(model, prefix, options, seen);
    const outcome = unlessAbandoned(program, port);
    for (const branch of port.branches) (branch.suspect ? suspects : others).push(branch.prefix);
    if (port.truncated) complete = false;
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
  return explorationOf(outcomes, witness, runs, complete, cut);
}

interface OrderedStore {
  readonly line: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

class BeliefPort implements MachinePort, LineTarget {
  readonly model: MachineModel;
  readonly board: Board;
  readonly recording = false;
  /** Decisions that other runs take instead. */
  readonly branches: { readonly prefix: readonly number[]; readonly suspect: boolean }[] = [];
  /** Whether a line had more configurations than are kept: then what this run leads to is not all. */
  truncated = false;
  readonly #prefix: readonly number[];
  readonly #taken: number[] = [];
  readonly #choices: number[] = [];
  readonly #lines = new Map<number, Configuration[]>();
  /** Stores that keep their order among all lines: known in every configuration alike, so kept once. */
  readonly #ordered: OrderedStore[] = [];
  /** Environment steps of no single line: drains of the ordered stores. */
  #shared: History | undefined;
  #tick = 0;
  #action = -1;
  readonly #lineBytes: number;
  /** States that runs of this exploration have been in. */
  readonly #seen: Set<string>;
  readonly #keys = new WeakMap<readonly Configuration[], { readonly length: number; readonly key: string }>();
  /** Whether a line that is met for the first time may have been in the cache since before the run. */
  #warm: boolean;

  constructor(model: MachineModel, prefix: readonly number[], options: ExploreOptions, seen: Set<string>) {
    this.model = model;
    this.board = new Board(model, { iommu: options.iommu ?? false });
    this.#prefix = prefix;
    this.#seen = seen;
    this.#lineBytes = model.cache.lineBytes;
    this.#warm = (options.warm ?? true) && !model.speculation.loadFill;
  }

  perform(action: AgentAction): Observation {
    this.#action++;
    return performOn(this, action);
  }

  choose(alternatives: number, _what: string, state?: string): number {
    if (state !== undefined && this.#taken.length >= this.#prefix.length) this.#meet(state);
    const chosen = this.#decide(alternatives, () => false);
    this.#choices.push(chosen);
    return chosen;
  }

  beginStep(): void {
    // Only the concrete machine tells a story.
  }

  tell(): void {
    // Only the concrete machine tells a story.
  }

  /** A schedule that leads the concrete machine through this very run. */
  schedule(): Schedule {
    const nodes: History[] = [];
    const collect = (history: History | undefined): void => {
      for (let node = history; node !== undefined; node = node.before) nodes.push(node);
    };
    collect(this.#shared);
    for (const configurations of this.#lines.values()) collect(shortest(configurations)?.history);
    nodes.sort((a, b) => a.at - b.at || a.tick - b.tick);
    return { choices: this.#choices, steps: nodes.map(({ at, step }) => ({ at, step })) };
  }

  access(line: number, virtual: number, attribute: Attribute, access: LineAccess, actor: Actor): LineResult {
    const cacheable = isCacheable(attribute);
    const sees = cacheable || access.kind === "load";
    if (sees) this.#drainOrdered(line);
    let configurations = this.#closed(line);
    if (sees) configurations = this.#drainPending(line, configurations);
    const steps = accessSteps(this.model, attribute, virtual, access);
    if (access.kind === "load") return this.#observe(line, configurations, steps, access.offset, actor);
    const weak = this.model.writeBuffer.weak.includes(attribute);
    let pushes = false;
    for (const { state } of configurations) {
      let result: LineResult = {};
      for (const step of steps) result = transition(this.model, state, step);
      if (result.into !== "past") continue;
      if (this.model.writeBuffer.depth === 0) {
        transition(this.model, state, { kind: "write-ram", offset: access.offset, bytes: access.bytes });
      } else if (weak) state.pending.push(pendingStore(this.model, attribute, virtual, access));
      else pushes = true;
    }
    if (weak) this.#drainOrdered(line);
    else if (pushes) {
      this.#keep(line, this.#drainPending(line, configurations));
      this.#ordered.push({ line, offset: access.offset, bytes: access.bytes.slice() });
      return { into: "past" };
    }
    this.#keep(line, configurations);
    return { into: "past" };
  }

  dma(line: number, access: LineAccess): LineResult {
    this.#mayDrainOrdered(line);
    const configurations = this.#closed(line);
    const steps = dmaSteps(this.model, access);
    if (access.kind === "load") return this.#observe(line, configurations, steps, access.offset, "device");
    for (const { state } of configurations) for (const step of steps) transition(this.model, state, step);
    this.#keep(line, configurations);
    return {};
  }

  maintain(physical: number, virtual: number, operation: MaintenanceOperation): void {
    const line = alignDown(physical, this.#lineBytes);
    this.#drainOrdered(line);
    const configurations = this.#drainPending(line, this.#closed(line));
    const key = copyKey(this.model, alignDown(virtual, this.#lineBytes));
    for (const { state } of configurations) transition(this.model, state, { kind: operation, key });
    this.#keep(line, configurations);
  }

  maintainAll(operation: MaintenanceOperation): void {
    if (operation !== "clean") this.#warm = false;
    for (const line of this.#lines.keys()) {
      const configurations = this.#closed(line);
      for (const { state } of configurations) {
        for (const { key } of [...state.copies]) transition(this.model, state, { kind: operation, key });
      }
      this.#keep(line, configurations);
    }
  }

  drainAll(): void {
    this.drainOrdered();
    for (const [line, configurations] of this.#lines) {
      if (configurations.some(({ state }) => state.pending.length > 0)) {
        this.#keep(line, this.#drainPending(line, this.#closed(line)));
      }
    }
  }

  drainOrdered(): void {
    while (this.#ordered.length > 0) this.#popOrdered();
  }

  remapping(physical: number, size: number): void {
    if (!this.model.speculation.loadFill && !this.model.speculation.storeDirty && !this.#warm) return;
    // What speculation could do through the old mappings it may have done: before they change, each line's set is closed.
    const end = Math.min(physical + size, physical + remappedLines * this.#lineBytes);
    for (let line = alignDown(physical, this.#lineBytes); line < end; line += this.#lineBytes) {
      if (this.board.isRam(line)) this.#keep(line, this.#closed(line));
    }
  }

  /** Splits by what is read, follows one value and leaves the others to other runs. */
  #observe(
    line: number,
    configurations: Configuration[],
    steps: readonly LineStep[],
    offset: number,
    actor: Actor,
  ): LineResult {
    const seen: { readonly result: LineResult; readonly bytes: Uint8Array; readonly by: Configuration[] }[] = [];
    for (const configuration of configurations) {
      let result: LineResult = {};
      for (const step of steps) result = transition(this.model, configuration.state, step);
      const bytes = result.bytes ?? new Uint8Array(0);
      const same = seen.find((other) => bytesEqual(other.bytes, bytes));
      if (same === undefined) seen.push({ result, bytes, by: [configuration] });
      else same.by.push(configuration);
    }
    const reader = writerOf(actor);
    const isStale = (one: { readonly bytes: Uint8Array }): boolean =>
      this.board.promises.isStale(reader, line + offset, one.bytes);
    if (seen.length > 1) seen.sort((a, b) => Number(isStale(a)) - Number(isStale(b)));
    const chosen =
      seen[
        this.#decide(seen.length, (index) => {
          const one = seen[index];
          return one !== undefined && isStale(one);
        })
      ];
    if (chosen === undefined) return {};
    this.#keep(line, chosen.by);
    return chosen.result;
  }

  #decide(alternatives: number, isSuspect: (alternative: number) => boolean): number {
    if (alternatives <= 1) return 0;
    const index = this.#taken.length;
    const given = this.#prefix[index];
    if (given === undefined) {
      for (let other = alternatives - 1; other > 0; other--) {
        this.branches.push({ prefix: [...this.#taken, other], suspect: isSuspect(other) });
      }
    }
    const chosen = Math.min(given ?? 0, alternatives - 1);
    this.#taken.push(chosen);
    return chosen;
  }

  #meet(state: string): void {
    const lines = [...this.#lines].map(([line, configurations]) => `${line}:${this.#keyOf(configurations)}`);
    const ordered = this.#ordered.map(({ line, offset, bytes }) => `${line + offset}=${bytesText(bytes)}`);
    const key = `${state}|${Number(this.#warm)}|${lines.sort().join(";")}|${ordered.join(";")}`;
    if (this.#seen.has(key)) abandon();
    this.#seen.add(key);
  }

  /** A list is only ever added to; what changes its members makes a new one. */
  #keyOf(configurations: readonly Configuration[]): string {
    const known = this.#keys.get(configurations);
    if (known?.length === configurations.length) return known.key;
    const key = configurationsKey(configurations);
    this.#keys.set(configurations, { length: configurations.length, key });
    return key;
  }

  /** The line's set, closed under what the environment may do by itself. */
  #closed(line: number): Configuration[] {
    let known = this.#lines.get(line);
    if (known === undefined) {
      known = [{ state: newLine(line, this.#lineBytes), history: undefined }];
      if (this.#warm && this.board.tables.linearAttribute(line) === "write-back") {
        const virtual = this.board.linear(line);
        const state = newLine(line, this.#lineBytes);
        transition(this.model, state, { kind: "fill", key: copyKey(this.model, virtual), virtual });
        known.push({ state, history: this.#record(undefined, { kind: "warm", physical: line, virtual }, 0) });
      }
      this.#lines.set(line, known);
    }
    const { loadFill, storeDirty } = this.model.speculation;
    const addresses = loadFill || storeDirty ? this.board.tables.cacheableAddresses(line) : [];
    if (!close(this.model, addresses, known, (before, step) => this.#record(before, step))) this.truncated = true;
    return known;
  }

  #record(before: History | undefined, step: EnvironmentAction, at = Math.max(this.#action, 0)): History {
    return { before, tick: ++this.#tick, at, step, length: (before?.length ?? 0) + 1 };
  }

  #keep(line: number, configurations: readonly Configuration[]): void {
    this.#lines.set(line, distinct(configurations));
  }

  #drainPending(line: number, configurations: Configuration[]): Configuration[] {
    for (const { state } of configurations)
      while (state.pending.length > 0) transition(this.model, state, { kind: "drain" });
    this.#keep(line, configurations);
    return this.#lines.get(line) ?? configurations;
  }

  /** Ordered stores to the line must go first, and with them all before them. */
  #drainOrdered(line: number): void {
    while (this.#ordered.some((entry) => entry.line === line)) this.#drainOldest();
  }

  /**
   * The machine would do it by itself, in the action that needs it. As a step of the environment it leaves room between the two,
   * which matters where a copy of the line may be evicted there.
   */
  #drainOldest(): void {
    const oldest = this.#ordered[0];
    if (oldest === undefined) return;
    if (this.#closed(oldest.line).some(({ state }) => state.copies.length > 0)) this.#recordDrain(oldest.line);
    this.#popOrdered();
  }

  #recordDrain(line: number): void {
    this.#shared = this.#record(this.#shared, { kind: "drain", physical: line });
  }

  /** The device looks at the line: whether a store to it has arrived by now is open. */
  #mayDrainOrdered(line: number): void {
    const points = [0];
    this.#ordered.forEach((entry, index) => {
      if (entry.line === line) points.push(index + 1);
    });
    const count = points[this.#decide(points.length, () => false)] ?? 0;
    for (let i = 0; i < count; i++) {
      const entry = this.#ordered[0];
      if (entry === undefined) return;
      this.#closed(entry.line);
      this.#recordDrain(entry.line);
      this.#popOrdered();
    }
  }

  #popOrdered(): void {
    const entry = this.#ordered.shift();
    if (entry === undefined) return;
    const configurations = this.#closed(entry.line);
    for (const { state } of configurations)
      transition(this.model, state, { kind: "write-ram", offset: entry.offset, bytes: entry.bytes });
    this.#keep(entry.line, configurations);
  }
}

/** Lines that are closed at most when a mapping changes: a page of the smallest line. */
const remappedLines = 4096 / 16;
