/**
 * The ways on from a point with something known of some values: a result that is 0, an error that has been noted in a variable. Branches
 * on what is known are decided, the rest go both ways and teach. Names are equal only for equal values (ownership-values.ts).
 */
import type { BlockId, CallStatement, Expression } from "../../program/program.ts";
import { conditionOf, outcomes } from "../ownership/ownership-conditions.ts";
import {
  type Environment,
  madeAt,
  madeBy,
  type OwnershipValues,
  resultName,
  textOfValue,
} from "../ownership/ownership-values.ts";
import { peel } from "../values/local-evaluation.ts";
import { flowOf } from "./flow.ts";

/** What is known of a number. */
export type Sign = "zero" | "negative" | "positive" | "not-zero";
export type Signs = ReadonlyMap<string, Sign>;

/** Ways through one block that differ in what is known: with more, nobody could say which is taken. */
const mostStates = 24;

/** What a visitor says of a call: go on, end this way, or go on with that for its result. */
export type Verdict = "on" | "end" | Sign;

/**
 * Visits the calls on every way from behind a statement. A way that comes back to the statement itself ends there. Returns whether all ways were followed: not in a function with too many of them.
 */
export function followWays(
  values: OwnershipValues,
  from: CallStatement,
  known: Signs,
  visit: (call: CallStatement, environment: Environment) => Verdict,
): boolean {
  const start = flowOf(values.owner).locate(from.id);
  if (!start || !values.settled) return false;
  const asked = conditionsAskedTwice(values);
  const seen = new Map<BlockId, Set<string>>();
  const work: { readonly block: BlockId; readonly index: number; readonly known: Signs }[] = [
    { block: start.block, index: start.index + 1, known },
  ];
  let complete = true;
  for (let one = work.pop(); one; one = work.pop()) {
    const body = values.owner.blocks[one.block];
    if (!body) continue;
    const environment = values.entryOf(one.block);
    let signs = one.known;
    let goes = true;
    for (const [index, statement] of body.statements.entries()) {
      if (index >= one.index && goes && statement.kind === "call") {
        const verdict = statement === from ? "end" : visit(statement, environment);
        signs = without(signs, madeBy(statement));
        if (verdict === "end") goes = false;
        else if (verdict !== "on") signs = new Map([...signs, [resultName(statement), verdict]]);
      }
      values.step(environment, statement);
    }
    if (!goes) continue;
    for (const { target, learned } of waysOut(values, environment, one.block, signs, asked)) {
      const next = enter(values, one.block, target, new Map([...signs, ...learned]));
      const states = seen.get(target) ?? new Set();
      seen.set(target, states);
      const key = [...next].sort(([a], [b]) => (a < b ? -1 : 1)).join();
      if (states.has(key)) continue;
      if (states.size >= mostStates) {
        complete = false;
        continue;
      }
      states.add(key);
      work.push({ block: target, index: 0, known: next });
    }
  }
  return complete;
}

interface WayOut {
  readonly target: BlockId;
  readonly learned: Signs;
}
const nothing: Signs = new Map();

function waysOut(
  values: OwnershipValues,
  environment: Environment,
  block: BlockId,
  signs: Signs,
  asked: ReadonlySet<string>,
): readonly WayOut[] {
  const terminator = values.owner.blocks[block]?.terminator;
  if (!terminator) return [];
  if (terminator.kind !== "branch") {
    const truths = new Map([...signs].map(([name, sign]) => [name, sign !== "zero"]));
    return outcomes(values, environment, terminator, truths).map(({ target, learned }) => ({
      target,
      learned: new Map([...learned].map(([name, truth]) => [name, truth ? "not-zero" : "zero"])),
    }));
  }
  const { condition, then, otherwise } = terminator;
  const truth = truthOf(values, environment, condition, signs);
  if (truth !== undefined) return [{ target: truth ? then : otherwise, learned: nothing }];
  const { name, sense } = conditionOf(values, environment, condition);
  if (!asked.has(name)) return [then, otherwise].map((target) => ({ target, learned: nothing }));
  return [
    { target: then, learned: new Map([[name, sense ? "not-zero" : "zero"]]) },
    { target: otherwise, learned: new Map([[name, sense ? "zero" : "not-zero"]]) },
  ];
}

/** Goes over an edge: what the target makes anew is forgotten, and its joins take what comes in. */
function enter(values: OwnershipValues, from: BlockId, target: BlockId, signs: Signs): Signs {
  const next = new Map(without(signs, madeAt(target)));
  for (const { name, key } of values.joinsOf(target)) {
    const sign = signOf(textOfValue(values.heldAtExit(from, key)), signs);
    if (sign) next.set(name, sign);
  }
  return next;
}

function without(signs: Signs, made: readonly string[]): Signs {
  const stale = [...signs.keys()].filter((name) => made.some((one) => name.includes(one)));
  if (stale.length === 0) return signs;
  return new Map([...signs].filter(([name]) => !stale.includes(name)));
}

/** The sign of a named value; constants and negated error numbers have theirs by themselves. */
function signOf(text: string, signs: Signs): Sign | undefined {
  const number = /^#(-?)(\d+)$/.exec(text);
  if (number) return number[2] === "0" ? "zero" : number[1] === "-" ? "negative" : "positive";
  if (/^-\(\$E[A-Z0-9]+\)$/.test(text)) return "negative";
  return signs.get(text);
}

function truthOf(
  values: OwnershipValues,
  environment: Environment,
  condition: Expression,
  signs: Signs,
): boolean | undefined {
  const one = peel(condition);
  if (one.kind === "unary" && one.operator === "!") {
    const inner = truthOf(values, environment, one.operand, signs);
    return inner === undefined ? undefined : !inner;
  }
  if (one.kind === "binary" && textOfValue(values.evaluate(environment, one.right)) === "#0") {
    const sign = signOf(textOfValue(values.evaluate(environment, one.left)), signs);
    const answer = sign && againstZero(one.operator, sign);
    if (answer !== undefined) return answer;
  } else if (one.kind !== "binary") {
    const sign = signOf(textOfValue(values.evaluate(environment, one)), signs);
    if (sign) return sign !== "zero";
  }
  const { name, sense } = conditionOf(values, environment, condition);
  const learned = signOf(name, signs);
  // `x < 0` has the name of `x`: what is known of x was asked above.
  if (learned === undefined || (one.kind === "binary" && /^[<>]/.test(one.operator) && !/[<>]=?#/.test(name)))
    return undefined;
  return (learned !== "zero") === sense;
}

function againstZero(operator: string, sign: Sign): boolean | undefined {
  switch (operator) {
    case "==":
      return sign === "zero";
    case "!=":
      return sign !== "zero";
    case "<":
      return sign === "not-zero" ? undefined : sign === "negative";
    case ">=":
      return sign === "not-zero" ? undefined : sign !== "negative";
    case ">":
      return sign === "not-zero" ? undefined : sign === "positive";
    case "<=":
      return sign === "not-zero" ? undefined : sign !== "positive";
    default:
      return undefined;
  }
}

const twice = new WeakMap<OwnershipValues, ReadonlySet<string>>();

/** Names that more than one branch asks about: only these are worth remembering. */
function conditionsAskedTwice(values: OwnershipValues): ReadonlySet<string> {
  const before = twice.get(values);
  if (before) return before;
  const once = new Set<string>();
  const found = new Set<string>();
  for (const { id, terminator } of values.owner.blocks) {
    if (terminator.kind !== "branch") continue;
    const { name } = conditionOf(values, values.exitOf(id), terminator.condition);
    (once.has(name) ? found : once).add(name);
  }
  twice.set(values, found);
  return found;
}
