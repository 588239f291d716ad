/** Lvalues to access paths. */
import type { Expression as Syntax } from "../syntax/c/ast.ts";
import type { FileSpan } from "../text/span.ts";
import type { FunctionBuilder } from "./function-builder.ts";
import { assignableFields, namedFieldMacros, transparentMacros } from "./kernel-macros.ts";
import { lowerValue } from "./lower-expression.ts";
import { parsedMacro } from "./macro-bodies.ts";
import type { Expression, Place, Step } from "./program.ts";
import { intType } from "./scalar-types.ts";
import type { Type } from "./types.ts";
import { unknownType } from "./types.ts";
import { isZero, typeOf } from "./visit.ts";

/**
 * The place that the expression designates. What is no lvalue (the result of a call) is put into a temporary, whose place is
 * the answer. A name that nothing declares is a global of unknown type.
 */
export function lowerPlace(builder: FunctionBuilder, expression: Syntax): Place {
  const at = builder.span(expression);
  switch (expression.kind) {
    case "identifier": {
      const { name } = expression;
      const closure = builder.parameter(name);
      if (closure !== undefined) return builder.inFrame(closure.frame, () => lowerPlace(builder, closure.expression));
      const local = builder.lookUp(name);
      if (local !== undefined) return builder.variablePlace(local, at);
      const macro = builder.macro(name);
      if (macro !== undefined && macro.parameters === undefined) {
        const body = parsedMacro(macro);
        if (body.kind === "expression") {
          return builder.inMacro(macro, body.text, expression, [], () => lowerPlace(builder, body.expression));
        }
      }
      const type = builder.scope.globalNamed(name);
      return { root: { kind: "global", name }, steps: [], type: type ?? unknownType, ...at };
    }
    case "member": {
      const name = builder.memberName(expression.name);
      const object = expression.arrow
        ? dereferenced(builder, lowerValue(builder, expression.object), at)
        : lowerPlace(builder, expression.object);
      return fieldOf(builder, object, name, at);
    }
    case "index": {
      const object = lowerValue(builder, expression.object);
      const index = lowerValue(builder, expression.index);
      return indexed(builder, object, index, at);
    }
    case "unary":
      if (expression.operator === "*") return dereferenced(builder, lowerValue(builder, expression.operand), at);
      break;
    case "call": {
      const { callee } = expression;
      const first = expression.arguments[0];
      if (callee.kind !== "identifier" || first === undefined) break;
      if (transparentMacros.has(callee.name)) return lowerPlace(builder, first);
      // A field of what the first argument points to (include/linux/dma-mapping.h, include/linux/compiler_types.h).
      if (namedFieldMacros.has(callee.name) && expression.arguments[1]?.kind === "identifier") {
        const object = dereferenced(builder, lowerValue(builder, first), at);
        return fieldOf(builder, object, builder.memberName(expression.arguments[1].name), at);
      }
      const assignable = assignableFields.get(callee.name);
      if (assignable !== undefined && builder.scope.macroNamed(callee.name) === undefined) {
        const object = dereferenced(builder, lowerValue(builder, first), at);
        return fieldOf(builder, object, assignable.field, at);
      }
      if (builder.parameter(callee.name) !== undefined) break;
      const macro = builder.macro(callee.name);
      if (macro?.parameters === undefined) break;
      const body = parsedMacro(macro);
      if (body.kind !== "expression") break;
      return builder.inMacro(macro, body.text, expression, expression.arguments, () =>
        lowerPlace(builder, body.expression),
      );
    }
    default:
      break;
  }
  return placeOfValue(builder, lowerValue(builder, expression), at);
}

/**
 * The place that an assignment writes. Undefined for a macro of an unseen header that stands for an object, as
 * `spi_period(target) = 5;`: such an assignment is a call that takes the value as its last argument.
 */
export function lowerTarget(builder: FunctionBuilder, expression: Syntax): Place | undefined {
  if (
    expression.kind === "call" &&
    expression.callee.kind === "identifier" &&
    isUnknownMacro(builder, expression.callee.name)
  ) {
    return undefined;
  }
  return lowerPlace(builder, expression);
}

function isUnknownMacro(builder: FunctionBuilder, name: string): boolean {
  if (builder.parameter(name) !== undefined || builder.scope.macroNamed(name) !== undefined) return false;
  return !transparentMacros.has(name) && !namedFieldMacros.has(name) && !assignableFields.has(name);
}

/** The value of the place: arrays are the address of their first element, functions themselves. */
export function readPlace(place: Place): Expression {
  const { file, start, end } = place;
  if (place.type.kind === "array") {
    const zero: Expression = { kind: "constant", value: 0n, type: intType, file, start, end };
    const element: Place = {
      root: place.root,
      steps: [...place.steps, { kind: "index", index: zero }],
      type: place.type.element,
      file,
      start,
      end,
    };
    return { kind: "address", place: element, file, start, end };
  }
  return { kind: "read", place, file, start, end };
}

/** `*value`. */
export function dereferenced(builder: FunctionBuilder, value: Expression, at: FileSpan): Place {
  if (value.kind === "address") return { ...value.place, file: at.file, start: at.start, end: at.end };
  if (value.kind === "read") {
    // A function pointer is called with and without the star: both designate the function.
    if (value.place.type.kind === "pointer" && value.place.type.target.kind === "function") return value.place;
    return extended(value.place, { kind: "deref" }, targetOf(value.place.type), at);
  }
  const sum = splitSum(value);
  if (sum !== undefined) return indexed(builder, sum.pointer, sum.index, at);
  return extended(placeOfValue(builder, value, at), { kind: "deref" }, targetOf(typeOf(value)), at);
}

/** `object[index]`. */
export function indexed(builder: FunctionBuilder, object: Expression, index: Expression, at: FileSpan): Place {
  const step: Step = { kind: "index", index };
  if (object.kind === "address") {
    const last = object.place.steps.at(-1);
    if (last?.kind === "index" && isZero(last.index)) {
      const base: Place = { ...object.place, steps: object.place.steps.slice(0, -1) };
      return extended(base, step, object.place.type, at);
    }
  }
  const pointer = object.kind === "read" ? object.place : placeOfValue(builder, object, at);
  const target = targetOf(pointer.type);
  return extended(extended(pointer, { kind: "deref" }, target, at), step, target, at);
}

/** `object.name`. */
export function fieldOf(builder: FunctionBuilder, object: Place, name: string, at: FileSpan): Place {
  const record = object.type.kind === "record" ? object.type.name : undefined;
  const type = record === undefined ? undefined : builder.scope.fieldOf(record, name)?.type;
  return extended(object, { kind: "field", record, name }, type ?? unknownType, at);
}

/** A place that holds the value: the one it was read from, or a temporary. */
export function placeOfValue(builder: FunctionBuilder, value: Expression, at: FileSpan): Place {
  if (value.kind === "read") return value.place;
  const temporary = builder.temporary(typeOf(value), at);
  builder.assign(temporary, value, at);
  return temporary;
}

export function extended(place: Place, step: Step, type: Type, at: FileSpan): Place {
  return { root: place.root, steps: [...place.steps, step], type, file: at.file, start: at.start, end: at.end };
}

function targetOf(type: Type): Type {
  if (type.kind === "pointer") return type.target;
  return type.kind === "array" ? type.element : unknownType;
}

/** `pointer + index` where the pointer is one by type. */
function splitSum(value: Expression): { readonly pointer: Expression; readonly index: Expression } | undefined {
  if (value.kind !== "binary" || value.operator !== "+") return undefined;
  const left = typeOf(value.left);
  if (left.kind === "pointer" && (value.left.kind === "read" || value.left.kind === "address")) {
    if (value.left.kind === "address" && value.left.place.steps.at(-1)?.kind !== "index") return undefined;
    return { pointer: value.left, index: value.right };
  }
  const right = typeOf(value.right);
  if (right.kind === "pointer" && value.right.kind === "read") return { pointer: value.right, index: value.left };
  return undefined;
}
