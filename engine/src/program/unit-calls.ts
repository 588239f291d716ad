/** Who calls whom in a unit, directly and through ops tables. Functions are lowered only where their names say that it matters. */
import { LoweredFile } from "./lower-c-file.ts";
import type { MentionIndex } from "./mention-index.ts";
import { opsTablesOfFunction } from "./ops-tables.ts";
import type { CallSite, CallStatement, OpsTable, ProgramFile, ProgramFunction } from "./program.ts";

interface Callee {
  readonly statement: CallStatement;
  readonly target: ProgramFunction;
}

type Named = (name: string, file: string) => ProgramFunction | undefined;

const tablesOf = new WeakMap<ProgramFunction, readonly OpsTable[]>();

function functionTables(one: ProgramFunction): readonly OpsTable[] {
  let tables = tablesOf.get(one);
  if (tables === undefined) {
    tables = opsTablesOfFunction(one);
    tablesOf.set(one, tables);
  }
  return tables;
}

export class UnitCalls {
  readonly #files: readonly ProgramFile[];
  readonly #mentions: MentionIndex;
  readonly #named: Named;
  readonly #callers = new Map<ProgramFunction, readonly CallSite[]>();
  readonly #callees = new Map<ProgramFunction, readonly Callee[]>();
  readonly #calls = new Map<ProgramFunction, ReadonlyMap<ProgramFunction, readonly CallStatement[]>>();
  readonly #handlers = new Map<string, readonly ProgramFunction[]>();
  readonly #storing = new Map<string, readonly ProgramFunction[]>();
  readonly #tables = new Map<ProgramFile, readonly OpsTable[]>();
  readonly #valuing = new Map<ProgramFile, readonly ProgramFunction[]>();
  #opsTables: readonly OpsTable[] | undefined;
  #holding: Map<string, { readonly file: string; readonly field: string }[]> | undefined;

  /** The files in the unit's order. `named` finds the definition that a name means in a file. */
  constructor(files: readonly ProgramFile[], mentions: MentionIndex, named: Named) {
    this.#files = files;
    this.#mentions = mentions;
    this.#named = named;
  }

  get opsTables(): readonly OpsTable[] {
    this.#opsTables ??= this.#files.flatMap((file) => this.#tablesOf(file));
    return this.#opsTables;
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
      for (const statement of this.#callsByTarget(caller).get(target) ?? []) sites.push({ caller, statement });
    return sites;
  }

  /** The caller's calls by the function that they may enter. */
  #callsByTarget(caller: ProgramFunction): ReadonlyMap<ProgramFunction, readonly CallStatement[]> {
    let calls = this.#calls.get(caller);
    if (calls === undefined) {
      const made = new Map<ProgramFunction, CallStatement[]>();
      for (const { statement, target } of this.calleesOf(caller)) {
        const list = made.get(target);
        if (list === undefined) made.set(target, [statement]);
        else list.push(statement);
      }
      calls = made;
      this.#calls.set(caller, calls);
    }
    return calls;
  }

  /** Functions that may call the target, told by names. */
  #candidates(target: ProgramFunction): ReadonlySet<ProgramFunction> {
    const candidates = new Set(this.#mentions.mentioning(target.name));
    // The fields through which it may be called, in whatever table it stands.
    const holders = this.#mentions.valuing(target.name);
    const fields = new Set<string>();
    for (const { file, field } of this.#fieldsHolding(target.name))
      if (this.#named(target.name, file) === target) fields.add(field);
    for (const table of holders.flatMap(functionTables))
      for (const entry of table.entries)
        if (entry.value === target.name && this.#named(entry.value, table.file) === target) fields.add(entry.field);
    for (const field of fields) for (const one of this.#mentions.mentioning(field)) candidates.add(one);
    return candidates;
  }

  /** The fields of the globals' tables that hold a function of the name, whichever that is in their file. */
  #fieldsHolding(name: string): readonly { readonly file: string; readonly field: string }[] {
    if (this.#holding === undefined) {
      this.#holding = new Map();
      for (const file of this.#files)
        for (const table of file.globalTables ?? file.opsTables)
          for (const { value, field } of table.entries) {
            const known = this.#holding.get(value);
            if (known === undefined) this.#holding.set(value, [{ file: table.file, field }]);
            else known.push({ file: table.file, field });
          }
    }
    return this.#holding.get(name) ?? [];
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
      for (const file of this.#files) {
        const tables =
          file.globalTables === undefined
            ? file.opsTables
            : [
                ...file.globalTables,
                ...this.#valuingOf(file).flatMap((one) => (storing.has(one) ? functionTables(one) : [])),
              ];
        for (const table of tables) {
          if (table.record !== record) continue;
          for (const entry of table.entries) {
            const target = entry.field === field ? this.#named(entry.value, table.file) : undefined;
            if (target !== undefined) handlers.add(target);
          }
        }
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
      tables = [...file.globalTables, ...this.#valuingOf(file).flatMap(functionTables)];
      this.#tables.set(file, tables);
    }
    return tables;
  }

  /** Functions of the file that may use a function as a value. */
  #valuingOf(file: ProgramFile): readonly ProgramFunction[] {
    let found = this.#valuing.get(file);
    if (found === undefined) {
      found =
        file instanceof LoweredFile ? this.#mentions.valuingAny(file, (name) => file.isFunction(name)) : file.functions;
      this.#valuing.set(file, found);
    }
    return found;
  }
}
