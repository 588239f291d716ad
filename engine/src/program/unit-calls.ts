/** Who calls whom in a unit, directly and through ops tables. Functions are lowered only where their names say that it matters. */
import { BodyIndex, sameSet } from "./body-index.ts";
import { knownMap, knownValue } from "./dependencies.ts";
import { LoweredFile } from "./lower-c-file.ts";
import type { MentionIndex } from "./mention-index.ts";
import { Noted } from "./noted.ts";
import { opsTablesOfFunction } from "./ops-tables.ts";
import type { Block, CallSite, CallStatement, OpsTable, ProgramFile, ProgramFunction } from "./program.ts";

interface Callee {
  readonly statement: CallStatement;
  readonly target: ProgramFunction;
}

type Named = (name: string, file: string) => ProgramFunction | undefined;

const tablesOf = new WeakMap<readonly Block[], readonly OpsTable[]>();

function functionTables(one: ProgramFunction): readonly OpsTable[] {
  let tables = tablesOf.get(one.blocks);
  if (tables === undefined) {
    tables = opsTablesOfFunction(one);
    tablesOf.set(one.blocks, tables);
  }
  return tables;
}

export class UnitCalls {
  readonly #files: readonly ProgramFile[];
  readonly #mentions: MentionIndex;
  readonly #named: Named;
  readonly #callers = knownMap<ProgramFunction, readonly CallSite[]>();
  readonly #callees = knownMap<ProgramFunction, readonly Callee[]>();
  readonly #handlers = knownMap<string, readonly ProgramFunction[]>();
  readonly #storing = knownMap<string, readonly ProgramFunction[]>();
  readonly #tables = knownMap<ProgramFile, readonly OpsTable[]>();
  readonly #valuing = knownMap<ProgramFile, readonly ProgramFunction[]>();
  readonly #opsTables = knownValue(() => this.#files.flatMap((file) => this.#tablesOf(file)));
  /** A function's calls by the function that they may enter. */
  readonly #calls = new BodyIndex((caller: ProgramFunction) => this.#callsByTarget(caller));
  readonly #entered = new BodyIndex(
    (caller: ProgramFunction) => new Map([[0 as const, new Set(this.#callsByTarget(caller).keys())]]),
    sameSet,
  );
  readonly #enters = new BodyIndex(
    (caller: ProgramFunction) => new Map([...this.#callsByTarget(caller).keys()].map((target) => [target, true])),
    () => true,
  );
  readonly #calling = knownMap<ProgramFunction, ReadonlySet<ProgramFunction>>();
  /** What a function's assignments put into tables, by field and by value. */
  readonly #byField = new BodyIndex((one: ProgramFunction) => entriesBy(one, "field"), sameEntries);
  readonly #byValue = new BodyIndex((one: ProgramFunction) => entriesBy(one, "value"), sameEntries);
  /** The tables themselves: most functions have none, before an edit and after it. */
  readonly #ownTables = new BodyIndex(
    (one: ProgramFunction) => new Map([[0 as const, functionTables(one)]]),
    (a, b) => a.length === 0 && b.length === 0,
  );
  readonly #values = new BodyIndex(
    (one: ProgramFunction) => new Map([[0 as const, this.#judgeOf(one.file)(one)]]),
    (a, b) => a === b,
  );
  /** By file, that a function that may use functions as values came to it, or is gone. */
  readonly #moved = new Noted<ProgramFile>();
  readonly #judges = new Map<string, (one: ProgramFunction) => boolean>();
  readonly #holding = knownValue(() => this.#findHolding());

  /** The files in the unit's order. `named` finds the definition that a name means in a file. */
  constructor(files: readonly ProgramFile[], mentions: MentionIndex, named: Named) {
    this.#files = files;
    this.#mentions = mentions;
    this.#named = named;
  }

  get opsTables(): readonly OpsTable[] {
    return this.#opsTables();
  }

  storing(field: string): readonly ProgramFunction[] {
    let found = this.#storing.get(field);
    if (found === undefined) {
      const mentioning = this.#mentions.mentioning(field);
      const { positional } = this.#mentions;
      found = positional.size === 0 ? mentioning : this.#mentions.inOrder([...mentioning, ...positional]);
      this.#storing.set(field, found);
    }
    return found;
  }

  callersOf(target: ProgramFunction): readonly CallSite[] {
    let found = this.#callers.get(target);
    if (found === undefined) {
      found = this.#findCallers(target);
      this.#callers.set(target, found);
    }
    return found;
  }

  calleesOf(caller: ProgramFunction): readonly Callee[] {
    let found = this.#callees.get(caller);
    if (found === undefined) {
      const callees: Callee[] = [];
      for (const block of caller.blocks)
        for (const statement of block.statements)
          if (statement.kind === "call")
            for (const target of this.#targets(statement, caller)) callees.push({ statement, target });
      found = callees;
      this.#callees.set(caller, found);
    }
    return found;
  }

  #findCallers(target: ProgramFunction): readonly CallSite[] {
    const sites: CallSite[] = [];
    for (const caller of this.#mentions.inOrder(this.#candidates(target)))
      for (const statement of this.#calls.get(caller, target) ?? []) sites.push({ caller, statement });
    return sites;
  }

  #callsByTarget(caller: ProgramFunction): ReadonlyMap<ProgramFunction, readonly CallStatement[]> {
    const made = new Map<ProgramFunction, CallStatement[]>();
    for (const block of caller.blocks)
      for (const statement of block.statements) {
        if (statement.kind !== "call") continue;
        for (const target of this.#targets(statement, caller)) {
          const list = made.get(target);
          if (list === undefined) made.set(target, [statement]);
          else list.push(statement);
        }
      }
    return made;
  }

  /** The functions that a function may call. */
  entered(caller: ProgramFunction): ReadonlySet<ProgramFunction> {
    return this.#entered.get(caller, 0) ?? noFunctions;
  }

  /** The functions that may call a function. */
  calling(target: ProgramFunction): ReadonlySet<ProgramFunction> {
    let found = this.#calling.get(target);
    if (found === undefined) {
      const candidates = this.#mentions.inOrder(this.#candidates(target));
      found = new Set(candidates.filter((caller) => this.#enters.get(caller, target) === true));
      this.#calling.set(target, found);
    }
    return found;
  }

  /** Functions that may call the target, told by names. */
  #candidates(target: ProgramFunction): ReadonlySet<ProgramFunction> {
    const candidates = new Set(this.#mentions.mentioning(target.name));
    // The fields through which it may be called, in whatever table it stands.
    const holders = this.#mentions.valuing(target.name);
    const fields = new Set<string>();
    for (const { file, field } of this.#fieldsHolding(target.name))
      if (this.#named(target.name, file) === target) fields.add(field);
    for (const holder of holders)
      for (const entry of this.#byValue.get(holder, target.name) ?? [])
        if (this.#named(entry.value, entry.file) === target) fields.add(entry.field);
    for (const field of fields) for (const one of this.#mentions.mentioning(field)) candidates.add(one);
    return candidates;
  }

  /** What files declare is another now: what single names come to is asked again. These functions came to a file, or are gone. */
  redeclared(file: ProgramFile, moved: Iterable<ProgramFunction>): void {
    this.#judges.clear();
    for (const one of moved) {
      if (!this.#judgeOf(file.name)(one)) continue;
      this.#moved.change(file);
      return;
    }
  }

  /** The fields of the globals' tables that hold a function of the name, whichever that is in their file. */
  #fieldsHolding(name: string): readonly { readonly file: string; readonly field: string }[] {
    return this.#holding().get(name) ?? [];
  }

  #findHolding(): ReadonlyMap<string, readonly { readonly file: string; readonly field: string }[]> {
    const holding = new Map<string, { readonly file: string; readonly field: string }[]>();
    for (const file of this.#files)
      for (const table of entriesIn(file) ?? file.opsTables)
        for (const { value, field } of table.entries) {
          const known = holding.get(value);
          if (known === undefined) holding.set(value, [{ file: table.file, field }]);
          else known.push({ file: table.file, field });
        }
    return holding;
  }

  #targets(statement: CallStatement, caller: ProgramFunction): Iterable<ProgramFunction> {
    const { callee } = statement;
    if (callee.kind === "direct") {
      const target = this.#named(callee.name, caller.file);
      return target === undefined ? [] : [target];
    }
    if (callee.target.kind !== "read") return [];
    const last = callee.target.place.steps.at(-1);
    if (last?.kind !== "field" || last.record === undefined) return [];
    return this.#handlersOf(last.record, last.name);
  }

  /** The functions that any table of the record holds in the field, each once, in the order of the tables. */
  #handlersOf(record: string, field: string): readonly ProgramFunction[] {
    const key = `${record}.${field}`;
    let found = this.#handlers.get(key);
    if (found === undefined) {
      const handlers = new Set<ProgramFunction>();
      const storing = new Set(this.storing(field));
      const add = (value: string, file: string): void => {
        const target = this.#named(value, file);
        if (target !== undefined) handlers.add(target);
      };
      for (const file of this.#files) {
        for (const table of entriesIn(file) ?? file.opsTables)
          if (table.record === record)
            for (const entry of table.entries) if (entry.field === field) add(entry.value, table.file);
        if (file.globalTables === undefined) continue;
        for (const one of this.#valuingOf(file))
          if (storing.has(one))
            for (const entry of this.#byField.get(one, field) ?? [])
              if (entry.record === record) add(entry.value, entry.file);
      }
      found = [...handlers];
      this.#handlers.set(key, found);
    }
    return found;
  }

  #tablesOf(file: ProgramFile): readonly OpsTable[] {
    if (file.globalTables === undefined) return file.opsTables;
    let tables = this.#tables.get(file);
    if (tables === undefined) {
      tables = [...file.globalTables, ...this.#valuingOf(file).flatMap((one) => this.#ownTables.get(one, 0) ?? [])];
      this.#tables.set(file, tables);
    }
    return tables;
  }

  /** Functions of the file that may use a function as a value. */
  #valuingOf(file: ProgramFile): readonly ProgramFunction[] {
    let found = this.#valuing.get(file);
    if (found === undefined) {
      this.#moved.read(file);
      found =
        file instanceof LoweredFile
          ? file.heldFunctions.filter((one) => this.#values.get(one, 0) === true)
          : file.functions;
      this.#valuing.set(file, found);
    }
    return found;
  }

  /** Tells which functions of the file may use a function as a value. */
  #judgeOf(name: string): (one: ProgramFunction) => boolean {
    let judge = this.#judges.get(name);
    if (judge === undefined) {
      const file = this.#files.find((one) => one.name === name);
      judge = this.#mentions.valuingAny((value) => file instanceof LoweredFile && file.isFunction(value));
      this.#judges.set(name, judge);
    }
    return judge;
  }
}

/** The tables of a file's globals, where its functions are not lowered yet; who asks does not care where in the file they stand. */
function entriesIn(file: ProgramFile): readonly OpsTable[] | undefined {
  return file instanceof LoweredFile ? file.tableEntries : file.globalTables;
}

const noFunctions: ReadonlySet<ProgramFunction> = new Set();

interface TableEntry {
  readonly record: string | undefined;
  readonly file: string;
  readonly field: string;
  readonly value: string;
}

function entriesBy(one: ProgramFunction, by: "field" | "value"): ReadonlyMap<string, readonly TableEntry[]> {
  const made = new Map<string, TableEntry[]>();
  for (const { record, file, entries } of functionTables(one))
    for (const { field, value } of entries) {
      const entry = { record, file, field, value };
      const list = made.get(entry[by]);
      if (list === undefined) made.set(entry[by], [entry]);
      else list.push(entry);
    }
  return made;
}

function sameEntries(a: readonly TableEntry[], b: readonly TableEntry[]): boolean {
  return (
    a.length === b.length &&
    a.every((one, i) => {
      const other = b[i];
      return (
        other !== undefined && one.record === other.record && one.field === other.field && one.value === other.value
      );
    })
  );
}
