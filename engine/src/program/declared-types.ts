/** Types of objects that their declaration alone does not tell: arrays with initialisers, what macros declare. */
import type { Expression } from "../syntax/c/ast.ts";
import type { GlobalDeclaration } from "./declarations.ts";
import { declaringMacros } from "./kernel-macros.ts";
import { scalarType, unsignedLongType } from "./scalar-types.ts";
import { resolveType, type TypeContext } from "./type-resolver.ts";
import type { Type } from "./types.ts";
import { unknownType } from "./types.ts";

/** The type of an array whose length only its initialiser tells. */
export function completeArray(type: Type, initializer: Expression | undefined, scope: TypeContext): Type {
  if (type.kind !== "array" || type.length !== undefined || initializer?.kind !== "initializer-list") return type;
  let next = 0;
  let length = 0;
  for (const item of initializer.items) {
    const designator = item.designators[0];
    if (designator?.kind === "index") {
      const low = scope.constantOf(designator.high ?? designator.low);
      if (low === undefined || low < 0n || low > 0xffffffn) return type;
      next = Number(low);
    }
    next++;
    length = Math.max(length, next);
  }
  return { ...type, length };
}

/** The type of a file-scope object. */
export function globalType(declaration: GlobalDeclaration, scope: TypeContext): Type {
  if (declaration.declared !== undefined) {
    const { specifiers, declarator } = declaration.declared;
    return completeArray(resolveType(specifiers, declarator, scope), declaration.initializer, scope);
  }
  const { macro } = declaration;
  if (macro?.callee.kind !== "identifier") return unknownType;
  return declaredByMacro(macro.callee.name, macro.arguments, scope);
}

/** The type that a declaring macro (`LIST_HEAD(x)`, `DECLARE_BITMAP(x, n)`) gives its name. */
export function declaredByMacro(macro: string, args: readonly Expression[], scope: TypeContext): Type {
  const known = declaringMacros.get(macro);
  if (known === undefined) return unknownType;
  if (known.record !== undefined) return { kind: "record", tag: "struct", name: scope.recordName(known.record) };
  if (known.opaque !== undefined) return scalarType(known.opaque) ?? { kind: "opaque", name: known.opaque };
  if (known.bitmap === true) {
    const bits = args[1] === undefined ? undefined : scope.constantOf(args[1]);
    const element = unsignedLongType;
    return bits === undefined || bits < 0n || bits > 0xffffffn
      ? { kind: "array", element }
      : { kind: "array", element, length: Number((bits + 63n) / 64n) };
  }
  const given = known.typeArgument === undefined ? undefined : args[known.typeArgument];
  if (given?.kind === "type-argument") return resolveType(given.type.specifiers, given.type.declarator, scope);
  if (given?.kind === "identifier") {
    return scope.typedefNamed(given.name) ?? scalarType(given.name) ?? { kind: "opaque", name: given.name };
  }
  return unknownType;
}
