/** Lowers one C file to the program. */
import type { FunctionDefinition, TranslationUnit } from "../syntax/c/ast.ts";
import { declarationsOf, type FileDeclarations } from "./declarations.ts";
import { FunctionBuilder } from "./function-builder.ts";
import { LazyFunction, type LoweredBody } from "./lazy-function.ts";
import { spellAnnotation } from "./lower-declaration.ts";
import { collectLabels } from "./labels.ts";
import { lowerStatements } from "./lower-statement.ts";
import { opsTablesOfFunction, opsTablesOfGlobal } from "./ops-tables.ts";
import { Answer } from "./dependencies.ts";
import { functionsIn } from "./file-edit.ts";
import { Noted } from "./noted.ts";
import { sameStructure } from "./same-structure.ts";
import type { DriverUnit, Gap, GlobalVariable, OpsTable, ProgramFile, VariableId } from "./program.ts";
import { globalType } from "./declared-types.ts";
import type { Scope } from "./scope.ts";
import { declaredName, functionDeclarator, parameterType, resolveType } from "./type-resolver.ts";
import type { Type } from "./types.ts";
import { unknownType } from "./types.ts";

/**
 * Lowers a file: its globals and their ops tables at once, each function when somebody first looks into it. `text` is the text
 * that `unit` was parsed from, `scope` is the file's from `linkScopes`; `declarations` spares computing them again. Never throws,
 * then or later; what it does not understand becomes an opaque statement and a gap.
 */
export function lowerCFile(
  name: string,
  unit: TranslationUnit,
  text: string,
  scope: Scope,
  declarations: FileDeclarations = declarationsOf(name, unit, text),
): ProgramFile {
  return new LoweredFile(name, unit, text, scope, declarations);
}

/** A C file of a unit, with what the unit needs to know of it before its functions are lowered. */
export class LoweredFile implements ProgramFile {
  readonly name: string;
  readonly language = "c";
  #scope: Scope;
  #functions: readonly LazyFunction[];
  #globals: readonly GlobalVariable[];
  #globalTables: readonly OpsTable[];
  #includes: readonly string[];
  readonly #noted = new Noted<"functions" | "globals" | "tables" | "entries" | "includes">();
  #text: string;
  #syntaxGaps: readonly Gap[];
  /** The text as something that answers are made of. */
  #read = new Answer();
  #opsTables: readonly OpsTable[] | undefined;
  #gaps: readonly Gap[] | undefined;

  constructor(name: string, unit: TranslationUnit, text: string, scope: Scope, declarations: FileDeclarations) {
    this.name = name;
    this.#text = text;
    this.#scope = scope;
    this.#syntaxGaps = gapsOf(name, unit);
    const lower = this.lowering();
    this.#functions = functionsIn(unit).map((definition) => new LazyFunction(name, definition, lower));
    const { globals, tables } = objectsOf(name, declarations, scope);
    this.#globals = globals;
    this.#globalTables = tables;
    this.#includes = localIncludes(declarations);
  }

  get functions(): readonly LazyFunction[] {
    this.#noted.read("functions");
    return this.#functions;
  }
  /** The same, where the asker finds out by itself that one came or went. */
  get heldFunctions(): readonly LazyFunction[] {
    return this.#functions;
  }
  get globals(): readonly GlobalVariable[] {
    this.#noted.read("globals");
    return this.#globals;
  }
  get globalTables(): readonly OpsTable[] {
    this.#noted.read("tables");
    return this.#globalTables;
  }
  /** The tables of its globals, by whoever cares only which functions stand in which fields. */
  get tableEntries(): readonly OpsTable[] {
    this.#noted.read("entries");
    return this.#globalTables;
  }
  get includes(): readonly string[] {
    this.#noted.read("includes");
    return this.#includes;
  }

  /** The file is part of another unit, in which all names that it can see mean the same. */
  moveTo(scope: Scope): void {
    this.#scope = scope;
  }

  /** Lowers a function of the text as it is now. */
  lowering(): (definition: FunctionDefinition) => LoweredBody {
    const { name } = this;
    const text = this.#text;
    return (definition) => lowerFunction(name, text, definition, this.#scope);
  }

  /** Whoever reads the text is made of all of it: see `textBetween` for what is known to stand in a function. */
  get text(): string {
    this.#read.read();
    return this.#text;
  }
  get syntaxGaps(): readonly Gap[] {
    this.#read.read();
    return this.#syntaxGaps;
  }

  /** A stretch of the text that belongs to something that the asker has: it changes only together with that. */
  textBetween(start: number, end: number): string {
    return this.#text.slice(start, end);
  }

  /** The same file after an edit that left the declarations and the heads of its functions as they were. */
  edit(
    text: string,
    unit: TranslationUnit,
    edited: readonly { readonly at: LazyFunction; readonly definition: FunctionDefinition }[],
  ): void {
    this.#setText(text, unit);
    const lower = this.lowering();
    for (const { at, definition } of edited) at.edit(definition, lower);
  }

  /** The same file after an edit of more: its functions and declarations are these now. Their heads and bodies are edited by the caller. */
  redeclare(
    text: string,
    unit: TranslationUnit,
    functions: readonly LazyFunction[],
    includes: readonly string[],
  ): void {
    this.#setText(text, unit);
    if (!sameItems(this.#functions, functions)) {
      this.#functions = functions;
      this.#noted.change("functions");
    }
    if (!sameStructure(this.#includes, includes)) {
      this.#includes = includes;
      this.#noted.change("includes");
    }
  }

  /** Looks at the objects that it declares again. The names of those that are others now. */
  redeclareObjects(declarations: FileDeclarations): ReadonlySet<string> {
    const { globals, tables } = objectsOf(this.name, declarations, this.#scope);
    const changed = new Set<string>();
    const before = new Map(this.#globals.map((one) => [one.name, one]));
    const after = globals.map((one) => {
      const known = before.get(one.name);
      before.delete(one.name);
      if (known !== undefined && sameStructure(known, one)) return known;
      changed.add(one.name);
      return one;
    });
    for (const name of before.keys()) changed.add(name);
    if (!sameItems(this.#globals, after)) {
      this.#globals = after;
      this.#noted.change("globals");
    }
    if (!sameStructure(this.#globalTables, tables)) {
      const hasOthers = !sameStructure(this.#globalTables.map(entriesOf), tables.map(entriesOf));
      this.#globalTables = tables;
      this.#noted.change("tables");
      if (hasOthers) this.#noted.change("entries");
    }
    return changed;
  }

  #setText(text: string, unit: TranslationUnit): void {
    this.#text = text;
    this.#syntaxGaps = gapsOf(this.name, unit);
    this.#opsTables = undefined;
    this.#gaps = undefined;
    const read = this.#read;
    this.#read = new Answer();
    read.change();
  }

  /** Lowers all functions. */
  get opsTables(): readonly OpsTable[] {
    this.#opsTables ??= [...this.globalTables, ...this.functions.flatMap(opsTablesOfFunction)];
    return this.#opsTables;
  }

  /** Lowers all functions. */
  get gaps(): readonly Gap[] {
    this.#gaps ??= [...this.syntaxGaps, ...this.functions.flatMap((one) => one.gaps)].sort(inOrder);
    return this.#gaps;
  }

  /** Whether the name is a function's, as this file sees it. */
  isFunction(name: string): boolean {
    return this.#scope.functionNamed(name) !== undefined;
  }
}

function gapsOf(file: string, unit: TranslationUnit): readonly Gap[] {
  return unit.gaps.map((gap) => ({
    reason: gap.reason,
    ...(gap.function === undefined ? {} : { function: gap.function }),
    file,
    start: gap.start,
    end: gap.end,
  }));
}

/**
 * A stretch of a file's text that belongs to something that the asker has (a statement, an expression), so that it changes only
 * together with that; empty when the file is not in the unit.
 */
export function textBetween(unit: DriverUnit, name: string, start: number, end: number): string {
  const file = unit.files.get(name);
  return file instanceof LoweredFile ? file.textBetween(start, end) : (file?.text.slice(start, end) ?? "");
}

export function inOrder(a: Gap, b: Gap): number {
  return a.start - b.start || a.end - b.end;
}

/** Local includes as written. */
export function localIncludes({ includes }: FileDeclarations): readonly string[] {
  return includes.filter((include) => include.local).map((include) => include.path);
}

/** The objects of a file, and the tables in their initialisers. */
function objectsOf(
  name: string,
  declarations: FileDeclarations,
  scope: Scope,
): { readonly globals: readonly GlobalVariable[]; readonly tables: readonly OpsTable[] } {
  const globals: GlobalVariable[] = [];
  const tables: OpsTable[] = [];
  for (const global of declarations.globals.values()) {
    const type = globalType(global, scope);
    globals.push({
      name: global.name,
      type,
      isStatic: global.isStatic,
      annotations: global.annotations.map(spellAnnotation),
      file: name,
      start: global.start,
      end: global.end,
    });
    for (const table of opsTablesOfGlobal(name, global, type, scope)) tables.push(table);
  }
  return { globals, tables };
}

/** A table without its places. */
function entriesOf({ record, name, entries }: OpsTable): readonly (string | undefined)[] {
  return [record, name, ...entries.flatMap(({ field, value }) => [field, value])];
}

function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((one, at) => one === b[at]);
}

function lowerFunction(file: string, text: string, definition: FunctionDefinition, scope: Scope): LoweredBody {
  const builder = new FunctionBuilder(file, text, definition, scope);
  builder.openScope(definition);
  const parameters: VariableId[] = [];
  const declarator = functionDeclarator(definition.declarator);
  for (const parameter of declarator?.parameters ?? []) {
    const type = parameterType(parameter.specifiers, parameter.declarator, builder);
    const named = declaredName(parameter.declarator);
    if (named === undefined && type.kind === "void") continue;
    const annotations = [...parameter.specifiers.annotations, ...parameter.annotations].map(spellAnnotation);
    parameters.push(
      named === undefined
        ? builder.addVariable("", "parameter", type, parameter, annotations)
        : builder.declare(named.name, "parameter", type, named, annotations),
    );
  }
  builder.openScope(definition.body);
  for (const statement of definition.body.body) collectLabels(builder, statement, [definition, definition.body]);
  lowerStatements(builder, definition.body.body);
  const end = { file, start: Math.max(definition.body.start, definition.body.end - 1), end: definition.body.end };
  builder.closeScope();
  const blocks = builder.finish(end);
  const type: Type = resolveType(definition.specifiers, definition.declarator, builder);
  return {
    result: type.kind === "function" ? type.result : unknownType,
    parameters,
    variables: builder.variables,
    blocks,
    gaps: builder.gaps,
  };
}
