/**
 * The ways that a function takes when a call of it has failed: branches on the call's result are decided, all others go both ways.
 * What lies on them is reached after the failure; what lies beside them is not.
 */
import type { BlockId, CallStatement } from "../../program/program.ts";
import { flowOf } from "./flow.ts";
import { conditionOf, outcomes } from "../ownership/ownership-conditions.ts";
import {
  type Environment,
  madeAt,
  madeBy,
  type OwnershipValues,
  resultName,
  textOfValue,
} from "../ownership/ownership-values.ts";

/** How a call says that it failed. */
export interface Failure {
  /** The returned value's name, where it is a constant: "-($ENOMEM)", "#-5". */
  readonly value: string | undefined;
  /** A negative number; else a value other than 0, or an error pointer. */
  readonly negative: boolean;
}

/** The failure that a returned value stands for; `text` names it (ownership-values.ts). */
export function failureOf(text: string): Failure {
  const constant = isConstant(text);
  return { value: constant ? text : undefined, negative: /^(-\(\$E|#-)/.test(text) || /^<R/.test(text) };
}

/** What a visitor of the ways says of a call: go on behind it, or end this way here. */
export type Verdict = "on" | "end";

/** Visits the calls behind a failed call, and gives the names of the values that are returned on these ways. */
export function afterFailure(
  values: OwnershipValues,
  call: CallStatement,
  failure: Failure,
  visit: (call: CallStatement, environment: Environment) => Verdict,
): readonly string[] {
  const start = flowOf(values.owner).locate(call.id);
  if (!start || !values.settled) return [];
  const returned = new Set<string>();
  const known = new Map<BlockId, ReadonlySet<string>>();
  const work: { readonly block: BlockId; readonly from: number; readonly names: ReadonlySet<string> }[] = [
    { block: start.block, from: start.index + 1, names: new Set([resultName(call)]) },
  ];
  for (let one = work.pop(); one; one = work.pop()) {
    const body = values.owner.blocks[one.block];
    if (!body) continue;
    const environment = values.entryOf(one.block);
    const names = new Set(one.names);
    let goes = true;
    for (const [index, statement] of body.statements.entries()) {
      if (index >= one.from && goes && statement.kind === "call") {
        if (statement === call || visit(statement, environment) === "end") goes = false;
        for (const made of madeBy(statement))
          for (const name of [...names]) if (name.includes(made)) names.delete(name);
        const result = followed(values, environment, statement, names);
        if (result) names.add(resultName(statement));
      }
      values.step(environment, statement);
    }
    if (!goes) continue;
    const { terminator } = body;
    if (terminator.kind === "return" && terminator.value) {
      const text = textOfValue(values.evaluate(environment, terminator.value));
      returned.add(names.has(text) ? (failure.value ?? text) : text);
    }
    for (const { target } of outcomes(values, environment, terminator, new Map())) {
      if (terminator.kind === "branch") {
        const { name, sense } = conditionOf(values, environment, terminator.condition);
        const truth = answer(name, names, failure);
        if (truth !== undefined && target !== (truth === sense ? terminator.then : terminator.otherwise)) continue;
      }
      const stale = madeAt(target);
      const next = new Set([...names].filter((name) => !stale.some((made) => name.includes(made))));
      for (const { name, key } of values.joinsOf(target))
        if (names.has(textOfValue(values.heldAtExit(one.block, key)))) next.add(name);
      const before = known.get(target);
      // Fewer names decide fewer branches: what several ways bring is what all of them know.
      const merged = before ? new Set([...before].filter((name) => next.has(name))) : next;
      if (before?.size === merged.size) continue;
      known.set(target, merged);
      work.push({ block: target, from: 0, names: merged });
    }
  }
  return [...returned];
}

/** The result says that an error pointer is one, or is the errno in it. */
function followed(
  values: OwnershipValues,
  environment: Environment,
  call: CallStatement,
  names: ReadonlySet<string>,
): boolean {
  if (call.callee.kind !== "direct" || !errorPointers.has(call.callee.name)) return false;
  const [first] = call.arguments;
  return first !== undefined && names.has(textOfValue(values.evaluate(environment, first)));
}
/** include/linux/err.h:50-120 (linux 6.12.117). */
const errorPointers: ReadonlySet<string> = new Set(["IS_ERR", "IS_ERR_OR_NULL", "PTR_ERR", "PTR_ERR_OR_ZERO"]);

/** The truth of a condition's name, where the failed result decides it. */
function answer(name: string, names: ReadonlySet<string>, failure: Failure): boolean | undefined {
  for (const one of names) {
    if (name === one) return true;
    if (name.startsWith(`${one}!=`)) return differs(failure, name.slice(one.length + 2));
    if (name.endsWith(`!=${one}`)) return differs(failure, name.slice(0, -one.length - 2));
    if (!failure.negative) continue;
    if (name === `(${one}<=#0)`) return true;
    if (name === `(${one}>#0)` || name === `(${one}>=#0)`) return false;
  }
  return undefined;
}

function differs({ value, negative }: Failure, other: string): boolean | undefined {
  if (value !== undefined && isConstant(other)) return value !== other;
  return negative && /^#\d+$/.test(other) ? true : undefined;
}

function isConstant(text: string): boolean {
  return /^(-\(\$\w+\)|#-?\d+|\$\w+)$/.test(text);
}
