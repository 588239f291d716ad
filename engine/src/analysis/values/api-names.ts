/** Names of the catalogue by what they do: where a search begins, so that code that holds none of them is not looked into. */
import { apiFunctions } from "../../kernel/catalogue.ts";
import type { ApiFunction, Effect } from "../../kernel/contract.ts";
import type { OriginKind } from "../facts.ts";

const byEffect = new Map<Effect, string[]>();
const byField = new Map<string, string[]>();
for (const { name, effect, lands } of apiFunctions) {
  add(byEffect, effect, name);
  if (lands)
    for (const field of [lands.cpu, lands.handle])
      if (field !== undefined) add(byField, `${lands.record}.${field}`, name);
}

/** The functions and macros with an effect. */
export function namesWithEffect(effect: Effect): readonly string[] {
  return byEffect.get(effect) ?? [];
}

const byPredicate = new WeakMap<(api: ApiFunction) => boolean, readonly string[]>();

/** The functions and macros that a predicate takes; asked once for each predicate. */
export function namesTakenBy(wanted: (api: ApiFunction) => boolean): readonly string[] {
  let names = byPredicate.get(wanted);
  if (names === undefined) {
    names = apiFunctions.filter(wanted).map((api) => api.name);
    byPredicate.set(wanted, names);
  }
  return names;
}

/** Functions that fill the field "record.field" of a struct which an argument or the result points to, without naming it. */
export function namesThatFill(field: string): readonly string[] {
  return byField.get(field) ?? [];
}

/** Whether memory of that kind is coherent, whatever its memory type. */
export function isCoherentKind(kind: OriginKind | undefined): boolean {
  return kind === "coherent" || kind === "coherent-wc";
}

/** Whether a call returns new coherent memory. */
export function allocatesCoherent({ effect, memory }: ApiFunction): boolean {
  return effect === "allocate" && isCoherentKind(memory);
}

function add<Key>(map: Map<Key, string[]>, key: Key, name: string): void {
  const names = map.get(key);
  if (names) names.push(name);
  else map.set(key, [name]);
}
