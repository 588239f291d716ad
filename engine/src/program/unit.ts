/** The driver unit: files as one program, with name resolution and a call graph. */
import type { FunctionDefinition, TranslationUnit } from "../syntax/c/ast.ts";
import { declarationsOf, type FileDeclarations } from "./declarations.ts";
import type { StableChange } from "../text/stable-text.ts";
import { LazyFunction } from "./lazy-function.ts";
import { LoweredFile, localIncludes } from "./lower-c-file.ts";
import { bodyEdit } from "./unit-edits.ts";
import { addWhatSpeaksOf, type Part } from "./declared-parts.ts";
import { LinkedUnit, type Redeclared } from "./driver-unit.ts";
import { type FileEdit, fileEdit, functionsIn, partsOfFile } from "./file-edit.ts";
import { isSource } from "./paths.ts";
import type { DriverUnit, ProgramFile, ProgramFunction } from "./program.ts";
import { type LinkedScopes, linkScopes } from "./scope.ts";
import type { RecordDefinition } from "./types.ts";

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
  return new LinkedUnit(files, records, declarations);
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
  #unit: LinkedUnit | undefined;
  #linked: LinkedScopes | undefined;

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
   * Changes the unit that was built last in place, where that can be told for the edit of a file: answers that were made of what is
   * another now change. False where it does more; then nothing was done.
   */
  edit(name: string, text: string, change: StableChange): boolean {
    const entry = this.#sources.get(name);
    const lowered = this.#lowered.get(name);
    if (entry === undefined || lowered === undefined || this.#unit === undefined) return false;
    const edit = bodyEdit(entry.source, text, change);
    if (edit === undefined) return this.#redeclare(name, text, change);
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

  /** An edit of more than bodies. */
  #redeclare(name: string, text: string, change: StableChange): boolean {
    const entry = this.#sources.get(name);
    const lowered = this.#lowered.get(name);
    const unit = this.#unit;
    const linked = this.#linked;
    if (entry === undefined || lowered === undefined || unit === undefined || linked === undefined) return false;
    const old = { ...entry.source, declarations: entry.declarations };
    const edit = fileEdit(old, text, change);
    if (edit === undefined || !linked.mayDeclare(edit.declarations)) return false;
    if (sourcesIncluded(edit.declarations) !== sourcesIncluded(entry.declarations)) return false;
    const moved = edit.changesMacros
      ? unit.namesMovedBy(entry.declarations.macros, edit.declarations.macros)
      : new Set<string>();
    if (moved === undefined) return false;
    const seeing = linked.seeing(name);
    const parts = this.#partsSeen(edit, seeing);
    if (
      !addWhatSpeaksOf(
        edit.names,
        parts.map((one) => one.part),
        mostNames,
      )
    )
      return false;

    // From here on it is done.
    const { file } = lowered;
    const source: CSource = { name, text, syntax: edit.syntax };
    this.#sources.set(name, { source, declarations: edit.declarations });
    this.#lowered.set(name, { text, scopeHash: -1, file });
    for (const one of seeing) {
      const known = this.#lowered.get(one);
      if (known !== undefined) this.#lowered.set(one, { ...known, scopeHash: -1 });
    }
    const before = file.heldFunctions;
    const tags = tagsMeant(edit, parts, (where) => this.#sources.get(where)?.declarations);
    const functions = edit.functions.map(({ old: at, definition }) => {
      const known = at === undefined ? undefined : before[at];
      return known ?? new LazyFunction(name, definition, (one) => file.lowering()(one));
    });
    const done = new Set<ProgramFunction>();
    unit.redeclare(file, edit.changesMacros ? { declarations: this.#allDeclarations(), moved } : undefined, () => {
      linked.declare(edit.declarations, edit.names, tags);
      file.redeclare(text, edit.syntax, functions, localIncludes(edit.declarations));
      const lower = file.lowering();
      for (const [at, { definition, old: known, isHeadChanged, isBodyChanged }] of edit.functions.entries()) {
        const one = functions[at];
        if (one === undefined) continue;
        if (isBodyChanged) done.add(one);
        if (known === undefined) continue;
        if (isHeadChanged) one.editHead(definition, lower);
        else if (isBodyChanged) one.edit(definition, lower);
        else one.settleIn(definition, lower);
      }
      return this.#redeclared(edit, old.text, linked, tags, edit.names.size > 0 ? seeing : new Set([name]));
    });
    const isThere = new Set(functions);
    for (const one of before) if (!isThere.has(one)) one.drop();
    for (const [at, { old: known, isHeadChanged, isBodyChanged }] of edit.functions.entries()) {
      if (known === undefined) continue;
      if (isHeadChanged) functions[at]?.changedHead();
      if (isBodyChanged) functions[at]?.changed();
    }
    this.#lowerAnew(unit.speakingOf(edit.names, seeing, edit.changesMembers), done);
    return true;
  }

  #allDeclarations(): readonly FileDeclarations[] {
    return [...this.#sources.values()].map((one) => one.declarations);
  }

  /** What the files that take something from an edited one declare, and what they may take it through. */
  #partsSeen(edit: FileEdit, seeing: ReadonlySet<string>): readonly { readonly file: string; readonly part: Part }[] {
    if (edit.names.size === 0) return [];
    return [...this.#sources.values()].flatMap(({ source }) => {
      const { name } = source;
      if (!seeing.has(name) && isSource(name)) return [];
      return partsOfFile(name === edit.name ? edit : source).map((part) => ({ file: name, part }));
    });
  }

  #redeclared(
    edit: FileEdit,
    oldText: string,
    linked: LinkedScopes,
    tags: ReadonlyMap<string, ReadonlySet<string>>,
    files: ReadonlySet<string>,
  ): Redeclared {
    const records = new Map<string, RecordDefinition | undefined>();
    for (const [where, own] of tags)
      for (const tag of own) {
        const scope = linked.scopes.get(where);
        if (scope === undefined) continue;
        const record = linked.recordDefined(tag, where);
        records.set(record?.name ?? tag, record);
      }
    const globals = new Map<LoweredFile, ReadonlySet<string>>();
    for (const where of files) {
      const file = this.#lowered.get(where)?.file;
      const declarations = this.#sources.get(where)?.declarations;
      if (file !== undefined && declarations !== undefined) globals.set(file, file.redeclareObjects(declarations));
    }
    const words = new Set([...edit.words].filter((word) => !oldText.includes(word)));
    return { records, globals, words };
  }

  /** Lowers functions again whose names mean something else; most come to the same. */
  #lowerAnew(functions: ReadonlySet<ProgramFunction>, done: ReadonlySet<ProgramFunction>): void {
    const definitions = new Map<string, ReadonlyMap<number, FunctionDefinition>>();
    const changed: LazyFunction[] = [];
    for (const one of functions) {
      const file = this.#lowered.get(one.file)?.file;
      const syntax = this.#sources.get(one.file)?.source.syntax;
      if (done.has(one) || !(one instanceof LazyFunction) || file === undefined || syntax === undefined) continue;
      let known = definitions.get(one.file);
      if (known === undefined) {
        known = new Map(functionsIn(syntax).map((definition) => [definition.start, definition]));
        definitions.set(one.file, known);
      }
      const definition = known.get(one.start);
      if (definition !== undefined && one.lowerAnew(definition, file.lowering())) changed.push(one);
    }
    for (const one of changed) {
      one.changedHead();
      one.changed();
    }
  }

  /** The unit as it is now. Functions of files that did not change are the same objects as before. */
  build(): DriverUnit {
    const declarations = new Map([...this.#sources].map(([name, entry]) => [name, entry.declarations]));
    const linked = linkScopes(declarations);
    this.#linked = linked;
    const files: ProgramFile[] = [];
    for (const [name, { source, declarations: own }] of this.#sources) {
      const scope = linked.scopes.get(name);
      if (scope === undefined) continue;
      let entry = this.#lowered.get(name);
      if (entry === undefined || entry.text !== source.text || entry.scopeHash !== scope.hash) {
        const file = new LoweredFile(name, source.syntax, source.text, scope, own);
        entry = { text: source.text, scopeHash: scope.hash, file };
        this.#lowered.set(name, entry);
      } else entry.file.moveTo(scope);
      for (const one of entry.file.functions) one.settle();
      files.push(entry.file);
    }
    const records = new Map(linked.records);
    for (const { file, records: own } of this.#elsewhere.values()) {
      files.push(file);
      for (const record of own) if (!records.has(record.name)) records.set(record.name, record);
    }
    this.#unit = new LinkedUnit(files, records, declarations.values());
    return this.#unit;
  }
}

/** Names that an edit may give another meaning in place: with more it is cheaper to begin anew. */
const mostNames = 400;

/** Other sources that a file includes: what is asked of texts is not asked again for them. */
function sourcesIncluded(declarations: FileDeclarations): string {
  return localIncludes(declarations)
    .filter((one) => isSource(one))
    .join("\n");
}

/** The structs, by file and tag, in which something is another: those that were edited, and those with members that speak of a changed name. */
function tagsMeant(
  edit: FileEdit,
  parts: readonly { readonly file: string; readonly part: Part }[],
  declarationsOfFile: (name: string) => FileDeclarations | undefined,
): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>([[edit.name, new Set(edit.tags)]]);
  const members = new Map<string, Part[]>();
  for (const { file, part } of parts) {
    if (part.isMember !== true || !part.names.some((name) => edit.names.has(name))) continue;
    const list = members.get(file);
    if (list === undefined) members.set(file, [part]);
    else list.push(part);
  }
  for (const [file, list] of members) {
    const declarations = file === edit.name ? edit.declarations : declarationsOfFile(file);
    for (const [tag, { types }] of declarations?.records ?? []) {
      if (!types.some((type) => list.some((part) => part.start < type.end && part.end > type.start))) continue;
      const own = found.get(file);
      if (own === undefined) found.set(file, new Set([tag]));
      else own.add(tag);
    }
  }
  return found;
}
