/** Where an expression meets a type: casts, compound literals, sizeof and typeof, and telling a type from an expression. */
import type { Expression, TypeName } from "./ast.ts";
import { beginsOperand, type Cursor } from "./cursor.ts";
import { finishPostfix, parseExpression, parseUnaryDeep, unknownHere } from "./parse-expression.ts";
import { parseBraceInitializer } from "./parse-initializer.ts";
import { parseTypeName } from "./parse-type.ts";
import { beginsType, K, T } from "./tokens.ts";

export function parseTypeof(p: Cursor): Expression {
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

export function parseSizeof(p: Cursor): Expression {
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

export function isCast(p: Cursor): boolean {
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

export function parseCast(p: Cursor): Expression {
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
