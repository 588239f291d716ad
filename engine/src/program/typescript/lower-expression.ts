/** Expressions of a snippet as expressions of the C tree, with their spans in the snippet. */
import type { BinaryOperator, Expression } from "../../syntax/c/ast.ts";
import type { ts } from "../../syntax/typescript/parse.ts";
import type { Span } from "../../text/span.ts";
import { type Snippet, snippetDepthLimit } from "./snippet.ts";
import { declare, fromProgramType, liesInPlace, type SnippetType, unknownSnippetType } from "./snippet-types.ts";

/** The value of the expression: of an object or a cell, its address. */
export function toValue(snippet: Snippet, node: ts.Expression): Expression {
  if (snippet.depth > snippetDepthLimit) return snippet.notUnderstood(node, "nested too deeply");
  snippet.depth++;
  const value = value_(snippet, node);
  snippet.depth--;
  return value;
}

/** The expression as something that is assigned to. */
export function toTarget(snippet: Snippet, node: ts.Expression): Expression {
  const { ts } = snippet;
  const inner = withoutWrappers(snippet, node);
  if (ts.isIdentifier(inner)) return identifier(snippet.realName(inner.text), snippet.span(inner));
  if (ts.isPropertyAccessExpression(inner)) return property(snippet, inner).place;
  if (ts.isElementAccessExpression(inner)) return toValue(snippet, inner);
  return snippet.notUnderstood(node, "not an assignable expression");
}

/** The static type, as far as annotations tell it. */
export function staticType(snippet: Snippet, node: ts.Expression, depth = 0): SnippetType {
  const { ts } = snippet;
  if (depth > 32) return unknownSnippetType;
  if (ts.isAsExpression(node) || ts.isTypeAssertionExpression(node)) return snippet.typeOf(node.type);
  const inner = withoutWrappers(snippet, node);
  if (inner !== node) return staticType(snippet, inner, depth + 1);
  if (node.kind === ts.SyntaxKind.ThisKeyword && snippet.self !== undefined) {
    return { kind: "object", record: snippet.self.record };
  }
  if (ts.isIdentifier(node)) return snippet.lookUp(node.text)?.type ?? unknownSnippetType;
  if (ts.isPropertyAccessExpression(node)) {
    const owner = staticType(snippet, node.expression, depth + 1);
    if (owner.kind === "cell" && node.name.text === "value") return owner.of;
    return (owner.kind === "object" ? snippet.fieldOf(owner.record, node.name.text) : undefined) ?? unknownSnippetType;
  }
  if (ts.isElementAccessExpression(node)) {
    const owner = staticType(snippet, node.expression, depth + 1);
    return owner.kind === "pointer" || owner.kind === "array" ? owner.element : unknownSnippetType;
  }
  if (ts.isNewExpression(node) && ts.isIdentifier(node.expression) && snippet.records.has(node.expression.text)) {
    return { kind: "object", record: node.expression.text };
  }
  if (!ts.isCallExpression(node)) return unknownSnippetType;
  const callee = calleeName(snippet, node);
  const first = node.arguments[0];
  if (callee === "at" && first !== undefined) return staticType(snippet, first, depth + 1);
  if (callee === undefined) return methodOf(snippet, node)?.result ?? unknownSnippetType;
  // `kzalloc<Ring>(...)`, `container_of<Ring>(...)`: the result is as the caller says.
  if (node.typeArguments?.[0] !== undefined && callee !== "sizeof") return snippet.typeOf(node.typeArguments[0]);
  const own = snippet.functions.get(callee);
  if (own !== undefined) return own;
  const known = snippet.core?.functionNamed(callee);
  return known === undefined ? unknownSnippetType : fromProgramType(known.result);
}

function value_(snippet: Snippet, node: ts.Expression): Expression {
  const { ts } = snippet;
  const at = snippet.span(node);
  if (ts.isParenthesizedExpression(node) || ts.isNonNullExpression(node) || ts.isSatisfiesExpression(node)) {
    return toValue(snippet, node.expression);
  }
  if (ts.isNumericLiteral(node) || ts.isBigIntLiteral(node)) {
    return { kind: "number", text: numberText(node.getText(snippet.tree)), ...at };
  }
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return { kind: "string", ...at };
  if (ts.isIdentifier(node)) return nameValue(snippet, node, at);
  switch (node.kind) {
    case ts.SyntaxKind.TrueKeyword:
      return identifier("true", at);
    case ts.SyntaxKind.FalseKeyword:
      return identifier("false", at);
    case ts.SyntaxKind.NullKeyword:
      return identifier("NULL", at);
    case ts.SyntaxKind.ThisKeyword:
      return snippet.self === undefined
        ? snippet.notUnderstood(node, "this outside of a method")
        : identifier(snippet.self.name, at);
    default:
      break;
  }
  if (ts.isPropertyAccessExpression(node)) {
    const { place, type } = property(snippet, node);
    return liesInPlace(type) ? { kind: "unary", operator: "&", operand: place, ...at } : place;
  }
  if (ts.isElementAccessExpression(node)) {
    if (node.questionDotToken !== undefined) return snippet.notUnderstood(node, "optional chaining");
    const object = toValue(snippet, node.expression);
    return { kind: "index", object, index: toValue(snippet, node.argumentExpression), ...at };
  }
  if (ts.isCallExpression(node)) return call(snippet, node, at);
  if (ts.isAsExpression(node) || ts.isTypeAssertionExpression(node)) return cast(snippet, node, at);
  if (ts.isBinaryExpression(node)) return binary(snippet, node, at);
  if (ts.isPrefixUnaryExpression(node)) return prefix(snippet, node, at);
  if (ts.isPostfixUnaryExpression(node)) {
    const operator = node.operator === ts.SyntaxKind.PlusPlusToken ? "++" : "--";
    return { kind: "postfix", operator, operand: toTarget(snippet, node.operand), ...at };
  }
  if (ts.isConditionalExpression(node)) {
    return {
      kind: "conditional",
      test: toValue(snippet, node.condition),
      then: toValue(snippet, node.whenTrue),
      otherwise: toValue(snippet, node.whenFalse),
      ...at,
    };
  }
  if (ts.isVoidExpression(node)) return toValue(snippet, node.expression);
  return snippet.notUnderstood(node, `${ts.SyntaxKind[node.kind]} is not read`);
}

function nameValue(snippet: Snippet, node: ts.Identifier, at: Span): Expression {
  if (node.text === "undefined") return identifier("NULL", at);
  const name = identifier(snippet.realName(node.text), at);
  const inPlace = snippet.lookUp(node.text)?.inPlace === true;
  return inPlace ? { kind: "unary", operator: "&", operand: name, ...at } : name;
}

/** The place that a property is, and its type. */
function property(
  snippet: Snippet,
  node: ts.PropertyAccessExpression,
): { readonly place: Expression; readonly type: SnippetType } {
  const { ts } = snippet;
  const at = snippet.span(node);
  const name = node.name.text;
  if (node.questionDotToken !== undefined) {
    return { place: snippet.notUnderstood(node, "optional chaining"), type: unknownSnippetType };
  }
  const object = withoutWrappers(snippet, node.expression);
  if (ts.isIdentifier(object)) {
    if (snippet.isNamespace(object.text)) return { place: identifier(name, at), type: unknownSnippetType };
    if (snippet.enumerators.has(`${object.text}_${name}`)) {
      return { place: identifier(`${object.text}_${name}`, at), type: unknownSnippetType };
    }
  }
  const owner = staticType(snippet, object);
  if (owner.kind === "cell" && name === "value") {
    return { place: dereferenced(toValue(snippet, object), at), type: owner.of };
  }
  const type = owner.kind === "object" ? snippet.fieldOf(owner.record, name) : undefined;
  const nameStart = node.name.getStart(snippet.tree);
  const place: Expression = {
    kind: "member",
    object: toValue(snippet, object),
    name,
    nameStart,
    arrow: true,
    ...at,
  };
  return { place, type: type ?? unknownSnippetType };
}

function dereferenced(value: Expression, at: Span): Expression {
  if (value.kind === "unary" && value.operator === "&") return { ...value.operand, ...at };
  return { kind: "unary", operator: "*", operand: value, ...at };
}

/** The name of the function that is called, where a name says it. */
function calleeName(snippet: Snippet, node: ts.CallExpression): string | undefined {
  const { ts } = snippet;
  const callee = withoutWrappers(snippet, node.expression);
  if (ts.isIdentifier(callee)) return snippet.realName(callee.text);
  if (ts.isPropertyAccessExpression(callee) && ts.isIdentifier(callee.expression)) {
    if (snippet.isNamespace(callee.expression.text)) return callee.name.text;
  }
  return undefined;
}

function methodOf(
  snippet: Snippet,
  node: ts.CallExpression,
): { readonly function: string; readonly result: SnippetType; readonly object: ts.Expression } | undefined {
  const { ts } = snippet;
  const callee = withoutWrappers(snippet, node.expression);
  if (!ts.isPropertyAccessExpression(callee)) return undefined;
  const owner = staticType(snippet, callee.expression);
  const method = owner.kind === "object" ? snippet.records.get(owner.record)?.methods.get(callee.name.text) : undefined;
  return method === undefined ? undefined : { ...method, object: callee.expression };
}

function call(snippet: Snippet, node: ts.CallExpression, at: Span): Expression {
  const { ts } = snippet;
  if (node.questionDotToken !== undefined) return snippet.notUnderstood(node, "optional chaining");
  const name = calleeName(snippet, node);
  const callee = withoutWrappers(snippet, node.expression);
  const calleeAt = snippet.span(callee);
  const first = node.arguments[0];
  const open = node.expression.end;
  if ((name === "BigInt" || name === "Number") && first !== undefined && node.arguments.length === 1) {
    return toValue(snippet, first);
  }
  if (name === "sizeof" && node.typeArguments?.[0] !== undefined) {
    return { kind: "sizeof", operator: "sizeof", operand: typeName(snippet, node.typeArguments[0], true), ...at };
  }
  const member = node.arguments[1];
  if (name === "container_of" && node.typeArguments?.[0] !== undefined && first !== undefined && member !== undefined) {
    const type = typeName(snippet, node.typeArguments[0], true);
    const field = ts.isStringLiteral(member) ? identifier(member.text, snippet.span(member)) : toValue(snippet, member);
    return {
      kind: "call",
      callee: identifier(name, calleeAt),
      arguments: [toValue(snippet, first), { kind: "type-argument", type, start: type.start, end: type.end }, field],
      open,
      ...at,
    };
  }
  const values: Expression[] = node.arguments.map((argument) => toValue(snippet, argument));
  const [pointer, distance] = values;
  if (name === "at" && pointer !== undefined && distance !== undefined && snippet.isImported("at")) {
    return { kind: "binary", operator: "+", left: pointer, right: distance, ...at };
  }
  const method = name === undefined ? methodOf(snippet, node) : undefined;
  if (method !== undefined) {
    const named = ts.isPropertyAccessExpression(callee) ? snippet.span(callee.name) : calleeAt;
    const self = toValue(snippet, method.object);
    return { kind: "call", callee: identifier(method.function, named), arguments: [self, ...values], open, ...at };
  }
  if (name !== undefined) return { kind: "call", callee: identifier(name, calleeAt), arguments: values, open, ...at };
  if (ts.isPropertyAccessExpression(callee) || ts.isElementAccessExpression(callee)) {
    return { kind: "call", callee: toTarget(snippet, callee), arguments: values, open, ...at };
  }
  return snippet.notUnderstood(node, "a call of what is no name");
}

function cast(snippet: Snippet, node: ts.AsExpression | ts.TypeAssertion, at: Span): Expression {
  const operand = toValue(snippet, node.expression);
  const type = snippet.typeOf(node.type);
  // `as const`, `as unknown`: nothing changes.
  if (type.kind === "unknown") return operand;
  return { kind: "cast", type: typeName(snippet, node.type, false), operand, ...at };
}

/** `whole` is for sizeof: the object itself, not a reference to it. */
function typeName(snippet: Snippet, node: ts.TypeNode, whole: boolean) {
  const type = snippet.typeOf(node);
  const at = snippet.span(node);
  const named: SnippetType = whole && type.kind === "object" ? { ...type, inline: true } : type;
  const parts = declare(named, { kind: "abstract" }, at, whole ? "object" : "parameter");
  return { kind: "type-name", ...parts, ...at } as const;
}

function binary(snippet: Snippet, node: ts.BinaryExpression, at: Span): Expression {
  const { ts } = snippet;
  const kind = node.operatorToken.kind;
  if (kind === ts.SyntaxKind.CommaToken) {
    return { kind: "comma", items: [toValue(snippet, node.left), toValue(snippet, node.right)], ...at };
  }
  const spelled = node.operatorToken.getText(snippet.tree);
  if (kind === ts.SyntaxKind.EqualsToken) {
    const target = toTarget(snippet, node.left);
    return { kind: "assign", operator: "=", target, value: toValue(snippet, node.right), ...at };
  }
  const assigned = spelled.endsWith("=") ? binaryOperators.get(spelled.slice(0, -1)) : undefined;
  if (assigned !== undefined && !binaryOperators.has(spelled) && assigned !== "&&" && assigned !== "||") {
    const target = toTarget(snippet, node.left);
    return { kind: "assign", operator: assigned, target, value: toValue(snippet, node.right), ...at };
  }
  const operator = binaryOperators.get(spelled);
  if (operator === undefined) return snippet.notUnderstood(node, `operator ${spelled}`);
  return { kind: "binary", operator, left: toValue(snippet, node.left), right: toValue(snippet, node.right), ...at };
}

const binaryOperators: ReadonlyMap<string, BinaryOperator> = new Map<string, BinaryOperator>([
  ["*", "*"],
  ["/", "/"],
  ["%", "%"],
  ["+", "+"],
  ["-", "-"],
  ["<<", "<<"],
  [">>", ">>"],
  [">>>", ">>"],
  ["<", "<"],
  [">", ">"],
  ["<=", "<="],
  [">=", ">="],
  ["==", "=="],
  ["===", "=="],
  ["!=", "!="],
  ["!==", "!="],
  ["&", "&"],
  ["^", "^"],
  ["|", "|"],
  ["&&", "&&"],
  ["||", "||"],
]);

function prefix(snippet: Snippet, node: ts.PrefixUnaryExpression, at: Span): Expression {
  const { ts } = snippet;
  switch (node.operator) {
    case ts.SyntaxKind.PlusPlusToken:
      return { kind: "unary", operator: "++", operand: toTarget(snippet, node.operand), ...at };
    case ts.SyntaxKind.MinusMinusToken:
      return { kind: "unary", operator: "--", operand: toTarget(snippet, node.operand), ...at };
    case ts.SyntaxKind.ExclamationToken:
      return { kind: "unary", operator: "!", operand: toValue(snippet, node.operand), ...at };
    case ts.SyntaxKind.MinusToken:
      return { kind: "unary", operator: "-", operand: toValue(snippet, node.operand), ...at };
    case ts.SyntaxKind.PlusToken:
      return { kind: "unary", operator: "+", operand: toValue(snippet, node.operand), ...at };
    case ts.SyntaxKind.TildeToken:
      return { kind: "unary", operator: "~", operand: toValue(snippet, node.operand), ...at };
  }
}

/** C spells no `n`, no `_` and no `0o`. A bigint is an unsigned long. */
function numberText(text: string): string {
  const plain = text.replaceAll("_", "").replace(/^0o/i, "0");
  return plain.endsWith("n") ? `${plain.slice(0, -1)}UL` : plain;
}

export function withoutWrappers(snippet: Snippet, node: ts.Expression): ts.Expression {
  const { ts } = snippet;
  let inner = node;
  while (ts.isParenthesizedExpression(inner) || ts.isNonNullExpression(inner) || ts.isSatisfiesExpression(inner)) {
    inner = inner.expression;
  }
  return inner;
}

export function identifier(name: string, at: Span): Expression {
  return { kind: "identifier", name, start: at.start, end: at.end };
}
