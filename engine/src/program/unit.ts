/** The driver unit: files as one program, with name resolution and a call graph. */
import type { FunctionDefinition, TranslationUnit } from "../syntax/c/ast.ts";
import { declarationsOf, type FileDeclarations } from "./declarations.ts";
import type { StableChange } from "../text/stable-text.ts";
import type { LazyFunction } from "./lazy-function.ts";
import { inOrder, LoweredFile } from "./lower-c-file.ts";
import { bodyEdit } from "./unit-edits.ts";
import { MentionIndex } from "./mention-index.ts";
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
import { UnitCalls } from "./unit-calls.ts";

/** A parsed C file. */
export interface CSource {
  readonly name: string;
  readonly text: string;
  readonly syntax: TranslationUnit;
}

/**
 * Joins lowered files (C or TypeScript) and the records that they see into a unit. The files' order does not matter. `declarations`
 * are those of all C files, for their macros.
 */
export function buildUnit(
  files: readonly ProgramFile[],
  records: ReadonlyMap<string, RecordDefinition>,
  declarations: Iterable<FileDeclarations> = [],
): DriverUnit {
  return new Unit(files, records, declarations);
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
    { readonly text: string; readonly scopeHash: number; readonly file: LoweredFile }
  >();
  #unit: Unit | undefined;

  /** Another builder with the same files. Nothing that is lowered is shared: this one may edit it. */
  copy(): UnitBuilder {
    const copy = new UnitBuilder();
    for (const [name, entry] of this.#sources) copy.#sources.set(name, entry);
    for (const [name, entry] of this.#elsewhere) copy.#elsewhere.set(name, entry);
    return copy;
  }

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

  /** The syntax of a C file as it is now. */
  syntaxOf(name: string): CSource | undefined {
    return this.#sources.get(name)?.source;
  }

  /**
   * Changes the unit that was built last in place, where the edit of a file leaves all of it as it is but for the bodies of functions. Answers that were made of that body change. False where it does more: then nothing was done.
   */
  edit(name: string, text: string, change: StableChange): boolean {
    const entry = this.#sources.get(name);
    const lowered = this.#lowered.get(name);
    if (entry === undefined || lowered === undefined || this.#unit === undefined) return false;
    const edit = bodyEdit(entry.source, entry.declarations, text, change);
    if (edit === undefined) return false;
    const { file } = lowered;
    const edited: { readonly at: LazyFunction; readonly definition: FunctionDefinition }[] = [];
    for (const definition of edit.functions) {
      const at = file.functions.find((one) => one.start === definition.start);
      // A function in a dead arm of `#if` is none of the unit's.
      if (at === undefined) return false;
      edited.push({ at, definition });
    }
    this.#sources.set(name, { ...entry, source: { name, text, syntax: edit.syntax } });
    this.#lowered.set(name, { ...lowered, text });
    this.#unit.edit(
      file,
      () => file.edit(text, edit.syntax, edited),
      edited.map((one) => one.at),
    );
    return true;
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
        const file = new LoweredFile(name, source.syntax, source.text, scope, own);
        entry = { text: source.text, scopeHash: scope.hash, file };
        this.#lowered.set(name, entry);
      }
      for (const one of entry.file.functions) one.settle();
      files.push(entry.file);
    }
    const records = new Map(linked.records);
    for (const { file, records: own } of this.#elsewhere.values()) {
      files.push(file);
      for (const record of own) if (!records.has(record.name)) records.set(record.name, record);
    }
    this.#unit = new Unit(files, records, declarations.values());
    return this.#unit;
  }
}

class Unit implements DriverUnit {
  readonly files: ReadonlyMap<string, ProgramFile>;
  readonly records: ReadonlyMap<string, RecordDefinition>;
  readonly functions: readonly ProgramFunction[];
  readonly #byName = new Map<string, ProgramFunction[]>();
  readonly #globals = new Map<string, { readonly file: string; readonly global: GlobalVariable }[]>();
  readonly #mentions: MentionIndex;
  readonly #calls: UnitCalls;

  constructor(
    files: readonly ProgramFile[],
    records: ReadonlyMap<string, RecordDefinition>,
    declarations: Iterable<FileDeclarations>,
  ) {
    const ordered = [...files].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    this.files = new Map(ordered.map((file) => [file.name, file]));
    this.records = records;
    this.functions = ordered.flatMap((file) => file.functions);
    for (const one of this.functions) pushTo(this.#byName, one.name, one);
    for (const file of ordered) {
      for (const global of file.globals) pushTo(this.#globals, global.name, { file: file.name, global });
    }
    this.#mentions = new MentionIndex(ordered, declarations);
    this.#calls = new UnitCalls(ordered, this.#mentions, (name, file) => this.functionNamed(name, file));
  }

  get opsTables(): readonly OpsTable[] {
    return this.#calls.opsTables;
  }

  get gaps(): readonly Gap[] {
    return [...this.files.values()].flatMap((file) => file.gaps);
  }

  functionsMentioning(name: string): readonly ProgramFunction[] {
    return this.#mentions.mentioning(name);
  }

  functionsStoring(field: string): readonly ProgramFunction[] {
    return this.#calls.storing(field);
  }

  gapsAround(names: Iterable<string>): readonly Gap[] {
    const looked = new Set<ProgramFunction>();
    for (const name of names) for (const one of this.functionsMentioning(name)) looked.add(one);
    return [...this.files.values()].flatMap((file) => {
      if (file.syntaxGaps === undefined) return file.gaps;
      const lowered = file.functions.flatMap((one) => (looked.has(one) ? (one.gaps ?? []) : []));
      return [...file.syntaxGaps, ...lowered].sort(inOrder);
    });
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

  /** Runs an edit of functions' bodies: the index of names is told before anybody asks it again. */
  edit(file: ProgramFile, edit: () => void, targets: readonly LazyFunction[]): void {
    const before = targets.map((one) => one.mentions);
    edit();
    for (const [i, target] of targets.entries()) this.#mentions.edited(target, file, before[i]);
    for (const target of targets) target.changed();
  }

  callersOf(target: ProgramFunction): readonly CallSite[] {
    return this.#calls.callersOf(target);
  }

  calleesOf(
    caller: ProgramFunction,
  ): readonly { readonly statement: CallStatement; readonly target: ProgramFunction }[] {
    return this.#calls.calleesOf(caller);
  }

  callingFunctions(target: ProgramFunction): ReadonlySet<ProgramFunction> {
    return this.#calls.calling(target);
  }

  calledFunctions(caller: ProgramFunction): ReadonlySet<ProgramFunction> {
    return this.#calls.entered(caller);
  }
}

function pushTo<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
