/** Declarators to types. A name that nothing visible declares gives an opaque or unknown type, never a guess. */
import type {
  Annotation,
  BaseType,
  Declarator,
  Expression,
  RecordType,
  Specifiers,
  TypeName,
} from "../syntax/c/ast.ts";
import { scalarType } from "./scalar-types.ts";
import type { PointerType, Type } from "./types.ts";
import { unknownType } from "./types.ts";

/** What a type's text may refer to. */
export interface TypeContext {
  typedefNamed(name: string): Type | undefined;
  recordName(tag: string): string;
  /** The name of a record without a tag. */
  nameOfUnnamed(record: RecordType): string;
  constantOf(expression: Expression): bigint | undefined;
  typeOfExpression(expression: Expression): Type;
}

const depthLimit = 64;

/** The type that `declarator` gives its name, for specifiers that were written before it. */
export function resolveType(specifiers: Specifiers, declarator: Declarator, context: TypeContext): Type {
  return applyDeclarator(baseType(specifiers.base, context), declarator, context, spaceOf(specifiers.annotations), 0);
}

export function resolveTypeName(type: TypeName, context: TypeContext): Type {
  return resolveType(type.specifiers, type.declarator, context);
}

/** The type of a parameter: arrays and functions are pointers. */
export function parameterType(specifiers: Specifiers, declarator: Declarator, context: TypeContext): Type {
  return decay(resolveType(specifiers, declarator, context));
}

export function decay(type: Type): Type {
  if (type.kind === "array") return { kind: "pointer", target: type.element };
  if (type.kind === "function") return { kind: "pointer", target: type };
  return type;
}

/** The name that a declarator declares. */
export function declaredName(
  declarator: Declarator,
): { readonly name: string; readonly start: number; readonly end: number } | undefined {
  let at = declarator;
  for (let depth = 0; depth < depthLimit; depth++) {
    if (at.kind === "name") return at;
    if (at.kind === "abstract") return undefined;
    at = at.inner;
  }
  return undefined;
}

/** The function wrapper next to the name, where the declarator declares a function (and not a pointer to one). */
export function functionDeclarator(declarator: Declarator): Extract<Declarator, { kind: "function" }> | undefined {
  let at = declarator;
  for (let depth = 0; depth < depthLimit; depth++) {
    if (at.kind === "name" || at.kind === "abstract") return undefined;
    if (at.kind === "function" && at.inner.kind === "name") return at;
    at = at.inner;
  }
  return undefined;
}

function baseType(base: BaseType, context: TypeContext): Type {
  switch (base.kind) {
    case "builtin":
      if (base.name === "void") return { kind: "void" };
      return scalarType(base.name) ?? { kind: "opaque", name: base.name };
    case "named":
      return context.typedefNamed(base.name) ?? scalarType(base.name) ?? { kind: "opaque", name: base.name };
    case "record":
      return {
        kind: "record",
        tag: base.tag,
        name: base.name === undefined ? context.nameOfUnnamed(base) : context.recordName(base.name),
      };
    case "enum":
      return { kind: "integer", bits: 32, signed: true, name: base.name === undefined ? "enum" : `enum ${base.name}` };
    case "typeof":
      return base.operand.kind === "type-name"
        ? resolveTypeName(base.operand, context)
        : context.typeOfExpression(base.operand);
    case "missing":
      return unknownType;
  }
}

type Space = PointerType["space"];

function applyDeclarator(
  type: Type,
  declarator: Declarator,
  context: TypeContext,
  space: Space | undefined,
  depth: number,
): Type {
  if (depth > depthLimit) return unknownType;
  switch (declarator.kind) {
    case "name":
    case "abstract":
      return type;
    case "pointer": {
      const near = space ?? spaceOf(declarator.annotations);
      const pointer: PointerType =
        near === undefined ? { kind: "pointer", target: type } : { kind: "pointer", target: type, space: near };
      return applyDeclarator(pointer, declarator.inner, context, undefined, depth + 1);
    }
    case "array": {
      const length = declarator.length === undefined ? undefined : context.constantOf(declarator.length);
      const array: Type =
        length === undefined || length < 0n || length > 0x7fffffffn
          ? { kind: "array", element: type }
          : { kind: "array", element: type, length: Number(length) };
      return applyDeclarator(array, declarator.inner, context, space, depth + 1);
    }
    case "function": {
      const parameters = declarator.parameters.map((parameter) =>
        parameterType(parameter.specifiers, parameter.declarator, context),
      );
      const only = parameters[0];
      const result: Type = {
        kind: "function",
        result: type,
        parameters: parameters.length === 1 && only?.kind === "void" ? [] : parameters,
        variadic: declarator.variadic,
      };
      return applyDeclarator(result, declarator.inner, context, undefined, depth + 1);
    }
  }
}

function spaceOf(annotations: readonly Annotation[]): Space | undefined {
  for (const annotation of annotations) {
    if (annotation.name === "__iomem") return "iomem";
    if (annotation.name === "__user") return "user";
    if (annotation.name === "__percpu") return "percpu";
  }
  return undefined;
}
