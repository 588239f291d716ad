/** Expressions to pure values; what they do on the way becomes statements. */
import type { AssignExpression, BinaryExpression, Expression as Syntax, TypeName } from "../syntax/c/ast.ts";
import type { FileSpan } from "../text/span.ts";
import { arithmeticType, computeBinary, parseChar, parseNumber, promote, wrapTo } from "./constants.ts";
import { type FunctionBuilder, nestingLimit } from "./function-builder.ts";
import { lowerCall } from "./lower-call.ts";
import { lowerCondition } from "./lower-condition.ts";
import { assignThroughMacro, lowerEffect, lowerInto } from "./lower-effect.ts";
import { lowerInitializer } from "./lower-initializer.ts";
import { dereferenced, lowerPlace, lowerTarget, readPlace } from "./lower-place.ts";
import { lowerStatementExpression } from "./lower-statement.ts";
import { parsedMacro } from "./macro-bodies.ts";
import type { BinaryOperator, Expression, Place } from "./program.ts";
import { boolType, intType, voidPointer } from "./scalar-types.ts";
import { resolveTypeName } from "./type-resolver.ts";
import type { Type } from "./types.ts";
import { completeArray } from "./declared-types.ts";
import { isZero, printType, typeOf } from "./visit.ts";

/** The value of the expression. */
export function lowerValue(builder: FunctionBuilder, expression: Syntax): Expression {
  if (builder.depth > nestingLimit) return tooDeep(builder, expression);
  builder.depth++;
  const value = value_(builder, expression);
  builder.depth--;
  return value;
}

export function tooDeep(builder: FunctionBuilder, expression: Syntax): Expression {
  builder.opaque(expression, "nested too deeply");
  return { kind: "opaque", text: "", ...builder.span(expression) };
}

function value_(builder: FunctionBuilder, expression: Syntax): Expression {
  const at = builder.span(expression);
  switch (expression.kind) {
    case "identifier":
      return lowerName(builder, expression.name, expression, at);
    case "number": {
      const number = parseNumber(expression.text);
      if (number === undefined) return { kind: "opaque", text: expression.text, ...at };
      return { kind: "constant", value: number.value, type: number.type, ...at };
    }
    case "char":
      return { kind: "constant", value: parseChar(expression.text), type: intType, ...at };
    case "string":
      return { kind: "string", text: builder.textOf(expression), ...at };
    case "call":
      return (
        lowerCall(builder, expression, undefined, true) ?? { kind: "opaque", text: builder.textOf(expression), ...at }
      );
    case "member":
    case "index":
      return readPlace(lowerPlace(builder, expression));
    case "unary":
      return lowerUnary(builder, expression.operator, expression.operand, at);
    case "postfix": {
      const place = lowerPlace(builder, expression.operand);
      const old = builder.temporary(place.type, at);
      builder.assign(old, readPlace(place), at);
      step(builder, place, expression.operator, at);
      return readPlace(old);
    }
    case "binary":
      return lowerBinary(builder, expression, at);
    case "assign":
      return lowerAssign(builder, expression, at);
    case "conditional":
    case "statement-expression": {
      const type = builder.typeOfExpression(expression);
      if (expression.kind === "statement-expression") return lowerStatementExpression(builder, expression, type, at);
      const result = builder.temporary(type, at);
      lowerInto(builder, result, expression, at);
      return readPlace(result);
    }
    case "cast":
      return lowerCast(builder, expression.type, expression.operand, at);
    case "compound-literal": {
      const type = completeArray(resolveTypeName(expression.type, builder), expression.value, builder);
      const object = builder.temporary(type, at);
      lowerInitializer(builder, object, expression.value, at);
      return readPlace(object);
    }
    case "sizeof": {
      if (expression.operator !== "sizeof") return { kind: "opaque", text: builder.textOf(expression), ...at };
      const { operand } = expression;
      const type = operand.kind === "type-name" ? resolveTypeName(operand, builder) : builder.typeOfExpression(operand);
      return { kind: "sizeof", operand: type, ...at };
    }
    case "comma": {
      const last = expression.items.at(-1);
      for (const item of expression.items) if (item !== last) lowerEffect(builder, item);
      return last === undefined ? { kind: "opaque", text: "", ...at } : lowerValue(builder, last);
    }
    case "initializer-list":
    case "operator-argument":
    case "label-address":
      return { kind: "opaque", text: builder.textOf(expression), ...at };
    case "type-argument": {
      const type = resolveTypeName(expression.type, builder);
      return { kind: "type", operand: type, text: builder.textOf(expression), ...at };
    }
    case "unknown":
      builder.opaque(expression);
      return { kind: "opaque", text: builder.textOf(expression), ...at };
  }
}

/** A name used as a value. */
function lowerName(builder: FunctionBuilder, name: string, node: Syntax, at: FileSpan): Expression {
  const closure = builder.parameter(name);
  if (closure !== undefined) return builder.inFrame(closure.frame, () => lowerValue(builder, closure.expression));
  const local = builder.lookUp(name);
  if (local !== undefined) return readPlace(builder.variablePlace(local, at));
  const { scope } = builder;
  const macro = builder.macro(name);
  if (macro !== undefined && macro.parameters === undefined) {
    const body = parsedMacro(macro);
    if (body.kind === "expression") {
      const value = builder.inMacro(macro, body.text, node, [], () => lowerValue(builder, body.expression));
      return value.kind === "constant" ? { ...value, name } : value;
    }
    if (body.kind === "empty") return { kind: "opaque", text: name, ...at };
  }
  const enumerator = scope.enumeratorNamed(name);
  if (enumerator !== undefined) return { kind: "constant", value: enumerator, type: intType, name, ...at };
  const global = scope.globalNamed(name);
  if (global !== undefined) {
    return readPlace({ root: { kind: "global", name }, steps: [], type: global, ...at });
  }
  if (scope.functionNamed(name) !== undefined) return { kind: "function", name, ...at };
  switch (name) {
    case "NULL":
      return { kind: "constant", value: 0n, type: voidPointer, name, ...at };
    case "true":
      return { kind: "constant", value: 1n, type: boolType, name, ...at };
    case "false":
      return { kind: "constant", value: 0n, type: boolType, name, ...at };
    case "__func__":
    case "__FUNCTION__":
      return { kind: "string", text: `"${builder.functionName}"`, ...at };
    default:
      return { kind: "symbol", name, ...at };
  }
}

function lowerUnary(
  builder: FunctionBuilder,
  operator: "&" | "*" | "+" | "-" | "~" | "!" | "++" | "--",
  operand: Syntax,
  at: FileSpan,
): Expression {
  switch (operator) {
    case "&":
      return addressOf(builder, operand, at);
    case "*":
      return readPlace(dereferenced(builder, lowerValue(builder, operand), at));
    case "++":
    case "--": {
      const place = lowerPlace(builder, operand);
      step(builder, place, operator, at);
      return readPlace(place);
    }
    case "!":
      if (isLogical(operand)) return truthValue(builder, { kind: "unary", operator, operand, ...spanOf(operand) }, at);
      return negated(lowerValue(builder, operand), at);
    case "+":
      return lowerValue(builder, operand);
    case "-":
    case "~": {
      const value = lowerValue(builder, operand);
      const type = promote(typeOf(value));
      if (value.kind === "constant") {
        const result = operator === "-" ? -value.value : ~value.value;
        return { kind: "constant", value: wrapTo(result, type), type, ...at };
      }
      return { kind: "unary", operator, operand: value, type, ...at };
    }
  }
}

/** `!value`, folded for constants. */
export function negated(value: Expression, at: FileSpan): Expression {
  if (value.kind === "constant") {
    return { kind: "constant", value: value.value === 0n ? 1n : 0n, type: intType, ...at };
  }
  return { kind: "unary", operator: "!", operand: value, type: intType, ...at };
}

function addressOf(builder: FunctionBuilder, operand: Syntax, at: FileSpan): Expression {
  if (operand.kind === "identifier" && builder.parameter(operand.name) === undefined) {
    const { name } = operand;
    const isObject = builder.lookUp(name) !== undefined || builder.scope.globalNamed(name) !== undefined;
    // `&handler` is the function itself.
    if (!isObject && builder.scope.functionNamed(name) !== undefined) return { kind: "function", name, ...at };
  }
  const place = lowerPlace(builder, operand);
  const last = place.steps.at(-1);
  if (last?.kind === "deref") {
    // `&*p` is p.
    const pointer: Place = {
      root: place.root,
      steps: place.steps.slice(0, -1),
      type: { kind: "pointer", target: place.type },
      ...at,
    };
    return { kind: "read", place: pointer, ...at };
  }
  return { kind: "address", place: { ...place, ...at }, ...at };
}

function lowerBinary(builder: FunctionBuilder, expression: BinaryExpression, at: FileSpan): Expression {
  if (expression.operator === "&&" || expression.operator === "||") return truthValue(builder, expression, at);
  const left = lowerValue(builder, expression.left);
  const right = lowerValue(builder, expression.right);
  return binary(expression.operator, left, right, at);
}

/** `left operator right`, folded for constants. */
export function binary(operator: BinaryOperator, left: Expression, right: Expression, at: FileSpan): Expression {
  const type = arithmeticType(operator, typeOf(left), typeOf(right));
  const { file, start, end } = at;
  if (left.kind === "constant" && right.kind === "constant" && type.kind === "integer") {
    // Operands take the common type before a comparison or a division sees them.
    const common = operator === "<<" || operator === ">>" ? type : arithmeticType("+", left.type, right.type);
    const a = common.kind === "integer" ? wrapTo(left.value, common) : left.value;
    const b =
      operator === "<<" || operator === ">>" || common.kind !== "integer" ? right.value : wrapTo(right.value, common);
    const value = computeBinary(operator, a, b);
    if (value !== undefined) return { kind: "constant", value: wrapTo(value, type), type, file, start, end };
  }
  if (
    (operator === "+" || operator === "-") &&
    isZero(right) &&
    right.kind === "constant" &&
    right.name === undefined
  ) {
    return left;
  }
  return { kind: "binary", operator, left, right, type, file, start, end };
}

function isLogical(expression: Syntax): boolean {
  if (expression.kind === "unary") return expression.operator === "!" && isLogical(expression.operand);
  return expression.kind === "binary" && (expression.operator === "&&" || expression.operator === "||");
}

/** 0 or 1 from a condition that branches. */
function truthValue(builder: FunctionBuilder, expression: Syntax, at: FileSpan): Expression {
  const result = builder.temporary(intType, at);
  const isTrue = builder.newBlock();
  const isFalse = builder.newBlock();
  const after = builder.newBlock();
  lowerCondition(builder, expression, isTrue, isFalse);
  builder.placeTarget(isTrue, at);
  if (isTrue.referenced) {
    builder.assign(result, { kind: "constant", value: 1n, type: intType, ...at }, at);
    builder.jump(after, at);
  }
  if (isFalse.referenced) {
    builder.placeTarget(isFalse, at);
    builder.assign(result, { kind: "constant", value: 0n, type: intType, ...at }, at);
    builder.jump(after, at);
  }
  builder.placeTarget(after, at);
  return readPlace(result);
}

/** `place++` or `place--`. */
export function step(builder: FunctionBuilder, place: Place, operator: "++" | "--", at: FileSpan): void {
  const one: Expression = { kind: "constant", value: 1n, type: intType, ...at };
  builder.assign(place, binary(operator === "++" ? "+" : "-", readPlace(place), one, at), at);
}

function lowerAssign(builder: FunctionBuilder, expression: AssignExpression, at: FileSpan): Expression {
  const target = lowerTarget(builder, expression.target);
  if (target === undefined) return assignThroughMacro(builder, expression, at);
  if (expression.operator !== "=") {
    compound(builder, target, expression, at);
    return readPlace(target);
  }
  let value = lowerValue(builder, expression.value);
  const simple =
    value.kind === "constant" ||
    (value.kind === "read" && value.place.steps.length === 0 && value.place.root.kind === "variable");
  if (!simple) {
    // The value is needed twice; reading the target again would be one more load.
    if (target.steps.length === 0 && target.root.kind === "variable") {
      builder.assign(target, value, at);
      return readPlace(target);
    }
    const kept = builder.temporary(typeOf(value).kind === "unknown" ? target.type : typeOf(value), at);
    builder.assign(kept, value, at);
    value = readPlace(kept);
  }
  builder.assign(target, value, at);
  return cast(value, target.type, at, true);
}

/** `target op= value`. */
export function compound(builder: FunctionBuilder, target: Place, expression: AssignExpression, at: FileSpan): void {
  const value = lowerValue(builder, expression.value);
  const { operator } = expression;
  if (operator === "=" || operator === "&&" || operator === "||") builder.assign(target, value, at);
  else builder.assign(target, binary(operator, readPlace(target), value, at), at);
}

function lowerCast(builder: FunctionBuilder, typeName: TypeName, operand: Syntax, at: FileSpan): Expression {
  const type = resolveTypeName(typeName, builder);
  if (type.kind === "void") {
    lowerEffect(builder, operand);
    return { kind: "constant", value: 0n, type: intType, ...at };
  }
  if (operand.kind === "initializer-list") {
    const object = builder.temporary(type, at);
    lowerInitializer(builder, object, operand, at);
    return readPlace(object);
  }
  return cast(lowerValue(builder, operand), type, at, false);
}

/** `(type)value`. With `onlyIntegers` other conversions are left out: an assignment to a pointer changes no bits. */
export function cast(value: Expression, type: Type, at: FileSpan, onlyIntegers: boolean): Expression {
  const from = typeOf(value);
  if (value.kind === "constant" && (type.kind === "integer" || type.kind === "pointer")) {
    return { ...value, value: wrapTo(value.value, type), type };
  }
  if (onlyIntegers && (type.kind !== "integer" || from.kind !== "integer")) return value;
  if (type.kind === "integer" && from.kind === "integer" && type.bits === from.bits && type.signed === from.signed) {
    if (onlyIntegers) return value;
  }
  if (type.kind === "unknown") return value;
  if (type.kind === from.kind && printType(type) === printType(from)) return value;
  return { kind: "cast", operand: value, type, file: at.file, start: at.start, end: at.end };
}

function spanOf(node: Syntax): { readonly start: number; readonly end: number } {
  return { start: node.start, end: node.end };
}
