/** Expressions for what they do: evaluated into a place, or with the value dropped. */
import type { AssignExpression, Expression as Syntax } from "../syntax/c/ast.ts";
import type { FileSpan } from "../text/span.ts";
import { type FunctionBuilder, nestingLimit } from "./function-builder.ts";
import { lowerArguments, lowerCall } from "./lower-call.ts";
import { lowerCondition } from "./lower-condition.ts";
import { declareFromMacro } from "./lower-declaration.ts";
import { compound, lowerValue, step, tooDeep } from "./lower-expression.ts";
import { lowerPlace, lowerTarget, readPlace } from "./lower-place.ts";
import { lowerStatementExpression } from "./lower-statement.ts";
import type { Expression, Place } from "./program.ts";
import { typeOf } from "./visit.ts";

/** Evaluates the expression into `target`. Calls write their result there directly. */
export function lowerInto(builder: FunctionBuilder, target: Place, expression: Syntax, at: FileSpan): void {
  if (builder.depth > nestingLimit) {
    tooDeep(builder, expression);
    return;
  }
  builder.depth++;
  into(builder, target, expression, at);
  builder.depth--;
}

/** Evaluates the expression for what it does. */
export function lowerEffect(builder: FunctionBuilder, expression: Syntax): void {
  if (builder.depth > nestingLimit) {
    tooDeep(builder, expression);
    return;
  }
  builder.depth++;
  effect(builder, expression);
  builder.depth--;
}

function into(builder: FunctionBuilder, target: Place, expression: Syntax, at: FileSpan): void {
  switch (expression.kind) {
    case "call": {
      const value = lowerCall(builder, expression, target, true);
      if (value !== undefined) builder.assign(target, value, at);
      return;
    }
    case "conditional": {
      const after = builder.newBlock();
      const otherwise = builder.newBlock();
      if (expression.then === undefined) {
        // GNU `a ?: b`: the first operand is evaluated once and is the value.
        const value = lowerValue(builder, expression.test);
        const kept = value.kind === "read" && value.place.root.kind === "variable" && value.place.steps.length === 0;
        const first = kept ? value.place : builder.temporary(typeOf(value), at);
        if (!kept) builder.assign(first, value, at);
        const then = builder.newBlock();
        builder.branch(readPlace(first), then, otherwise, builder.span(expression.test));
        builder.placeTarget(then, at);
        builder.assign(target, readPlace(first), at);
      } else {
        const then = builder.newBlock();
        lowerCondition(builder, expression.test, then, otherwise);
        builder.placeTarget(then, builder.span(expression.then));
        if (then.referenced) lowerInto(builder, target, expression.then, builder.span(expression.then));
      }
      builder.jump(after, at);
      if (otherwise.referenced) {
        builder.placeTarget(otherwise, builder.span(expression.otherwise));
        lowerInto(builder, target, expression.otherwise, builder.span(expression.otherwise));
        builder.jump(after, at);
      }
      builder.placeTarget(after, at);
      return;
    }
    case "comma": {
      const last = expression.items.at(-1);
      for (const item of expression.items) if (item !== last) lowerEffect(builder, item);
      if (last !== undefined) lowerInto(builder, target, last, at);
      return;
    }
    case "identifier": {
      const closure = builder.parameter(expression.name);
      if (closure !== undefined) {
        builder.inFrame(closure.frame, () => lowerInto(builder, target, closure.expression, at));
        return;
      }
      break;
    }
    default:
      break;
  }
  builder.assign(target, lowerValue(builder, expression), at);
}

function effect(builder: FunctionBuilder, expression: Syntax): void {
  const at = builder.span(expression);
  switch (expression.kind) {
    case "call":
      lowerCall(builder, expression, undefined, false);
      return;
    case "assign": {
      if (declaresByMacro(builder, expression)) return;
      const target = lowerTarget(builder, expression.target);
      if (target === undefined) assignThroughMacro(builder, expression, at);
      else if (expression.operator === "=") lowerInto(builder, target, expression.value, at);
      else compound(builder, target, expression, at);
      return;
    }
    case "postfix":
      step(builder, lowerPlace(builder, expression.operand), expression.operator, at);
      return;
    case "unary":
      if (expression.operator === "++" || expression.operator === "--") {
        step(builder, lowerPlace(builder, expression.operand), expression.operator, at);
        return;
      }
      break;
    case "comma":
      for (const item of expression.items) lowerEffect(builder, item);
      return;
    case "cast":
      lowerEffect(builder, expression.operand);
      return;
    case "conditional": {
      const after = builder.newBlock();
      const otherwise = builder.newBlock();
      const then = builder.newBlock();
      lowerCondition(builder, expression.test, then, otherwise);
      builder.placeTarget(then, at);
      if (expression.then !== undefined && then.referenced) lowerEffect(builder, expression.then);
      builder.jump(after, at);
      if (otherwise.referenced) {
        builder.placeTarget(otherwise, at);
        lowerEffect(builder, expression.otherwise);
        builder.jump(after, at);
      }
      builder.placeTarget(after, at);
      return;
    }
    case "binary":
      if (expression.operator === "&&" || expression.operator === "||") {
        const after = builder.newBlock();
        const right = builder.newBlock();
        if (expression.operator === "&&") lowerCondition(builder, expression.left, right, after);
        else lowerCondition(builder, expression.left, after, right);
        if (right.referenced) {
          builder.placeTarget(right, at);
          lowerEffect(builder, expression.right);
          builder.jump(after, at);
        }
        builder.placeTarget(after, at);
        return;
      }
      break;
    case "identifier": {
      const closure = builder.parameter(expression.name);
      if (closure !== undefined) {
        builder.inFrame(closure.frame, () => lowerEffect(builder, closure.expression));
        return;
      }
      break;
    }
    case "statement-expression":
      lowerStatementExpression(builder, expression, undefined, at);
      return;
    case "unknown":
      builder.opaque(expression);
      return;
    default:
      break;
  }
  const value = lowerValue(builder, expression);
  if (value.kind === "constant" || value.kind === "opaque") return;
  builder.emit({ kind: "evaluate", value, ...at });
}

/** `spi_period(target) = value;` where only the macro's name is known: a call that may write what its arguments lead to. */
export function assignThroughMacro(builder: FunctionBuilder, expression: AssignExpression, at: FileSpan): Expression {
  const value = lowerValue(builder, expression.value);
  const { target } = expression;
  if (target.kind === "call" && target.callee.kind === "identifier") {
    const args = lowerArguments(builder, target.callee.name, target.arguments);
    builder.call({
      callee: { kind: "direct", name: target.callee.name },
      calleeSpan: builder.span(target.callee),
      arguments: [...args, value],
      type: { kind: "void" },
      ...at,
    });
  }
  return value;
}

/** `DECLARE_BITMAP(mask, 8) = { 0 };` */
function declaresByMacro(builder: FunctionBuilder, expression: AssignExpression): boolean {
  const { target, value } = expression;
  if (target.kind !== "call" || target.callee.kind !== "identifier" || value.kind !== "initializer-list") return false;
  return declareFromMacro(builder, target.callee.name, target, true);
}
