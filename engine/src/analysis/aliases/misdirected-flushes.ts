/**
 * Cache maintenance by another address than the one that the CPU uses. A cache that is indexed by virtual address keeps what was written
 * through a vmap() in lines of its own; cleaning the lines of the linear map leaves them where they are
 * (Documentation/core-api/cachetlb.rst:229-253, 374-398, linux 6.12.117).
 */
import type { CallStatement, Expression, ProgramFunction, Statement } from "../../program/program.ts";
import type { ApiCall, Facts, Origin, Value } from "../facts.ts";
import { flowOf } from "../flow/flow.ts";
import { birthKey } from "../values/judgement.ts";
import { peel } from "../values/local-evaluation.ts";
import { type KernelAlias, kernelAliases } from "./kernel-aliases.ts";

export interface MisdirectedFlush {
  readonly flush: ApiCall;
  /** The address that is cleaned or invalidated. */
  readonly address: Expression;
  readonly alias: KernelAlias;
  /** What the CPU does through the alias: writes before a clean, reads after an invalidate. */
  readonly access: { readonly statement: Statement; readonly pointer: Expression; readonly kind: "store" | "load" };
}

/** All of them, by file and place of the flush. Silent where the function treats the alias as well. */
export function misdirectedFlushes(facts: Facts): readonly MisdirectedFlush[] {
  const aliases = kernelAliases(facts);
  if (aliases.length === 0) return [];
  const operations = facts.callsWith("cache-op").filter(({ api }) => api.cacheOperation !== undefined);
  return operations.flatMap((flush): readonly MisdirectedFlush[] => {
    const address = addressOf(flush);
    if (!address) return [];
    const { function: owner, statement } = flush;
    const lined = linearBirths(facts.valueOf({ function: owner, statement: statement.id }, address));
    if (lined.size === 0) return [];
    for (const alias of aliases) {
      const pages = alias.elements.contexts.flatMap(({ origins }) => origins);
      if (!pages.some((one) => one.birth !== undefined && lined.has(birthKey(one)))) continue;
      if (treatsAlias(facts, owner, operations, alias)) continue;
      const access = accessThrough(facts, flush, alias);
      if (access) return [{ flush, address, alias, access }];
    }
    return [];
  });
}

/** The virtual address that the operation works on: its first argument, where that is one. */
function addressOf({ statement, api }: ApiCall): Expression | undefined {
  const [first] = api.parameters;
  return first && /^(cpu|address)$/.test(first.role) ? statement.arguments[0] : undefined;
}

/** The pages whose linear address the value is, for certain. */
function linearBirths(value: Value): ReadonlySet<string> {
  const origins = value.contexts.flatMap((context) => context.origins);
  const isLinear = (one: Origin): boolean =>
    one.birth !== undefined &&
    (one.conversions.includes("virt") || (one.kind === "linear" && !one.conversions.includes("page")));
  if (origins.length === 0 || !origins.every(isLinear)) return new Set();
  return new Set(origins.map(birthKey));
}

/** Whether the value is the alias, or an address in it. */
function isAlias(value: Value, { statement }: KernelAlias): boolean {
  return value.contexts.some(({ origins }) => origins.some(({ birth }) => birth?.statement === statement));
}

function treatsAlias(
  facts: Facts,
  owner: ProgramFunction,
  operations: readonly ApiCall[],
  alias: KernelAlias,
): boolean {
  return operations.some((one) => {
    const address = one.function === owner ? addressOf(one) : undefined;
    return (
      address !== undefined && isAlias(facts.valueOf({ function: owner, statement: one.statement.id }, address), alias)
    );
  });
}

function accessThrough(facts: Facts, flush: ApiCall, alias: KernelAlias): MisdirectedFlush["access"] | undefined {
  const { function: owner, statement: at, api } = flush;
  const flow = flowOf(owner);
  const here = flow.locate(at.id);
  if (!here) return undefined;
  for (const id of flow.order)
    for (const [index, statement] of (owner.blocks[id]?.statements ?? []).entries()) {
      const before = id === here.block ? index < here.index : flow.reaches(id, here.block);
      const behind = id === here.block ? index > here.index : flow.reaches(here.block, id);
      for (const { pointer, kind } of pointersOf(statement)) {
        const counts =
          kind === "store" ? before && api.cacheOperation !== "invalidate" : behind && api.cacheOperation !== "clean";
        if (!counts) continue;
        if (isAlias(facts.valueOf({ function: owner, statement: statement.id }, pointer), alias))
          return { statement, pointer, kind };
      }
    }
  return undefined;
}

/** Kernel functions that write through their first argument, or read through their second: include/linux/string.h, uaccess.h. */
const writing = new Set(["memcpy", "memmove", "memset", "copy_from_user", "strscpy", "memcpy_fromio", "snprintf"]);
const reading = new Set(["memcpy", "memmove", "copy_to_user", "memcpy_toio", "memcmp"]);

function* pointersOf(
  statement: Statement,
): Iterable<{ readonly pointer: Expression; readonly kind: "store" | "load" }> {
  if (statement.kind === "call") {
    const name = nameOf(statement);
    const [first, second] = statement.arguments;
    if (first && writing.has(name)) yield { pointer: first, kind: "store" };
    if (second && reading.has(name)) yield { pointer: second, kind: "load" };
    return;
  }
  if (statement.kind !== "assign") return;
  const target = pointerTo(statement.target);
  if (target) yield { pointer: target, kind: "store" };
  const value = peel(statement.value);
  const source = value.kind === "read" ? pointerTo(value.place) : undefined;
  if (source) yield { pointer: source, kind: "load" };
}

/** The address of a place behind a pointer; undefined for variables. */
function pointerTo(place: (Expression & { readonly kind: "read" })["place"]): Expression | undefined {
  if (!place.steps.some((step) => step.kind === "deref")) return undefined;
  const { file, start, end } = place;
  return { kind: "address", place, file, start, end };
}

function nameOf({ callee }: CallStatement): string {
  return callee.kind === "direct" ? callee.name : "";
}
