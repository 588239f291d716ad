/** Lowers one C file to the program. */
import type { FunctionDefinition, TopLevel, TranslationUnit } from "../syntax/c/ast.ts";
import { declarationsOf, type FileDeclarations } from "./declarations.ts";
import { FunctionBuilder } from "./function-builder.ts";
import { spellAnnotation } from "./lower-declaration.ts";
import { collectLabels } from "./labels.ts";
import { lowerStatements } from "./lower-statement.ts";
import { opsTablesOfFunction, opsTablesOfGlobal } from "./ops-tables.ts";
import type { Gap, GlobalVariable, OpsTable, ProgramFile, ProgramFunction, VariableId } from "./program.ts";
import { globalType } from "./declared-types.ts";
import type { Scope } from "./scope.ts";
import { openArms } from "./settled-conditions.ts";
import { declaredName, functionDeclarator, parameterType, resolveType } from "./type-resolver.ts";
import type { Type } from "./types.ts";
import { unknownType } from "./types.ts";

/**
 * Lowers the functions, globals and ops tables of a file. `text` is the text that `unit` was parsed from, `scope` is the
 * file's from `linkScopes`; `declarations` spares computing them again. Never throws; what it does not understand becomes an
 * opaque statement and a gap.
 */
export function lowerCFile(
  name: string,
  unit: TranslationUnit,
  text: string,
  scope: Scope,
  declarations: FileDeclarations = declarationsOf(name, unit, text),
): ProgramFile {
  const functions: ProgramFunction[] = [];
  const gaps: Gap[] = unit.gaps.map((gap) => ({
    reason: gap.reason,
    ...(gap.function === undefined ? {} : { function: gap.function }),
    file: name,
    start: gap.start,
    end: gap.end,
  }));
  for (const definition of functionsOf(unit.items, text)) {
    const lowered = lowerFunction(name, text, definition, scope);
    functions.push(lowered.function);
    for (const gap of lowered.gaps) gaps.push(gap);
  }
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
  for (const one of functions) for (const table of opsTablesOfFunction(one)) opsTables.push(table);
  gaps.sort((a, b) => a.start - b.start || a.end - b.end);
  return {
    name,
    text,
    language: "c",
    functions,
    globals,
    opsTables,
    gaps,
    includes: declarations.includes.filter((include) => include.local).map((include) => include.path),
  };
}

/** Definitions in source order, those in the arms of an `#if` included but for arms that the file itself rules out. */
function functionsOf(items: readonly TopLevel[], text: string, depth = 0): FunctionDefinition[] {
  const result: FunctionDefinition[] = [];
  for (const item of items) {
    if (item.kind === "function") result.push(item);
    else if (item.kind === "conditional-group" && depth < 100) {
      const conditions = item.arms.map((arm) => arm.condition);
      for (const index of openArms(text, item.start, conditions).arms)
        result.push(...functionsOf(item.arms[index]?.body ?? [], text, depth + 1));
    }
  }
  return result;
}

function lowerFunction(
  file: string,
  text: string,
  definition: FunctionDefinition,
  scope: Scope,
): { readonly function: ProgramFunction; readonly gaps: readonly Gap[] } {
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
    function: {
      name: definition.name,
      nameSpan: { file, start: definition.nameSpan.start, end: definition.nameSpan.end },
      isStatic: definition.specifiers.storage.includes("static"),
      result: type.kind === "function" ? type.result : unknownType,
      parameters,
      variables: builder.variables,
      blocks,
      hash: definition.tokenHash,
      annotations: definition.annotations.map(spellAnnotation),
      language: "c",
      file,
      start: definition.start,
      end: definition.end,
    },
    gaps: builder.gaps,
  };
}
