/** Statements of a snippet as statements of the C tree. */
import type { CallExpression, Expression, Statement } from "../../syntax/c/ast.ts";
import type { ts } from "../../syntax/typescript/parse.ts";
import { toDeclarations } from "./lower-declaration.ts";
import { identifier, toValue, withoutWrappers } from "./lower-expression.ts";
import { type Snippet, snippetDepthLimit } from "./snippet.ts";
import { declare, numberType } from "./snippet-types.ts";

/** A list of statements, in the scope that is open. */
export function toStatements(snippet: Snippet, nodes: readonly ts.Statement[]): Statement[] {
  return nodes.flatMap((node) => many(snippet, node));
}

function one(snippet: Snippet, node: ts.Statement): Statement {
  const list = many(snippet, node);
  const only = list[0];
  return list.length === 1 && only !== undefined ? only : { kind: "compound", body: list, ...snippet.span(node) };
}

function many(snippet: Snippet, node: ts.Statement): Statement[] {
  if (snippet.depth > snippetDepthLimit) return [notUnderstood(snippet, node, "nested too deeply")];
  snippet.depth++;
  const list = statements(snippet, node);
  snippet.depth--;
  return list;
}

function notUnderstood(snippet: Snippet, node: ts.Node, reason: string): Statement {
  snippet.gap(node, reason);
  return { kind: "unknown", ...snippet.span(node) };
}

function statements(snippet: Snippet, node: ts.Statement): Statement[] {
  const { ts } = snippet;
  const at = snippet.span(node);
  if (ts.isBlock(node)) return [block(snippet, node)];
  if (ts.isVariableStatement(node)) return toDeclarations(snippet, node.declarationList);
  if (ts.isExpressionStatement(node)) {
    return [{ kind: "expression", expression: toValue(snippet, node.expression), ...at }];
  }
  if (ts.isIfStatement(node)) {
    const test = toValue(snippet, node.expression);
    const then = scoped(snippet, node.thenStatement);
    const otherwise = node.elseStatement === undefined ? {} : { otherwise: scoped(snippet, node.elseStatement) };
    return [{ kind: "if", test, then, ...otherwise, ...at }];
  }
  if (ts.isWhileStatement(node) || ts.isDoStatement(node)) {
    const kind = ts.isWhileStatement(node) ? "while" : "do-while";
    const test = toValue(snippet, node.expression);
    return [{ kind, test, body: scoped(snippet, node.statement), ...at }];
  }
  if (ts.isForStatement(node)) return [forLoop(snippet, node)];
  if (ts.isForOfStatement(node)) return [forOf(snippet, node)];
  if (ts.isSwitchStatement(node)) return [switchOf(snippet, node)];
  if (ts.isReturnStatement(node)) {
    const value = node.expression === undefined ? {} : { value: toValue(snippet, node.expression) };
    return [{ kind: "return", ...value, ...at }];
  }
  if ((ts.isBreakStatement(node) || ts.isContinueStatement(node)) && node.label === undefined) {
    return [{ kind: ts.isBreakStatement(node) ? "break" : "continue", ...at }];
  }
  if (ts.isEmptyStatement(node)) return [];
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return [];
  return [notUnderstood(snippet, node, `${ts.SyntaxKind[node.kind]} is not read`)];
}

/** A block with its scope. */
export function block(snippet: Snippet, node: ts.Block): Extract<Statement, { kind: "compound" }> {
  let body: Statement[] = [];
  snippet.inScope(() => {
    body = toStatements(snippet, node.statements);
  });
  return { kind: "compound", body, ...snippet.span(node) };
}

function scoped(snippet: Snippet, node: ts.Statement): Statement {
  let statement: Statement = { kind: "empty", ...snippet.span(node) };
  snippet.inScope(() => {
    statement = one(snippet, node);
  });
  return statement;
}

function forLoop(snippet: Snippet, node: ts.ForStatement): Statement {
  const { ts } = snippet;
  const at = snippet.span(node);
  let loop: Statement = { kind: "empty", ...at };
  snippet.inScope(() => {
    const first = node.initializer;
    // Each declaration has specifiers of its own, so they come before the loop, in a scope around it.
    const before = first !== undefined && ts.isVariableDeclarationList(first) ? toDeclarations(snippet, first) : [];
    const init = first === undefined || ts.isVariableDeclarationList(first) ? {} : { init: toValue(snippet, first) };
    const test = node.condition === undefined ? {} : { test: toValue(snippet, node.condition) };
    const update = node.incrementor === undefined ? {} : { update: toValue(snippet, node.incrementor) };
    const body = scoped(snippet, node.statement);
    loop = { kind: "compound", body: [...before, { kind: "for", ...init, ...test, ...update, body, ...at }], ...at };
  });
  return loop;
}

/** The kernel's loops over scatterlists: the macro's arguments around the cursor. */
const listLoops: ReadonlyMap<string, number> = new Map([
  ["for_each_sg", 2],
  ["for_each_sgtable_sg", 1],
  ["for_each_sgtable_dma_sg", 1],
]);

function forOf(snippet: Snippet, node: ts.ForOfStatement): Statement {
  const { ts } = snippet;
  const at = snippet.span(node);
  const list = withoutWrappers(snippet, node.expression);
  const cursor = ts.isVariableDeclarationList(node.initializer) ? node.initializer.declarations[0]?.name : undefined;
  if (!ts.isCallExpression(list) || !ts.isIdentifier(list.expression) || cursor === undefined) {
    return notUnderstood(snippet, node, "a loop over values");
  }
  const macro = snippet.realName(list.expression.text);
  if (!ts.isIdentifier(cursor) || listLoops.get(macro) !== list.arguments.length) {
    return notUnderstood(snippet, node, "a loop over values");
  }
  const given = list.arguments.map((argument) => toValue(snippet, argument));
  const [first, ...rest] = given;
  if (first === undefined) return notUnderstood(snippet, node, "a loop over values");
  const counter = `${cursor.text}_index`;
  const call: CallExpression = {
    kind: "call",
    callee: identifier(macro, snippet.span(list.expression)),
    arguments: [first, identifier(cursor.text, snippet.span(cursor)), ...rest, identifier(counter, at)],
    open: list.expression.end,
    ...snippet.span(list),
  };
  let body: Statement = { kind: "empty", ...at };
  snippet.inScope(() => {
    snippet.bind(cursor.text, { type: { kind: "object", record: "scatterlist" }, inPlace: false });
    body = scoped(snippet, node.statement);
  });
  const cursorAt = snippet.span(cursor);
  const declared = (name: string, type: Parameters<typeof declare>[0]): Statement => {
    const parts = declare(type, { kind: "name", name, ...cursorAt }, cursorAt, "parameter");
    const declarators = [{ declarator: parts.declarator, annotations: [], ...cursorAt }];
    return { kind: "declaration", specifiers: parts.specifiers, declarators, ...cursorAt };
  };
  return {
    kind: "compound",
    body: [
      declared(cursor.text, { kind: "object", record: "scatterlist" }),
      declared(counter, numberType),
      { kind: "macro-statement", call, body, ...at },
    ],
    ...at,
  };
}

function switchOf(snippet: Snippet, node: ts.SwitchStatement): Statement {
  const { ts } = snippet;
  const value: Expression = toValue(snippet, node.expression);
  const body: Statement[] = [];
  snippet.inScope(() => {
    for (const clause of node.caseBlock.clauses) {
      const at = snippet.span(clause);
      body.push(
        ts.isCaseClause(clause)
          ? { kind: "case", low: toValue(snippet, clause.expression), ...at }
          : { kind: "case", ...at },
        ...toStatements(snippet, clause.statements),
      );
    }
  });
  const inside: Statement = { kind: "compound", body, ...snippet.span(node.caseBlock) };
  return { kind: "switch", value, body: inside, ...snippet.span(node) };
}
