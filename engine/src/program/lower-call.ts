/** Calls: macros of the file are expanded, macros of the kernel that are no calls are taken as what they mean. */
import type { CallExpression, Expression as Syntax } from "../syntax/c/ast.ts";
import { knownFunction } from "./constant-expressions.ts";
import type { Macro } from "./declarations.ts";
import type { Frame, FunctionBuilder } from "./function-builder.ts";
import { knownResult, typeOfTypeArgument } from "./infer-type.ts";
import { assignedArguments, memberArguments, noReturnCalls, typeGivenAsArgument } from "./kernel-macros.ts";
import { lowerEffect, lowerInto } from "./lower-effect.ts";
import { lowerValue } from "./lower-expression.ts";
import { lowerPlace, readPlace } from "./lower-place.ts";
import { lowerMacroStatements } from "./lower-statement.ts";
import { type MacroBody, parseBody, parsedMacro, pastedText } from "./macro-bodies.ts";
import { meanings, type Use } from "./macro-meanings.ts";
import type { CallStatement, Expression, Place } from "./program.ts";
import { intType, unsignedLongLongType, unsignedLongType } from "./scalar-types.ts";
import type { Type } from "./types.ts";
import { unknownType } from "./types.ts";
import { typeOf } from "./visit.ts";

/**
 * Lowers a call. With a `target` the result goes there and the answer is undefined. Otherwise the answer is the value, or
 * undefined when it is not `wanted`.
 */
export function lowerCall(
  builder: FunctionBuilder,
  call: CallExpression,
  target: Place | undefined,
  wanted: boolean,
): Expression | undefined {
  const at = builder.span(call);
  const callee = resolveCallee(builder, call.callee);
  const use: Use = { call, at, target, wanted, calleeSpan: builder.span(call.callee) };
  if (callee.kind === "value") {
    const value = builder.inFrame(callee.frame, () => lowerValue(builder, callee.expression));
    const args = lowerArguments(builder, undefined, call.arguments);
    const named = value.kind === "function" || value.kind === "symbol";
    return emitCall(
      builder,
      use,
      named ? { kind: "direct", name: value.name } : { kind: "indirect", target: value },
      args,
      named ? knownResult(builder, value.name, call.arguments) : resultOf(typeOf(value)),
    );
  }
  const { name } = callee;
  const meaning = builder.scope.macroNamed(name) === undefined ? meanings.get(name) : undefined;
  if (meaning !== undefined && builder.scope.functionNamed(name) === undefined) {
    const done = meaning(builder, use);
    if (done !== undefined) return deliver(builder, use, done);
  }
  const macro = builder.macro(name);
  if (macro?.parameters !== undefined) {
    const done = expand(builder, macro, use);
    if (done !== undefined) return done === "nothing" ? undefined : deliver(builder, use, done);
  }
  const args = lowerArguments(builder, name, call.arguments);
  const constant = knownFunction(
    name,
    args.map((one) => (one.kind === "constant" ? one.value : undefined)),
  );
  if (constant !== undefined && wanted) {
    const first = args[0];
    const wide = name.endsWith("ULL") ? unsignedLongLongType : unsignedLongType;
    if (name === "DMA_BIT_MASK") {
      const text = builder.textOf(call);
      return deliver(builder, use, {
        kind: "constant",
        value: constant,
        type: unsignedLongLongType,
        name: text,
        ...at,
      });
    }
    const type = /^(BIT|GENMASK|_BIT|U?LL?$)/.test(name) ? wide : first === undefined ? intType : typeOf(first);
    return deliver(builder, use, { kind: "constant", value: constant, type, ...at });
  }
  const result = emitCall(builder, use, { kind: "direct", name }, args, knownResult(builder, name, call.arguments));
  if (noReturnCalls.has(name) && builder.scope.functionNamed(name) === undefined) {
    builder.terminate({ kind: "unreachable", ...at });
  }
  return result;
}

function deliver(builder: FunctionBuilder, use: Use, value: Expression): Expression | undefined {
  if (use.target === undefined) return value;
  builder.assign(use.target, value, use.at);
  return undefined;
}

function emitCall(
  builder: FunctionBuilder,
  use: Use,
  callee: CallStatement["callee"],
  args: readonly Expression[],
  type: Type,
): Expression | undefined {
  const { at, calleeSpan } = use;
  const result = use.target ?? (use.wanted ? builder.temporary(type, at) : undefined);
  builder.call({ callee, calleeSpan, arguments: args, ...(result === undefined ? {} : { result }), type, ...at });
  return use.target !== undefined || result === undefined ? undefined : readPlace(result);
}

type Callee =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "value"; readonly expression: Syntax; readonly frame: Frame | undefined };

/** Follows macro parameters and object-like aliases to the name, or to the expression that gives the function pointer. */
function resolveCallee(builder: FunctionBuilder, callee: Syntax): Callee {
  let expression = callee;
  let frame = builder.frame;
  for (let i = 0; i < 32; i++) {
    while (expression.kind === "unary" && (expression.operator === "*" || expression.operator === "&")) {
      // A star or an ampersand before a function's name designates the function all the same.
      if (expression.operand.kind !== "identifier" || builder.lookUp(expression.operand.name) !== undefined) break;
      expression = expression.operand;
    }
    if (expression.kind !== "identifier") return { kind: "value", expression, frame };
    const { name } = expression;
    const closure = frame?.parameters.get(name);
    if (closure !== undefined) {
      expression = closure.expression;
      frame = closure.frame;
      continue;
    }
    if (builder.lookUp(name) !== undefined) return { kind: "value", expression, frame };
    const macro = builder.scope.macroNamed(name);
    if (macro !== undefined && macro.parameters === undefined) {
      const body = parsedMacro(macro);
      if (body.kind === "expression" && body.expression.kind === "identifier" && body.expression.name !== name) {
        expression = body.expression;
        frame = undefined;
        continue;
      }
      if (body.kind === "expression" && body.expression.kind !== "identifier") {
        return { kind: "value", expression, frame };
      }
    }
    if (macro === undefined && builder.scope.functionNamed(name) === undefined) {
      const type = builder.scope.globalNamed(name);
      if (type !== undefined) return { kind: "value", expression, frame };
    }
    return { kind: "name", name };
  }
  return { kind: "value", expression, frame };
}

/** Left to right. Names of members stay text; what a macro assigns is passed as its address. */
export function lowerArguments(
  builder: FunctionBuilder,
  name: string | undefined,
  args: readonly Syntax[],
): Expression[] {
  const member = name === undefined ? undefined : memberArguments.get(name)?.member;
  const typePosition =
    name === undefined ? undefined : (memberArguments.get(name)?.type ?? typeGivenAsArgument.get(name));
  const assigned = name === undefined ? undefined : assignedArguments.get(name);
  return args.map((argument, i) => {
    const at = builder.span(argument);
    if (i === member) return { kind: "opaque", text: memberText(builder, argument), ...at };
    if (i === typePosition && (argument.kind === "identifier" || argument.kind === "sizeof")) {
      const type = typeOfTypeArgument(builder, argument);
      if (type !== undefined) return { kind: "type", operand: type, text: builder.textOf(argument), ...at };
    }
    if (assigned?.includes(i) === true && isLvalue(argument)) {
      return { kind: "address", place: lowerPlace(builder, argument), ...at };
    }
    return lowerValue(builder, argument);
  });
}

function memberText(builder: FunctionBuilder, argument: Syntax): string {
  if (argument.kind !== "identifier") return builder.textOf(argument);
  const closure = builder.parameter(argument.name);
  return closure === undefined
    ? argument.name
    : builder.inFrame(closure.frame, () => memberText(builder, closure.expression));
}

export function isLvalue(expression: Syntax): boolean {
  return (
    expression.kind === "identifier" ||
    expression.kind === "member" ||
    expression.kind === "index" ||
    (expression.kind === "unary" && expression.operator === "*")
  );
}

function resultOf(type: Type): Type {
  if (type.kind === "function") return type.result;
  return type.kind === "pointer" && type.target.kind === "function" ? type.target.result : unknownType;
}

// ---------------------------------------------------------------- macros of the file

/** The value of the expansion; "nothing" when it went to the target or has none; undefined when it must stay a call. */
function expand(builder: FunctionBuilder, macro: Macro, use: Use): Expression | "nothing" | undefined {
  const parameters = macro.parameters ?? [];
  const { call } = use;
  if (parameters.some((one) => one.includes("..."))) return undefined;
  if (parameters.length !== call.arguments.length && !(parameters.length === 1 && call.arguments.length === 0)) {
    return undefined;
  }
  let body: MacroBody = parsedMacro(macro);
  let args = call.arguments;
  if (body.kind === "pasting") {
    body = parseBody(
      pastedText(
        macro,
        args.map((one) => argumentText(builder, one)),
      ),
    );
    args = [];
  }
  if (body.kind === "empty") return use.wanted || use.target !== undefined ? undefined : "nothing";
  if (body.kind === "statements") {
    if (use.wanted || use.target !== undefined) return undefined;
    const { statements, text } = body;
    builder.inMacro(macro, text, call, args, () => lowerMacroStatements(builder, statements));
    return "nothing";
  }
  if (body.kind !== "expression") return undefined;
  const { expression, text } = body;
  return builder.inMacro(macro, text, call, args, () => {
    if (use.target !== undefined) lowerInto(builder, use.target, expression, use.at);
    else if (use.wanted) return lowerValue(builder, expression);
    else lowerEffect(builder, expression);
    return "nothing";
  });
}

function argumentText(builder: FunctionBuilder, argument: Syntax): string {
  const closure = argument.kind === "identifier" ? builder.parameter(argument.name) : undefined;
  if (closure === undefined) return builder.textOf(argument);
  return builder.inFrame(closure.frame, () => argumentText(builder, closure.expression));
}
