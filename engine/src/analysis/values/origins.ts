/** Sets of origins: told apart, joined, and kept small. */
import type { PathStep } from "../../program/program.ts";
import type { Guard, Origin, OriginKind } from "../facts.ts";

/** Guards further out than these hardly ever tell anything. */
const mostGuards = 16;

/** Values with more sources than this are nobody's for certain. */
const mostOrigins = 32;

export function unknownOrigin(name: string): Origin {
  return {
    kind: "unknown" satisfies OriginKind,
    birth: undefined,
    api: undefined,
    path: [],
    conversions: [],
    guards: [],
    name,
  };
}

/** Steps in order, each statement once per role. */
export function joinPaths(first: readonly PathStep[], second: readonly PathStep[]): readonly PathStep[] {
  if (second.length === 0) return first;
  const result = [...first];
  for (const step of second)
    if (!result.some((one) => one.file === step.file && one.start === step.start && one.role === step.role))
      result.push(step);
  return result;
}

export function unique(origins: readonly Origin[]): readonly Origin[] {
  if (origins.length < 2) return origins;
  const distinct: Origin[] = [];
  for (const one of origins) {
    if (distinct.some((other) => areAlike(one, other))) continue;
    if (distinct.length >= mostOrigins) return [...distinct, unknownOrigin("")];
    distinct.push(one);
  }
  return distinct;
}

/** What says nothing about memory is told apart by its kind alone. Cheap differences first: this is asked more often than anything. */
function areAlike(one: Origin, other: Origin): boolean {
  if (one === other) return true;
  const { kind } = one;
  if (kind !== other.kind) return false;
  if (kind === "null" || kind === "number" || kind === "function") return true;
  return (
    startOf(one) === startOf(other) &&
    one.name === other.name &&
    (one.birth?.function.file ?? "") === (other.birth?.function.file ?? "") &&
    one.conversions.length === other.conversions.length &&
    one.conversions.every((conversion, at) => conversion === other.conversions[at]) &&
    (one.guards === other.guards || guardsText(one.guards) === guardsText(other.guards))
  );
}

function startOf(one: Origin): number {
  return one.birth?.statement.start ?? one.object?.start ?? -1;
}

const guardTexts = new WeakMap<readonly Guard[], string>();

/** Lists of guards are shared by many origins, and compared often. */
function guardsText(guards: readonly Guard[]): string {
  if (guards.length === 0) return "";
  let text = guardTexts.get(guards);
  if (text === undefined) {
    text = guards.map((guard) => guard.key + guard.outcome).join();
    guardTexts.set(guards, text);
  }
  return text;
}

export function mergeGuards(first: readonly Guard[], second: readonly Guard[]): readonly Guard[] {
  if (second.length === 0 || first.length >= mostGuards) return first;
  const all = [...first];
  for (const one of second) {
    if (all.length >= mostGuards) break;
    if (!all.some((other) => other.key === one.key && other.outcome === one.outcome)) all.push(one);
  }
  return all.length > first.length ? all : first;
}
