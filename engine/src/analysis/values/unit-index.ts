/**
 * What a driver unit holds, found once: calls by name, stores by field and global, and what each function may change.
 * Purely syntactic; values are evaluated only where somebody asks.
 */
import type { ApiFunction } from "../../kernel/contract.ts";
import type { CallStatement, DriverUnit, Place, ProgramFunction, Statement } from "../../program/program.ts";
import { namesThatFill } from "./api-names.ts";
import { bornOf, releasedTo } from "./api-effects.ts";
import { fieldKey } from "./field-keys.ts";
import { peel } from "./local-evaluation.ts";
import type { LocalContext } from "./local-values.ts";

/** Finds the contract of an API function by its name. */
export interface Catalogue {
  lookup(name: string): ApiFunction | undefined;
}

export interface Site {
  readonly function: ProgramFunction;
  readonly statement: CallStatement;
}
export interface Store {
  readonly function: ProgramFunction;
  readonly statement: Statement;
}

/** Fields of which somebody asks whether a call stores to them. */
export type ChangedFields = Pick<ReadonlySet<string>, "has">;

/** What one function's statements do. */
interface OwnIndex {
  readonly calls: ReadonlyMap<string, readonly Site[]>;
  readonly stores: ReadonlyMap<string, readonly Store[]>;
}

export class UnitIndex implements LocalContext {
  readonly unit: DriverUnit;
  readonly #catalogue: Catalogue;
  readonly #own = new Map<ProgramFunction, OwnIndex>();
  readonly #calls = new Map<string, readonly Site[]>();
  readonly #stores = new Map<string, readonly Store[]>();
  readonly #callees = new Map<CallStatement, ProgramFunction[]>();
  readonly #modifies = new Map<ProgramFunction, ReadonlySet<string>>();
  readonly #changed = new Map<ProgramFunction, ChangedFields>();
  readonly #changers = new Map<string, ReadonlySet<ProgramFunction>>();
  readonly #fills = new Map<ProgramFunction, ReadonlySet<number>>();
  readonly #ownStores = new Map<ProgramFunction, ReadonlySet<string>>();
  readonly #allCallers = new Map<ProgramFunction, ReadonlySet<ProgramFunction>>();
  readonly #allCallees = new Map<ProgramFunction, ReadonlySet<ProgramFunction>>();

  constructor(unit: DriverUnit, catalogue: Catalogue) {
    this.unit = unit;
    this.#catalogue = catalogue;
  }

  /** Calls to a name, by file, function and statement; through pointers none. Only functions that hold the name are looked into. */
  callsTo(name: string): readonly Site[] {
    let sites = this.#calls.get(name);
    if (sites === undefined) {
      sites = this.unit.functionsMentioning(name).flatMap((owner) => this.#ownIndex(owner).calls.get(name) ?? []);
      this.#calls.set(name, sites);
    }
    return sites;
  }

  /** Statements that store to "record.field" or "global:name". */
  storesTo(key: string): readonly Store[] {
    let stores = this.#stores.get(key);
    if (stores === undefined) {
      stores = this.#mayStore(key).flatMap((owner) => this.#ownIndex(owner).stores.get(key) ?? []);
      this.#stores.set(key, stores);
    }
    return stores;
  }

  /** In the unit's order: functions that hold the field's name, or call what fills it unnamed. */
  #mayStore(key: string): readonly ProgramFunction[] {
    const name = key.startsWith("global:") ? key.slice(7) : key.slice(key.lastIndexOf(".") + 1).replace(/\*+$/, "");
    const storing = this.unit.functionsStoring(name);
    const fillers = namesThatFill(key);
    if (fillers.length === 0) return storing;
    const all = new Set(storing);
    for (const api of fillers) for (const owner of this.unit.functionsMentioning(api)) all.add(owner);
    return this.unit.functions.filter((owner) => all.has(owner));
  }

  api(caller: ProgramFunction, call: CallStatement): ApiFunction | undefined {
    if (call.callee.kind !== "direct") return undefined;
    const record = this.#catalogue.lookup(call.callee.name);
    // A private helper with a core-looking name is the driver's own business.
    return record && this.unit.functionNamed(record.name, caller.file) === undefined ? record : undefined;
  }

  callees(caller: ProgramFunction, call: CallStatement): readonly ProgramFunction[] {
    const known = this.#callees.get(call);
    if (known) return known;
    for (const one of this.unit.calleesOf(caller)) {
      const list = this.#callees.get(one.statement);
      if (!list) this.#callees.set(one.statement, [one.target]);
      else if (!list.includes(one.target)) list.push(one.target);
    }
    const found = this.#callees.get(call) ?? [];
    this.#callees.set(call, found);
    return found;
  }

  modifies(target: ProgramFunction): ChangedFields {
    let fields = this.#changed.get(target);
    if (fields === undefined) {
      fields = { has: (key) => this.#changersOf(key).has(target) && this.#modifiedBy(target).has(key) };
      this.#changed.set(target, fields);
    }
    return fields;
  }

  /** Functions that may come to a store to the field, themselves or by what they call: told by names, so that it costs little. */
  #changersOf(key: string): ReadonlySet<ProgramFunction> {
    let changers = this.#changers.get(key);
    if (changers === undefined) {
      const found = new Set<ProgramFunction>();
      for (const owner of this.#mayStore(key)) if (this.#modifiesItself(owner).has(key)) found.add(owner);
      for (const owner of found) for (const caller of this.#callersOf(owner)) found.add(caller);
      changers = found;
      this.#changers.set(key, changers);
    }
    return changers;
  }

  #callersOf(target: ProgramFunction): ReadonlySet<ProgramFunction> {
    let known = this.#allCallers.get(target);
    if (!known) {
      known = new Set(this.unit.callersOf(target).map(({ caller }) => caller));
      this.#allCallers.set(target, known);
    }
    return known;
  }

  #modifiedBy(target: ProgramFunction): ReadonlySet<string> {
    const known = this.#modifies.get(target);
    if (known) return known;
    // A walk over what the call may enter: a recursion without complete memory would be exponential in a dense call graph.
    const entered = new Set<ProgramFunction>([target]);
    const keys = new Set<string>();
    for (const owner of entered) {
      for (const key of this.#modifiesItself(owner)) keys.add(key);
      if (entered.size < 500) for (const callee of this.#calleesOf(owner)) entered.add(callee);
    }
    this.#modifies.set(target, keys);
    return keys;
  }

  /** Fields that the function's own statements store to. */
  #modifiesItself(owner: ProgramFunction): ReadonlySet<string> {
    const known = this.#ownStores.get(owner);
    if (known) return known;
    const keys = new Set<string>();
    for (const block of owner.blocks)
      for (const statement of block.statements)
        for (const place of this.#targets(owner, statement)) {
          const key = fieldKey(place.steps);
          if (key !== undefined) keys.add(key);
        }
    this.#ownStores.set(owner, keys);
    return keys;
  }

  #calleesOf(owner: ProgramFunction): ReadonlySet<ProgramFunction> {
    let known = this.#allCallees.get(owner);
    if (!known) {
      known = new Set(this.unit.calleesOf(owner).map((one) => one.target));
      this.#allCallees.set(owner, known);
    }
    return known;
  }

  fillsParameter(target: ProgramFunction, parameter: number): boolean {
    let set = this.#fills.get(target);
    if (!set) {
      this.#fills.set(target, new Set());
      set = this.#filledParameters(target);
      this.#fills.set(target, set);
    }
    return set.has(parameter);
  }

  #filledParameters(target: ProgramFunction): ReadonlySet<number> {
    const filled = new Set<number>();
    const parameterOf = (place: Place): number =>
      place.root.kind === "variable" && place.steps[0]?.kind === "deref"
        ? target.parameters.indexOf(place.root.id)
        : -1;
    for (const block of target.blocks)
      for (const statement of block.statements) {
        for (const place of this.#targets(target, statement)) {
          const at = parameterOf(place);
          if (at >= 0) filled.add(at);
        }
        if (statement.kind !== "call") continue;
        statement.arguments.forEach((argument, index) => {
          const one = peel(argument);
          if (one.kind !== "read" || one.place.root.kind !== "variable" || one.place.steps.length > 0) return;
          const at = target.parameters.indexOf(one.place.root.id);
          if (at < 0) return;
          const api = this.api(target, statement);
          const out = api && bornOf(api, statement).some((born) => born.argument === index);
          if (out || this.callees(target, statement).some((callee) => this.fillsParameter(callee, index)))
            filled.add(at);
        });
      }
    return filled;
  }

  /** The places that a statement stores to, as written. */
  #targets(owner: ProgramFunction, statement: Statement): readonly Place[] {
    if (statement.kind === "assign") return [statement.target];
    if (statement.kind !== "call") return [];
    const places: Place[] = statement.result ? [statement.result] : [];
    const api = this.api(owner, statement);
    statement.arguments.forEach((argument, index) => {
      const one = peel(argument);
      if (one.kind !== "address") return;
      const out = api
        ? bornOf(api, statement).some((born) => born.argument === index && !born.fields) ||
          releasedTo(api, statement) === argument
        : true;
      if (out && !isAggregate(one.place)) places.push(one.place);
    });
    return places;
  }

  #ownIndex(owner: ProgramFunction): OwnIndex {
    let own = this.#own.get(owner);
    if (own === undefined) {
      const calls = new Map<string, Site[]>();
      const stores = new Map<string, Store[]>();
      for (const block of owner.blocks)
        for (const statement of block.statements) this.#add(calls, stores, owner, statement);
      own = { calls, stores };
      this.#own.set(owner, own);
    }
    return own;
  }

  #add(calls: Map<string, Site[]>, stores: Map<string, Store[]>, owner: ProgramFunction, statement: Statement): void {
    if (statement.kind === "call") {
      if (statement.callee.kind === "direct") push(calls, statement.callee.name, { function: owner, statement });
      const api = this.api(owner, statement);
      if (api)
        for (const born of bornOf(api, statement))
          for (const field of born.fields ?? [])
            push(stores, `${field.record}.${field.name}`, { function: owner, statement });
    }
    for (const place of this.#targets(owner, statement)) {
      const key = fieldKey(place.steps) ?? (place.root.kind === "global" ? `global:${place.root.name}` : undefined);
      if (key !== undefined) push(stores, key, { function: owner, statement });
    }
  }
}

function isAggregate(place: Place): boolean {
  return place.type.kind === "record" || place.type.kind === "array";
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
