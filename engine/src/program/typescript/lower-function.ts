/** Functions, methods and arrow functions of a snippet as definitions of the C tree. */
import type { CompoundStatement, FunctionDefinition, ParameterDeclaration } from "../../syntax/c/ast.ts";
import type { ts } from "../../syntax/typescript/parse.ts";
import { staticType, toValue } from "./lower-expression.ts";
import { block } from "./lower-statement.ts";
import type { Snippet } from "./snippet.ts";
import { declare, type SnippetType, unknownSnippetType } from "./snippet-types.ts";

export interface FunctionOptions {
  readonly isStatic: boolean;
  /** The class whose method it is: the object is its first parameter. */
  readonly record?: string;
  /** The type that its place asks for, where its own parameters say none. */
  readonly context?: SnippetType | undefined;
}

/** Adds the definition to the snippet's items. `named` is the node that names it. */
export function addFunction(
  snippet: Snippet,
  node: ts.FunctionLikeDeclaration,
  name: string,
  named: ts.Node,
  options: FunctionOptions,
): void {
  const { body } = node;
  if (body === undefined) return;
  const at = snippet.span(node);
  const before = { name: snippet.functionName, self: snippet.self };
  snippet.functionName = name;
  snippet.self = options.record === undefined ? undefined : { name: "this", record: options.record };
  const expected = options.context?.kind === "function" ? options.context : undefined;
  const parameters: ParameterDeclaration[] = [];
  let lowered: CompoundStatement | undefined;
  snippet.inScope(() => {
    if (options.record !== undefined) {
      const type: SnippetType = { kind: "object", record: options.record };
      parameters.push({
        ...declare(type, { kind: "name", name: "this", ...snippet.span(named) }, snippet.span(named), "parameter"),
        annotations: [],
        ...snippet.span(named),
      });
    }
    node.parameters.forEach((parameter, index) => {
      const parameterType = snippet.typeOf(parameter.type);
      const type = parameterType.kind === "unknown" ? (expected?.parameters[index] ?? parameterType) : parameterType;
      parameters.push(toParameter(snippet, parameter, type));
    });
    lowered = bodyOf(snippet, body, resultOf(snippet, node, expected));
  });
  const result = resultOf(snippet, node, expected);
  snippet.functionName = before.name;
  snippet.self = before.self;
  if (lowered === undefined) return;
  const nameSpan = snippet.span(named);
  const { specifiers, declarator } = declare(
    result,
    { kind: "function", inner: { kind: "name", name, ...nameSpan }, parameters, variadic: false },
    at,
    "parameter",
    options.isStatic ? ["static"] : [],
  );
  const definition: FunctionDefinition = {
    kind: "function",
    specifiers,
    declarator,
    name,
    nameSpan,
    annotations: [],
    body: lowered,
    tokenHash: hashOfTokens(snippet, at.start, at.end),
    ...at,
  };
  snippet.items.push(definition);
}

/** What the function gives: as annotated, as its place asks, or nothing where it returns nothing. */
export function resultOf(
  snippet: Snippet,
  node: ts.FunctionLikeDeclaration,
  expected: Extract<SnippetType, { kind: "function" }> | undefined,
): SnippetType {
  const { ts } = snippet;
  const written = snippet.typeOf(node.type);
  if (written.kind !== "unknown" || node.type !== undefined) return written;
  if (expected !== undefined) return expected.result;
  if (node.body === undefined) return unknownSnippetType;
  if (!ts.isBlock(node.body)) return staticType(snippet, node.body);
  return returnsValue(snippet, node.body, 0) ? unknownSnippetType : { kind: "void" };
}

function returnsValue(snippet: Snippet, node: ts.Node, depth: number): boolean {
  const { ts } = snippet;
  if (depth > 200) return true;
  if (ts.isReturnStatement(node)) return node.expression !== undefined;
  if (depth > 0 && ts.isFunctionLike(node)) return false;
  return ts.forEachChild(node, (child) => returnsValue(snippet, child, depth + 1) || undefined) ?? false;
}

function toParameter(snippet: Snippet, node: ts.ParameterDeclaration, type: SnippetType): ParameterDeclaration {
  const { ts } = snippet;
  const at = snippet.span(node);
  if (!ts.isIdentifier(node.name) || node.dotDotDotToken !== undefined || node.initializer !== undefined) {
    snippet.gap(node, "a parameter that is not a plain name");
  }
  const name = ts.isIdentifier(node.name) ? node.name.text : "";
  // An object or a cell comes as its address.
  const plain: SnippetType = type.kind === "object" ? { kind: "object", record: type.record } : type;
  if (name !== "") snippet.bind(name, { type: plain, inPlace: false });
  const declarator =
    name === "" ? ({ kind: "abstract" } as const) : ({ kind: "name", name, ...snippet.span(node.name) } as const);
  return { ...declare(plain, declarator, at, "parameter"), annotations: [], ...at };
}

function bodyOf(snippet: Snippet, body: ts.Block | ts.Expression, result: SnippetType): CompoundStatement {
  const { ts } = snippet;
  if (ts.isBlock(body)) return block(snippet, body);
  const at = snippet.span(body);
  const value = toValue(snippet, body);
  return {
    kind: "compound",
    body: [
      result.kind === "void" ? { kind: "expression", expression: value, ...at } : { kind: "return", value, ...at },
    ],
    ...at,
  };
}

/** 32 bits over the tokens: comments and white space do not count. */
function hashOfTokens(snippet: Snippet, start: number, end: number): number {
  const { ts } = snippet;
  const scanner = ts.createScanner(
    ts.ScriptTarget.ES2023,
    true,
    ts.LanguageVariant.Standard,
    snippet.text,
    undefined,
    start,
    end - start,
  );
  let hash = 0x811c9dc5;
  for (let token = scanner.scan(); token !== ts.SyntaxKind.EndOfFileToken; token = scanner.scan()) {
    const from = scanner.getTokenStart();
    const to = scanner.getTokenEnd();
    if (to <= from) break;
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ snippet.text.charCodeAt(i), 0x01000193);
    hash = Math.imul(hash ^ 0xff, 0x01000193);
  }
  return hash >>> 0;
}
