/** Statements that begin with a name: declarations, labels, macro loops, guards, calls and other expressions. */
import type { CallExpression, Expression, Statement } from "./ast.ts";
import { beginsOperand, type Cursor } from "./cursor.ts";
import { parseArguments } from "./parse-arguments.ts";
import { finishDeclaration, isFunctionPointer, parseDeclaration } from "./parse-declarator.ts";
import { continueExpression, namesEndInString, parseExpression } from "./parse-expression.ts";
import { finishExpressionStatement, parseBody } from "./parse-statement.ts";
import { beginsType, K, T } from "./tokens.ts";

export function parseNameStatement(p: Cursor): Statement {
  const { start, name, end } = p;
  const next = p.peek(1);
  if (next === T.lparen) {
    if (p.isAnnotation(p.symbol) || isFunctionPointer(p, p.pos)) {
      if (declaresAfterParens(p)) return parseDeclaration(p);
    }
    return parseCallStatement(p);
  }
  if (next === T.colon) {
    p.advance();
    p.advance();
    return { kind: "label", name, start, end: p.endFrom(start) };
  }
  if (beginsDeclaration(p, next)) return parseDeclaration(p);
  if (next === T.lbrace) {
    // A macro without arguments that governs a block.
    p.advance();
    const callee: Expression = { kind: "identifier", name, start, end };
    const call: CallExpression = { kind: "call", callee, arguments: [], open: end, start, end };
    const body = parseBody(p);
    return { kind: "macro-statement", call, body, start, end: p.endFrom(start) };
  }
  return finishExpressionStatement(p, parseExpression(p), start);
}

/** `__aligned(8) u8 x;` or a function pointer, rather than a call of a macro that is named like an annotation. */
function declaresAfterParens(p: Cursor): boolean {
  if (!p.isAnnotation(p.symbol)) return true;
  const close = p.closing(p.pos + 1);
  const after = close < 0 ? T.eof : (p.kinds[close + 1] ?? 0);
  return after === T.ident || beginsType(after);
}

function beginsDeclaration(p: Cursor, next: number): boolean {
  if (next === T.ident) return !namesEndInString(p) && !(p.onNewLine(p.pos + 1) && !p.isTypeName(p.pos));
  if (next === T.star) {
    // `a * b;` computes nothing, so it declares; unless `a` is an object.
    if (p.locals.has(p.symbol)) return false;
    let ahead = 1;
    for (;;) {
      const kind = p.peek(ahead);
      if (kind !== T.star && !(kind >= K.firstQualifier && kind <= K.lastQualifier)) break;
      ahead++;
    }
    if (p.peek(ahead) === T.lparen) return p.isTypeName(p.pos);
    if (p.peek(ahead) !== T.ident) return false;
    const after = p.peek(ahead + 1);
    return (
      after === T.semicolon ||
      after === T.assign ||
      after === T.comma ||
      after === T.lbracket ||
      after === T.ident ||
      after === T.lparen
    );
  }
  if (p.isAnnotation(p.symbol)) return beginsType(next);
  return beginsType(next) && !p.onNewLine(p.pos + 1);
}

/** `name(..)` at the beginning of a statement: what follows tells a call from a macro that governs a statement. */
function parseCallStatement(p: Cursor): Statement {
  const { start, name, end } = p;
  const at = p.pos;
  const callee: Expression = { kind: "identifier", name, start, end };
  p.advance();
  const open = p.start;
  const list = parseArguments(p);
  const call: CallExpression = { kind: "call", callee, arguments: list, open, start, end: p.endFrom(start) };
  if (p.take(T.semicolon)) return { kind: "expression", expression: call, start, end: p.endFrom(start) };
  if (p.failed()) return { kind: "expression", expression: call, start, end: p.endFrom(start) };
  if (p.kind === T.ident && declaresHere(p) && !isLoopName(name)) {
    // `BKEY_PADDED(key) alloc;`: the macro is a type.
    const base = { kind: "named", name } as const;
    const specifiers = { storage: [], qualifiers: [], base, annotations: [], start, end: p.endFrom(start) };
    return finishDeclaration(p, start, specifiers, p.locals, undefined);
  }
  if (governs(p, at, name)) return finishMacroStatement(p, call, start);
  if (startsStatement(p.kind)) {
    // A macro that needs no `;`.
    return { kind: "expression", expression: call, start, end: p.endFrom(start) };
  }
  return finishExpressionStatement(p, continueExpression(p, call), start);
}

/** A name on the same line as `macro(..)` before it, and then what follows a declared name. */
function declaresHere(p: Cursor): boolean {
  if (p.onNewLine(p.pos)) return false;
  const next = p.peek(1);
  return (
    next === T.semicolon || next === T.comma || next === T.lbracket || (next === T.assign && p.peek(2) !== T.ident)
  );
}

/** After `name(..)`: does it govern the statement that follows? */
function governs(p: Cursor, at: number, name: string): boolean {
  const { kind, pos } = p;
  if (kind === T.lbrace) return true;
  const loop = isLoopName(name);
  if (kind === T.star || kind === T.increment || kind === T.decrement || kind === T.lparen) {
    if (!p.onNewLine(pos)) return false;
    return loop || (kind !== T.lparen && p.indentation(pos) > p.indentation(at));
  }
  if (
    !startsStatement(kind) ||
    kind === T.rbrace ||
    kind === T.eof ||
    kind === K.else ||
    kind === K.case ||
    kind === K.default
  )
    return false;
  if (loop) return true;
  return p.indentation(pos) > p.indentation(at);
}

function startsStatement(kind: number): boolean {
  return (
    beginsOperand(kind) ||
    (kind >= K.if && kind <= K.goto) ||
    beginsType(kind) ||
    kind === T.rbrace ||
    kind === T.eof ||
    (kind >= T.directiveIf && kind <= T.directiveEndif)
  );
}

const isLoopName = (name: string): boolean =>
  name.includes("for_each") || name.includes("foreach") || name.includes("FOR_EACH") || name.startsWith("scoped_");

/** The governed statement. `macro_for(i = 0; i < n; i++) ..` is a for loop. */
function finishMacroStatement(p: Cursor, call: CallExpression, start: number): Statement {
  const body = parseBody(p);
  const [head] = call.arguments;
  if (call.arguments.length === 1 && head?.kind === "statement-expression") {
    const [init, test, update] = head.body.body;
    if (init?.kind === "expression" && test?.kind === "expression" && update?.kind === "expression") {
      return {
        kind: "for",
        init: init.expression,
        test: test.expression,
        update: update.expression,
        body,
        start,
        end: p.lastEnd,
      };
    }
  }
  return { kind: "macro-statement", call, body, start, end: p.endFrom(start) };
}
