/** What the names of one file mean: its own declarations, those of the headers that it includes, then the kernel's core. */
import { coreDeclarations } from "./core-records.ts";
import type { FileDeclarations, Macro } from "./declarations.ts";
import { FileScope, type Surroundings } from "./file-scope.ts";
import { baseName, isSource, mixHash, normalPath, pushTo } from "./paths.ts";
import type { TypeContext } from "./type-resolver.ts";
import type { FunctionType, RecordDefinition, RecordField, Type } from "./types.ts";

/** Resolves names for one file. Every look-up answers undefined for a name that nothing visible declares. */
export interface Scope extends TypeContext {
  readonly file: string;
  /** Equal while nothing that this file can see changed: lowering the same text in an equal scope gives the same program. */
  readonly hash: number;
  typedefNamed(name: string): Type | undefined;
  /** The name under which the unit knows this tag here: the tag, or "tag@file" where two files define it differently. */
  recordName(tag: string): string;
  /** By the name that `recordName` and record types carry. */
  recordNamed(name: string): RecordDefinition | undefined;
  fieldOf(record: string, field: string): RecordField | undefined;
  /** Whether all fields of the record are known, in order: not so for structures of the kernel that are known by name only. */
  isComplete(record: string): boolean;
  /** Value of an enumeration constant. */
  enumeratorNamed(name: string): bigint | undefined;
  /** The macro to expand; undefined also when alternatives under `#if` differ, or a function has the name as well. */
  macroNamed(name: string): Macro | undefined;
  functionNamed(name: string): FunctionType | undefined;
  globalNamed(name: string): Type | undefined;
}

/** The scopes of a set of files, and every record that they define, by name. */
export interface LinkedScopes {
  readonly scopes: ReadonlyMap<string, Scope>;
  readonly records: ReadonlyMap<string, RecordDefinition>;
  /** Whether a file may declare this instead, in place: what includes and tags mean stays as it is for all files. */
  mayDeclare(file: FileDeclarations): boolean;
  /** The struct that a file defines under a tag. */
  recordDefined(tag: string, file: string): RecordDefinition | undefined;
  /** The files whose scopes take something from this one. */
  seeing(file: string): ReadonlySet<string>;
  /**
   * A file declares something else now, which `mayDeclare` allows; the scopes stay the same objects. Of what they know they forget
   * these names, and these tags of records by the file that defines them.
   */
  declare(file: FileDeclarations, names: ReadonlySet<string>, tags: ReadonlyMap<string, ReadonlySet<string>>): void;
}

/** Resolves includes among the files and makes a scope for each. */
export function linkScopes(files: ReadonlyMap<string, FileDeclarations>): LinkedScopes {
  const unit = new Linkage(files);
  const scopes = new Map<string, Scope>();
  for (const name of [...files.keys()].sort()) scopes.set(name, unit.scopeOf(name));
  return {
    scopes,
    records: unit.allRecords(),
    mayDeclare: (file) => unit.mayDeclare(file),
    recordDefined: (tag, file) => unit.scopeOf(file).ownRecord(tag),
    seeing: (file) => unit.seeing(file),
    declare: (file, changed, tags) => unit.declare(file, changed, tags),
  };
}

/** What the scopes of one unit share. */
class Linkage implements Surroundings {
  readonly #files: Map<string, FileDeclarations>;
  headers: readonly FileDeclarations[];
  readonly #definedIn = new Map<string, string[]>();
  readonly #recordNames = new Map<string, ReadonlyMap<string, string>>();
  readonly #scopes = new Map<string, FileScope>();
  readonly #byBaseName = new Map<string, string[]>();
  readonly headersHash: number;

  constructor(files: ReadonlyMap<string, FileDeclarations>) {
    this.#files = new Map(files);
    const names = [...files.keys()].sort();
    const headers: FileDeclarations[] = [];
    const definedIn = this.#definedIn;
    for (const name of names) {
      const file = files.get(name);
      if (file === undefined) continue;
      if (!isSource(name)) headers.push(file);
      pushTo(this.#byBaseName, baseName(name), name);
      for (const tag of file.records.keys()) pushTo(definedIn, tag, name);
    }
    this.headers = headers;
    this.headersHash = headers.reduce((hash, header) => mixHash(hash, header.hash), 0);
    for (const [tag, where] of definedIn) {
      if (where.length < 2) continue;
      // The first header keeps the plain tag; sources never share one, for their records are different types.
      const plain = where.find((file) => !isSource(file));
      this.#recordNames.set(tag, new Map(where.map((file) => [file, file === plain ? tag : `${tag}@${file}`])));
    }
  }

  get files(): ReadonlyMap<string, FileDeclarations> {
    return this.#files;
  }

  mayDeclare(file: FileDeclarations): boolean {
    const old = this.files.get(file.name);
    if (old === undefined) return false;
    const changed = [...old.records.keys(), ...file.records.keys()].filter(
      (tag) => old.records.has(tag) !== file.records.has(tag),
    );
    // A tag that two files define has other names in both; records without a tag are counted; the core's own are seen by all.
    for (const tag of changed) {
      if (this.#definedIn.get(tag)?.some((one) => one !== file.name) === true) return false;
      if (tag.includes("(anonymous") || coreDeclarations().records.has(tag)) return false;
    }
    const reached = ({ name, includes }: FileDeclarations): string =>
      includes.flatMap(({ path, local }) => this.#include(name, path, local) ?? []).join("\n");
    return reached(old) === reached(file);
  }

  seeing(file: string): ReadonlySet<string> {
    const found = new Set<string>();
    for (const [name, scope] of this.#scopes) if (scope.sees(file)) found.add(name);
    return found;
  }

  declare(file: FileDeclarations, names: ReadonlySet<string>, tags: ReadonlyMap<string, ReadonlySet<string>>): void {
    const old = this.files.get(file.name);
    for (const tag of old?.records.keys() ?? []) if (!file.records.has(tag)) this.#definedIn.delete(tag);
    for (const tag of file.records.keys()) if (old?.records.has(tag) === false) this.#definedIn.set(tag, [file.name]);
    this.#files.set(file.name, file);
    this.headers = this.headers.map((one) => (one.name === file.name ? file : one));
    const records = new Set<string>();
    for (const [where, own] of tags) for (const tag of own) records.add(this.recordName(tag, where));
    for (const scope of this.#scopes.values()) scope.declaresAnew(file, names, records);
  }

  recordName(tag: string, file: string): string {
    return this.#recordNames.get(tag)?.get(file) ?? tag;
  }

  scopeOf(name: string): FileScope {
    let scope = this.#scopes.get(name);
    if (scope === undefined) {
      scope = new FileScope(name, this.#visible(name), this);
      this.#scopes.set(name, scope);
    }
    return scope;
  }

  /** Finds the definition by its unit-wide name. */
  definition(name: string): RecordDefinition | undefined {
    const at = name.lastIndexOf("@");
    if (at > 0) {
      const file = name.slice(at + 1);
      if (this.files.has(file)) return this.scopeOf(file).ownRecord(name.slice(0, at));
    }
    for (const file of this.files.values()) {
      if (file.records.has(name) && this.recordName(name, file.name) === name) {
        return this.scopeOf(file.name).ownRecord(name);
      }
    }
    return coreScope().ownRecord(name);
  }

  coreScope(): FileScope {
    return coreScope();
  }

  allRecords(): ReadonlyMap<string, RecordDefinition> {
    const records = new Map<string, RecordDefinition>();
    for (const name of [...this.files.keys()].sort()) {
      for (const tag of this.files.get(name)?.records.keys() ?? []) {
        const record = this.scopeOf(name).ownRecord(tag);
        if (record !== undefined && !records.has(record.name)) records.set(record.name, record);
      }
    }
    return records;
  }

  /** The file, then its includes, nearest first, each once. */
  #visible(name: string): FileDeclarations[] {
    const seen = new Set([name]);
    const queue = [name];
    const result: FileDeclarations[] = [];
    for (let i = 0; i < queue.length; i++) {
      const file = this.files.get(queue[i] ?? "");
      if (file === undefined) continue;
      result.push(file);
      for (const include of file.includes) {
        const target = this.#include(file.name, include.path, include.local);
        if (target === undefined || seen.has(target)) continue;
        seen.add(target);
        queue.push(target);
      }
    }
    return result;
  }

  #include(from: string, path: string, local: boolean): string | undefined {
    const folder = from.includes("/") ? from.slice(0, from.lastIndexOf("/") + 1) : "";
    if (local) {
      const near = normalPath(folder + path);
      if (this.files.has(near)) return near;
    }
    const suffix = `/${path.replace(/^(\.\.?\/)+/, "")}`;
    const candidates = this.#byBaseName.get(baseName(path)) ?? [];
    return candidates.find((name) => `/${name}`.endsWith(suffix)) ?? (local ? candidates[0] : undefined);
  }
}

let core: FileScope | undefined;
/** Made once: it depends on no input. */
function coreScope(): FileScope {
  const declarations = coreDeclarations();
  core ??= new Linkage(new Map([[declarations.name, declarations]])).scopeOf(declarations.name);
  return core;
}
