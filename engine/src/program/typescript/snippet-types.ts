/** What the types of a snippet mean in the program: objects are structs behind a pointer, numbers are integers. */
import type { Annotation, Declarator, ParameterDeclaration, Specifiers } from "../../syntax/c/ast.ts";
import type { Span } from "../../text/span.ts";
import { scalarType } from "../scalar-types.ts";
import type { Type } from "../types.ts";

export type SnippetType =
  | { readonly kind: "unknown" }
  | { readonly kind: "void" }
  /** A C type by its name: "u32", "dma_addr_t", "pgprot_t". */
  | { readonly kind: "scalar"; readonly name: string }
  /** A reference to a struct. `inline` where the struct itself lies in its owner, as `platform_device.dev` does. */
  | { readonly kind: "object"; readonly record: string; readonly inline?: true }
  | { readonly kind: "pointer"; readonly element: SnippetType; readonly space?: "iomem" | "user" }
  | { readonly kind: "array"; readonly element: SnippetType; readonly length: number | undefined }
  /** `{ value: T }`: where it is declared lies a T, and whoever names it means its address. */
  | { readonly kind: "cell"; readonly of: SnippetType }
  | { readonly kind: "function"; readonly parameters: readonly SnippetType[]; readonly result: SnippetType };

export const unknownSnippetType: SnippetType = { kind: "unknown" };
/** TypeScript's own numbers. */
export const numberType: SnippetType = { kind: "scalar", name: "int" };
export const bigintType: SnippetType = { kind: "scalar", name: "unsigned long" };
export const booleanType: SnippetType = { kind: "scalar", name: "bool" };
export const stringType: SnippetType = { kind: "pointer", element: { kind: "scalar", name: "char" } };
export const voidPointerType: SnippetType = { kind: "pointer", element: { kind: "void" } };

const builtins = new Set(["int", "char", "long", "unsigned int", "unsigned long", "void"]);
/** Typedefs of the kernel that are values although they are no integers here. */
const opaqueValues = new Set(["pgprot_t", "pfn_t", "irqreturn_t", "netdev_tx_t", "spinlock_t", "atomic_t", "bool"]);

/** Whether a type that the snippet imports is a value, not an object. */
export function isValueType(name: string): boolean {
  return opaqueValues.has(name) || scalarType(name) !== undefined;
}

/** Whether naming something of that type means its address: it lies where it is declared. */
export function liesInPlace(type: SnippetType): boolean {
  return type.kind === "cell" || (type.kind === "object" && type.inline === true);
}

/** A type of the program, as of a field of a kernel structure, seen from a snippet. */
export function fromProgramType(type: Type, depth = 0): SnippetType {
  if (depth > 8) return unknownSnippetType;
  switch (type.kind) {
    case "void":
      return { kind: "void" };
    case "integer":
      return { kind: "scalar", name: type.name };
    case "opaque":
      return { kind: "scalar", name: type.name };
    case "record":
      return { kind: "object", record: type.name, inline: true };
    case "array":
      return { kind: "array", element: fromProgramType(type.element, depth + 1), length: type.length };
    case "pointer": {
      if (type.target.kind === "record") return { kind: "object", record: type.target.name };
      if (type.target.kind === "function") return fromProgramType(type.target, depth + 1);
      const element = fromProgramType(type.target, depth + 1);
      return type.space === undefined || type.space === "percpu"
        ? { kind: "pointer", element }
        : { kind: "pointer", element, space: type.space };
    }
    case "function":
      return {
        kind: "function",
        parameters: type.parameters.map((parameter) => fromProgramType(parameter, depth + 1)),
        result: fromProgramType(type.result, depth + 1),
      };
    case "unknown":
      return unknownSnippetType;
  }
}

/** Specifiers and declarator of `name` with that type, as C would write them. A cell is a pointer where `role` is "parameter". */
export function declare(
  type: SnippetType,
  name: Declarator,
  at: Span,
  role: "object" | "parameter",
  storage: readonly string[] = [],
): { readonly specifiers: Specifiers; readonly declarator: Declarator } {
  const annotations: Annotation[] = [];
  const { base, declarator } = wrap(type, name, at, role, annotations, 0);
  return {
    specifiers: { storage, qualifiers: [], base, annotations, start: at.start, end: at.start },
    declarator,
  };
}

function wrap(
  type: SnippetType,
  inner: Declarator,
  at: Span,
  role: "object" | "parameter",
  annotations: Annotation[],
  depth: number,
): { readonly base: Specifiers["base"]; readonly declarator: Declarator } {
  const pointerTo = (target: Declarator): Declarator => ({
    kind: "pointer",
    inner: target,
    qualifiers: [],
    annotations: [],
  });
  if (depth > 16) return { base: { kind: "missing" }, declarator: inner };
  switch (type.kind) {
    case "unknown":
      return { base: { kind: "missing" }, declarator: inner };
    case "void":
      return { base: { kind: "builtin", name: "void" }, declarator: inner };
    case "scalar":
      if (type.name.startsWith("enum "))
        return { base: { kind: "enum", name: type.name.slice(5), ...at }, declarator: inner };
      return { base: { kind: builtins.has(type.name) ? "builtin" : "named", name: type.name }, declarator: inner };
    case "object": {
      const { start } = at;
      const base = { kind: "record", tag: "struct", name: type.record, annotations: [], start, end: start } as const;
      return { base, declarator: type.inline === true && role === "object" ? inner : pointerTo(inner) };
    }
    case "pointer":
      if (type.space !== undefined) annotations.push({ name: `__${type.space}`, start: at.start, end: at.start });
      return wrap(type.element, pointerTo(inner), at, "parameter", annotations, depth + 1);
    case "array": {
      if (role === "parameter") return wrap(type.element, pointerTo(inner), at, "parameter", annotations, depth + 1);
      const length =
        type.length === undefined
          ? {}
          : { length: { kind: "number", text: String(type.length), start: at.start, end: at.start } as const };
      return wrap(type.element, { kind: "array", inner, ...length }, at, "object", annotations, depth + 1);
    }
    case "cell":
      return wrap(type.of, role === "parameter" ? pointerTo(inner) : inner, at, role, annotations, depth + 1);
    case "function": {
      const parameters: ParameterDeclaration[] = type.parameters.map((parameter) => ({
        ...declare(parameter, { kind: "abstract" }, at, "parameter"),
        annotations: [],
        start: at.start,
        end: at.start,
      }));
      const declarator: Declarator = { kind: "function", inner: pointerTo(inner), parameters, variadic: false };
      return wrap(type.result, declarator, at, "parameter", annotations, depth + 1);
    }
  }
}
