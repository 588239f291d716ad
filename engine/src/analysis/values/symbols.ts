/**
 * Values as one function sees them, before anybody knows who calls it: a value is a small set of alternatives, each a symbol
 * (a call's result, an object's address, what a place held on entry) and the conversions on the way from it.
 */
import type { HandleKind, MemoryKind } from "../../kernel/contract.ts";
import type { CallStatement, StatementId, VariableId } from "../../program/program.ts";
import type { Type } from "../../program/types.ts";
import type { Conversion } from "../facts.ts";

/** Storage, named so that equal storage has equal names within a function. */
export interface Location {
  readonly root: LocationRoot;
  readonly steps: readonly LocationStep[];
  readonly key: string;
  readonly type: Type;
}
export type LocationRoot =
  | { readonly kind: "variable"; readonly id: VariableId }
  | { readonly kind: "global"; readonly name: string }
  /** What a variable holds now, where it may hold several things: only good until the variable is assigned again. */
  | { readonly kind: "current"; readonly id: VariableId }
  /** What a symbol points to: the object behind a call's result. */
  | { readonly kind: "symbol"; readonly symbol: Symbol };
export type LocationStep =
  | { readonly kind: "deref" }
  | { readonly kind: "field"; readonly record: string | undefined; readonly name: string }
  /** A constant index, or undefined for any other. */
  | { readonly kind: "index"; readonly index: string | undefined };

export type Symbol =
  /** What the storage held when the function was entered. */
  | { readonly kind: "entry"; readonly location: Location }
  | { readonly kind: "address"; readonly location: Location }
  /** What a call of the unit, or of nobody known, returned. */
  | { readonly kind: "result"; readonly call: CallStatement }
  /** What a call left in the storage that it could reach. */
  | { readonly kind: "after"; readonly call: CallStatement; readonly location: Location; readonly before: LocalValue }
  /** Memory or a handle that a call made; `slot` tells the results of one call apart. */
  | {
      readonly kind: "birth";
      readonly call: CallStatement;
      readonly made: MemoryKind | HandleKind;
      readonly slot: string;
    }
  | { readonly kind: "null" }
  | { readonly kind: "number"; readonly text: string }
  | { readonly kind: "string" }
  | { readonly kind: "function"; readonly name: string }
  | { readonly kind: "unknown" };

/** A statement that the value went through. */
export interface TraceStep {
  readonly statement: StatementId;
  /** "assign" is a plain local's: it tells which branch the value came by, and is no step of a path. */
  readonly role: "allocate" | "store" | "load" | "convert" | "protect" | "assign";
}

export interface Alternative {
  readonly symbol: Symbol;
  readonly conversions: readonly Conversion[];
  readonly trace: readonly TraceStep[];
}
export type LocalValue = readonly Alternative[];

/** More alternatives than this are `unknown`: nobody can say anything precise about them. */
const widest = 12;

export const unknownValue: LocalValue = [{ symbol: { kind: "unknown" }, conversions: [], trace: [] }];

export function single(symbol: Symbol, trace: readonly TraceStep[] = []): LocalValue {
  return [{ symbol, conversions: [], trace }];
}

/** Equal for equal symbols of one function. */
export function symbolKey(symbol: Symbol): string {
  switch (symbol.kind) {
    case "entry":
      return `entry ${symbol.location.key}`;
    case "address":
      return `&${symbol.location.key}`;
    case "result":
      return `result ${symbol.call.id}`;
    case "after":
      return `after ${symbol.call.id} ${symbol.location.key}`;
    case "birth":
      return `birth ${symbol.call.id} ${symbol.slot}`;
    case "number":
      return `number ${symbol.text}`;
    case "function":
      return `function ${symbol.name}`;
    default:
      return symbol.kind;
  }
}

export function alternativeKey(one: Alternative): string {
  return `${symbolKey(one.symbol)}|${one.conversions.join(",")}`;
}

/** All alternatives of both, each once; the first keeps its trace. */
export function union(a: LocalValue, b: LocalValue): LocalValue {
  if (a === b) return a;
  const keys = new Set(a.map(alternativeKey));
  const more = b.filter((one) => !keys.has(alternativeKey(one)));
  if (more.length === 0) return a;
  const all = [...a, ...more];
  return all.length > widest ? unknownValue : all;
}

/** The value after a conversion. Repeating pointer arithmetic is one `offset`, so that loops come to an end. */
export function convert(value: LocalValue, conversion: Conversion, step?: TraceStep): LocalValue {
  const result: Alternative[] = [];
  const keys = new Set<string>();
  for (const one of value) {
    const last = one.conversions.at(-1);
    const repeats = last === conversion && (conversion === "offset" || conversion === "arithmetic");
    const made: Alternative = {
      symbol: one.symbol,
      conversions: repeats || one.conversions.length >= 6 ? one.conversions : [...one.conversions, conversion],
      trace: step ? extend(one.trace, step) : one.trace,
    };
    const key = alternativeKey(made);
    if (keys.has(key)) continue;
    keys.add(key);
    result.push(made);
  }
  return result;
}

export function withStep(value: LocalValue, step: TraceStep): LocalValue {
  return value.map((one) => ({ ...one, trace: extend(one.trace, step) }));
}

function extend(trace: readonly TraceStep[], step: TraceStep): readonly TraceStep[] {
  if (trace.length >= 12 || trace.some((one) => one.statement === step.statement && one.role === step.role))
    return trace;
  return [...trace, step];
}

export function locationStepKey(step: LocationStep): string {
  switch (step.kind) {
    case "deref":
      return "*";
    case "field":
      return `.${step.name}`;
    case "index":
      return `[${step.index ?? "?"}]`;
  }
}
export function makeLocation(root: LocationRoot, steps: readonly LocationStep[], type: Type): Location {
  let key = rootKey(root);
  for (const step of steps) key += locationStepKey(step);
  return { root, steps, type, key };
}
function rootKey(root: LocationRoot): string {
  switch (root.kind) {
    case "variable":
      return `v${root.id}`;
    case "current":
      return `c${root.id}`;
    case "global":
      return `g:${root.name}`;
    case "symbol":
      return `(${symbolKey(root.symbol)})`;
  }
}

/** Whether the location is in memory that a pointer or a global name reaches: not a variable or a part of one. */
export function isShared(location: Location): boolean {
  return location.root.kind !== "variable" || location.steps.some((step) => step.kind === "deref");
}
