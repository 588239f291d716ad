/** Pointer-typed fields that a driver fills with pointers of its own and follows when it reads them back. */
import type { CallStatement, Expression, Place, ProgramFunction, Statement } from "../../program/program.ts";
import { expressionsOf, readsOf } from "../../program/visit.ts";
import type { FieldAccess } from "./device-order.ts";
import type { Facts } from "../facts.ts";
import { fieldKey, lastFieldIndex } from "../values/field-keys.ts";
import { flowOf } from "../flow/flow.ts";
import { peel } from "../values/local-evaluation.ts";
import { workingsOf } from "../unit-facts.ts";

export interface PointerLoad {
  readonly function: ProgramFunction;
  readonly access: FieldAccess;
  /** Where the driver puts pointers into the field, of whichever object. */
  readonly stores: readonly PointerStore[];
}

export interface PointerStore {
  readonly function: ProgramFunction;
  readonly statement: Extract<Statement, { kind: "assign" }>;
}

/** In source order: what is dereferenced, or handed to a call. Whether the field lies in coherent memory is not asked yet. */
export function pointersReadBack(facts: Facts): readonly PointerLoad[] {
  const found: PointerLoad[] = [];
  const known = new Map<string, readonly PointerStore[]>();
  for (const owner of facts.unit.functions)
    for (const block of flowOf(owner).order)
      for (const statement of owner.blocks[block]?.statements ?? [])
        for (const place of followed(statement)) {
          const field = fieldKey(place.steps);
          const at = lastFieldIndex(place.steps);
          if (field === undefined || !place.steps.slice(0, at).some(({ kind }) => kind === "deref")) continue;
          const stores = known.get(field) ?? storesOfPointers(facts, field);
          known.set(field, stores);
          if (stores.length === 0 || isJustStored(facts, owner, statement, place)) continue;
          const access: FieldAccess = { kind: "load", statement, block, place, span: place, field, record: "" };
          found.push({ function: owner, access, stores });
        }
  return found;
}

/** Fields whose pointer a statement follows: `d->skb->len`, `kfree_skb(d->skb)`. */
function followed(statement: Statement): readonly Place[] {
  const result: Place[] = [];
  const places = expressionsOf(statement).flatMap(readsOf);
  if (statement.kind === "assign") places.push(statement.target);
  for (const place of places) {
    const at = place.steps.findLastIndex((step) => step.kind === "deref");
    const before = place.steps[at - 1];
    if (before?.kind === "field") result.push({ ...place, steps: place.steps.slice(0, at), type: { kind: "unknown" } });
  }
  if (statement.kind === "call" && !prints(statement))
    for (const argument of statement.arguments) {
      const one = peel(argument);
      if (one.kind === "read" && one.place.type.kind === "pointer" && one.place.steps.at(-1)?.kind === "field")
        result.push(one.place);
    }
  return result;
}

/** A pointer that is printed is looked at only. */
function prints({ callee }: CallStatement): boolean {
  return callee.kind === "direct" && /^(_?dev_|pr_|_?printk|netdev_|netif_|trace_)/.test(callee.name);
}

/** Whether the function follows what it has stored itself: nothing that a device wrote comes back. */
function isJustStored(facts: Facts, owner: ProgramFunction, { id }: Statement, place: Place): boolean {
  const { file, start, end } = place;
  const values = workingsOf(facts).provenance.localValues(owner);
  const value = values.valueAt(id, { kind: "read", place, file, start, end });
  const { key } = values.locationAt(id, place);
  return !value.some(({ symbol }) =>
    symbol.kind === "entry" ? symbol.location.key === key : symbol.kind === "after" || symbol.kind === "unknown",
  );
}

function storesOfPointers(facts: Facts, field: string): readonly PointerStore[] {
  return workingsOf(facts)
    .index.storesTo(field)
    .flatMap(({ function: owner, statement }) =>
      statement.kind === "assign" && isPointer(statement.value) ? [{ function: owner, statement }] : [],
    );
}

/** A value that is a pointer by its type: a variable, an address, an element. */
function isPointer(value: Expression): boolean {
  const one = peel(value);
  if (one.kind === "address") return true;
  return one.kind === "read" && one.place.type.kind === "pointer";
}
