/**
 * A snippet becomes the tree that C becomes, with its spans in the snippet. From there on both are lowered by the same code,
 * so that a finding, a replay or a summary cannot tell them apart.
 */
import type { Declaration, FieldDeclaration, Statement, TopLevel } from "../../syntax/c/ast.ts";
import { parseTypeScript, type ts, type TypeScript } from "../../syntax/typescript/parse.ts";
import { type CSource, UnitBuilder } from "../unit.ts";
import type { ProgramFile, ProgramFunction } from "../program.ts";
import type { RecordDefinition } from "../types.ts";
import { declaration } from "./lower-declaration.ts";
import { toValue, withoutWrappers } from "./lower-expression.ts";
import { addFunction, resultOf } from "./lower-function.ts";
import { Snippet } from "./snippet.ts";
import { declare, type SnippetType } from "./snippet-types.ts";

/**
 * Reads a snippet as a source of a driver unit: give it to `UnitBuilder.setC`. `parser` is what `loadTypeScript` gave.
 * Never throws; what is not understood is a gap.
 */
export function snippetSource(parser: TypeScript, name: string, text: string): CSource {
  const syntax = parseTypeScript(parser, name, text);
  if (syntax.tree === undefined) {
    return { name, text, syntax: { kind: "translation-unit", items: [], gaps: syntax.gaps } };
  }
  const snippet = new Snippet(parser, syntax, syntax.tree);
  collect(snippet, syntax.tree.statements);
  for (const statement of syntax.tree.statements) topLevel(snippet, statement);
  // Bodies come last: they may name objects that stand below them.
  for (const body of snippet.deferred) body();
  const items = snippet.items.sort((a, b) => a.start - b.start || a.end - b.end);
  const gaps = snippet.gaps.sort((a, b) => a.start - b.start || a.end - b.end);
  return { name, text, syntax: { kind: "translation-unit", items, gaps } };
}

/** Lowers one snippet, with the records that it defines: give both to `UnitBuilder.setLowered`. Never throws. */
export function lowerSnippet(
  parser: TypeScript,
  name: string,
  text: string,
): { readonly file: ProgramFile; readonly records: readonly RecordDefinition[] } {
  const builder = new UnitBuilder();
  builder.setC(snippetSource(parser, name, text));
  const unit = builder.build();
  const file = unit.files.get(name);
  if (file === undefined) {
    const nothing = { functions: [], globals: [], opsTables: [], gaps: [], includes: [] };
    return { file: { name, text, language: "typescript", ...nothing }, records: [] };
  }
  const functions = file.functions.map(
    (one): ProgramFunction => ({
      name: one.name,
      nameSpan: one.nameSpan,
      isStatic: one.isStatic,
      result: one.result,
      parameters: one.parameters,
      variables: one.variables,
      blocks: one.blocks,
      hash: one.hash,
      annotations: one.annotations,
      language: "typescript",
      file: one.file,
      start: one.start,
      end: one.end,
    }),
  );
  const { globals, opsTables, gaps, includes } = file;
  return {
    file: { name, text, language: "typescript", functions, globals, opsTables, gaps, includes },
    records: [...unit.records.values()].filter((record) => record.file === name),
  };
}

// ---------------------------------------------------------------- what is declared

/** Names first: a function may use a type that stands below it. */
function collect(snippet: Snippet, statements: readonly ts.Statement[]): void {
  const { ts } = snippet;
  for (const node of statements) {
    if (ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node)) {
      if (node.name !== undefined)
        snippet.records.set(node.name.text, { name: node.name.text, fields: new Map(), methods: new Map() });
    } else if (ts.isTypeAliasDeclaration(node)) {
      if (isRecordLiteral(snippet, node.type)) {
        snippet.records.set(node.name.text, { name: node.name.text, fields: new Map(), methods: new Map() });
      } else snippet.aliases.set(node.name.text, node.type);
    }
  }
  for (const node of statements) {
    if (ts.isInterfaceDeclaration(node)) shape(snippet, node.name.text, node.members);
    else if (ts.isClassDeclaration(node) && node.name !== undefined) classShape(snippet, node, node.name.text);
    else if (
      ts.isTypeAliasDeclaration(node) &&
      ts.isTypeLiteralNode(node.type) &&
      snippet.records.has(node.name.text)
    ) {
      shape(snippet, node.name.text, node.type.members);
    } else if (ts.isEnumDeclaration(node)) {
      for (const member of node.members)
        snippet.enumerators.add(`${node.name.text}_${member.name.getText(snippet.tree)}`);
    } else if (ts.isFunctionDeclaration(node) && node.name !== undefined) {
      snippet.functions.set(node.name.text, resultOf(snippet, node, undefined));
    } else if (ts.isVariableStatement(node)) {
      for (const one of node.declarationList.declarations) {
        const given = one.initializer === undefined ? undefined : withoutWrappers(snippet, one.initializer);
        if (given === undefined || !ts.isIdentifier(one.name)) continue;
        if (ts.isArrowFunction(given) || ts.isFunctionExpression(given)) {
          snippet.functions.set(one.name.text, resultOf(snippet, given, contextOf(snippet, one)));
        }
      }
    }
  }
}

function isRecordLiteral(snippet: Snippet, node: ts.TypeNode): boolean {
  return snippet.ts.isTypeLiteralNode(node) && snippet.typeOf(node).kind !== "cell";
}

function shape(snippet: Snippet, name: string, members: readonly ts.TypeElement[]): void {
  const { ts } = snippet;
  const fields = new Map<string, SnippetType>();
  for (const member of members) {
    if (member.name === undefined) continue;
    const field = member.name.getText(snippet.tree);
    if (ts.isPropertySignature(member)) fields.set(field, snippet.typeOf(member.type));
    else if (ts.isMethodSignature(member)) {
      fields.set(field, {
        kind: "function",
        parameters: member.parameters.map((parameter) => snippet.typeOf(parameter.type)),
        result: snippet.typeOf(member.type),
      });
    }
  }
  snippet.records.set(name, { name, fields, methods: new Map() });
}

function classShape(snippet: Snippet, node: ts.ClassDeclaration, name: string): void {
  const { ts } = snippet;
  const fields = new Map<string, SnippetType>();
  const methods = new Map<string, { readonly function: string; readonly result: SnippetType }>();
  const values = new Map<string, ts.Expression>();
  for (const member of node.members) {
    if (ts.isPropertyDeclaration(member)) {
      const field = member.name.getText(snippet.tree);
      fields.set(field, snippet.typeOf(member.type));
      if (member.initializer !== undefined) values.set(field, member.initializer);
    } else if (ts.isMethodDeclaration(member)) {
      const method = member.name.getText(snippet.tree);
      methods.set(method, { function: `${name}_${method}`, result: resultOf(snippet, member, undefined) });
    }
  }
  snippet.records.set(name, { name, fields, methods });
  snippet.initialValues.set(name, values);
}

/** The function type that a declaration asks its value to have. */
function contextOf(
  snippet: Snippet,
  node: ts.VariableDeclaration,
): Extract<SnippetType, { kind: "function" }> | undefined {
  const type = snippet.typeOf(node.type);
  return type.kind === "function" ? type : undefined;
}

// ---------------------------------------------------------------- what is made of it

function topLevel(snippet: Snippet, node: ts.Statement): void {
  const { ts } = snippet;
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isEmptyStatement(node)) return;
  if (ts.isInterfaceDeclaration(node)) record(snippet, node, node.name.text);
  else if (ts.isTypeAliasDeclaration(node)) {
    if (snippet.records.has(node.name.text)) record(snippet, node, node.name.text);
  } else if (ts.isClassDeclaration(node)) classDeclaration(snippet, node);
  else if (ts.isEnumDeclaration(node)) enumeration(snippet, node);
  else if (ts.isFunctionDeclaration(node)) {
    if (node.name !== undefined && node.body !== undefined) {
      later(snippet, node, node.name.text, node.name, { isStatic: !isExported(snippet, node) });
    }
  } else if (ts.isVariableStatement(node)) {
    for (const one of node.declarationList.declarations) global(snippet, one, node);
  } else snippet.gap(node, "code outside of a function");
}

function later(snippet: Snippet, ...rest: DropFirst<Parameters<typeof addFunction>>): void {
  snippet.deferred.push(() => addFunction(snippet, ...rest));
}
type DropFirst<T extends readonly unknown[]> = T extends readonly [unknown, ...infer Rest] ? Rest : never;

function record(snippet: Snippet, node: ts.Node, name: string): void {
  const at = snippet.span(node);
  const fields: FieldDeclaration[] = [...(snippet.records.get(name)?.fields ?? [])].map(([field, type]) => {
    const { specifiers, declarator } = declare(type, { kind: "name", name: field, ...at }, at, "object");
    return { specifiers, declarators: [{ declarator, annotations: [], ...at }], ...at };
  });
  snippet.items.push(declarationOf({ kind: "record", tag: "struct", name, fields, annotations: [], ...at }, at));
}

function declarationOf(base: Declaration["specifiers"]["base"], at: { start: number; end: number }): TopLevel {
  const specifiers = { storage: [], qualifiers: [], base, annotations: [], ...at };
  return { kind: "declaration", specifiers, declarators: [], ...at };
}

function classDeclaration(snippet: Snippet, node: ts.ClassDeclaration): void {
  const { ts } = snippet;
  if (node.name === undefined) {
    snippet.gap(node, "a class without a name");
    return;
  }
  const name = node.name.text;
  record(snippet, node, name);
  const exported = isExported(snippet, node);
  for (const member of node.members) {
    if (ts.isPropertyDeclaration(member) || ts.isSemicolonClassElement(member)) continue;
    if (!ts.isMethodDeclaration(member)) {
      snippet.gap(member, "a member that is neither field nor method");
      continue;
    }
    const isStatic = member.modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.StaticKeyword) === true;
    later(snippet, member, `${name}_${member.name.getText(snippet.tree)}`, member.name, {
      isStatic: !exported,
      ...(isStatic ? {} : { record: name }),
    });
  }
}

function enumeration(snippet: Snippet, node: ts.EnumDeclaration): void {
  const at = snippet.span(node);
  const enumerators = node.members.map((member) => ({
    name: `${node.name.text}_${member.name.getText(snippet.tree)}`,
    ...(member.initializer === undefined ? {} : { value: toValue(snippet, member.initializer) }),
    ...snippet.span(member),
  }));
  snippet.items.push(declarationOf({ kind: "enum", name: node.name.text, enumerators, ...at }, at));
}

function global(snippet: Snippet, node: ts.VariableDeclaration, statement: ts.VariableStatement): void {
  const { ts } = snippet;
  const at = snippet.span(node);
  const isStatic = !isExported(snippet, statement);
  const given = node.initializer === undefined ? undefined : withoutWrappers(snippet, node.initializer);
  if (ts.isIdentifier(node.name) && given !== undefined) {
    if (ts.isArrowFunction(given) || ts.isFunctionExpression(given)) {
      later(snippet, given, node.name.text, node.name, { isStatic, context: contextOf(snippet, node) });
      return;
    }
    // A number that has a name: an enumerator, so that it is a constant wherever it is used.
    const isConst = (node.parent.flags & ts.NodeFlags.Const) !== 0;
    if (isConst && isNumber(snippet, given, 0)) {
      const enumerators = [{ name: node.name.text, value: toValue(snippet, given), ...snippet.span(node.name) }];
      snippet.items.push(declarationOf({ kind: "enum", enumerators, ...at }, at));
      snippet.constants.add(node.name.text);
      return;
    }
  }
  const storage = isStatic ? ["static"] : [];
  const made: Statement = declaration(snippet, node, storage, (handler, name, context) => {
    later(snippet, handler, name, handler.name ?? handler, { isStatic: true, context });
    return name;
  });
  if (made.kind === "declaration") snippet.items.push(made);
}

function isNumber(snippet: Snippet, node: ts.Expression, depth: number): boolean {
  const { ts } = snippet;
  const inner = withoutWrappers(snippet, node);
  if (depth > 16) return false;
  if (ts.isNumericLiteral(inner) || ts.isBigIntLiteral(inner)) return true;
  if (ts.isIdentifier(inner)) return snippet.constants.has(inner.text);
  if (ts.isPrefixUnaryExpression(inner)) return isNumber(snippet, inner.operand, depth + 1);
  return (
    ts.isBinaryExpression(inner) &&
    /^(\*|\/|%|\+|-|<<|>>|&|\||\^)$/.test(inner.operatorToken.getText(snippet.tree)) &&
    isNumber(snippet, inner.left, depth + 1) &&
    isNumber(snippet, inner.right, depth + 1)
  );
}

function isExported(snippet: Snippet, node: ts.Statement): boolean {
  const { ts } = snippet;
  const modifiers = ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []) : [];
  return modifiers.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword);
}
