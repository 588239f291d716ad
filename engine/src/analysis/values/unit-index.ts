/**
 * What a driver unit holds, found once: calls by name, stores by field and global, and what each function may change.
 * Purely syntactic; values are evaluated only where somebody asks.
 */
import type { ApiFunction } from "../../kernel/contract.ts";
import type { CallStatement, DriverUnit, Place, ProgramFunction, Statement } from "../../program/program.ts";
import { BodyIndex, sameSet } from "../../program/body-index.ts";
import { knownMap } from "../../program/dependencies.ts";
import { namesThatFill } from "./api-names.ts";
import { bornOf, releasedTo } from "./api-effects.ts";
import { filesHolding } from "./record-presence.ts";
import { fieldKey } from "./field-keys.ts";
import { peel } from "./local-evaluation.ts";
import type { LocalContext } from "./local-values.ts";

/** Whether the function is defined beside the header of a driver's library that the record was taken from. */
function isFrom(record: ApiFunction, own: ProgramFunction): boolean {
  const folder = /^((?:drivers|sound)\/.*\/)[^/]*$/.exec(record.source)?.[1];
  return folder !== undefined && !own.isStatic && own.file.includes(folder);
}

/** Finds the contract of an API function by its name. */
export interface Catalogue {
  lookup(name: string): ApiFunction | undefined;
  /** Whether it knows functions beside those of the kernel's catalogue. */
  readonly knowsOthers?: boolean;
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

/** What one function's statements do: the calls to a name, the stores to a key. */
interface OwnPart {
  readonly calls?: Site[];
  readonly stores?: Store[];
}

export class UnitIndex implements LocalContext {
  readonly unit: DriverUnit;
  readonly #catalogue: Catalogue;
  readonly #own = new BodyIndex((owner: ProgramFunction) => this.#ownIndex(owner));
  readonly #calls = knownMap<string, readonly Site[]>();
  readonly #stores = knownMap<string, readonly Store[]>();
  readonly #callees = knownMap<ProgramFunction, ReadonlyMap<CallStatement, readonly ProgramFunction[]>>();
  readonly #modifies = knownMap<ProgramFunction, ReadonlySet<string>>();
  readonly #changed = new Map<ProgramFunction, ChangedFields>();
  readonly #changers = knownMap<string, ReadonlySet<ProgramFunction>>();
  readonly #filling = new Set<ProgramFunction>();
  readonly #fills = new BodyIndex((owner: ProgramFunction) => single(this.#filledParameters(owner)), sameSet);
  /** Fields that the function's own statements store to, each by itself and all together. */
  readonly #ownStores = new BodyIndex(
    (owner: ProgramFunction) => new Map([...this.#storedFields(owner)].map((key) => [key, true])),
    () => true,
  );
  readonly #allOwnStores = new BodyIndex((owner: ProgramFunction) => single(this.#storedFields(owner)), sameSet);

  constructor(unit: DriverUnit, catalogue: Catalogue) {
    this.unit = unit;
    this.#catalogue = catalogue;
  }

  /** Whether functions of other units may make memory here, whatever their names are. */
  get knowsOthers(): boolean {
    return this.#catalogue.knowsOthers === true;
  }

  /** Calls to a name, by file, function and statement; through pointers none. Only functions that hold the name are looked into. */
  callsTo(name: string): readonly Site[] {
    let sites = this.#calls.get(name);
    if (sites === undefined) {
      const key = callKey(name);
      sites = this.unit.functionsMentioning(name).flatMap((owner) => this.#own.get(owner, key)?.calls ?? []);
      this.#calls.set(name, sites);
    }
    return sites;
  }

  /** Statements that store to "record.field" or "global:name". */
  storesTo(key: string): readonly Store[] {
    let stores = this.#stores.get(key);
    if (stores === undefined) {
      stores = this.#mayStore(key).flatMap((owner) => this.#own.get(owner, key)?.stores ?? []);
      this.#stores.set(key, stores);
    }
    return stores;
  }

  /** In the unit's order: functions that hold the field's name, or call what fills it unnamed. */
  #mayStore(key: string): readonly ProgramFunction[] {
    const name = key.startsWith("global:") ? key.slice(7) : key.slice(key.lastIndexOf(".") + 1).replace(/\*+$/, "");
    const storing = this.#storing(key.slice(0, Math.max(0, key.lastIndexOf("."))), name);
    const fillers = namesThatFill(key);
    if (fillers.length === 0) return storing;
    const all = new Set(storing);
    for (const api of fillers) for (const owner of this.unit.functionsMentioning(api)) all.add(owner);
    return this.unit.functions.filter((owner) => all.has(owner));
  }

  /** Functions that may store to a member of the struct by their own text; `record` is empty for what is no member. */
  #storing(record: string, name: string): readonly ProgramFunction[] {
    // A brace list is a local's, or stands behind the name of what it is put into.
    if (record === "") return this.unit.functionsMentioning(name);
    const files = filesHolding(this.unit, record);
    if (files?.size === 0) return nobody;
    // Of a struct of the kernel not all members are known, so that no brace list fills them by position.
    const isOwn = this.unit.records.has(record);
    const storing = isOwn ? this.unit.functionsStoring(name) : this.unit.functionsMentioning(name);
    return files === undefined ? storing : storing.filter((owner) => files.has(owner.file));
  }

  api(caller: ProgramFunction, call: CallStatement): ApiFunction | undefined {
    if (call.callee.kind !== "direct") return undefined;
    const record = this.#catalogue.lookup(call.callee.name);
    if (!record) return undefined;
    // A private helper with a core-looking name is the driver's own business; what the catalogue took from that folder is meant.
    const own = this.unit.functionNamed(record.name, caller.file);
    return own === undefined || (own.file !== caller.file && isFrom(record, own)) ? record : undefined;
  }

  callees(caller: ProgramFunction, call: CallStatement): readonly ProgramFunction[] {
    let callees = this.#callees.get(caller);
    if (callees === undefined) {
      const made = new Map<CallStatement, ProgramFunction[]>();
      for (const one of this.unit.calleesOf(caller)) {
        const list = made.get(one.statement);
        if (!list) made.set(one.statement, [one.target]);
        else if (!list.includes(one.target)) list.push(one.target);
      }
      callees = made;
      this.#callees.set(caller, callees);
    }
    return callees.get(call) ?? nobody;
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
      for (const owner of this.#mayStore(key)) if (this.#ownStores.get(owner, key) === true) found.add(owner);
      for (const owner of found) for (const caller of this.unit.callingFunctions(owner)) found.add(caller);
      changers = found;
      this.#changers.set(key, changers);
    }
    return changers;
  }

  #modifiedBy(target: ProgramFunction): ReadonlySet<string> {
    const known = this.#modifies.get(target);
    if (known) return known;
    // A walk over what the call may enter: a recursion without complete memory would be exponential in a dense call graph.
    const entered = new Set<ProgramFunction>([target]);
    const keys = new Set<string>();
    for (const owner of entered) {
      for (const key of this.#allOwnStores.get(owner, 0) ?? []) keys.add(key);
      if (entered.size < 500) for (const callee of this.unit.calledFunctions(owner)) entered.add(callee);
    }
    this.#modifies.set(target, keys);
    return keys;
  }

  #storedFields(owner: ProgramFunction): ReadonlySet<string> {
    const keys = new Set<string>();
    for (const block of owner.blocks)
      for (const statement of block.statements)
        for (const place of this.#targets(owner, statement)) {
          const key = fieldKey(place.steps);
          if (key !== undefined) keys.add(key);
        }
    return keys;
  }

  fillsParameter(target: ProgramFunction, parameter: number): boolean {
    // A recursion adds nothing of its own.
    if (this.#filling.has(target)) return false;
    return this.#fills.get(target, 0)?.has(parameter) === true;
  }

  #filledParameters(target: ProgramFunction): ReadonlySet<number> {
    this.#filling.add(target);
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
    this.#filling.delete(target);
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

  #ownIndex(owner: ProgramFunction): ReadonlyMap<string, OwnPart> {
    const own = new Map<string, OwnPart>();
    for (const block of owner.blocks) for (const statement of block.statements) this.#add(own, owner, statement);
    return own;
  }

  #add(own: Map<string, OwnPart>, owner: ProgramFunction, statement: Statement): void {
    if (statement.kind === "call") {
      if (statement.callee.kind === "direct")
        pushCall(own, callKey(statement.callee.name), { function: owner, statement });
      const api = this.api(owner, statement);
      if (api)
        for (const born of bornOf(api, statement))
          for (const field of born.fields ?? [])
            pushStore(own, `${field.record}.${field.name}`, { function: owner, statement });
    }
    for (const place of this.#targets(owner, statement)) {
      const key = fieldKey(place.steps) ?? (place.root.kind === "global" ? `global:${place.root.name}` : undefined);
      if (key !== undefined) pushStore(own, key, { function: owner, statement });
    }
  }
}

function isAggregate(place: Place): boolean {
  return place.type.kind === "record" || place.type.kind === "array";
}

const nobody: readonly ProgramFunction[] = [];

/** Calls have keys of their own among the stores' ("record.field", "global:name"). */
function callKey(name: string): string {
  return `${name}()`;
}

function pushCall(own: Map<string, OwnPart>, key: string, site: Site): void {
  const list = own.get(key)?.calls;
  if (list) list.push(site);
  else own.set(key, { calls: [site] });
}

function pushStore(own: Map<string, OwnPart>, key: string, store: Store): void {
  const list = own.get(key)?.stores;
  if (list) list.push(store);
  else own.set(key, { stores: [store] });
}

function single<T>(value: T): ReadonlyMap<0, T> {
  return new Map([[0, value]]);
}
