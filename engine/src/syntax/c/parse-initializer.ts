/** Initialisers: brace lists with designators, and the items of ops tables. */
import type { Designator, Expression, InitializerItem, InitializerList } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { parseAssignment, parseConditional } from "./parse-expression.ts";
import { appended } from "./scratch.ts";
import { T } from "./tokens.ts";

/** What stands after `=` in a declaration. */
export function parseInitializer(p: Cursor): Expression {
  return p.kind === T.lbrace ? parseBraceInitializer(p) : parseAssignment(p);
}

/** A brace list. An item that cannot be read is skipped with a gap; the others stay. */
export function parseBraceInitializer(p: Cursor): InitializerList {
  const { start } = p;
  const { mark } = p.items;
  p.advance();
  if (p.enter()) {
    while (p.kind !== T.rbrace) {
      if (p.kind === T.eof) {
        p.fail("`}` expected after the initialiser");
        break;
      }
      if (p.take(T.comma)) continue;
      const from = p.pos;
      const itemStart = p.start;
      const item = parseInitializerItem(p);
      if (!p.failed() && itemEnds(p)) p.items.push(item);
      else {
        p.fail("initialiser item not understood");
        if (p.badReason === "nested too deeply") break;
        p.moveTo(from);
        if (!p.skipTo(T.comma, T.rbrace)) break;
        p.recover(itemStart, p.lastEnd);
      }
    }
  }
  p.leave();
  if (!p.failed()) p.advance();
  const items = p.items.take(mark);
  return { kind: "initializer-list", items, start, end: p.endFrom(start) };
}

/** An item ends at `,` or `}`; a macro that brings its own comma may be followed by the next line's item. */
function itemEnds(p: Cursor): boolean {
  if (p.kind === T.comma || p.kind === T.rbrace) return true;
  const before = p.kinds[p.pos - 1] ?? 0;
  // `MACRO(..) { items }`, where the macro opens the list's item.
  if (p.kind === T.lbrace && (before === T.rparen || before === T.ident)) return true;
  const next = p.kind === T.ident || p.kind === T.lbrace || p.kind === T.dot || p.kind === T.lbracket;
  return next && before !== T.rbrace && p.onNewLine(p.pos);
}

/** One item with its designators: `.a.b[1] = v`, `[1 ... 3] = v`, the GNU form `a: v`, or just `v`. */
export function parseInitializerItem(p: Cursor): InitializerItem {
  const { start } = p;
  let designators: Designator[] | undefined;
  if (p.kind === T.ident && p.peek(1) === T.colon) {
    designators = appended(designators, { kind: "field", name: p.name, start, end: p.end });
    p.advance();
    p.advance();
  } else {
    for (;;) {
      if (p.kind === T.dot) {
        p.advance();
        const { name, start: from, end } = p;
        if (p.kind < T.keyword && p.kind !== T.ident) {
          p.fail("field name expected");
          break;
        }
        p.advance();
        designators = appended(designators, { kind: "field", name, start: from, end });
      } else if (p.kind === T.lbracket) {
        p.advance();
        const low = parseConditional(p);
        let high: Expression | undefined;
        if (p.take(T.ellipsis)) high = parseConditional(p);
        p.expect(T.rbracket, "`]` expected");
        designators = appended(designators, high === undefined ? { kind: "index", low } : { kind: "index", low, high });
      } else break;
      if (p.failed()) break;
    }
    // The oldest GNU form leaves the `=` out after `[i]`.
    if (designators !== undefined) p.take(T.assign);
  }
  if (designators === undefined) p.positional = true;
  const value = p.failed() ? missing(p) : parseInitializer(p);
  return { designators: designators ?? none, value, start, end: p.endFrom(start) };
}

const none: readonly Designator[] = [];
const missing = (p: Cursor): Expression => ({ kind: "unknown", start: p.start, end: p.start });
