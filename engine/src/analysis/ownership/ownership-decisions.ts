/**
 * Branches that may be tests for a mapping which the walk (ownership-walk.ts) does not understand: the edge passes by an unmap, or the
 * condition is a state variable. What is behind them says nothing of the mapping.
 */
import type { BlockId, Expression, Place, ProgramFunction, VariableId } from "../../program/program.ts";
import { flowOf } from "../flow/flow.ts";
import { unmapping } from "./mapping-ends.ts";
import { conditionOf, truthOf } from "./ownership-conditions.ts";
import type { State } from "./ownership-state.ts";
import type { WalkContext } from "./ownership-track.ts";
import { peel } from "../values/local-evaluation.ts";
import { type Environment, type OwnershipValues, plain, textOfValue, variableName } from "./ownership-values.ts";

export class Decisions {
  readonly #values: OwnershipValues;
  readonly #context: WalkContext;
  readonly #owner: ProgramFunction;

  constructor(values: OwnershipValues, context: WalkContext) {
    this.#values = values;
    this.#context = context;
    this.#owner = values.owner;
  }

  /** Whether the edge from a block to a target, on which `learned` holds, may be the answer to such a test. */
  mayDecide(
    block: BlockId,
    environment: Environment,
    target: BlockId,
    learned: ReadonlyMap<string, boolean>,
    state: State,
  ): boolean {
    const terminator = this.#owner.blocks[block]?.terminator;
    if (terminator?.kind === "iterate") return target === terminator.exit && this.#hasUnmap(terminator.body);
    if (terminator?.kind !== "branch") return false;
    const { name } = conditionOf(this.#values, environment, terminator.condition);
    if (truthOf(state.truths, plain(name)) !== undefined) return false;
    if (this.#isStateVariable(name, learned.get(name))) return true;
    const other = target === terminator.then ? terminator.otherwise : terminator.then;
    if (!this.#hasUnmap(other) && !this.#unmapsInLoop(other, block)) return false;
    const after = this.#owner.blocks[other]?.terminator;
    return (after?.kind === "jump" && after.target === target) || flowOf(this.#owner).reaches(other, block);
  }

  /** Whether a state variable, by which the driver may have noted that the mapping has ended, decides for the edge. */
  isNoted(block: BlockId, environment: Environment, learned: ReadonlyMap<string, boolean>, state: State): boolean {
    const terminator = this.#owner.blocks[block]?.terminator;
    if (terminator?.kind !== "branch") return false;
    const { name } = conditionOf(this.#values, environment, terminator.condition);
    return truthOf(state.truths, plain(name)) === undefined && this.#isStateVariable(name, learned.get(name));
  }

  /** Whether the way from a block back to the one that tests passes by an unmap: the body of a loop that unwinds. */
  #unmapsInLoop(from: BlockId, to: BlockId): boolean {
    const flow = flowOf(this.#owner);
    if (!flow.reaches(from, to)) return false;
    return flow.order.some((id) => flow.reaches(from, id) && flow.reaches(id, to) && this.#hasUnmap(id));
  }

  #hasUnmap(block: BlockId): boolean {
    return (this.#owner.blocks[block]?.statements ?? []).some((one) => {
      if (one.kind !== "call") return false;
      const api = this.#context.api(this.#owner, one);
      if (api) return unmapping.has(api.effect);
      return this.#context.callees(this.#owner, one).some((callee) => this.#context.unmaps(callee));
    });
  }

  /**
   * A join that is a constant on one of the ways to it, where the branch goes the way that this constant takes: the driver may have
   * noted there what became of the mapping. No note is the bound of a count, and the way that only values from elsewhere take.
   */
  #isStateVariable(name: string, truth: boolean | undefined): boolean {
    for (const [, at = ""] of name.matchAll(/<J(\d+):/g)) {
      const block = Number(at);
      for (const join of this.#values.joinsOf(block)) {
        if (!name.includes(join.name)) continue;
        const coming = (flowOf(this.#owner).predecessors[block] ?? []).map((from) =>
          textOfValue(this.#values.heldAtExit(from, join.key)),
        );
        const constants = coming.filter((one) => /^#-?\d+$/.test(one));
        if (constants.length === 0 || isCounted(this.#values, name, join.name, coming)) continue;
        if (name !== join.name || truth === undefined) return true;
        if (constants.some((one) => (one !== "#0") === truth)) return true;
      }
    }
    return false;
  }
}

/** Joins of joins: a count that goes up in one branch of the loop only. */
const deepest = 4;

/** A bound on what counts up from a constant. */
function isCounted(values: OwnershipValues, name: string, join: string, coming: readonly string[]): boolean {
  if (!name.startsWith(`(${join}<`)) return false;
  const counts = (text: string, depth: number): boolean => {
    if (/^#-?\d+$/.test(text) || text === join) return true;
    const step = /^\((<J\d+:[^<>]*(?:<[^<>]*>)?[^<>]*>)\+#\d+\)$/.exec(text)?.[1];
    if (step !== undefined) return counts(step, depth + 1);
    const block = Number(/^<J(\d+):/.exec(text)?.[1] ?? -1);
    const inner = block < 0 || depth > deepest ? undefined : values.joinsOf(block).find((one) => one.name === text);
    if (!inner) return false;
    return (flowOf(values.owner).predecessors[block] ?? []).every((from) =>
      counts(textOfValue(values.heldAtExit(from, inner.key)), depth + 1),
    );
  };
  return coming.every((one) => counts(one, 0));
}

/** More flags than a driver's function has; each doubles the states. */
const mostFlags = 3;

/** The storage names of tested locals that only ever hold constants, 0 among them: states are kept apart by them. */
export function flagsOf(owner: ProgramFunction): readonly string[] {
  const held = new Map<VariableId, Set<bigint> | undefined>();
  const note = (place: Place | undefined, value: Expression | undefined): void => {
    if (place?.root.kind !== "variable" || place.steps.length > 0) return;
    const one = value && peel(value);
    const before = held.has(place.root.id) ? held.get(place.root.id) : new Set<bigint>();
    held.set(place.root.id, one?.kind === "constant" ? before?.add(one.value) : undefined);
  };
  for (const block of owner.blocks)
    for (const statement of block.statements) {
      if (statement.kind === "assign") note(statement.target, statement.value);
      else if (statement.kind === "call") {
        note(statement.result, undefined);
        for (const argument of statement.arguments) {
          const pointed = peel(argument);
          if (pointed.kind === "address") note({ ...pointed.place, steps: [] }, undefined);
        }
      }
    }
  const tested = new Set<VariableId>();
  for (const { terminator } of owner.blocks) {
    if (terminator.kind !== "branch") continue;
    let at = peel(terminator.condition);
    while (at.kind === "unary" && at.operator === "!") at = peel(at.operand);
    if (at.kind === "read" && at.place.root.kind === "variable" && at.place.steps.length === 0)
      tested.add(at.place.root.id);
  }
  return [...held]
    .filter(([id, values]) => tested.has(id) && owner.variables[id]?.kind === "local" && values?.has(0n))
    .map(([id]) => variableName(id))
    .slice(0, mostFlags);
}
