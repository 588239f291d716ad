/**
 * Ways into a function: a value that depends on a parameter is answered once per chain of callers, and each chain is judged on
 * its own. A chain that a constant argument makes impossible is left out.
 */
import { isRecording, knownMap } from "../../program/dependencies.ts";
import type { CallStatement, Expression, ProgramFunction, StatementId } from "../../program/program.ts";
import type { Guard, Origin, Value, ValueContext } from "../facts.ts";
import { flowOf } from "./flow.ts";
import { guardsOf, type ParameterGuard } from "./guards.ts";
import { mayEnter } from "./table-calls.ts";
import { peel } from "../values/local-evaluation.ts";
import type { LocalValues } from "../values/local-values.ts";
import { unique } from "../values/origins.ts";
import { type LocalValue, type LocationStep, makeLocation } from "../values/symbols.ts";
import type { Site, UnitIndex } from "../values/unit-index.ts";

/** One way into a function: the call, then the call to its caller, and so on outwards. */
export type Chain = readonly Site[];

/** Deeper nesting of calls is not followed; neither are more contexts than anybody would read. */
export const deepest = 5;
const mostCallers = 12;
const mostContexts = 24;

/** A question in progress. */
export interface Query {
  /** Set when an answer depended on a caller that the chain does not name. */
  open: boolean;
  /** Fields being resolved: a cycle adds no origin of its own. */
  readonly fields: Set<string>;
  cut: boolean;
  depth: number;
  /** Shared by everything that one question asks: when it is used up, the rest of the answer is "unknown". */
  readonly work: { left: number };
}

/** Steps that one question may take: a value that needs more has too many sources for anybody to be sure of it. */
const mostWork = 3000;

export class CallingContexts {
  readonly #index: UnitIndex;
  readonly #values: (owner: ProgramFunction) => LocalValues;
  readonly #underAllCallers = knownMap<ProgramFunction, readonly Guard[]>();

  constructor(index: UnitIndex, values: (owner: ProgramFunction) => LocalValues) {
    this.#index = index;
    this.#values = values;
  }

  /** Conditions that hold whenever the statement runs. */
  guardsAt(owner: ProgramFunction, statement: StatementId, block?: number): readonly Guard[] {
    const at = statement >= 0 ? flowOf(owner).locate(statement)?.block : block;
    return at === undefined ? [] : guardsOf(this.#values(owner), at);
  }

  /** Asks `resolve` once for every chain of callers that its answer depends on. */
  inContexts(
    owner: ProgramFunction,
    statement: StatementId,
    block: number | undefined,
    resolve: (query: Query, chain: Chain) => readonly Origin[],
    work: Query["work"] = { left: mostWork },
  ): Value {
    const contexts: ValueContext[] = [];
    const visit = (chain: Chain): void => {
      if (contexts.length >= mostContexts || !this.#feasible(owner, statement, block, chain)) return;
      const query = newQuery(work);
      const origins = resolve(query, chain);
      const outermost = chain.at(-1)?.function ?? owner;
      const { callers, all } =
        query.open && chain.length < deepest - 1 ? this.#callers(outermost, owner, chain) : noCallers;
      if (callers.length === 0 || !all) {
        contexts.push(
          contextOf(unique(origins), () => [
            ...this.guardsAt(owner, statement, block),
            ...chain.flatMap((site) => this.guardsAt(site.function, site.statement.id)),
            ...this.#callersGuards(outermost),
          ]),
        );
      }
      for (const site of callers) visit([...chain, site]);
    };
    visit([]);
    return { contexts };
  }

  /** What every call to the function is under: a test may stand in the caller. */
  #callersGuards(target: ProgramFunction): readonly Guard[] {
    let guards = this.#underAllCallers.get(target);
    if (!guards) {
      guards = this.#findCallersGuards(target);
      this.#underAllCallers.set(target, guards);
    }
    return guards;
  }

  #findCallersGuards(target: ProgramFunction): readonly Guard[] {
    const [first, ...others] = this.#index.unit.callersOf(target).slice(0, mostCallers);
    if (!first) return [];
    let guards = this.guardsAt(first.caller, first.statement.id);
    for (const site of others) {
      if (guards.length === 0) return guards;
      const set = this.guardsAt(site.caller, site.statement.id);
      guards = guards.filter((guard) => set.some((one) => one.key === guard.key && one.outcome === guard.outcome));
    }
    return guards;
  }

  /**
   * The calls to a function, or where they are too many those that pass the address of a variable of their own: of a helper that the
   * whole driver calls these are the few whose memory is told by the call alone. What the others pass is unknown then.
   */
  #callers(target: ProgramFunction, owner: ProgramFunction, chain: Chain): Callers {
    const inside = new Set([owner, ...chain.map((site) => site.function)]);
    // Where the call has a contract of its own, that is what the caller is held to.
    const sites = this.#index.unit
      .callersOf(target)
      .filter((site) => !inside.has(site.caller) && !this.#index.api(site.caller, site.statement));
    const all = sites.length <= mostCallers;
    // The work of one question is bounded as it is: a second such fan is not opened.
    if (!all && chain.length > 0) return noCallers;
    const chosen = all ? sites : sites.filter(({ statement }) => passesOwnVariable(statement)).slice(0, mostCallers);
    const callers = chosen
      .map((site) => ({ function: site.caller, statement: site.statement }))
      .filter((site) => this.#mayEnter(site, target) && (!isTest(site.function) || isTest(owner)));
    return { callers, all };
  }

  /** Whether the conditions around a call through an ops table leave it the target. */
  #mayEnter(site: Site, target: ProgramFunction): boolean {
    if (site.statement.callee.kind === "direct") return true;
    return mayEnter(this.#index.unit, site, this.guardsAt(site.function, site.statement.id), target);
  }

  /** Whether no caller's constant argument refutes a condition that leads to the point, or to the next call inwards. */
  #feasible(owner: ProgramFunction, statement: StatementId, block: number | undefined, chain: Chain): boolean {
    let inner = owner;
    let at = statement >= 0 ? flowOf(owner).locate(statement)?.block : block;
    for (const site of chain) {
      if (at !== undefined && this.refutes(site, guardsOf(this.#values(inner), at))) return false;
      inner = site.function;
      at = flowOf(inner).locate(site.statement.id)?.block;
    }
    return true;
  }

  /** Whether an argument of the call makes one of the callee's conditions on its parameters impossible. */
  refutes(site: Site, guards: readonly ParameterGuard[]): boolean {
    return guards.some((guard) => this.#outcome(site, guard) === false);
  }

  /** Whether an argument of the call makes a condition on the callee's parameters certain. */
  establishes(site: Site, guard: ParameterGuard): boolean {
    return this.#outcome(site, guard) === true;
  }

  /**
   * Whether the condition holds for what the call passes; undefined where that is no constant. Of the directions of USB the
   * one to the device is 0 (include/uapi/linux/usb/ch9.h:48-49, linux 6.12.117).
   */
  #outcome(site: Site, guard: ParameterGuard): boolean | undefined {
    const argument = guard.parameter === undefined ? undefined : site.statement.arguments[guard.parameter];
    if (!argument) return undefined;
    const value = this.#passed(site, argument, guard.behind ?? []);
    const only = value?.length === 1 ? value[0]?.symbol : undefined;
    const text = only?.kind === "null" ? "0" : only?.kind === "number" ? only.text : undefined;
    if (text === undefined || text === "!" || /^[-+*/%&|<>=~]/.test(text)) return undefined;
    const zero = text === "0" || text === "false" || text === "USB_DIR_OUT";
    const certain = zero || /^(\d+|true|USB_DIR_IN)$/.test(text);
    if (guard.outcome === "true") return zero ? false : certain ? true : undefined;
    if (guard.outcome === "false") return zero ? true : certain ? false : undefined;
    if (guard.outcome.startsWith("== ")) return guard.outcome.slice(3) === text;
    return guard.outcome === `!= ${text}` ? false : undefined;
  }

  /** What the argument holds, or a member of the caller's variable that it points to. */
  #passed(site: Site, argument: Expression, behind: readonly LocationStep[]): LocalValue | undefined {
    const values = this.#values(site.function);
    if (behind.length === 0) return values.valueAt(site.statement.id, argument);
    const target = values.pointeeAt(site.statement.id, argument);
    if (target?.root.kind !== "variable" || target.steps.some((step) => step.kind === "deref")) return undefined;
    const member = makeLocation(target.root, [...target.steps, ...behind], { kind: "unknown" });
    const held = values.heldAt(site.statement.id, member.key);
    if (held) return held;
    const whole = values.heldAt(site.statement.id, target.key);
    return whole?.length === 1 && whole[0]?.symbol.kind === "null" ? whole : undefined;
  }
}

interface Callers {
  readonly callers: readonly Site[];
  /** Whether nobody else calls the function: else a context without a caller stands for the others. */
  readonly all: boolean;
}
const noCallers: Callers = { callers: [], all: true };

/** `read_register(dev, 3, &value)`, or the same with an array. */
function passesOwnVariable(call: CallStatement): boolean {
  return call.arguments.some((argument) => {
    const one = peel(argument);
    const place = one.kind === "address" || one.kind === "read" ? one.place : undefined;
    if (place?.root.kind !== "variable" || (one.kind === "read" && place.type.kind !== "array")) return false;
    return place.steps.every((step) => step.kind !== "deref");
  });
}

/** The conditions cost more than all else, and most values are of no interest: they are found for whoever asks. */
function contextOf(origins: readonly Origin[], findGuards: () => readonly Guard[]): ValueContext {
  // What is kept while answers are recorded must not read anything later.
  if (isRecording()) return { origins, guards: findGuards() };
  let found: readonly Guard[] | undefined;
  return {
    origins,
    get guards() {
      found ??= findGuards();
      return found;
    },
  };
}

/**
 * A KUnit test drives the code over a device that it makes itself: what it passes tells nothing about real ones
 * (include/kunit/test.h, linux 6.12.117: each case gets a struct kunit).
 */
function isTest(target: ProgramFunction): boolean {
  return target.parameters.some((id) => {
    const type = target.variables[id]?.type;
    return type?.kind === "pointer" && type.target.kind === "record" && type.target.name === "kunit";
  });
}

export function newQuery(work: Query["work"] = { left: mostWork }): Query {
  return { open: false, fields: new Set(), cut: false, depth: 0, work };
}
