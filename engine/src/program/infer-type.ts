/** The type of an expression from its syntax, without lowering it: for `typeof`, `sizeof expression` and results of calls. */
import type { CallExpression, Expression } from "../syntax/c/ast.ts";
import { arithmeticType, parseNumber, promote } from "./constants.ts";
import type { FunctionBuilder } from "./function-builder.ts";
import { memberArguments, transparentMacros, typeGivenAsArgument, typeOfArgument } from "./kernel-macros.ts";
import { parsedMacro } from "./macro-bodies.ts";
import { boolType, charType, intType, scalarType, unsignedLongType } from "./scalar-types.ts";
import { decay, resolveTypeName } from "./type-resolver.ts";
import type { Type } from "./types.ts";
import { unknownType } from "./types.ts";

/** Unknown where nothing visible says. Reads names in the builder's scopes and current macro frame; emits nothing. */
export function typeOfSyntax(builder: FunctionBuilder, expression: Expression, depth = 0): Type {
  if (depth > 100) return unknownType;
  const inner = (operand: Expression): Type => typeOfSyntax(builder, operand, depth + 1);
  switch (expression.kind) {
    case "identifier": {
      const { name } = expression;
      const closure = builder.parameter(name);
      if (closure !== undefined) return builder.inFrame(closure.frame, () => inner(closure.expression));
      const local = builder.lookUp(name);
      if (local !== undefined) return builder.variables[local]?.type ?? unknownType;
      const macro = builder.scope.macroNamed(name);
      if (macro !== undefined && macro.parameters === undefined) {
        const body = parsedMacro(macro);
        if (body.kind !== "expression") return unknownType;
        return builder.inMacro(macro, body.text, expression, [], () =>
          typeOfSyntax(builder, body.expression, depth + 20),
        );
      }
      if (builder.scope.enumeratorNamed(name) !== undefined) return intType;
      return (
        builder.scope.globalNamed(name) ??
        builder.scope.functionNamed(name) ??
        // `sizeof(name)` of a type reads like that of a variable.
        builder.scope.typedefNamed(name) ??
        scalarType(name) ??
        unknownType
      );
    }
    case "number":
      return parseNumber(expression.text)?.type ?? unknownType;
    case "char":
      return intType;
    case "string":
      return { kind: "array", element: charType };
    case "call":
      return typeOfCall(builder, expression, depth + 1);
    case "member": {
      const object = inner(expression.object);
      const owner = expression.arrow ? targetOf(object) : object;
      if (owner.kind !== "record") return unknownType;
      return builder.scope.fieldOf(owner.name, builder.memberName(expression.name))?.type ?? unknownType;
    }
    case "index":
      return targetOf(inner(expression.object));
    case "unary":
      switch (expression.operator) {
        case "&":
          return { kind: "pointer", target: inner(expression.operand) };
        case "*":
          return targetOf(inner(expression.operand));
        case "!":
          return intType;
        case "++":
        case "--":
          return inner(expression.operand);
        default:
          return promote(inner(expression.operand));
      }
    case "postfix":
      return inner(expression.operand);
    case "binary":
      if (expression.operator === "&&" || expression.operator === "||") return intType;
      return arithmeticType(expression.operator, decay(inner(expression.left)), decay(inner(expression.right)));
    case "assign":
      return inner(expression.target);
    case "conditional": {
      const then = decay(inner(expression.then ?? expression.test));
      if (then.kind === "pointer" && then.target.kind !== "void") return then;
      const otherwise = decay(inner(expression.otherwise));
      if (otherwise.kind === "pointer" || then.kind === "unknown") return otherwise;
      return then.kind === "integer" && otherwise.kind === "integer" ? arithmeticType("+", then, otherwise) : then;
    }
    case "cast":
    case "compound-literal":
    case "type-argument":
      return resolveTypeName(expression.type, builder);
    case "sizeof":
      return unsignedLongType;
    case "statement-expression": {
      const last = expression.body.body.at(-1);
      return last?.kind === "expression" ? inner(last.expression) : unknownType;
    }
    case "comma": {
      const last = expression.items.at(-1);
      return last === undefined ? unknownType : inner(last);
    }
    default:
      return unknownType;
  }
}

function targetOf(type: Type): Type {
  if (type.kind === "pointer") return type.target;
  return type.kind === "array" ? type.element : unknownType;
}

function typeOfCall(builder: FunctionBuilder, call: CallExpression, depth: number): Type {
  if (call.callee.kind !== "identifier") {
    const callee = typeOfSyntax(builder, call.callee, depth);
    return resultOf(callee);
  }
  const { name } = call.callee;
  const closure = builder.parameter(name);
  const local = builder.lookUp(name);
  if (closure === undefined && local === undefined) {
    const macro = builder.scope.macroNamed(name);
    if (macro?.parameters !== undefined) {
      const body = parsedMacro(macro);
      if (body.kind === "expression") {
        return builder.inMacro(macro, body.text, call, call.arguments, () =>
          typeOfSyntax(builder, body.expression, depth + 20),
        );
      }
    }
    return knownResult(builder, name, call.arguments, depth);
  }
  return resultOf(typeOfSyntax(builder, call.callee, depth));
}

/** The type that a call by name gives: from its declaration, or from what is known of the kernel's macros. */
export function knownResult(builder: FunctionBuilder, name: string, args: readonly Expression[], depth = 0): Type {
  const declared = builder.scope.functionNamed(name);
  if (declared !== undefined) return declared.result;
  const typed = memberArguments.get(name)?.type;
  if (typed !== undefined && !name.startsWith("offset") && !name.startsWith("s")) {
    const type = typeArgument(builder, args[typed]);
    return type === undefined ? unknownType : { kind: "pointer", target: type };
  }
  const given = typeGivenAsArgument.get(name);
  if (given !== undefined) return typeArgument(builder, args[given]) ?? unknownType;
  const position = typeOfArgument.get(name) ?? (transparentMacros.has(name) ? 0 : undefined);
  const argument = position === undefined ? undefined : args[position];
  if (argument !== undefined) return decay(typeOfSyntax(builder, argument, depth + 1));
  return knownTypes.get(name) ?? unknownType;
}

const knownTypes: ReadonlyMap<string, Type> = new Map<string, Type>([
  ["IS_ERR", boolType],
  ["IS_ERR_OR_NULL", boolType],
  ["PTR_ERR", scalarType("long") ?? unknownType],
  ["ARRAY_SIZE", unsignedLongType],
  ["offsetof", unsignedLongType],
  ["struct_size", unsignedLongType],
  ["sizeof_field", unsignedLongType],
]);

function typeArgument(builder: FunctionBuilder, argument: Expression | undefined): Type | undefined {
  if (argument?.kind === "type-argument") return resolveTypeName(argument.type, builder);
  if (argument?.kind === "sizeof" && argument.operator === "typeof") {
    return argument.operand.kind === "type-name"
      ? resolveTypeName(argument.operand, builder)
      : typeOfSyntax(builder, argument.operand);
  }
  if (argument?.kind === "identifier") {
    const { name } = argument;
    const closure = builder.parameter(name);
    if (closure !== undefined) {
      return builder.inFrame(closure.frame, () => typeArgument(builder, closure.expression));
    }
    return builder.typedefNamed(name) ?? scalarType(name) ?? { kind: "opaque", name };
  }
  return undefined;
}
export { typeArgument as typeOfTypeArgument };

function resultOf(type: Type): Type {
  if (type.kind === "function") return type.result;
  return type.kind === "pointer" && type.target.kind === "function" ? type.target.result : unknownType;
}
