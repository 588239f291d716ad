/** Arguments of calls. A macro takes more than expressions: types, operators, initialisers, statements, nothing. */
import type { Expression, Statement, TypeName } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { isStarred, pointerTypeEnds } from "./parse-cast.ts";
import { namesEndInString, parseAssignment, unknownHere } from "./parse-expression.ts";
import { parseBraceInitializer, parseInitializerItem } from "./parse-initializer.ts";
import { parseStatement } from "./parse-statement.ts";
import { parseTypeName } from "./parse-type.ts";
import { beginsType, K, T } from "./tokens.ts";

/**
 * The arguments from `(` to `)`. An argument that cannot be read becomes an unknown expression and a gap; the others
 * stay. Fails when the closing parenthesis is missing.
 */
export function parseArguments(p: Cursor): Expression[] {
  const open = p.pos;
  p.advance();
  if (p.take(T.rparen)) return [];
  const { mark } = p.arguments;
  for (;;) {
    p.arguments.push(parseArgument(p, open));
    if (p.take(T.comma)) continue;
    if (p.take(T.rparen)) return p.arguments.take(mark);
    // parseArgument leaves nothing else behind without a failure.
    p.fail("`)` expected");
    return p.arguments.take(mark);
  }
}

/** A type of at most this many tokens is read again as the beginning of a declaration; the limit keeps that cheap. */
const declarationTokens = 16;

function parseArgument(p: Cursor, open: number): Expression {
  const from = p.pos;
  const { start } = p;
  let argument = readArgument(p);
  if (!p.failed() && (p.kind === T.comma || p.kind === T.rparen)) return argument;
  if (!p.failed() && argument.kind === "type-argument" && p.pos - from < declarationTokens) {
    // `poll(dev, 10, u32 x = read(dev); ..)`: what looked like a type begins a declaration.
    if (p.kind === T.assign || p.kind === T.semicolon) {
      p.moveTo(from);
      argument = parseStatementsArgument(p, start, []);
      if (!p.failed() && (p.kind === T.comma || p.kind === T.rparen)) return argument;
    }
  } else if (!p.failed() && p.kind === T.semicolon && p.closing(open) >= 0) {
    p.advance();
    const first: Statement = { kind: "expression", expression: argument, start, end: p.endFrom(start) };
    argument = parseStatementsArgument(p, start, [first]);
    if (!p.failed() && (p.kind === T.comma || p.kind === T.rparen)) return argument;
  }
  p.fail("argument not understood");
  // Nesting that is too deep is no matter of this argument alone.
  if (p.badReason === "nested too deeply") return argument;
  p.moveTo(from);
  if (!p.skipTo(T.comma, T.rparen)) return argument;
  p.recover(start, p.lastEnd);
  return { kind: "unknown", start, end: p.endFrom(start) };
}

function readArgument(p: Cursor): Expression {
  const { kind } = p;
  if (kind === T.ident) {
    const next = p.peek(1);
    if (next === T.comma || next === T.rparen) {
      if (p.isTypeName(p.pos)) return typeArgument(p);
      const node: Expression = { kind: "identifier", name: p.name, start: p.start, end: p.end };
      p.advance();
      return node;
    }
    return isTypeArgument(p, next) ? typeArgument(p) : parseAssignment(p);
  }
  if (kind === T.number || kind === T.string) return parseAssignment(p);
  if (kind === T.comma || kind === T.rparen)
    return { kind: "operator-argument", text: "", start: p.start, end: p.start };
  if (beginsType(kind)) return typeArgument(p);
  const next = p.peek(1);
  if ((next === T.comma || next === T.rparen) && isOperator(kind)) {
    const { start, end } = p;
    p.advance();
    return { kind: "operator-argument", text: p.text.slice(start, end), start, end };
  }
  if ((kind === T.dot && next === T.ident) || kind === T.lbracket) {
    const item = parseInitializerItem(p);
    return { kind: "initializer-list", items: [item], start: item.start, end: item.end };
  }
  if (kind === T.lbrace) {
    return holdsStatements(p) ? parseStatementsArgument(p, p.start, []) : parseBraceInitializer(p);
  }
  if (kind >= K.if && kind <= K.goto) return parseStatementsArgument(p, p.start, []);
  return parseAssignment(p);
}

const isOperator = (kind: number): boolean =>
  (kind >= T.assign && kind <= T.orOr) || kind === T.ellipsis || kind === T.dot || kind === T.arrow;

function isTypeArgument(p: Cursor, next: number): boolean {
  if (next === T.star) return !p.locals.has(p.symbol) && (pointerTypeEnds(p, p.pos) || namedPointerEnds(p));
  if (next === T.ident) return !namesEndInString(p);
  if (next === T.lparen) return isStarred(p, p.pos + 1) && p.isTypeName(p.pos);
  return (next >= K.firstQualifier && next <= K.lastQualifier) || p.isAnnotation(p.symbol);
}

/** `type *name` up to `,` or `)` where `type` is known to be one: an argument that declares (`TP_PROTO(u8 *data)`). */
function namedPointerEnds(p: Cursor): boolean {
  if (!p.isTypeName(p.pos)) return false;
  let ahead = 1;
  while (p.peek(ahead) === T.star) ahead++;
  const after = p.peek(ahead + 1);
  return p.peek(ahead) === T.ident && (after === T.comma || after === T.rparen);
}

function typeArgument(p: Cursor): Expression {
  const type: TypeName = parseTypeName(p, true);
  if (p.failed()) return unknownHere(p);
  return { kind: "type-argument", type, start: type.start, end: type.end };
}

/** Does the brace at the cursor hold statements rather than initialiser items? */
function holdsStatements(p: Cursor): boolean {
  const close = p.closing(p.pos);
  let depth = 0;
  for (let i = p.pos; i < close; i++) {
    const kind = p.kinds[i] ?? 0;
    if (kind === T.lparen || kind === T.lbracket || kind === T.lbrace) depth++;
    else if (kind === T.rparen || kind === T.rbracket || kind === T.rbrace) depth--;
    else if (kind === T.semicolon && depth === 1) return true;
  }
  return false;
}

/** Statements as an argument: `wait_event_cmd(q, done, unlock(l); pause(), lock(l))`, `macro_for(i = 0; i < n; i++)`. */
function parseStatementsArgument(p: Cursor, start: number, body: Statement[]): Expression {
  const { inArgument } = p;
  p.inArgument = true;
  if (p.enter()) {
    while (!p.failed() && p.kind !== T.comma && p.kind !== T.rparen && p.kind !== T.eof) {
      if (p.kind === T.semicolon) p.advance();
      else body.push(parseStatement(p));
    }
  }
  p.leave();
  p.inArgument = inArgument;
  const end = p.lastEnd;
  return { kind: "statement-expression", body: { kind: "compound", body, start, end }, start, end };
}
