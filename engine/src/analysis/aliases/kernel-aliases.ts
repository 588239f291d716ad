/**
 * Second kernel addresses that a driver makes of pages: vmap() and vm_map_ram(). The linear map keeps the first one, cached, and on a
 * cache that is indexed by virtual address each of them has lines of its own (Documentation/core-api/cachetlb.rst:374-398, 6.12.117).
 */
import { KnownOf } from "../../program/dependencies.ts";
import type { CallStatement, Expression, ProgramFunction } from "../../program/program.ts";
import type { Facts, Value } from "../facts.ts";
import { peel } from "../values/local-evaluation.ts";

export interface KernelAlias {
  readonly function: ProgramFunction;
  readonly statement: CallStatement;
  readonly name: string;
  /** The array of pages, as the call names it. */
  readonly pages: Expression;
  /** What the array's elements are. */
  readonly elements: Value;
  /** The protection argument, where the call has one. */
  readonly protection: Expression | undefined;
}

const known = new KnownOf<Facts, readonly KernelAlias[]>();

/** All aliases of the unit, by call name, file and place. */
export function kernelAliases(facts: Facts): readonly KernelAlias[] {
  let found = known.get(facts);
  if (!found) {
    found = ["vmap", "vm_map_ram"].flatMap((name) => aliasesBy(facts, name));
    known.set(facts, found);
  }
  return found;
}

function aliasesBy(facts: Facts, name: string): readonly KernelAlias[] {
  return facts.callsTo(name).flatMap(({ function: owner, statement }) => {
    const pages = statement.arguments[0];
    if (!pages || !facts.apiOf(owner, statement)) return [];
    const elements = facts.valueOf({ function: owner, statement: statement.id }, elementOf(pages));
    const protection = name === "vmap" ? statement.arguments[3] : undefined;
    return [{ function: owner, statement, name, pages, elements, protection }];
  });
}

/** One page of the array: `*&page`, `pages[?]`. */
function elementOf(pages: Expression): Expression {
  const { file, start, end } = pages;
  const one = peel(pages);
  if (one.kind === "address") {
    const last = one.place.steps.at(-1);
    // `&pages[0]` is the array again: any element will do.
    const steps = last?.kind === "index" ? [...one.place.steps.slice(0, -1), anyIndex(pages)] : one.place.steps;
    return { kind: "read", place: { ...one.place, steps, type: { kind: "unknown" } }, file, start, end };
  }
  if (one.kind !== "read") return { kind: "opaque", text: "", file, start, end };
  const deref = one.place.type.kind === "array" ? [] : [{ kind: "deref" as const }];
  const place = {
    ...one.place,
    steps: [...one.place.steps, ...deref, anyIndex(pages)],
    type: { kind: "unknown" as const },
  };
  return { kind: "read", place, file, start, end };
}

function anyIndex({ file, start, end }: Expression): { readonly kind: "index"; readonly index: Expression } {
  return { kind: "index", index: { kind: "opaque", text: "", file, start, end } };
}

/** How the source calls the array. */
export function nameOfPages(facts: Facts, { function: owner, pages }: KernelAlias): string {
  const one = peel(pages);
  // An array as an argument is the address of its first element.
  if (one.kind !== "address" || one.place.steps.at(-1)?.kind !== "index") return facts.textOf(owner, pages);
  return facts.textOfPlace(owner, { ...one.place, steps: one.place.steps.slice(0, -1) });
}
