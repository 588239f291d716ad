/** Tables of functions: initialisers of file-scope objects, and assignments of functions to fields. */
import type { Expression as Syntax, InitializerList } from "../syntax/c/ast.ts";
import type { GlobalDeclaration } from "./declarations.ts";
import type { OpsTable, ProgramFunction } from "./program.ts";
import type { Scope } from "./scope.ts";
import type { Type } from "./types.ts";
import { unknownType } from "./types.ts";
import { printPlace } from "./visit.ts";

const depthLimit = 32;

/** The tables in the initialiser of a global: one per struct that holds functions, nested ones and array elements included. */
export function opsTablesOfGlobal(file: string, global: GlobalDeclaration, type: Type, scope: Scope): OpsTable[] {
  const tables: OpsTable[] = [];
  if (global.initializer?.kind === "initializer-list") {
    collect({ file, name: global.name, scope, tables }, global.initializer, type, 0);
  }
  return tables;
}

interface Collection {
  readonly file: string;
  readonly name: string;
  readonly scope: Scope;
  readonly tables: OpsTable[];
}

function collect(into: Collection, list: InitializerList, type: Type, depth: number): void {
  if (depth > depthLimit) return;
  const { scope } = into;
  const record = type.kind === "record" ? type.name : undefined;
  const definition = record !== undefined && scope.isComplete(record) ? scope.recordNamed(record) : undefined;
  const entries: OpsTable["entries"][number][] = [];
  let position = 0;
  for (const item of list.items) {
    const first = item.designators[0];
    let field: string | undefined;
    let fieldType: Type = unknownType;
    if (first === undefined) {
      if (type.kind === "array") fieldType = type.element;
      else {
        const known = definition?.fields[position];
        field = known?.name;
        fieldType = known?.type ?? unknownType;
      }
      position++;
    } else if (first.kind === "field") {
      field = first.name;
      fieldType = (record === undefined ? undefined : scope.fieldOf(record, field)?.type) ?? unknownType;
      position = (definition?.fields.findIndex((one) => one.name === field) ?? 0) + 1;
    } else fieldType = type.kind === "array" ? type.element : unknownType;
    // `.a.b = f` is an entry of the inner record.
    let owner = record;
    for (const designator of item.designators.slice(1)) {
      owner = fieldType.kind === "record" ? fieldType.name : undefined;
      if (designator.kind === "field") {
        field = designator.name;
        fieldType = (owner === undefined ? undefined : scope.fieldOf(owner, field)?.type) ?? unknownType;
      } else fieldType = fieldType.kind === "array" ? fieldType.element : unknownType;
    }
    const { value } = item;
    if (value.kind === "initializer-list") {
      collect(into, value, fieldType, depth + 1);
      continue;
    }
    if (value.kind === "compound-literal" || (value.kind === "unary" && value.operand.kind === "compound-literal")) {
      const literal = value.kind === "unary" ? value.operand : value;
      if (literal.kind === "compound-literal") collect(into, literal.value, unknownType, depth + 1);
      continue;
    }
    const handler = functionIn(value, scope, 0);
    if (handler === undefined || field === undefined) continue;
    const entry = { field, value: handler.name, start: item.start, end: item.end };
    if (owner === record) entries.push(entry);
    else
      into.tables.push({
        record: owner,
        name: into.name,
        entries: [entry],
        file: into.file,
        start: item.start,
        end: item.end,
      });
  }
  if (entries.length > 0) {
    into.tables.push({ record, name: into.name, entries, file: into.file, start: list.start, end: list.end });
  }
}

/** The function that a table's value names, through casts and macros that keep or drop it by configuration (`pm_ptr(f)`). */
function functionIn(value: Syntax, scope: Scope, depth: number): { readonly name: string } | undefined {
  if (depth > 8) return undefined;
  switch (value.kind) {
    case "identifier":
      return scope.functionNamed(value.name) === undefined ? undefined : { name: value.name };
    case "cast":
      return functionIn(value.operand, scope, depth + 1);
    case "unary":
      return value.operator === "&" ? functionIn(value.operand, scope, depth + 1) : undefined;
    case "call": {
      const only = value.arguments[0];
      return value.arguments.length === 1 && only !== undefined ? functionIn(only, scope, depth + 1) : undefined;
    }
    case "conditional":
      return (
        functionIn(value.then ?? value.otherwise, scope, depth + 1) ?? functionIn(value.otherwise, scope, depth + 1)
      );
    default:
      return undefined;
  }
}

/** `x->ops.open = handler;` in a function's body: each such assignment is a table with one entry. */
export function opsTablesOfFunction(target: ProgramFunction): OpsTable[] {
  const tables: OpsTable[] = [];
  for (const block of target.blocks) {
    for (const statement of block.statements) {
      if (statement.kind !== "assign") continue;
      let { value } = statement;
      if (value.kind === "cast") value = value.operand;
      const last = statement.target.steps.at(-1);
      if (value.kind !== "function" || last?.kind !== "field") continue;
      const { file, start, end } = statement;
      tables.push({
        record: last.record,
        name: printPlace({ ...statement.target, steps: statement.target.steps.slice(0, -1) }, target),
        entries: [{ field: last.name, value: value.name, start: value.start, end: value.end }],
        file,
        start,
        end,
      });
    }
  }
  return tables;
}
