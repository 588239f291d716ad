/** What the names of one file mean, worked out name by name when somebody asks. */
import type { Expression, RecordType } from "../syntax/c/ast.ts";
import { evaluateConstant } from "./constant-expressions.ts";
import { coreDeclarations, coreFileName } from "./core-records.ts";
import type { FileDeclarations, Macro } from "./declarations.ts";
import { globalType } from "./declared-types.ts";
import { parsedMacro } from "./macro-bodies.ts";
import { mixHash, mixText } from "./paths.ts";
import { recordFields, spellAnnotation } from "./record-fields.ts";
import type { Scope } from "./scope.ts";
import { functionDeclarator, resolveType } from "./type-resolver.ts";
import type { FunctionType, RecordDefinition, RecordField, Type } from "./types.ts";
import { unknownType } from "./types.ts";

/** What the scopes of one unit share. */
export interface Surroundings {
  readonly files: ReadonlyMap<string, FileDeclarations>;
  /** Headers in the order of their names: the last resort for a type that no resolved include declares. */
  readonly headers: readonly FileDeclarations[];
  readonly headersHash: number;
  /** The unit-wide name of a tag that the file defines. */
  recordName(tag: string, file: string): string;
  scopeOf(name: string): FileScope;
  /** The scope of the kernel's own structures. */
  coreScope(): FileScope;
  /** Finds the definition by its unit-wide name. */
  definition(name: string): RecordDefinition | undefined;
}

export class FileScope implements Scope {
  readonly file: string;
  readonly hash: number;
  readonly #linkage: Surroundings;
  #visible: readonly FileDeclarations[];
  readonly #typedefs = new Map<string, Type | undefined>();
  readonly #recordNames = new Map<string, string>();
  readonly #records = new Map<string, RecordDefinition | undefined>();
  readonly #fields = new Map<RecordDefinition, ReadonlyMap<string, RecordField>>();
  readonly #enumerators = new Map<string, bigint | undefined>();
  readonly #macros = new Map<string, Macro | undefined>();
  readonly #functions = new Map<string, FunctionType | undefined>();
  readonly #globals = new Map<string, Type | undefined>();

  constructor(file: string, visible: readonly FileDeclarations[], linkage: Surroundings) {
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

  /** Whether it sees what a file declares; a type that nothing else declares it takes from any header. */
  sees(name: string): boolean {
    return this.#visible.some((one) => one.name === name) || this.#linkage.headers.some((one) => one.name === name);
  }

  /** A file that it sees declares something else now: these names, and these records by their unit-wide names, are asked for again. */
  declaresAnew(file: FileDeclarations, names: ReadonlySet<string>, records: ReadonlySet<string>): void {
    this.#visible = this.#visible.map((one) => (one.name === file.name ? file : one));
    for (const name of names) {
      for (const known of [
        this.#typedefs,
        this.#recordNames,
        this.#enumerators,
        this.#macros,
        this.#functions,
        this.#globals,
      ])
        known.delete(name);
      this.#enumerators.delete(`#${name}`);
    }
    for (const name of records) this.#records.delete(name);
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
    return this.#linkage.files.has(file.name) ? this.#linkage.scopeOf(file.name) : this.#linkage.coreScope();
  }
}

function sameParameters(a: Macro, b: Macro): boolean {
  return (a.parameters ?? ["."]).join() === (b.parameters ?? ["."]).join();
}
