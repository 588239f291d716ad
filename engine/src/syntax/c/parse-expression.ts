/** Expressions, from the comma operator down to primary expressions. */
import type { BinaryOperator, Expression, StringLiteral, TypeName, UnaryExpression } from "./ast.ts";
import { parseArguments } from "./parse-arguments.ts";
import { parseBraceInitializer } from "./parse-initializer.ts";
import { parseStatementExpression } from "./parse-statement.ts";
import { parseTypeName } from "./parse-type.ts";
import { beginsOperand, type Cursor } from "./cursor.ts";
import { beginsType, K, T } from "./tokens.ts";

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
  const expression = finishAssignment(p, parseUnary(p), start);
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
  if (p.kind !== T.comma || p.bad) return first;
  const items = [first];
  while (p.kind === T.comma && !p.bad) {
    p.advance();
    items.push(parseAssignment(p));
  }
  return { kind: "comma", items, start, end: p.endFrom(start) };
}

function finishAssignment(p: Cursor, operand: Expression, start: number): Expression {
  const left = finishConditional(p, finishBinary(p, operand, 1, start), start);
  if (p.kind < T.assign || p.kind > T.assignOr || p.bad) return left;
  const operator = assignOperators[p.kind - T.assign] ?? "=";
  p.advance();
  // `DECLARE_BITMAP(name, 3) = {};` assigns a brace list.
  const value = p.kind === T.lbrace ? parseBraceInitializer(p) : parseAssignment(p);
  return { kind: "assign", operator, target: left, value, start, end: p.endFrom(start) };
}

function finishConditional(p: Cursor, test: Expression, start: number): Expression {
  if (p.kind !== T.question || p.bad) return test;
  if (!p.enter()) {
    p.leave();
    return test;
  }
  p.advance();
  let then: Expression | undefined;
  if (p.kind !== T.colon) then = parseExpression(p);
  p.expect(T.colon, "`:` expected after `?`");
  const otherwise = p.bad ? unknownHere(p) : parseConditional(p);
  p.leave();
  if (then === undefined) return { kind: "conditional", test, otherwise, start, end: p.endFrom(start) };
  return { kind: "conditional", test, then, otherwise, start, end: p.endFrom(start) };
}

function finishBinary(p: Cursor, operand: Expression, lowest: number, start: number): Expression {
  let left = operand;
  for (let length = 1; ; length++) {
    const index = p.kind - T.star;
    if (index < 0 || p.kind > T.orOr || p.bad) return left;
    const precedence = precedences[index] ?? 0;
    if (precedence < lowest || !p.chainFits(length)) return left;
    const operator = binaryOperators[index] ?? "+";
    p.advance();
    const rightStart = p.start;
    const right = finishBinary(p, parseUnary(p), precedence + 1, rightStart);
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
function parseUnaryDeep(p: Cursor): Expression {
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

function finishPostfix(p: Cursor, operand: Expression, start: number): Expression {
  let left = operand;
  for (let length = 1; !p.bad; length++) {
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

function parseTypeof(p: Cursor): Expression {
  const { start } = p;
  p.advance();
  if (!p.expect(T.lparen, "`(` expected after typeof")) return unknownHere(p);
  const operand = parseTypeOrExpression(p);
  p.expect(T.rparen, "`)` expected");
  return { kind: "sizeof", operator: "typeof", operand, start, end: p.endFrom(start) };
}

/** What stands between the parentheses of sizeof, typeof and alignof. */
export function parseTypeOrExpression(p: Cursor): Expression | TypeName {
  if (beginsType(p.kind) && !(p.kind >= K.firstTypeof && p.kind <= K.lastTypeof)) return parseTypeName(p);
  if (p.kind >= K.firstTypeof && p.kind <= K.lastTypeof) return parseTypeName(p);
  if (p.kind === T.ident && namesType(p, p.pos)) return parseTypeName(p);
  return parseExpression(p);
}

/** Does a type name begin at the name at `pos` and end at a `)`? For a lone name: is it known to be a type? */
function namesType(p: Cursor, pos: number): boolean {
  if (p.isAnnotation(p.symbolAt(pos))) return true;
  const next = p.kinds[pos + 1] ?? 0;
  if (next === T.rparen || next === T.lbracket) return p.isTypeName(pos);
  if (next === T.star) return pointerTypeEnds(p, pos);
  if (next >= K.firstQualifier && next <= K.lastQualifier) return true;
  if (next === T.lparen) return isStarred(p, pos + 1);
  return next === T.ident && p.isAnnotation(p.symbolAt(pos + 1));
}

/** `name * const __iomem **` up to `)` or `,`, or up to `(*)`. */
export function pointerTypeEnds(p: Cursor, pos: number): boolean {
  for (let i = pos + 1; ; i++) {
    const kind = p.kinds[i] ?? 0;
    if (kind === T.rparen || kind === T.comma) return true;
    if (kind === T.lparen) return isStarred(p, i);
    const part =
      kind === T.star ||
      (kind >= K.firstQualifier && kind <= K.lastQualifier) ||
      (kind === T.ident && p.isAnnotation(p.symbolAt(i)));
    if (!part) return kind === T.lbracket && (p.kinds[i + 1] ?? 0) === T.rbracket;
  }
}

/** `(*)`, the middle of a pointer-to-function or pointer-to-array type. */
export function isStarred(p: Cursor, open: number): boolean {
  return p.kinds[open + 1] === T.star && p.kinds[open + 2] === T.rparen;
}

function parseSizeof(p: Cursor): Expression {
  const { start } = p;
  const operator = p.kind === K.sizeof ? "sizeof" : "alignof";
  p.advance();
  if (p.kind === T.lparen) {
    const inner = p.pos + 1;
    const kind = p.peek(1);
    if (beginsType(kind) || (kind === T.ident && namesType(p, inner))) {
      const open = p.start;
      p.advance();
      const type = parseTypeName(p);
      if (!p.expect(T.rparen, "`)` expected")) return unknownHere(p);
      let operand: Expression | TypeName = type;
      if (p.kind === T.lbrace) {
        const value = parseBraceInitializer(p);
        operand = finishPostfix(p, { kind: "compound-literal", type, value, start: open, end: value.end }, open);
      }
      return { kind: "sizeof", operator, operand, start, end: p.endFrom(start) };
    }
  }
  const operand = parseUnaryDeep(p);
  return { kind: "sizeof", operator, operand, start, end: p.endFrom(start) };
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

function isCast(p: Cursor): boolean {
  const kind = p.peek(1);
  if (beginsType(kind)) return true;
  if (kind !== T.ident) return false;
  const pos = p.pos + 1;
  if (p.peek(2) !== T.rparen) return namesType(p, pos);
  if (p.isAnnotation(p.symbolAt(pos))) return true;
  // `(name)` and then what could follow a cast.
  const next = p.peek(3);
  if (next === T.lparen || next === T.lbrace) return !p.isObject(pos);
  if (next === T.string) return p.isTypeName(pos);
  if (beginsOperand(next)) return true;
  if (next === T.star || next === T.amp || next === T.minus || next === T.plus) return p.isTypeName(pos);
  if (next === T.increment || next === T.decrement) return p.isTypeName(pos);
  return false;
}

function parseCast(p: Cursor): Expression {
  const { start } = p;
  p.advance();
  const type = parseTypeName(p);
  if (!p.expect(T.rparen, "`)` expected after a type")) return unknownHere(p);
  if (p.kind === T.lbrace) {
    const value = parseBraceInitializer(p);
    return finishPostfix(p, { kind: "compound-literal", type, value, start, end: value.end }, start);
  }
  const operand = parseUnaryDeep(p);
  return { kind: "cast", type, operand, start, end: p.endFrom(start) };
}
