/**
 * Leads a run along a finding's path. At a branch that decides whether the next statement of the path is reached, the direction
 * is not pretended: the inputs that the condition depends on are chosen so that it comes out as wanted, and the run begins anew.
 * Only where no choice of inputs is found is the direction forced, and then the run says so.
 */
import type { BlockId, DriverUnit, PathStep, ProgramFunction, Terminator } from "../program/program.ts";
import { InputSolver, maximalAttempts } from "./input-solver.ts";
import { deadEnds, distances } from "./ways.ts";
import type { FileSpan } from "../text/span.ts";
import { inputsOf, type Value } from "./value.ts";
import { isWithin } from "./terminator-steps.ts";
import { type Plan, Restart, Stop } from "./world.ts";

/** Rounds of a loop whose condition hangs on an input before the shorter way to the path is taken, and before any other. */
const detours = 4;
const patience = 40;
/** Rounds of a loop on values in memory after which it is taken to wait for the device. */
const longestWait = 5000;

export class Steering {
  readonly #unit: DriverUnit;
  readonly #plan: Plan;
  readonly #assume: (sentence: string) => void;
  readonly #solver: InputSolver;
  #targets: readonly PathStep[] = [];
  #next = 0;
  /** Blocks from which a step can be reached, with how many blocks lie between. */
  readonly #leads = new Map<string, ReadonlyMap<BlockId, number>>();
  /** Blocks of a function from which it never returns: BUG(), panic(). */
  readonly #dead = new Map<ProgramFunction, ReadonlySet<BlockId>>();
  readonly #holds = new Map<string, boolean>();
  readonly #visits = new Map<string, number>();
  readonly #arms = new Map<string, string | undefined>();
  /** Directions that inputs decided although the other one would have led on too, in order. */
  readonly #decisions: { readonly key: string; readonly direction: boolean }[] = [];

  constructor(unit: DriverUnit, plan: Plan, inputs: ReadonlyMap<string, bigint>, assume: (sentence: string) => void) {
    this.#unit = unit;
    this.#plan = plan;
    this.#solver = new InputSolver(plan, inputs);
    this.#assume = assume;
  }

  /** The statements to reach from now on, in order. */
  aim(targets: readonly PathStep[]): void {
    this.#targets = targets;
    this.#next = 0;
  }

  get target(): PathStep | undefined {
    return this.#targets[this.#next];
  }

  get reached(): number {
    return this.#next;
  }

  /** Tells that a statement runs; the path moves on when it is the next one. Returns the step that was reached. */
  passed(fn: ProgramFunction, statement: number, span: FileSpan): PathStep | undefined {
    // Steps that the run skipped (another way to the same place) do not hold it up; one statement may be several steps.
    let found: PathStep | undefined;
    for (let index = this.#next; index < this.#targets.length; index++) {
      const target = this.#targets[index];
      if (target === undefined) break;
      const isHere =
        target.function === fn.name &&
        target.file === fn.file &&
        target.statement === statement &&
        (statement >= 0 || this.#standsAt(fn, target, span));
      if (isHere) {
        this.#next = index + 1;
        found = target;
      } else if (found !== undefined) break;
    }
    return found;
  }

  /** Whether a step that is no statement stands at this terminator: in its own, else at each return of its function. */
  #standsAt(fn: ProgramFunction, target: PathStep, span: FileSpan): boolean {
    if (isWithin(target, span)) return true;
    if (fn.blocks.some((block) => isWithin(target, block.terminator))) return false;
    return fn.blocks.some((block) => block.terminator.kind === "return" && block.terminator.start === span.start);
  }

  /** Which way a two-way branch goes. */
  branch(
    fn: ProgramFunction,
    terminator: Extract<Terminator, { kind: "branch" }>,
    block: BlockId,
    condition: Value,
  ): BlockId {
    const natural = condition.bits !== 0n;
    const required = this.#required(fn, terminator.then, terminator.otherwise);
    if (required === natural) this.#solver.require(condition, (bits) => (bits !== 0n) === natural);
    const wanted =
      required ??
      this.#wanted(fn, block, terminator.then, terminator.otherwise, natural, condition.origin !== undefined);
    if (wanted !== natural) {
      this.#turn(condition, (bits) => (bits !== 0n) === wanted, fn, terminator);
    }
    return wanted ? terminator.then : terminator.otherwise;
  }

  /** Which case of a switch is taken. */
  choose(
    fn: ProgramFunction,
    terminator: Extract<Terminator, { kind: "switch" }>,
    value: Value,
    cases: readonly { readonly low: bigint; readonly high: bigint; readonly target: BlockId }[],
  ): BlockId {
    const natural =
      cases.find((item) => value.bits >= item.low && value.bits <= item.high)?.target ?? terminator.default;
    const leads = this.#leading(fn);
    if (leads === undefined || leads.has(natural)) {
      const other = this.#otherCase(fn, terminator, value, natural, cases);
      if (other !== undefined) {
        this.#turn(value, (bits) => bits >= other.low && bits <= other.high, fn, terminator);
        return other.target;
      }
      if (leads !== undefined) this.#solver.require(value, (bits) => bits === value.bits);
      return natural;
    }
    for (const item of cases) {
      if (!leads.has(item.target)) continue;
      this.#turn(value, (bits) => bits >= item.low && bits <= item.high, fn, terminator);
      return item.target;
    }
    if (!leads.has(terminator.default)) return natural;
    this.#turn(value, (bits) => cases.every((item) => bits < item.low || bits > item.high), fn, terminator);
    return terminator.default;
  }

  /** A switch on an input, where any case will do, is an open decision: the case to take instead, when it has been turned. */
  #otherCase<T extends { readonly target: BlockId }>(
    fn: ProgramFunction,
    at: Terminator,
    value: Value,
    natural: BlockId,
    cases: readonly T[],
  ): T | undefined {
    if (value.origin === undefined) return undefined;
    const key = `${fn.file}:${fn.name}:switch ${String(at.start)}`;
    if (this.#plan.flips.get(key) === true) return cases.find((item) => item.target !== natural);
    this.#decisions.push({ key, direction: false });
    return undefined;
  }

  /** Which arm of an `#if` is taken; the same text chooses the same way. */
  arm(fn: ProgramFunction, terminator: Extract<Terminator, { kind: "choice" }>): BlockId {
    const leads = this.#leading(fn);
    const first = terminator.arms[0];
    if (first === undefined) throw new Stop("an #if without arms");
    const key = first.condition ?? "";
    if (this.#arms.has(key)) {
      const earlier = this.#arms.get(key);
      const again = terminator.arms.find((arm) => arm.condition === earlier);
      if (again !== undefined) return again.target;
    }
    const chosen = (leads === undefined ? undefined : terminator.arms.find((arm) => leads.has(arm.target))) ?? first;
    this.#arms.set(key, chosen.condition);
    return chosen.target;
  }

  /** Whether a macro loop's body has to be entered to reach the next statement. */
  wantsBody(fn: ProgramFunction, body: BlockId, exit: BlockId): boolean {
    const leads = this.#leading(fn);
    return leads?.has(body) === true && !leads.has(exit);
  }

  /** Whether a call of this function may reach the next statement of the path. */
  leadsInto(fn: ProgramFunction): boolean {
    const target = this.target;
    return target !== undefined && this.#contains(fn, target, 0);
  }

  /** Asks that a value be so; chooses inputs for it and begins anew, or says that it supposes so. */
  prefer(value: Value, holds: (bits: bigint) => boolean, otherwise: string): boolean {
    if (holds(value.bits)) {
      this.#solver.require(value, holds);
      return true;
    }
    if (value.origin !== undefined && this.#solver.solve(value.origin, holds)) {
      throw new Restart();
    }
    this.#assume(otherwise);
    return false;
  }

  /** Begins anew with inputs for which the value is so; returns when there are none. */
  make(value: Value, holds: (bits: bigint) => boolean): void {
    if (value.origin !== undefined && this.#solver.solve(value.origin, holds)) throw new Restart();
  }

  /** The direction without which the run gets no further; undefined where both will do. */
  #required(fn: ProgramFunction, then: BlockId, otherwise: BlockId): boolean | undefined {
    const leads = this.#leading(fn);
    const toThen = leads?.has(then) ?? false;
    if (toThen !== (leads?.has(otherwise) ?? false)) return toThen;
    if (toThen) return undefined;
    const dead = this.#deadIn(fn);
    return dead.has(then) === dead.has(otherwise) ? undefined : dead.has(otherwise);
  }

  /** The direction where both will do. */
  #wanted(
    fn: ProgramFunction,
    block: BlockId,
    then: BlockId,
    otherwise: BlockId,
    natural: boolean,
    steerable: boolean,
  ): boolean {
    const leads = this.#leading(fn);
    const key = `${fn.file}:${fn.name}:${String(block)}`;
    const visits = (this.#visits.get(key) ?? 0) + 1;
    this.#visits.set(key, visits);
    if (!steerable) {
      if (visits % longestWait !== 0) return natural;
      this.#assume(`a loop in ${fn.name}() ends, as the device would make it`);
      return !natural;
    }
    const decision = `${key}#${String(visits)}`;
    const direction = this.#plan.flips.get(decision) ?? natural;
    const nearer = (leads?.get(then) ?? 0) - (leads?.get(otherwise) ?? 0);
    // Once: inputs that end the loop sooner may be those that something behind it needs otherwise.
    if (visits > detours && nearer !== 0 && natural !== nearer < 0 && !this.#plan.shortened.has(key)) {
      this.#plan.shortened.add(key);
      return nearer < 0;
    }
    if (visits > patience) return (visits % (patience + 1) === 0) !== natural;
    this.#decisions.push({ key: decision, direction });
    return direction;
  }

  /**
   * The run cannot go on to the path: an earlier decision that inputs left open goes the other way, the latest first, and the
   * run begins anew. Does nothing when all were tried. `place` says where the run is stuck: a flip that brings it to a place where
   * none was stuck before is kept, with the inputs that it asked for; another one is taken back.
   */
  backtrack(place: string): void {
    const plan = this.#plan;
    if (plan.attempts >= maximalAttempts) return;
    if (!plan.stuck.has(place)) {
      plan.stuck.add(place);
      plan.tried.clear();
      plan.kept = { flips: new Map(plan.flips), inputs: new Map(plan.inputs) };
    }
    for (let index = this.#decisions.length - 1; index >= 0; index--) {
      const decision = this.#decisions[index];
      if (decision === undefined || plan.tried.has(decision.key) || plan.kept.flips.has(decision.key)) continue;
      plan.tried.add(decision.key);
      plan.flips.clear();
      plan.inputs.clear();
      for (const [key, direction] of plan.kept.flips) plan.flips.set(key, direction);
      for (const [name, bits] of plan.kept.inputs) plan.inputs.set(name, bits);
      plan.flips.set(decision.key, !decision.direction);
      plan.shared.length = 0;
      throw new Restart();
    }
  }

  /** Makes the condition come out as wanted. */
  #turn(value: Value, holds: (bits: bigint) => boolean, fn: ProgramFunction, at: Terminator): void {
    if (value.origin === undefined) {
      this.backtrack(`${fn.file}:${fn.name}:${String(at.start)}`);
      throw new Stop(
        `in ${fn.name}() the driver's own values lead away from the next step of the path at offset ${String(at.start)}`,
      );
    }
    if (this.#solver.solve(value.origin, holds)) throw new Restart();
    this.#assume(
      `in ${fn.name}() a condition on ${inputsOf(value.origin, 2).join(" and ")} is supposed to lead to the path`,
    );
  }

  /** Blocks of `fn` from which the next statement of the path can be reached; undefined when it cannot be from any. */
  #leading(fn: ProgramFunction): ReadonlyMap<BlockId, number> | undefined {
    const target = this.target;
    if (target === undefined) return undefined;
    const key = `${fn.file}:${fn.name}>${target.file}:${target.function}:${String(target.statement)}:${String(target.start)}`;
    let leads = this.#leads.get(key);
    if (leads === undefined) {
      leads = this.#reverse(fn, target);
      this.#leads.set(key, leads);
    }
    return leads.size === 0 ? undefined : leads;
  }

  #reverse(fn: ProgramFunction, target: PathStep): ReadonlyMap<BlockId, number> {
    const goals = new Set<BlockId>();
    const calls = new Set(
      this.#unit
        .calleesOf(fn)
        .filter((call) => this.#contains(call.target, target, 1))
        .map((call) => call.statement.id),
    );
    const isOwn = fn.name === target.function && fn.file === target.file;
    for (const block of fn.blocks) {
      const inStatements = block.statements.some(
        (statement) => calls.has(statement.id) || (isOwn && statement.id === target.statement),
      );
      const inTerminator = isOwn && target.statement < 0 && this.#standsAt(fn, target, block.terminator);
      if (inStatements || inTerminator) goals.add(block.id);
    }
    return distances(fn, goals);
  }

  #deadIn(fn: ProgramFunction): ReadonlySet<BlockId> {
    let dead = this.#dead.get(fn);
    if (dead === undefined) {
      dead = deadEnds(fn);
      this.#dead.set(fn, dead);
    }
    return dead;
  }

  /** Whether the target lies in `fn` or in what it calls. */
  #contains(fn: ProgramFunction, target: PathStep, depth: number): boolean {
    if (fn.name === target.function && fn.file === target.file) return true;
    if (depth > 12) return false;
    const key = `${fn.file}:${fn.name}>${target.file}:${target.function}`;
    const known = this.#holds.get(key);
    if (known !== undefined) return known;
    this.#holds.set(key, false);
    const result = this.#unit.calleesOf(fn).some((call) => this.#contains(call.target, target, depth + 1));
    this.#holds.set(key, result);
    return result;
  }
}
