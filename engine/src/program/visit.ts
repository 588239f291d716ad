/** Small walkers over the program that every reader needs: types of expressions, parts, loads, printing, canonical keys. */
import type {
  CallStatement,
  Expression,
  Place,
  ProgramFunction,
  Statement,
  Step,
  Terminator,
  Variable,
} from "./program.ts";
import { charPointer, unsignedLongType } from "./scalar-types.ts";
import type { Type } from "./types.ts";
import { unknownType } from "./types.ts";

/** The type of a pure expression; unknown where nothing visible says. */
export function typeOf(expression: Expression): Type {
  switch (expression.kind) {
    case "constant":
    case "unary":
    case "binary":
    case "cast":
      return expression.type;
    case "string":
      return charPointer;
    case "read":
      return expression.place.type;
    case "address":
      return { kind: "pointer", target: expression.place.type };
    case "sizeof":
      return unsignedLongType;
    case "symbol":
    case "function":
    case "type":
    case "opaque":
      return unknownType;
  }
}

/** The expressions that a statement holds directly: values, arguments, the target of an indirect call. Places are not in it. */
export function expressionsOf(statement: Statement): readonly Expression[] {
  switch (statement.kind) {
    case "assign":
    case "evaluate":
      return [statement.value];
    case "call":
      return statement.callee.kind === "indirect"
        ? [statement.callee.target, ...statement.arguments]
        : statement.arguments;
    case "zero":
    case "declare":
    case "opaque":
      return [];
  }
}

/** The expressions that a terminator evaluates. */
export function expressionsOfTerminator(terminator: Terminator): readonly Expression[] {
  switch (terminator.kind) {
    case "branch":
      return [terminator.condition];
    case "switch":
      return [terminator.value];
    case "return":
      return terminator.value === undefined ? [] : [terminator.value];
    case "iterate":
      return terminator.arguments;
    case "jump":
    case "choice":
    case "unreachable":
      return [];
  }
}

/** The place that a statement writes, if it writes one. */
export function targetOf(statement: Statement): Place | undefined {
  switch (statement.kind) {
    case "assign":
    case "zero":
      return statement.target;
    case "call":
      return statement.result;
    case "evaluate":
    case "declare":
    case "opaque":
      return undefined;
  }
}

/** Calls `visit` for the expression and everything in it, indices of places included, outermost first. */
export function walkExpression(expression: Expression, visit: (expression: Expression) => void): void {
  visit(expression);
  switch (expression.kind) {
    case "read":
    case "address":
      walkPlace(expression.place, visit);
      return;
    case "unary":
    case "cast":
      walkExpression(expression.operand, visit);
      return;
    case "binary":
      walkExpression(expression.left, visit);
      walkExpression(expression.right, visit);
      return;
    default:
      return;
  }
}

/** Calls `visit` for the expressions in a place's indices. */
export function walkPlace(place: Place, visit: (expression: Expression) => void): void {
  for (const step of place.steps) if (step.kind === "index") walkExpression(step.index, visit);
}

/** Every place that evaluating the expression reads, in order of evaluation: the places of `read`, and of indices inside. */
export function readsOf(expression: Expression): readonly Place[] {
  const places: Place[] = [];
  walkExpression(expression, (part) => {
    if (part.kind === "read") places.push(part.place);
  });
  return places;
}

/** Whether reading or writing the place touches memory that a pointer leads to, or a file-scope object. */
export function touchesMemory(place: Place): boolean {
  return place.root.kind === "global" || place.steps.some((step) => step.kind === "deref");
}

/**
 * The pointers that must be read to reach the place: for `a->b->c` these are `a` and `a->b`. The place itself is not among
 * them.
 */
export function pointersOf(place: Place): readonly Place[] {
  const result: Place[] = [];
  place.steps.forEach((step, i) => {
    if (step.kind === "deref") result.push({ ...place, steps: place.steps.slice(0, i), type: unknownType });
  });
  return result;
}

/** As the source would write it: "buf->cpu", "*p", "d->ring[i].addr". Temporaries print as "$1". */
export function printPlace(place: Place, scope: { readonly variables: readonly Variable[] }): string {
  const { root } = place;
  let text = root.kind === "global" ? root.name : (scope.variables[root.id]?.name ?? `#${root.id}`);
  const { steps } = place;
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i];
    if (step === undefined) break;
    if (step.kind === "field") text += `.${step.name}`;
    else if (step.kind === "index") text += `[${printExpression(step.index, scope)}]`;
    else {
      const next = steps[i + 1];
      if (next?.kind === "field") {
        text += `->${next.name}`;
        i++;
      } else if (next?.kind === "index") {
        text += `[${printExpression(next.index, scope)}]`;
        i++;
      } else if (next === undefined) text = `*${text}`;
      else text = `(*${text})`;
    }
  }
  return text;
}

/** A pure expression as C text. Macro and enumerator names are kept. */
export function printExpression(expression: Expression, scope: { readonly variables: readonly Variable[] }): string {
  switch (expression.kind) {
    case "constant":
      return expression.name ?? expression.value.toString();
    case "string":
    case "opaque":
      return expression.text;
    case "symbol":
    case "function":
      return expression.name;
    case "read":
      return printPlace(expression.place, scope);
    case "address": {
      // A decayed array prints as the array.
      const steps = expression.place.steps;
      const last = steps.at(-1);
      const before = steps.at(-2);
      if (last?.kind === "index" && isZero(last.index) && before?.kind !== "deref") {
        return printPlace({ ...expression.place, steps: steps.slice(0, -1) }, scope);
      }
      return `&${printPlace(expression.place, scope)}`;
    }
    case "unary":
      return `${expression.operator}${printOperand(expression.operand, scope)}`;
    case "binary":
      return `${printOperand(expression.left, scope)} ${expression.operator} ${printOperand(expression.right, scope)}`;
    case "cast":
      return `(${printType(expression.type)})${printOperand(expression.operand, scope)}`;
    case "sizeof":
      return `sizeof(${printType(expression.operand)})`;
    case "type":
      return expression.text;
  }
}

function printOperand(expression: Expression, scope: { readonly variables: readonly Variable[] }): string {
  const text = printExpression(expression, scope);
  return expression.kind === "binary" || (expression.kind === "address" && text.startsWith("&")) ? `(${text})` : text;
}

/** A type as C would write it, without the declared name. */
export function printType(type: Type): string {
  switch (type.kind) {
    case "unknown":
      return "?";
    case "void":
      return "void";
    case "integer":
    case "opaque":
      return type.name;
    case "pointer": {
      const space = type.space === undefined ? "" : ` __${type.space}`;
      if (type.target.kind === "function") return `${printType(type.target.result)} (*)(..)`;
      const target = printType(type.target);
      return target.endsWith("*") ? `${target}${space}*` : `${target}${space} *`;
    }
    case "array":
      return `${printType(type.element)}[${type.length ?? ""}]`;
    case "record":
      return `${type.tag} ${type.name}`;
    case "function":
      return `${printType(type.result)} (..)`;
  }
}

/** Whether the expression is the constant 0 (NULL included). */
export function isZero(expression: Expression): boolean {
  return expression.kind === "constant" && expression.value === 0n;
}

/** The name that a call's callee has in the source; empty for a call through a pointer. */
export function directName({ callee }: CallStatement): string {
  return callee.kind === "direct" ? callee.name : "";
}

/** Whether a place lies in a variable that lowering made, of which the source says nothing. */
export function isTemporary(owner: ProgramFunction, place: Place): boolean {
  return place.root.kind === "variable" && owner.variables[place.root.id]?.kind === "temporary";
}

/**
 * A string that is equal for equal access paths of one function: variables by id, fields by record and name, indices by value.
 * Two places with equal keys are the same place as long as nothing on the path was written in between.
 */
export function placeKey(place: Place): string {
  const root = place.root.kind === "global" ? `@${place.root.name}` : `v${place.root.id}`;
  return root + place.steps.map(stepKey).join("");
}
function stepKey(step: Step): string {
  switch (step.kind) {
    case "deref":
      return "*";
    case "field":
      return `.${step.record ?? "?"}:${step.name}`;
    case "index":
      return `[${expressionKey(step.index)}]`;
  }
}

/** A string that is equal for equal pure expressions of one function; spans and the names of constants do not matter. */
export function expressionKey(expression: Expression): string {
  switch (expression.kind) {
    case "constant":
      return expression.value.toString();
    case "string":
      return expression.text;
    case "symbol":
      return expression.name;
    case "function":
      return `@${expression.name}`;
    case "read":
      return placeKey(expression.place);
    case "address":
      return `&${placeKey(expression.place)}`;
    case "unary":
      return `${expression.operator}(${expressionKey(expression.operand)})`;
    case "binary":
      return `(${expressionKey(expression.left)}${expression.operator}${expressionKey(expression.right)})`;
    case "cast":
      return `<${printType(expression.type)}>(${expressionKey(expression.operand)})`;
    case "sizeof":
      return `sizeof(${printType(expression.operand)})`;
    case "type":
      return `type(${printType(expression.operand)})`;
    case "opaque":
      return `"${expression.text}"`;
  }
}

/** The statement with that id, and the block that holds it. */
export function findStatement(
  target: ProgramFunction,
  id: number,
): { readonly statement: Statement; readonly block: number; readonly index: number } | undefined {
  for (const block of target.blocks) {
    for (let index = 0; index < block.statements.length; index++) {
      const statement = block.statements[index];
      if (statement?.id === id) return { statement, block: block.id, index };
    }
  }
  return undefined;
}
