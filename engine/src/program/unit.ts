/** The driver unit: files as one program, with name resolution and a call graph. */
import type { TranslationUnit } from "../syntax/c/ast.ts";
import { declarationsOf, type FileDeclarations } from "./declarations.ts";
import { lowerCFile } from "./lower-c-file.ts";
import type {
  CallSite,
  CallStatement,
  DriverUnit,
  Gap,
  GlobalVariable,
  OpsTable,
  ProgramFile,
  ProgramFunction,
} from "./program.ts";
import { linkScopes } from "./scope.ts";
import type { RecordDefinition } from "./types.ts";

/** A parsed C file. */
export interface CSource {
  readonly name: string;
  readonly text: string;
  readonly syntax: TranslationUnit;
}

/** Joins lowered files (C or TypeScript) and the records that they see into a unit. The files' order does not matter. */
export function buildUnit(files: readonly ProgramFile[], records: ReadonlyMap<string, RecordDefinition>): DriverUnit {
  return new Unit(files, records);
}

/** Declarations, scopes, lowering and linking of a set of C files in one go. */
export function buildCUnit(sources: readonly CSource[]): DriverUnit {
  const builder = new UnitBuilder();
  for (const source of sources) builder.setC(source);
  return builder.build();
}

/**
 * A unit that is kept up to date file by file: `build` lowers again only the files whose text, or whose visible
 * declarations, changed since the last `build`.
 */
export class UnitBuilder {
  readonly #sources = new Map<string, { readonly source: CSource; readonly declarations: FileDeclarations }>();
  readonly #elsewhere = new Map<
    string,
    { readonly file: ProgramFile; readonly records: readonly RecordDefinition[] }
  >();
  readonly #lowered = new Map<
    string,
    { readonly text: string; readonly scopeHash: number; readonly file: ProgramFile }
  >();

  /** Adds or replaces a C file. */
  setC(source: CSource): void {
    if (this.#sources.get(source.name)?.source.text === source.text) return;
    const declarations = declarationsOf(source.name, source.syntax, source.text);
    this.#sources.set(source.name, { source, declarations });
    this.#elsewhere.delete(source.name);
  }

  /** Adds or replaces a file that was lowered elsewhere (a TypeScript snippet), with the records that it defines. */
  setLowered(file: ProgramFile, records: readonly RecordDefinition[]): void {
    this.#elsewhere.set(file.name, { file, records });
    this.#sources.delete(file.name);
    this.#lowered.delete(file.name);
  }

  remove(name: string): void {
    this.#sources.delete(name);
    this.#elsewhere.delete(name);
    this.#lowered.delete(name);
  }

  /** The unit as it is now. Functions of files that did not change are the same objects as before. */
  build(): DriverUnit {
    const declarations = new Map([...this.#sources].map(([name, entry]) => [name, entry.declarations]));
    const linked = linkScopes(declarations);
    const files: ProgramFile[] = [];
    for (const [name, { source, declarations: own }] of this.#sources) {
      const scope = linked.scopes.get(name);
      if (scope === undefined) continue;
      let entry = this.#lowered.get(name);
      if (entry === undefined || entry.text !== source.text || entry.scopeHash !== scope.hash) {
        const file = lowerCFile(name, source.syntax, source.text, scope, own);
        entry = { text: source.text, scopeHash: scope.hash, file };
        this.#lowered.set(name, entry);
      }
      files.push(entry.file);
    }
    const records = new Map(linked.records);
    for (const { file, records: own } of this.#elsewhere.values()) {
      files.push(file);
      for (const record of own) if (!records.has(record.name)) records.set(record.name, record);
    }
    return buildUnit(files, records);
  }
}

class Unit implements DriverUnit {
  readonly files: ReadonlyMap<string, ProgramFile>;
  readonly records: ReadonlyMap<string, RecordDefinition>;
  readonly functions: readonly ProgramFunction[];
  readonly opsTables: readonly OpsTable[];
  readonly gaps: readonly Gap[];
  readonly #byName = new Map<string, ProgramFunction[]>();
  readonly #globals = new Map<string, { readonly file: string; readonly global: GlobalVariable }[]>();
  #graph: CallGraph | undefined;

  constructor(files: readonly ProgramFile[], records: ReadonlyMap<string, RecordDefinition>) {
    const ordered = [...files].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    this.files = new Map(ordered.map((file) => [file.name, file]));
    this.records = records;
    this.functions = ordered.flatMap((file) => file.functions);
    this.opsTables = ordered.flatMap((file) => file.opsTables);
    this.gaps = ordered.flatMap((file) => file.gaps);
    for (const one of this.functions) pushTo(this.#byName, one.name, one);
    for (const file of ordered) {
      for (const global of file.globals) pushTo(this.#globals, global.name, { file: file.name, global });
    }
  }

  functionNamed(name: string, file: string): ProgramFunction | undefined {
    const candidates = this.#byName.get(name);
    if (candidates === undefined) return undefined;
    return (
      candidates.find((one) => one.file === file) ??
      candidates.find((one) => !one.isStatic) ??
      // A static inline of a header belongs to whoever includes it.
      candidates.find((one) => !one.file.endsWith(".c"))
    );
  }

  globalNamed(name: string, file: string): GlobalVariable | undefined {
    const candidates = this.#globals.get(name);
    if (candidates === undefined) return undefined;
    return (
      candidates.find((one) => one.file === file)?.global ??
      candidates.find((one) => !one.global.isStatic)?.global ??
      candidates.find((one) => !one.file.endsWith(".c"))?.global
    );
  }

  callersOf(target: ProgramFunction): readonly CallSite[] {
    return this.#callGraph().callers.get(target) ?? [];
  }

  calleesOf(
    caller: ProgramFunction,
  ): readonly { readonly statement: CallStatement; readonly target: ProgramFunction }[] {
    return this.#callGraph().callees.get(caller) ?? [];
  }

  #callGraph(): CallGraph {
    this.#graph ??= this.#makeCallGraph();
    return this.#graph;
  }

  #makeCallGraph(): CallGraph {
    const handlers = new Map<string, Set<ProgramFunction>>();
    for (const table of this.opsTables) {
      if (table.record === undefined) continue;
      for (const entry of table.entries) {
        const target = this.functionNamed(entry.value, table.file);
        if (target === undefined) continue;
        const key = `${table.record}.${entry.field}`;
        const known = handlers.get(key);
        if (known === undefined) handlers.set(key, new Set([target]));
        else known.add(target);
      }
    }
    const graph: CallGraph = { callers: new Map(), callees: new Map() };
    for (const caller of this.functions) {
      for (const block of caller.blocks) {
        for (const statement of block.statements) {
          if (statement.kind !== "call") continue;
          for (const target of this.#targets(statement, caller, handlers)) {
            pushTo(graph.callers, target, { caller, statement });
            pushTo(graph.callees, caller, { statement, target });
          }
        }
      }
    }
    return graph;
  }

  #targets(
    statement: CallStatement,
    caller: ProgramFunction,
    handlers: ReadonlyMap<string, ReadonlySet<ProgramFunction>>,
  ): Iterable<ProgramFunction> {
    const { callee } = statement;
    if (callee.kind === "direct") {
      const target = this.functionNamed(callee.name, caller.file);
      return target === undefined ? [] : [target];
    }
    if (callee.target.kind !== "read") return [];
    const last = callee.target.place.steps.at(-1);
    if (last?.kind !== "field" || last.record === undefined) return [];
    return handlers.get(`${last.record}.${last.name}`) ?? [];
  }
}

interface CallGraph {
  readonly callers: Map<ProgramFunction, CallSite[]>;
  readonly callees: Map<ProgramFunction, { statement: CallStatement; target: ProgramFunction }[]>;
}

function pushTo<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
