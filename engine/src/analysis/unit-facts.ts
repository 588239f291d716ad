/** The facts of one driver unit, made of its index, its source names and its provenance. */
import { knownMap } from "../program/dependencies.ts";
import type { ApiFunction, Effect, Role } from "../kernel/contract.ts";
import type { CallStatement, DriverUnit, Expression, ProgramFunction } from "../program/program.ts";
import { namesTakenBy, namesWithEffect } from "./values/api-names.ts";
import type { ApiCall, Facts } from "./facts.ts";
import { flowOf } from "./flow/flow.ts";
import { Provenance } from "./values/provenance.ts";
import { SourceNames } from "./values/source-names.ts";
import { type Catalogue, type Site, UnitIndex } from "./values/unit-index.ts";

export type { Catalogue } from "./values/unit-index.ts";

/** What the analysis keeps for a unit beside its public facts. */
export interface Workings {
  readonly index: UnitIndex;
  readonly names: SourceNames;
  readonly provenance: Provenance;
}

const workings = new WeakMap<Facts, Workings>();

/** The facts of a unit; nothing is computed before it is asked for. */
export function createFacts(unit: DriverUnit, catalogue: Catalogue): Facts {
  const index = new UnitIndex(unit, catalogue);
  const names = new SourceNames(unit);
  const provenance = new Provenance(index, names);
  const byEffect = knownMap<Effect, readonly ApiCall[]>();
  const byEffects = knownMap<string, readonly ApiCall[]>();
  const byPredicate = knownMap<(api: ApiFunction) => boolean, readonly ApiCall[]>();
  const callsToAny = (names: readonly string[]): readonly ApiCall[] =>
    names.flatMap((name) =>
      index.callsTo(name).flatMap((site) => {
        const api = index.api(site.function, site.statement);
        return api ? [apiCall(site, name, api)] : [];
      }),
    );
  const withEffect = (effect: Effect): readonly ApiCall[] => {
    let calls = byEffect.get(effect);
    if (calls === undefined) {
      calls = callsToAny(namesWithEffect(effect));
      byEffect.set(effect, calls);
    }
    return calls;
  };
  const facts: Facts = {
    unit,
    apiOf: (caller, statement) => (statement.kind === "call" ? index.api(caller, statement) : undefined),
    callsWith: (...effects) => {
      const key = effects.join();
      let calls = byEffects.get(key);
      if (calls === undefined) {
        calls = effects.flatMap(withEffect).sort(inSourceOrder);
        byEffects.set(key, calls);
      }
      return calls;
    },
    callsOf: (wanted) => {
      let calls = byPredicate.get(wanted);
      if (calls === undefined) {
        calls = [...callsToAny(namesTakenBy(wanted))].sort(inSourceOrder);
        byPredicate.set(wanted, calls);
      }
      return calls;
    },
    callsTo: (name) => index.callsTo(name),
    callsIn,
    statementOf: (owner, id) => flowOf(owner).statement(id),
    valueOf: (point, expression) => provenance.valueOf(point.function, point.statement, expression, point.block),
    textOf: (owner, expression) => names.expression(owner, expression),
    textOfPlace: (owner, place) => names.place(owner, place),
    identityOf: (point, place) =>
      provenance.localValues(point.function).locationAt(point.statement, place, point.block).key,
  };
  workings.set(facts, { index, names, provenance });
  return facts;
}

/** The workings behind facts that `createFacts` made. */
export function workingsOf(facts: Facts): Workings {
  const found = workings.get(facts);
  if (!found) throw new TypeError("These facts were not made by createFacts.");
  return found;
}

function callsIn(owner: ProgramFunction, name: string): readonly CallStatement[] {
  return owner.blocks.flatMap(({ statements }) =>
    statements.filter(
      (one): one is CallStatement => one.kind === "call" && one.callee.kind === "direct" && one.callee.name === name,
    ),
  );
}

function apiCall(site: Site, name: string, api: ApiFunction): ApiCall {
  return {
    function: site.function,
    statement: site.statement,
    name,
    api,
    argument: (role: Role) => argumentOf(site.statement, api, role),
  };
}

function argumentOf(call: CallStatement, api: ApiFunction, role: Role): Expression | undefined {
  const at = api.parameters.findIndex((one) => one.role === role);
  return at < 0 ? undefined : call.arguments[at];
}

function inSourceOrder(a: { function: ProgramFunction; statement: CallStatement }, b: typeof a): number {
  if (a.statement.file !== b.statement.file) return a.statement.file < b.statement.file ? -1 : 1;
  return a.statement.start - b.statement.start || a.statement.id - b.statement.id;
}
