/**
 * What branches say of values, for property simulation: a condition is the truth of a named value, and two branches on one
 * value agree. Names are equal only for equal values (ownership-values.ts), so nothing has to be forgotten on assignment.
 */
import type { BlockId, Expression, Terminator } from "../../program/program.ts";
import { typeOf } from "../../program/visit.ts";
import { type Environment, type OwnershipValues, plain, type SymbolicValue, textOfValue } from "./ownership-values.ts";

/** Whether named values are true (not 0), or named comparisons hold. */
export type Truths = ReadonlyMap<string, boolean>;

export interface Condition {
  readonly name: string;
  /** The truth of `name` on the branch's `then` edge. */
  readonly sense: boolean;
}

/** The condition of a branch in terms of a named value. */
export function conditionOf(values: OwnershipValues, environment: Environment, expression: Expression): Condition {
  let sense = true;
  let at = expression;
  for (;;) {
    if (at.kind === "cast") at = at.operand;
    else if (at.kind === "unary" && at.operator === "!") {
      sense = !sense;
      at = at.operand;
    } else if (at.kind === "binary" && (at.operator === "==" || at.operator === "!=")) {
      const left = values.evaluate(environment, at.left);
      const right = values.evaluate(environment, at.right);
      if (at.operator === "==") sense = !sense;
      if (isZero(right)) at = at.left;
      else if (isZero(left)) at = at.right;
      else return { name: `${textOfValue(left)}!=${textOfValue(right)}`, sense };
    } else if (isNegative(at) && isZero(values.evaluate(environment, at.right))) {
      // `err < 0` after a call that gives 0 or a negative errno is `err != 0`.
      at = at.left;
    } else return { name: textOfValue(values.evaluate(environment, at)), sense };
  }
}

/** The truth of a value by itself: constants are known. */
export function truthOf(truths: Truths, value: SymbolicValue): boolean | undefined {
  const text = textOfValue(value);
  if (/^#-?\d+$/.test(text)) return text !== "#0";
  const known = truths.get(text);
  if (known !== undefined) return known;
  const negated = /^!\((.*)\)$/.exec(text);
  if (negated) {
    const inner = truthOf(truths, plain(negated[1] ?? ""));
    return inner === undefined ? undefined : !inner;
  }
  return undefined;
}

export interface Outcome {
  readonly target: BlockId;
  /** What holds on the edge beside what held before. */
  readonly learned: ReadonlyMap<string, boolean>;
}
const nothing: ReadonlyMap<string, boolean> = new Map();

/** The ways out of a block that agree with what is known. */
export function outcomes(
  values: OwnershipValues,
  environment: Environment,
  terminator: Terminator,
  truths: Truths,
): readonly Outcome[] {
  switch (terminator.kind) {
    case "jump":
      return [{ target: terminator.target, learned: nothing }];
    case "branch": {
      const { name, sense } = conditionOf(values, environment, terminator.condition);
      const known = truthOf(truths, plain(name));
      const then = { target: terminator.then, learned: new Map([[name, sense]]) };
      const otherwise = { target: terminator.otherwise, learned: new Map([[name, !sense]]) };
      if (known === undefined) return [then, otherwise];
      return [known === sense ? then : otherwise];
    }
    case "switch": {
      const value = textOfValue(values.evaluate(environment, terminator.value));
      const targets = new Set(terminator.cases.map((one) => one.target));
      const known = /^#-?\d+$/.test(value);
      const cases = terminator.cases.filter((one) => {
        if (!known || one.high) return true;
        const low = textOfValue(values.evaluate(environment, one.low));
        return !low.startsWith("#") || low === value;
      });
      const taken = known && cases.length === 1 ? cases : [...cases, { target: terminator.default }];
      return [...new Set(taken.map((one) => one.target))]
        .filter((target) => targets.has(target) || target === terminator.default)
        .map((target) => ({ target, learned: nothing }));
    }
    case "choice": {
      const names = terminator.arms.map((arm) => armName(terminator, arm.condition));
      const chosen = names.findIndex((name) => truths.get(name) === true);
      return terminator.arms.flatMap(({ target }, index) => {
        if (chosen >= 0 ? index !== chosen : truths.get(names[index] ?? "") === false) return [];
        // Once an arm is taken, the same condition is taken everywhere and its siblings nowhere.
        return [{ target, learned: new Map(names.map((name, other) => [name, other === index])) }];
      });
    }
    case "iterate":
      return [
        { target: terminator.body, learned: nothing },
        { target: terminator.exit, learned: nothing },
      ];
    case "return":
    case "unreachable":
      return [];
  }
}

function armName(terminator: Terminator & { readonly kind: "choice" }, condition: string | undefined): string {
  if (condition !== undefined) return `#if ${condition}`;
  return `#if !(${terminator.arms.flatMap((arm) => arm.condition ?? []).join(")&&!(")})`;
}

/** `x < ...` of what can be below 0: a handle cannot. */
function isNegative(one: Expression): one is Expression & { readonly kind: "binary" } {
  if (one.kind !== "binary" || one.operator !== "<") return false;
  const type = typeOf(one.left);
  return type.kind !== "integer" || type.signed;
}

function isZero(value: SymbolicValue): boolean {
  return value.object === "#0" && value.path === "";
}
