/** Lowers one C file to the program. */
import type { FunctionDefinition, TopLevel, TranslationUnit } from "../syntax/c/ast.ts";
import { declarationsOf, type FileDeclarations } from "./declarations.ts";
import { FunctionBuilder } from "./function-builder.ts";
import { LazyFunction, type LoweredBody } from "./lazy-function.ts";
import { spellAnnotation } from "./lower-declaration.ts";
import { collectLabels } from "./labels.ts";
import { lowerStatements } from "./lower-statement.ts";
import { opsTablesOfFunction, opsTablesOfGlobal } from "./ops-tables.ts";
import { Answer } from "./dependencies.ts";
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
  readonly functions: readonly LazyFunction[];
  readonly globals: readonly GlobalVariable[];
  readonly globalTables: readonly OpsTable[];
  readonly includes: readonly string[];
  readonly #scope: Scope;
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
    const lower = (definition: FunctionDefinition): LoweredBody => lowerFunction(name, text, definition, scope);
    this.functions = functionsOf(unit.items).map((definition) => new LazyFunction(name, definition, lower));
    const globals: GlobalVariable[] = [];
    const opsTables: OpsTable[] = [];
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
      for (const table of opsTablesOfGlobal(name, global, type, scope)) opsTables.push(table);
    }
    this.globals = globals;
    this.globalTables = opsTables;
    this.includes = declarations.includes.filter((include) => include.local).map((include) => include.path);
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
    this.#text = text;
    this.#syntaxGaps = gapsOf(this.name, unit);
    this.#opsTables = undefined;
    this.#gaps = undefined;
    const { name } = this;
    const scope = this.#scope;
    for (const { at, definition } of edited) at.edit(definition, (one) => lowerFunction(name, text, one, scope));
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

/** Definitions in source order, those in the arms of an `#if` included. */
function functionsOf(items: readonly TopLevel[], depth = 0): FunctionDefinition[] {
  const result: FunctionDefinition[] = [];
  for (const item of items) {
    if (item.kind === "function") result.push(item);
    else if (item.kind === "conditional-group" && depth < 100)
      for (const arm of item.arms) result.push(...functionsOf(arm.body, depth + 1));
  }
  return result;
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
