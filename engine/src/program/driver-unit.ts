/** The driver unit: lowered files as one program. */
import { Noted, ReadMap } from "./noted.ts";
import type { FileDeclarations } from "./declarations.ts";
import type { LazyFunction } from "./lazy-function.ts";
import { inOrder, LoweredFile } from "./lower-c-file.ts";
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
import type { RecordDefinition } from "./types.ts";
import { UnitCalls } from "./unit-calls.ts";

/** What is another in a file that declares something else. */
export interface Redeclared {
  /** Definitions by their unit-wide names; undefined for those that are gone. */
  readonly records: ReadonlyMap<string, RecordDefinition | undefined>;
  /** Names of objects, by file. */
  readonly globals: ReadonlyMap<LoweredFile, ReadonlySet<string>>;
  /** Words that the text of the file holds and did not hold before. */
  readonly words: ReadonlySet<string>;
}

export class LinkedUnit implements DriverUnit {
  readonly files: ReadonlyMap<string, ProgramFile>;
  readonly #records: ReadMap<string, RecordDefinition>;
  #functions: readonly ProgramFunction[];
  readonly #functionsRead = new Noted<"all">();
  readonly #byName = new Map<string, ProgramFunction[]>();
  readonly #namesRead = new Noted<string>();
  readonly #globals = new Map<string, { readonly file: string; readonly global: GlobalVariable }[]>();
  readonly #globalsRead = new Noted<string>();
  readonly #wordsRead = new Noted<string>();
  readonly #mentions: MentionIndex;
  readonly #calls: UnitCalls;

  constructor(
    files: readonly ProgramFile[],
    records: ReadonlyMap<string, RecordDefinition>,
    declarations: Iterable<FileDeclarations>,
  ) {
    const ordered = [...files].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    this.files = new Map(ordered.map((file) => [file.name, file]));
    this.#records = new ReadMap(records);
    this.#functions = ordered.flatMap((file) => file.functions);
    for (const one of this.#functions) pushTo(this.#byName, one.name, one);
    for (const file of ordered) {
      for (const global of file.globals) pushTo(this.#globals, global.name, { file: file.name, global });
    }
    this.#mentions = new MentionIndex(ordered, declarations);
    this.#calls = new UnitCalls(ordered, this.#mentions, (name, file) => this.functionNamed(name, file));
  }

  get records(): ReadonlyMap<string, RecordDefinition> {
    return this.#records;
  }
  get functions(): readonly ProgramFunction[] {
    this.#functionsRead.read("all");
    return this.#functions;
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
    this.#namesRead.read(name);
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
    this.#globalsRead.read(name);
    const candidates = this.#globals.get(name);
    if (candidates === undefined) return undefined;
    return (
      candidates.find((one) => one.file === file)?.global ??
      candidates.find((one) => !one.global.isStatic)?.global ??
      candidates.find((one) => !one.file.endsWith(".c"))?.global
    );
  }

  /** Whoever asks is made of which files' texts hold the word, outside of functions. */
  noteWord(word: string): void {
    this.#wordsRead.read(word);
  }

  /** Runs an edit of functions' bodies: the index of names is told before anybody asks it again. */
  edit(file: ProgramFile, edit: () => void, targets: readonly LazyFunction[]): void {
    const before = targets.map((one) => one.mentions);
    edit();
    for (const [i, target] of targets.entries()) this.#mentions.edited(target, file, before[i]);
    for (const target of targets) target.changed();
  }

  /**
   * A file has other functions and declarations now: `edit` makes them so and tells what is another. `macros` are those of all files
   * where they changed. What was asked of the unit before is asked again where it was made of that.
   */
  redeclare(file: LoweredFile, macros: Parameters<MentionIndex["refilled"]>[2], edit: () => Redeclared): void {
    const before = file.heldFunctions;
    const mentions = new Map(before.map((one) => [one, one.mentions]));
    const { records, globals, words } = edit();
    const after = file.heldFunctions;
    this.#mentions.refilled(file, mentions, macros);
    const isThere = new Set(after);
    const moved = [...before.filter((one) => !isThere.has(one)), ...after.filter((one) => !mentions.has(one))];
    if (moved.length > 0) {
      this.#functions = [...this.files.values()].flatMap((one) =>
        one instanceof LoweredFile ? one.heldFunctions : one.functions,
      );
      this.#byName.clear();
      for (const one of this.#functions) pushTo(this.#byName, one.name, one);
      this.#functionsRead.change("all");
      for (const one of moved) this.#namesRead.change(one.name);
    }
    for (const [where, names] of globals)
      for (const name of names) {
        const others = (this.#globals.get(name) ?? []).filter((one) => one.file !== where.name);
        const own = where.globals.filter((one) => one.name === name).map((global) => ({ file: where.name, global }));
        this.#globals.set(name, inOrderOfFiles([...others, ...own]));
        this.#globalsRead.change(name);
      }
    for (const [name, record] of records) this.#records.replace(name, record);
    for (const word of words) this.#wordsRead.change(word);
    this.#calls.redeclared(file, moved);
  }

  /** See `MentionIndex`. */
  namesMovedBy(before: FileDeclarations["macros"], after: FileDeclarations["macros"]): ReadonlySet<string> | undefined {
    return this.#mentions.namesMovedBy(before, after);
  }

  /** Functions of these files whose lowering may come to something else when the names mean something else. */
  speakingOf(
    names: Iterable<string>,
    files: ReadonlySet<string>,
    alsoPositional: boolean,
  ): ReadonlySet<ProgramFunction> {
    const found = new Set<ProgramFunction>();
    for (const name of names)
      for (const one of this.#mentions.mentioning(name)) if (files.has(one.file)) found.add(one);
    if (alsoPositional) for (const one of this.#mentions.positional) if (files.has(one.file)) found.add(one);
    return found;
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

function inOrderOfFiles<T extends { readonly file: string }>(list: readonly T[]): T[] {
  return [...list].sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
}

function pushTo<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
