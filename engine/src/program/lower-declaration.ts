/** Local declarations, guards and the macros that declare a name. */
import type { Annotation, CallExpression, Declaration, Expression as Syntax } from "../syntax/c/ast.ts";
import type { FunctionBuilder } from "./function-builder.ts";
import { declaringMacros, declaringPosition, freeClasses, guardClasses } from "./kernel-macros.ts";
import { lowerArguments } from "./lower-call.ts";
import { lowerInitializer } from "./lower-initializer.ts";
import { readPlace } from "./lower-place.ts";
import type { Expression } from "./program.ts";
import { completeArray, declaredByMacro } from "./declared-types.ts";
import { declaredName, functionDeclarator, resolveType } from "./type-resolver.ts";
import type { Type } from "./types.ts";
import { unknownType } from "./types.ts";

/** An annotation as spelled: "__free(kfree)". */
export function spellAnnotation(annotation: Annotation): string {
  return annotation.argument === undefined ? annotation.name : `${annotation.name}(${annotation.argument})`;
}

export function lowerDeclaration(builder: FunctionBuilder, declaration: Declaration): void {
  const { specifiers } = declaration;
  if (specifiers.storage.includes("typedef")) return;
  const isStatic = specifiers.storage.includes("static");
  for (const item of declaration.declarators) {
    const named = declaredName(item.declarator);
    if (named === undefined) continue;
    // A prototype inside a function declares no object; `extern int x;` means the file-scope one.
    if (functionDeclarator(item.declarator) !== undefined && item.initializer === undefined) continue;
    if (specifiers.storage.includes("extern")) continue;
    const at = builder.span(named);
    const isAuto = specifiers.base.kind === "named" && specifiers.base.name === "__auto_type";
    const type =
      isAuto && item.initializer !== undefined
        ? builder.typeOfExpression(item.initializer)
        : completeArray(resolveType(specifiers, item.declarator, builder), item.initializer, builder);
    const annotations = [...specifiers.annotations, ...item.annotations];
    const id = builder.declare(
      builder.memberName(named.name),
      isStatic ? "static" : "local",
      completeString(builder, type, item.initializer),
      at,
      annotations.map(spellAnnotation),
    );
    if (isStatic) continue;
    const place = builder.variablePlace(id, at);
    if (item.initializer !== undefined) lowerInitializer(builder, place, item.initializer, builder.span(item));
    // Declarations before the first label of a switch are not executed, but the names are known.
    else if (builder.current !== undefined) builder.emit({ kind: "declare", variable: id, ...at });
    for (const annotation of annotations) {
      if (annotation.name !== "__free" || annotation.argument === undefined) continue;
      const name = annotation.argument.trim();
      builder.scopes.at(-1)?.cleanUps.push({
        callee: freeClasses.get(name) ?? name,
        arguments: [readPlace(place)],
        ...at,
      });
    }
  }
}

/** The length of `char x[] = "text"`. */
function completeString(builder: FunctionBuilder, type: Type, initializer: Syntax | undefined): Type {
  if (type.kind !== "array" || type.length !== undefined || initializer?.kind !== "string") return type;
  const text = builder.textOf(initializer);
  const plain = /^"([^"\\]*)"$/.exec(text)?.[1];
  return plain === undefined ? type : { ...type, length: plain.length + 1 };
}

/** `LIST_HEAD(x);`, `DECLARE_COMPLETION_ONSTACK(done);`: true when the call declared a name. */
export function declareFromMacro(
  builder: FunctionBuilder,
  name: string,
  call: CallExpression,
  initialised = false,
): boolean {
  if (builder.scope.macroNamed(name) !== undefined) return false;
  const known = declaringMacros.get(name);
  const position = declaringPosition(name);
  const argument = position === undefined ? undefined : call.arguments[position];
  if (argument?.kind !== "identifier") return false;
  const at = builder.span(argument);
  const type = declaredByMacro(name, call.arguments, builder);
  const id = builder.declare(
    builder.memberName(argument.name),
    known?.isStatic === true ? "static" : "local",
    type,
    at,
  );
  if (builder.current === undefined || known?.isStatic === true) return true;
  if (initialised) {
    // `DECLARE_BITMAP(x, n) = { 0 };`
    builder.emit({ kind: "zero", target: builder.variablePlace(id, at), ...builder.span(call) });
    return true;
  }
  builder.emit({ kind: "declare", variable: id, ...at });
  if (known?.bitmap === true) return true;
  // What the macro sets the object to is not known here: the call may write all of it.
  builder.call({
    callee: { kind: "direct", name },
    calleeSpan: builder.span(call.callee),
    arguments: [{ kind: "address", place: builder.variablePlace(id, at), ...at }],
    type: { kind: "void" },
    ...builder.span(call),
  });
  return true;
}

/** `guard(mutex)(&lock);`: locks now, unlocks wherever the scope is left. */
export function lowerGuard(
  builder: FunctionBuilder,
  classArguments: readonly Syntax[],
  args: readonly Syntax[],
  call: CallExpression,
): boolean {
  const named = classArguments[0];
  if (named?.kind !== "identifier") return false;
  enterGuard(builder, builder.memberName(named.name), args, call);
  return true;
}

/** Calls the class's lock function and registers its unlock function with the innermost scope. */
export function enterGuard(
  builder: FunctionBuilder,
  name: string,
  args: readonly Syntax[],
  call: CallExpression,
): void {
  const at = builder.span(call);
  const known = guardClasses.get(name);
  const values: Expression[] = lowerArguments(builder, undefined, args);
  builder.call({
    callee: { kind: "direct", name: known?.lock ?? `class_${name}_constructor` },
    calleeSpan: builder.span(call.callee),
    arguments: values,
    type: unknownType,
    implicit: true,
    ...at,
  });
  builder.scopes.at(-1)?.cleanUps.push({
    callee: known?.unlock ?? `class_${name}_destructor`,
    arguments: values,
    ...at,
  });
}

/** `CLASS(fd, f)(n);` (include/linux/cleanup.h): an object with a constructor and a destructor. */
export function lowerClass(
  builder: FunctionBuilder,
  classArguments: readonly Syntax[],
  args: readonly Syntax[],
  call: CallExpression,
): boolean {
  const [named, variable] = classArguments;
  if (named?.kind !== "identifier" || variable?.kind !== "identifier") return false;
  const at = builder.span(call);
  const name = builder.memberName(named.name);
  const values = lowerArguments(builder, undefined, args);
  const id = builder.declare(variable.name, "local", unknownType, builder.span(variable));
  const place = builder.variablePlace(id, builder.span(variable));
  builder.call({
    callee: { kind: "direct", name: `class_${name}_constructor` },
    calleeSpan: builder.span(call.callee),
    arguments: values,
    result: place,
    type: unknownType,
    ...at,
  });
  builder.scopes.at(-1)?.cleanUps.push({
    callee: freeClasses.get(name) ?? `class_${name}_destructor`,
    arguments: [readPlace(place)],
    ...at,
  });
  return true;
}
