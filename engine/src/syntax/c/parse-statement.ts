/** Statements, and where a function resynchronises after one that was not understood. */
import type { CompoundStatement, Expression, ForStatement, Statement, StatementExpression } from "./ast.ts";
import { endsArm, parseConditionalGroup } from "./conditional-group.ts";
import type { Cursor } from "./cursor.ts";
import { parseDeclaration } from "./parse-declarator.ts";
import { parseConditional, parseExpression, unknownHere } from "./parse-expression.ts";
import { parseNameStatement } from "./parse-name-statement.ts";
import { beginsType, K, T } from "./tokens.ts";

/**
 * The statements between the braces of a block, the cursor being after `{`. Stops at `}` or at the end; a stray directive
 * that ends an arm of nothing is skipped.
 */
export function parseBlock(p: Cursor): Statement[] {
  const { mark } = p.statements;
  while (p.kind !== T.rbrace && p.kind !== T.eof) {
    if (endsArm(p.kind)) p.advance();
    else p.statements.push(parseStatement(p));
  }
  return p.statements.take(mark);
}

/** `{ .. }`. A missing `}` at the end of the function is a gap, and what was read stays. */
export function parseCompound(p: Cursor): CompoundStatement {
  const { start } = p;
  p.advance();
  if (!p.enter()) {
    p.leave();
    return { kind: "compound", body: [], start, end: p.endFrom(start) };
  }
  const { inArgument } = p;
  p.inArgument = false;
  const body = parseBlock(p);
  p.inArgument = inArgument;
  p.leave();
  if (!p.take(T.rbrace)) p.gap(start, p.lastEnd, "`}` expected");
  return { kind: "compound", body, start, end: p.endFrom(start) };
}

/** `({ .. })`. */
export function parseStatementExpression(p: Cursor): StatementExpression {
  const { start } = p;
  p.advance();
  const body = parseCompound(p);
  p.expect(T.rparen, "`)` expected after a statement expression");
  return { kind: "statement-expression", body, start, end: p.endFrom(start) };
}

/**
 * One statement. Always consumes something, unless at the end or at a closing bracket that belongs to the caller.
 */
export function parseStatement(p: Cursor): Statement {
  const from = p.pos;
  const { start } = p;
  const gaps = p.gaps.length;
  if (!p.enter()) {
    p.leave();
    return p.inArgument ? { kind: "unknown", start, end: start } : resynchronise(p, from, start);
  }
  const statement = readStatement(p);
  p.leave();
  if (!p.failed()) return statement;
  if (p.inArgument) return { kind: "unknown", start, end: p.endFrom(start) };
  // The gaps inside are part of the one that the statement becomes.
  p.gaps.length = Math.min(gaps, p.gaps.length);
  return resynchronise(p, from, start);
}

/** Records the gap and moves behind the statement: after its `;`, its block, or before the `}` that ends the block. */
function resynchronise(p: Cursor, from: number, start: number): Statement {
  const { badAt } = p;
  p.moveTo(from);
  if (p.kind !== T.eof) {
    let i = from;
    // After one bracket that does not close, later ones are not searched: that keeps this linear.
    let pairs = true;
    for (;;) {
      const kind = p.kinds[i] ?? 0;
      if (kind === T.semicolon) {
        i++;
        break;
      }
      if (kind === T.eof || kind === T.rbrace) {
        if (i === from) i++;
        break;
      }
      if (endsArm(kind) && i > from) break;
      if (kind === T.lbrace) {
        const close: number = pairs ? p.closing(i) : -1;
        pairs = close >= 0;
        i = close < 0 ? i + 1 : close + 1;
        // A block ends the statement, unless it is an initialiser or an argument.
        const next = p.kinds[i] ?? 0;
        if (next === T.comma || next === T.rparen || next === T.semicolon) continue;
        break;
      }
      if (kind === T.lparen || kind === T.lbracket) {
        const close: number = pairs ? closingWithin(p, i) : -1;
        pairs = close >= 0;
        i = close < 0 ? i + 1 : close + 1;
        continue;
      }
      // A line that begins a statement by its keyword is not part of the broken one.
      if (i > from && (p.starts[i] ?? 0) > badAt && kind >= K.if && kind <= K.goto && kind !== K.else && p.onNewLine(i))
        break;
      i++;
    }
    p.moveTo(i);
  }
  const end = p.lastEnd;
  p.recover(start, end);
  return { kind: "unknown", start, end };
}

/** The bracket that closes the one at `open`, unless a `;` outside braces comes first. */
function closingWithin(p: Cursor, open: number): number {
  if (p.closing(open) < 0) return -1;
  let depth = 0;
  let braces = 0;
  for (let i = open; ; i++) {
    const kind = p.kinds[i] ?? 0;
    if (kind === T.eof) return -1;
    if (kind === T.lparen || kind === T.lbracket) depth++;
    else if (kind === T.lbrace) braces++;
    else if (kind === T.rbrace) {
      if (braces-- === 0) return -1;
    } else if (kind === T.semicolon && braces === 0) return -1;
    else if ((kind === T.rparen || kind === T.rbracket) && --depth === 0) return i;
  }
}

function readStatement(p: Cursor): Statement {
  const { kind, start } = p;
  if (kind === T.ident) return parseNameStatement(p);
  if (kind >= K.if && kind <= K.goto) return readKeywordStatement(p);
  if (kind === T.lbrace) return parseCompound(p);
  if (kind === T.semicolon) {
    p.advance();
    return { kind: "empty", start, end: p.endFrom(start) };
  }
  if (kind === T.directiveIf) return parseConditionalGroup(p, parseArm);
  if (beginsType(kind)) return isStorageMacro(p) ? storageMacro(p) : parseDeclaration(p);
  if (kind === K.extension && beginsType(p.peek(1))) {
    p.advance();
    return parseDeclaration(p);
  }
  if (kind >= K.firstAsm && kind <= K.lastAsm) return parseAsm(p);
  if (kind === K.label) {
    while (p.kind !== T.semicolon && p.kind !== T.eof) p.advance();
    p.take(T.semicolon);
    return { kind: "empty", start, end: p.endFrom(start) };
  }
  if (kind === K.lastAttribute || kind === K.firstAttribute) return parseDeclaration(p);
  const expression = parseExpression(p);
  return finishExpressionStatement(p, expression, start);
}

function parseArm(p: Cursor): Statement[] {
  const body: Statement[] = [];
  while (!endsArm(p.kind) && p.kind !== T.eof && p.kind !== T.rbrace) body.push(parseStatement(p));
  return body;
}

/** Takes the `;`. Without one the statement stands when the next line begins anew, and the lack is a gap. */
export function finishExpressionStatement(p: Cursor, expression: Expression, start: number): Statement {
  if (!p.failed() && !p.take(T.semicolon) && !mayEnd(p)) {
    // A macro in capitals alone on its line may bring its own `;`.
    if (expression.kind === "identifier" && p.onNewLine(p.pos) && isCapital(expression.name)) {
      return { kind: "expression", expression, start, end: p.endFrom(start) };
    }
    if (p.onNewLine(p.pos) && p.lastEnd > start && !continues(p.kind)) p.gap(start, p.lastEnd, "`;` expected");
    else p.fail("`;` expected");
  }
  return { kind: "expression", expression, start, end: p.endFrom(start) };
}

const isCapital = (name: string): boolean => name === name.toUpperCase();

/** A statement may end without `;` before the `)` or `,` of a macro call, and at the end of a macro's body. */
const mayEnd = (p: Cursor): boolean =>
  (p.inArgument && (p.kind === T.rparen || p.kind === T.comma)) || (p.macroBody && p.kind === T.eof);

const continues = (kind: number): boolean =>
  kind === T.rparen || kind === T.rbracket || kind === T.comma || kind === T.colon || kind === T.eof;

/** `static DEFINE_SPINLOCK(x);` in a function: storage and qualifiers before a macro call. */
function isStorageMacro(p: Cursor): boolean {
  let ahead = 0;
  while (p.peek(ahead) >= K.firstStorage && p.peek(ahead) <= K.lastQualifier) ahead++;
  if (ahead === 0 || p.peek(ahead) !== T.ident || p.peek(ahead + 1) !== T.lparen) return false;
  const pos = p.pos + ahead;
  if (p.isAnnotation(p.symbolAt(pos)) || p.isTypeName(pos)) return false;
  const close = p.closing(pos + 1);
  const after = close < 0 ? T.eof : (p.kinds[close + 1] ?? 0);
  return after === T.semicolon || after === T.assign;
}

function storageMacro(p: Cursor): Statement {
  const { start } = p;
  while (p.kind >= K.firstStorage && p.kind <= K.lastQualifier) p.advance();
  const expression = parseExpression(p);
  return finishExpressionStatement(p, expression, start);
}

function parseAsm(p: Cursor): Statement {
  const { start } = p;
  while (p.kind !== T.lparen && p.kind !== T.semicolon && p.kind !== T.eof) p.advance();
  if (p.kind === T.lparen) {
    const close = p.closing(p.pos);
    if (close < 0) p.fail("`)` expected after asm");
    else p.moveTo(close + 1);
  }
  if (!p.inArgument || p.kind === T.semicolon) p.expect(T.semicolon, "`;` expected after asm");
  return { kind: "asm", start, end: p.endFrom(start) };
}

function readKeywordStatement(p: Cursor): Statement {
  const { kind, start } = p;
  p.advance();
  switch (kind) {
    case K.if: {
      const test = parseCondition(p);
      const then = parseBody(p);
      if (p.failed() || !p.take(K.else)) return { kind: "if", test, then, start, end: p.endFrom(start) };
      const otherwise = parseBody(p);
      return { kind: "if", test, then, otherwise, start, end: p.endFrom(start) };
    }
    case K.while:
    case K.switch: {
      const test = parseCondition(p);
      const body = parseBody(p);
      if (kind === K.while) return { kind: "while", test, body, start, end: p.endFrom(start) };
      return { kind: "switch", value: test, body, start, end: p.endFrom(start) };
    }
    case K.do:
      return parseDo(p, start);
    case K.for:
      return parseFor(p, start);
    case K.case: {
      const low = parseConditional(p);
      let high: Expression | undefined;
      if (p.take(T.ellipsis)) high = parseConditional(p);
      p.expect(T.colon, "`:` expected after case");
      if (high === undefined) return { kind: "case", low, start, end: p.endFrom(start) };
      return { kind: "case", low, high, start, end: p.endFrom(start) };
    }
    case K.default:
      p.expect(T.colon, "`:` expected after default");
      return { kind: "case", start, end: p.endFrom(start) };
    case K.return: {
      if (p.kind === T.semicolon) {
        p.advance();
        return { kind: "return", start, end: p.endFrom(start) };
      }
      if (mayEnd(p)) return { kind: "return", start, end: p.endFrom(start) };
      const value = parseExpression(p);
      endJump(p, start);
      return { kind: "return", value, start, end: p.endFrom(start) };
    }
    case K.goto: {
      if (p.kind === T.ident) {
        const { name } = p;
        p.advance();
        endJump(p, start);
        return { kind: "goto", name, start, end: p.endFrom(start) };
      }
      const target = parseExpression(p);
      endJump(p, start);
      return { kind: "goto", target, start, end: p.endFrom(start) };
    }
    case K.break:
    case K.continue:
      endJump(p, start);
      return { kind: kind === K.break ? "break" : "continue", start, end: p.endFrom(start) };
    default:
      p.fail("`else` without `if`");
      return { kind: "unknown", start, end: p.endFrom(start) };
  }
}

function endJump(p: Cursor, start: number): void {
  if (p.failed() || p.take(T.semicolon)) return;
  if (mayEnd(p)) return;
  if (p.onNewLine(p.pos) && !continues(p.kind)) p.gap(start, p.lastEnd, "`;` expected");
  else p.fail("`;` expected");
}

/** The body of a governing statement: with nothing left to read it is missing. */
export function parseBody(p: Cursor): Statement {
  const { start } = p;
  if (p.failed()) return { kind: "empty", start, end: start };
  if (p.kind === T.eof || p.kind === T.rbrace || endsArm(p.kind)) {
    p.fail("statement expected");
    return { kind: "empty", start, end: start };
  }
  return parseStatement(p);
}

/** `( condition )`. When the condition cannot be read but its end is found, the statement stays. */
export function parseCondition(p: Cursor): Expression {
  // `if time_after(a, b)`: the macro's own parentheses.
  if (p.kind === T.ident && p.peek(1) === T.lparen) return parseExpression(p);
  if (!p.expect(T.lparen, "`(` expected")) return unknownHere(p);
  const from = p.pos;
  const { start } = p;
  const test = parseExpression(p);
  if (!p.failed() && p.take(T.rparen)) return test;
  p.fail("`)` expected after a condition");
  if (p.badReason === "nested too deeply") return test;
  const close = closingWithin(p, from - 1);
  if (close < 0) return test;
  p.moveTo(close + 1);
  const end = p.starts[close] ?? start;
  p.recover(start, end);
  return { kind: "unknown", start, end };
}

function parseDo(p: Cursor, start: number): Statement {
  const body = parseBody(p);
  if (p.kind === T.ident) {
    // A macro that ends a do loop: `do { .. } while_each_thread(a, b);`.
    const test = parseExpression(p);
    p.take(T.semicolon);
    return { kind: "do-while", test, body, start, end: p.endFrom(start) };
  }
  p.expect(K.while, "`while` expected after a do block");
  const test = p.failed() ? unknownHere(p) : parseCondition(p);
  if (
    !p.failed() &&
    !p.take(T.semicolon) &&
    !p.inArgument &&
    p.kind !== T.rbrace &&
    p.kind !== T.eof &&
    !p.onNewLine(p.pos)
  ) {
    p.fail("`;` expected after a do loop");
  }
  return { kind: "do-while", test, body, start, end: p.endFrom(start) };
}

function parseFor(p: Cursor, start: number): ForStatement {
  const from = p.pos;
  p.expect(T.lparen, "`(` expected after for");
  let init: ForStatement["init"];
  let test: Expression | undefined;
  let update: Expression | undefined;
  if (!p.failed() && !p.take(T.semicolon)) {
    if (beginsType(p.kind) || (p.kind === T.ident && p.peek(1) === T.ident) || declaresPointer(p))
      init = parseDeclaration(p);
    else {
      init = parseExpression(p);
      p.expect(T.semicolon, "`;` expected in for");
    }
  }
  if (!p.failed() && !p.take(T.semicolon)) {
    test = parseExpression(p);
    p.expect(T.semicolon, "`;` expected in for");
  }
  if (!p.failed() && p.kind !== T.rparen) update = parseExpression(p);
  if (!p.failed()) p.expect(T.rparen, "`)` expected after for");
  if (p.failed() && p.badReason !== "nested too deeply" && p.kinds[from] === T.lparen) {
    // The body is worth more than the head.
    const close = p.closing(from);
    const next = close < 0 ? T.eof : (p.kinds[close + 1] ?? 0);
    if (next === T.lbrace) {
      p.moveTo(close + 1);
      p.recover(p.starts[from] ?? start, p.lastEnd);
    }
  }
  const body = parseBody(p);
  if (init !== undefined && test !== undefined && update !== undefined) {
    return { kind: "for", init, test, update, body, start, end: p.endFrom(start) };
  }
  return {
    kind: "for",
    ...(init === undefined ? {} : { init }),
    ...(test === undefined ? {} : { test }),
    ...(update === undefined ? {} : { update }),
    body,
    start,
    end: p.lastEnd,
  };
}

function declaresPointer(p: Cursor): boolean {
  return p.kind === T.ident && p.peek(1) === T.star && p.peek(2) === T.ident && p.isTypeName(p.pos);
}
