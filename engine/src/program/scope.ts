/** What the names of one file mean: its own declarations, those of the headers that it includes, then the kernel's core. */
import type { Expression, RecordType } from "../syntax/c/ast.ts";
import { evaluateConstant } from "./constant-expressions.ts";
import { coreDeclarations, coreFileName } from "./core-records.ts";
import type { FileDeclarations, Macro } from "./declarations.ts";
import { globalType } from "./declared-types.ts";
import { parsedMacro } from "./macro-bodies.ts";
import { baseName, isSource, mixHash, mixText, normalPath, pushTo } from "./paths.ts";
import { recordFields, spellAnnotation } from "./record-fields.ts";
import { functionDeclarator, resolveType, type TypeContext } from "./type-resolver.ts";
import type { FunctionType, RecordDefinition, RecordField, Type } from "./types.ts";
import { unknownType } from "./types.ts";

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
}

/** Resolves includes among the files and makes a scope for each. */
export function linkScopes(files: ReadonlyMap<string, FileDeclarations>): LinkedScopes {
  const unit = new Linkage(files);
  const scopes = new Map<string, Scope>();
  for (const name of [...files.keys()].sort()) scopes.set(name, unit.scopeOf(name));
  return { scopes, records: unit.allRecords() };
}

/** What the scopes of one unit share. */
class Linkage {
  readonly files: ReadonlyMap<string, FileDeclarations>;
  /** Headers in the order of their names: the last resort for a type that no resolved include declares. */
  readonly headers: readonly FileDeclarations[];
  readonly #recordNames = new Map<string, ReadonlyMap<string, string>>();
  readonly #scopes = new Map<string, FileScope>();
  readonly #byBaseName = new Map<string, string[]>();
  readonly headersHash: number;

  constructor(files: ReadonlyMap<string, FileDeclarations>) {
    this.files = files;
    const names = [...files.keys()].sort();
    const headers: FileDeclarations[] = [];
    const definedIn = new Map<string, string[]>();
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
/** The scope of the kernel's own structures. Made once: it depends on no input. */
function coreScope(): FileScope {
  const declarations = coreDeclarations();
  core ??= new Linkage(new Map([[declarations.name, declarations]])).scopeOf(declarations.name);
  return core;
}

class FileScope implements Scope {
  readonly file: string;
  readonly hash: number;
  readonly #linkage: Linkage;
  readonly #visible: readonly FileDeclarations[];
  readonly #typedefs = new Map<string, Type | undefined>();
  readonly #recordNames = new Map<string, string>();
  readonly #records = new Map<string, RecordDefinition | undefined>();
  readonly #fields = new Map<RecordDefinition, ReadonlyMap<string, RecordField>>();
  readonly #enumerators = new Map<string, bigint | undefined>();
  readonly #macros = new Map<string, Macro | undefined>();
  readonly #functions = new Map<string, FunctionType | undefined>();
  readonly #globals = new Map<string, Type | undefined>();

  constructor(file: string, visible: readonly FileDeclarations[], linkage: Linkage) {
    this.file = file;
    this.#linkage = linkage;
    const coreFile = coreDeclarations();
    this.#visible = visible[0] === coreFile ? visible : [...visible, coreFile];
    let hash = linkage.headersHash;
    for (const one of visible) {
      hash = mixHash(hash, one.hash);
      for (const tag of one.records.keys()) hash = mixText(hash, linkage.recordName(tag, one.name));
    }
    this.hash = hash;
  }

  typedefNamed(name: string): Type | undefined {
    if (this.#typedefs.has(name)) return this.#typedefs.get(name);
    // Against a typedef that refers to itself.
    this.#typedefs.set(name, undefined);
    let result: Type | undefined;
    const found = this.#findFile((file) => file.typedefs.has(name));
    const declaration = found?.typedefs.get(name);
    if (found !== undefined && declaration !== undefined) {
      const context = this.#contextOf(found);
      result =
        context === this
          ? resolveType(declaration.specifiers, declaration.declarator, this)
          : context.typedefNamed(name);
    }
    this.#typedefs.set(name, result);
    return result;
  }

  recordName(tag: string): string {
    let name = this.#recordNames.get(tag);
    if (name === undefined) {
      const found = this.#findFile((file) => file.records.has(tag));
      name = found === undefined ? tag : this.#linkage.recordName(tag, found.name);
      this.#recordNames.set(tag, name);
    }
    return name;
  }

  nameOfUnnamed(record: RecordType): string {
    for (const file of this.#visible) {
      const name = file.unnamed.get(record);
      if (name !== undefined) return this.#linkage.recordName(name, file.name);
    }
    return "(anonymous)";
  }

  recordNamed(name: string): RecordDefinition | undefined {
    if (!this.#records.has(name)) this.#records.set(name, this.#linkage.definition(name));
    return this.#records.get(name);
  }

  /** The record that this very file defines under the tag. */
  ownRecord(tag: string): RecordDefinition | undefined {
    const name = this.#linkage.recordName(tag, this.file);
    const cached = this.#records.get(name);
    if (cached !== undefined) return cached;
    const declaration = this.#visible[0]?.records.get(tag);
    const first = declaration?.types[0];
    if (declaration === undefined || first === undefined) return undefined;
    // Registered before the fields are resolved: a record may hold pointers to itself, and array bounds that ask for it.
    const fields: RecordField[] = [];
    const annotations = declaration.types.flatMap((type) => type.annotations).map(spellAnnotation);
    const record: RecordDefinition = {
      tag: first.tag,
      name,
      file: this.file,
      fields,
      ...(annotations.length > 0 && { annotations }),
    };
    this.#records.set(name, record);
    const seen = new Set<string>();
    for (const type of declaration.types) {
      for (const field of recordFields(type, this)) {
        if (seen.has(field.name)) continue;
        seen.add(field.name);
        fields.push(field);
      }
    }
    return record;
  }

  fieldOf(record: string, field: string): RecordField | undefined {
    const definition = this.recordNamed(record);
    if (definition === undefined) return undefined;
    let fields = this.#fields.get(definition);
    if (fields === undefined) {
      fields = new Map(definition.fields.map((one) => [one.name, one]));
      this.#fields.set(definition, fields);
    }
    return fields.get(field);
  }

  isComplete(record: string): boolean {
    const definition = this.recordNamed(record);
    return definition !== undefined && definition.file !== coreFileName;
  }

  enumeratorNamed(name: string): bigint | undefined {
    if (this.#enumerators.has(name)) return this.#enumerators.get(name);
    this.#enumerators.set(name, undefined);
    const found = this.#findFile((file) => file.enumerators.has(name));
    const declaration = found?.enumerators.get(name);
    let result: bigint | undefined;
    if (found !== undefined && declaration !== undefined) {
      // Walk back to the last written value, then count up.
      let at = declaration;
      let distance = 0n;
      while (at.value === undefined && at.previous !== undefined && distance < 65536n) {
        at = at.previous;
        distance++;
      }
      const base = at.value === undefined ? 0n : this.#contextOf(found).constantOf(at.value);
      result = base === undefined ? undefined : base + distance;
    }
    this.#enumerators.set(name, result);
    return result;
  }

  macroNamed(name: string): Macro | undefined {
    if (this.#macros.has(name)) return this.#macros.get(name);
    let result: Macro | undefined;
    for (const file of this.#visible) {
      const list = file.macros.get(name);
      const first = list?.[0];
      if (list === undefined || first === undefined) continue;
      const same = list.every((one) => one.body === first.body && sameParameters(one, first));
      result = same && !file.functions.has(name) ? first : undefined;
      break;
    }
    this.#macros.set(name, result);
    return result;
  }

  functionNamed(name: string): FunctionType | undefined {
    if (this.#functions.has(name)) return this.#functions.get(name);
    let result: FunctionType | undefined;
    for (const file of this.#visible) {
      const declaration = file.functions.get(name);
      if (declaration === undefined) continue;
      const near = functionDeclarator(declaration.declarator);
      const context = this.#contextOf(file);
      const type =
        context === this || near === undefined
          ? resolveType(declaration.specifiers, declaration.declarator, this)
          : context.functionNamed(name);
      if (type?.kind === "function") result = type;
      break;
    }
    this.#functions.set(name, result);
    return result;
  }

  globalNamed(name: string): Type | undefined {
    if (this.#globals.has(name)) return this.#globals.get(name);
    this.#globals.set(name, undefined);
    let result: Type | undefined;
    for (const file of this.#visible) {
      const declaration = file.globals.get(name);
      if (declaration === undefined) continue;
      const context = this.#contextOf(file);
      result = context === this ? globalType(declaration, this) : context.globalNamed(name);
      break;
    }
    this.#globals.set(name, result);
    return result;
  }

  constantOf(expression: Expression): bigint | undefined {
    return evaluateConstant(expression, {
      identifier: (name) => this.#constantNamed(name),
      macro: (name) => this.macroNamed(name),
      types: this,
    });
  }

  /** `typeof` at file scope: only names of globals and functions can be meant. */
  typeOfExpression(expression: Expression): Type {
    if (expression.kind === "identifier") {
      return this.globalNamed(expression.name) ?? this.functionNamed(expression.name) ?? unknownType;
    }
    if (expression.kind === "cast") return resolveType(expression.type.specifiers, expression.type.declarator, this);
    return unknownType;
  }

  #constantNamed(name: string): bigint | undefined {
    const enumerator = this.enumeratorNamed(name);
    if (enumerator !== undefined) return enumerator;
    const key = `#${name}`;
    if (this.#enumerators.has(key)) return this.#enumerators.get(key);
    this.#enumerators.set(key, undefined);
    const macro = this.macroNamed(name);
    let result: bigint | undefined;
    if (macro !== undefined && macro.parameters === undefined) {
      const parsed = parsedMacro(macro);
      if (parsed.kind === "expression") result = this.constantOf(parsed.expression);
    }
    this.#enumerators.set(key, result);
    return result;
  }

  #findFile(holds: (file: FileDeclarations) => boolean): FileDeclarations | undefined {
    return this.#visible.find(holds) ?? this.#linkage.headers.find(holds);
  }

  /** A header's types are resolved in the header's own scope, which sees what it includes. */
  #contextOf(file: FileDeclarations): FileScope {
    if (file.name === this.file) return this;
    return this.#linkage.files.has(file.name) ? this.#linkage.scopeOf(file.name) : coreScope();
  }
}

function sameParameters(a: Macro, b: Macro): boolean {
  return (a.parameters ?? ["."]).join() === (b.parameters ?? ["."]).join();
}
