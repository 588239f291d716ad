/** Expressions, from the comma operator down to primary expressions. */
import type { BinaryOperator, Expression, StringLiteral, UnaryExpression } from "./ast.ts";
import { parseArguments } from "./parse-arguments.ts";
import { parseBraceInitializer } from "./parse-initializer.ts";
import { parseStatementExpression } from "./parse-statement.ts";
import { isCast, parseCast, parseSizeof, parseTypeof } from "./parse-cast.ts";
import type { Cursor } from "./cursor.ts";
import { K, T } from "./tokens.ts";

/** The operators of kinds T.star .. T.orOr. */
const binaryOperators: readonly BinaryOperator[] = [
  "*",
  "/",
  "%",
  "+",
  "-",
  "<<",
  ">>",
  "<",
  ">",
  "<=",
  ">=",
  "==",
  "!=",
  "&",
  "^",
  "|",
  "&&",
  "||",
];
const precedences = Uint8Array.from([10, 10, 10, 9, 9, 8, 8, 7, 7, 7, 7, 6, 6, 5, 4, 3, 2, 1]);
/** The operators of kinds T.assign .. T.assignOr. */
const assignOperators: readonly ("=" | BinaryOperator)[] = ["=", "*", "/", "%", "+", "-", "<<", ">>", "&", "^", "|"];

/** An expression with comma operators. */
export function parseExpression(p: Cursor): Expression {
  const { start } = p;
  return finishComma(p, parseAssignment(p), start);
}

/** An expression without a top-level comma. */
export function parseAssignment(p: Cursor): Expression {
  if (!p.enter()) {
    p.leave();
    return unknownHere(p);
  }
  const { start } = p;
  const operand = parseUnary(p);
  // Most expressions are one operand.
  const alone = p.kind === T.comma || p.kind === T.rparen || p.kind === T.semicolon;
  const expression = alone ? operand : finishAssignment(p, operand, start);
  p.leave();
  return expression;
}

/** The condition after `case` and in array bounds: no assignment. */
export function parseConditional(p: Cursor): Expression {
  const { start } = p;
  return finishConditional(p, finishBinary(p, parseUnary(p), 1, start), start);
}

/** Goes on with an expression whose first operand has been read up to its postfix operators. */
export function continueExpression(p: Cursor, operand: Expression): Expression {
  const { start } = operand;
  return finishComma(p, finishAssignment(p, finishPostfix(p, operand, start), start), start);
}

export function unknownHere(p: Cursor): Expression {
  return { kind: "unknown", start: p.start, end: p.start };
}

function finishComma(p: Cursor, first: Expression, start: number): Expression {
  if (p.kind !== T.comma || p.failed()) return first;
  const items = [first];
  while (p.kind === T.comma && !p.failed()) {
    p.advance();
    items.push(parseAssignment(p));
  }
  return { kind: "comma", items, start, end: p.endFrom(start) };
}

function finishAssignment(p: Cursor, operand: Expression, start: number): Expression {
  const left = finishConditional(p, finishBinary(p, operand, 1, start), start);
  if (p.kind < T.assign || p.kind > T.assignOr || p.failed()) return left;
  const operator = assignOperators[p.kind - T.assign] ?? "=";
  p.advance();
  // `DECLARE_BITMAP(name, 3) = {};` assigns a brace list.
  const value = p.kind === T.lbrace ? parseBraceInitializer(p) : parseAssignment(p);
  return { kind: "assign", operator, target: left, value, start, end: p.endFrom(start) };
}

function finishConditional(p: Cursor, test: Expression, start: number): Expression {
  if (p.kind !== T.question || p.failed()) return test;
  if (!p.enter()) {
    p.leave();
    return test;
  }
  p.advance();
  let then: Expression | undefined;
  if (p.kind !== T.colon) then = parseExpression(p);
  p.expect(T.colon, "`:` expected after `?`");
  const otherwise = p.failed() ? unknownHere(p) : parseConditional(p);
  p.leave();
  if (then === undefined) return { kind: "conditional", test, otherwise, start, end: p.endFrom(start) };
  return { kind: "conditional", test, then, otherwise, start, end: p.endFrom(start) };
}

function finishBinary(p: Cursor, operand: Expression, lowest: number, start: number): Expression {
  let left = operand;
  for (let length = 1; ; length++) {
    const index = p.kind - T.star;
    if (index < 0 || p.kind > T.orOr || p.failed()) return left;
    const precedence = precedences[index] ?? 0;
    if (precedence < lowest || !p.chainFits(length)) return left;
    const operator = binaryOperators[index] ?? "+";
    p.advance();
    const rightStart = p.start;
    let right = parseUnary(p);
    const after = p.kind - T.star;
    if (after >= 0 && (precedences[after] ?? 0) > precedence)
      right = finishBinary(p, right, precedence + 1, rightStart);
    left = { kind: "binary", operator, left, right, start, end: p.endFrom(start) };
  }
}

function parseUnary(p: Cursor): Expression {
  const { start } = p;
  switch (p.kind) {
    case T.ident:
      return finishPostfix(p, parseIdentifier(p), start);
    case T.star:
      return prefix(p, "*");
    case T.amp:
      return prefix(p, "&");
    case T.minus:
      return prefix(p, "-");
    case T.plus:
      return prefix(p, "+");
    case T.tilde:
      return prefix(p, "~");
    case T.bang:
      return prefix(p, "!");
    case T.increment:
      return prefix(p, "++");
    case T.decrement:
      return prefix(p, "--");
    case T.andAnd:
      return labelAddress(p);
    case T.lparen:
      return parenthesised(p);
    default:
      if (p.kind === K.extension) {
        p.advance();
        return parseUnaryDeep(p);
      }
      if (p.kind >= K.sizeof && p.kind <= K.lastSizeof) return parseSizeof(p);
      return finishPostfix(p, parsePrimary(p), start);
  }
}

/** parseUnary for an operand of another unary operator: counts as a level of nesting. */
export function parseUnaryDeep(p: Cursor): Expression {
  if (!p.enter()) {
    p.leave();
    return unknownHere(p);
  }
  const operand = parseUnary(p);
  p.leave();
  return operand;
}

function prefix(p: Cursor, operator: UnaryExpression["operator"]): Expression {
  const { start } = p;
  p.advance();
  const operand = parseUnaryDeep(p);
  return { kind: "unary", operator, operand, start, end: p.endFrom(start) };
}

function labelAddress(p: Cursor): Expression {
  const { start } = p;
  p.advance();
  const { name } = p;
  if (!p.expect(T.ident, "label expected after `&&`")) return unknownHere(p);
  return { kind: "label-address", name, start, end: p.endFrom(start) };
}

export function finishPostfix(p: Cursor, operand: Expression, start: number): Expression {
  let left = operand;
  for (let length = 1; !p.failed(); length++) {
    switch (p.kind) {
      case T.lparen: {
        const open = p.start;
        const list = parseArguments(p);
        left = { kind: "call", callee: left, arguments: list, open, start, end: p.endFrom(start) };
        break;
      }
      case T.lbracket: {
        p.advance();
        const index = parseExpression(p);
        p.expect(T.rbracket, "`]` expected");
        left = { kind: "index", object: left, index, start, end: p.endFrom(start) };
        break;
      }
      case T.dot:
      case T.arrow: {
        const arrow = p.kind === T.arrow;
        p.advance();
        if (p.kind !== T.ident && p.kind < T.keyword) {
          p.fail("member name expected");
          return left;
        }
        const { name, start: nameStart, end } = p;
        p.advance();
        left = { kind: "member", object: left, name, nameStart, arrow, start, end };
        break;
      }
      case T.string:
        // `pr_fmt(NAME) "text"`: the call stands for a string as well.
        if (left.kind !== "call") return left;
        parseString(p);
        return { kind: "string", start, end: p.endFrom(start) };
      case T.increment:
      case T.decrement: {
        const operator = p.kind === T.increment ? "++" : "--";
        p.advance();
        left = { kind: "postfix", operator, operand: left, start, end: p.endFrom(start) };
        break;
      }
      default:
        return left;
    }
    if (!p.chainFits(length)) return left;
  }
  return left;
}

/** A name, or a string literal that begins with names: `KERN_ERR PFX "x"`. */
function parseIdentifier(p: Cursor): Expression {
  const next = p.peek(1);
  if (next === T.string || (next === T.ident && (namesEndInString(p) || areStrings(p)))) return parseString(p);
  const node: Expression = { kind: "identifier", name: p.name, start: p.start, end: p.end };
  p.advance();
  return node;
}

/** `A B "x"` or `A fmt("x")`: names up to a string literal. */
export function namesEndInString(p: Cursor): boolean {
  let ahead = 1;
  while (p.peek(ahead) === T.ident) ahead++;
  return p.peek(ahead) === T.string || (p.peek(ahead) === T.lparen && p.peek(ahead + 1) === T.string);
}

/** `PREFIX DRIVER_DESC`: two names in capitals side by side can only be strings. */
function areStrings(p: Cursor): boolean {
  return !p.onNewLine(p.pos + 1) && isCapital(p.name) && isCapital(p.nameAt(p.pos + 1));
}
const isCapital = (name: string): boolean => name === name.toUpperCase();

/** String literals and the names and macro calls between them. */
function parseString(p: Cursor): StringLiteral {
  const { start } = p;
  for (;;) {
    if (p.kind === T.string) p.advance();
    else if (p.kind === T.ident && !(p.onNewLine(p.pos) && p.peek(1) !== T.string && p.peek(1) !== T.rparen)) {
      p.advance();
      if (p.kind === T.lparen) {
        const close = p.closing(p.pos);
        if (close < 0) {
          p.fail("`)` expected");
          break;
        }
        p.moveTo(close + 1);
      }
    } else if (p.kind === T.ident && p.peek(1) === T.lparen) {
      // A macro on the next line (`__stringify(x)`) belongs to the string when its call ends before `)` or `,` or a string.
      const close = p.closing(p.pos + 1);
      const after = close < 0 ? T.eof : (p.kinds[close + 1] ?? 0);
      if (after !== T.string && after !== T.rparen && after !== T.comma) break;
      p.moveTo(close + 1);
    } else if (p.kind === T.ident && (p.peek(1) === T.comma || p.peek(1) === T.ident || p.peek(1) === T.semicolon)) {
      p.advance();
    } else break;
  }
  return { kind: "string", start, end: p.endFrom(start) };
}

function parsePrimary(p: Cursor): Expression {
  const { start, end } = p;
  switch (p.kind) {
    case T.number: {
      const text = p.name;
      p.advance();
      return { kind: "number", text, start, end };
    }
    case T.char: {
      const text = p.name;
      p.advance();
      return { kind: "char", text, start, end };
    }
    case T.string:
      return parseString(p);
    default:
      if (p.kind >= K.firstTypeof && p.kind <= K.lastTypeof) return parseTypeof(p);
      if (p.kind === K.generic && p.peek(1) === T.lparen) {
        p.advance();
        return { kind: "identifier", name: "_Generic", start, end };
      }
      p.fail(p.kind === T.eof ? "the code ends inside an expression" : "expression expected");
      return unknownHere(p);
  }
}

/** `(`: a cast, a compound literal, a statement expression or an expression in parentheses. */
function parenthesised(p: Cursor): Expression {
  const { start } = p;
  if (p.peek(1) === T.lbrace) return finishPostfix(p, parseStatementExpression(p), start);
  if (isCast(p)) return parseCast(p);
  p.advance();
  const inner = parseExpressionDeep(p);
  p.expect(T.rparen, "`)` expected");
  return finishPostfix(p, inner, start);
}

function parseExpressionDeep(p: Cursor): Expression {
  if (!p.enter()) {
    p.leave();
    return unknownHere(p);
  }
  const expression = parseExpression(p);
  p.leave();
  return expression;
}
