/** struct, union and enum. */
import type {
  Annotation,
  CallExpression,
  EnumType,
  Expression,
  FieldDeclaration,
  FieldDeclarator,
  RecordType,
} from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { parseArguments } from "./parse-arguments.ts";
import { isFunctionPointer, parseDeclarator, parseTrailing } from "./parse-declarator.ts";
import { parseAssignment, parseConditional } from "./parse-expression.ts";
import { parseAnnotation, parseSpecifiers } from "./parse-type.ts";
import { appended } from "./scratch.ts";
import { K, T } from "./tokens.ts";

/** Annotations between `struct` and the name, and between the name and `{`. */
function parseTagWords(p: Cursor, before: Annotation[] | undefined): Annotation[] | undefined {
  let annotations = before;
  for (;;) {
    const attribute = p.kind >= K.firstAttribute && p.kind <= K.lastAttribute;
    if (!attribute && !(p.kind === T.ident && p.isAnnotation(p.symbol))) return annotations;
    if (p.failed()) return annotations;
    annotations = appended(annotations, parseAnnotation(p, true));
  }
}

const none: readonly Annotation[] = [];

/** `struct name`, `struct name { .. }` or `struct { .. }`, with the annotations after the brace. */
export function parseRecord(p: Cursor): RecordType {
  const { start } = p;
  const tag = p.kind === K.struct ? "struct" : "union";
  p.advance();
  let words = parseTagWords(p, undefined);
  let name: string | undefined;
  if (p.kind === T.ident) {
    name = p.name;
    p.advance();
    // `struct UVC_HEADER(1) name`: a macro makes the tag.
    if (p.kind === T.lparen) {
      const close = p.closing(p.pos);
      if (close >= 0 && p.kinds[close + 1] === T.ident) p.moveTo(close + 1);
    }
    // `struct A b {`: A is a decoration that is not known.
    if (p.kind === T.ident && p.peek(1) === T.lbrace) {
      if (p.isAnnotation(p.symbol)) words = parseTagWords(p, words);
      else {
        name = p.name;
        p.advance();
      }
    }
  }
  if (p.kind !== T.lbrace) {
    const annotations = words ?? none;
    if (name !== undefined) return { kind: "record", tag, name, annotations, start, end: p.endFrom(start) };
    p.fail("name or `{` expected after a tag");
    return { kind: "record", tag, annotations, start, end: p.endFrom(start) };
  }
  const fields: FieldDeclaration[] = [];
  p.advance();
  parseFields(p, fields, T.rbrace);
  if (!p.failed()) p.expect(T.rbrace, "`}` expected after the fields");
  const annotations = parseTagWords(p, words) ?? none;
  if (name === undefined) return { kind: "record", tag, fields, annotations, start, end: p.endFrom(start) };
  return { kind: "record", tag, name, fields, annotations, start, end: p.endFrom(start) };
}

/** Fields up to `close`. A field that cannot be read is skipped with a gap. */
function parseFields(p: Cursor, fields: FieldDeclaration[], close: number): void {
  if (p.enter()) {
    while (p.kind !== close && p.kind !== T.eof && !p.failed()) {
      if (p.take(T.semicolon)) continue;
      const from = p.pos;
      const { start } = p;
      parseField(p, fields);
      if (!p.failed()) continue;
      if (p.badReason === "nested too deeply") break;
      p.moveTo(from);
      if (!p.skipTo(T.semicolon, close)) break;
      p.recover(start, p.lastEnd);
      p.take(T.semicolon);
    }
  }
  p.leave();
}

/** Leading arguments before the members (linux 6.12.117 include/linux/stddef.h, include/uapi/linux/stddef.h). */
const groupMacros: ReadonlyMap<string, number> = new Map([
  ["struct_group", 1],
  ["struct_group_attr", 2],
  ["struct_group_tagged", 2],
  ["__struct_group", 3],
  ["union_group", 1],
  ["randomized_struct_fields", 0],
]);

function parseField(p: Cursor, fields: FieldDeclaration[]): void {
  const { start } = p;
  if (p.kind === T.ident && p.peek(1) === T.lparen && !p.isAnnotation(p.symbol) && !isFunctionPointer(p, p.pos)) {
    const leading = groupMacros.get(p.name);
    if (leading === undefined) fields.push(parseFieldMacro(p, start));
    else parseFieldGroup(p, fields, leading);
    return;
  }
  // A macro alone on its line: `randomized_struct_fields_start`.
  if (p.kind === T.ident && p.peek(1) === T.semicolon) {
    p.advance();
    return;
  }
  const specifiers = parseSpecifiers(p, "block");
  let declarators: FieldDeclarator[] | undefined;
  if (
    p.kind !== T.semicolon &&
    !p.failed() &&
    specifiers.base.kind === "missing" &&
    p.kind === T.ident &&
    p.peek(1) === T.lparen
  ) {
    fields.push(parseFieldMacro(p, start));
    return;
  }
  while (p.kind !== T.semicolon && !p.failed()) {
    declarators = appended(declarators, parseFieldDeclarator(p));
    if (!p.take(T.comma)) break;
  }
  // The last member of a group may end at `)`.
  if (!p.failed() && p.kind !== T.rparen) p.expect(T.semicolon, "`;` expected after a field");
  fields.push({ specifiers, declarators: declarators ?? [], start, end: p.endFrom(start) });
}

function parseFieldDeclarator(p: Cursor): FieldDeclarator {
  const { start } = p;
  const declarator = p.kind === T.colon ? ({ kind: "abstract" } as const) : parseDeclarator(p, "named");
  let bits: Expression | undefined;
  if (p.take(T.colon)) bits = parseConditional(p);
  const annotations = parseTrailing(p);
  if (bits === undefined) return { declarator, annotations, start, end: p.endFrom(start) };
  return { declarator, bits, annotations, start, end: p.endFrom(start) };
}

function parseFieldMacro(p: Cursor, start: number): FieldDeclaration {
  const callee: Expression = { kind: "identifier", name: p.name, start: p.start, end: p.end };
  p.advance();
  const open = p.start;
  const list = parseArguments(p);
  const macro: CallExpression = {
    kind: "call",
    callee,
    arguments: list,
    open,
    start: callee.start,
    end: p.endFrom(start),
  };
  parseTrailing(p);
  // A macro that brings its own semicolon stands without one.
  if (!p.failed() && !p.take(T.semicolon) && !p.onNewLine(p.pos)) p.expect(T.semicolon, "`;` expected after a field");
  const specifiers = {
    storage: [],
    qualifiers: [],
    base: { kind: "missing" },
    annotations: [],
    start,
    end: start,
  } as const;
  return { specifiers, declarators: [], macro, start, end: p.endFrom(start) };
}

/** `struct_group(name, members)`: the members are fields of the record that holds the group. */
function parseFieldGroup(p: Cursor, fields: FieldDeclaration[], leading: number): void {
  p.advance();
  p.advance();
  for (let i = 0; i < leading; i++) {
    if (!p.skipTo(T.comma, T.comma)) {
      p.fail("`,` expected in a group of fields");
      return;
    }
    p.advance();
  }
  parseFields(p, fields, T.rparen);
  p.expect(T.rparen, "`)` expected after a group of fields");
  parseTrailing(p);
  p.take(T.semicolon);
}

/** `enum name { .. }` or `enum name`. */
export function parseEnum(p: Cursor): EnumType {
  const { start } = p;
  p.advance();
  // The tree keeps no annotations of an enum.
  parseTagWords(p, undefined);
  let name: string | undefined;
  if (p.kind === T.ident) {
    name = p.name;
    p.advance();
  }
  parseTagWords(p, undefined);
  if (p.kind !== T.lbrace) {
    if (name !== undefined) return { kind: "enum", name, start, end: p.endFrom(start) };
    p.fail("name or `{` expected after enum");
    return { kind: "enum", start, end: p.endFrom(start) };
  }
  p.advance();
  const enumerators = parseEnumerators(p);
  parseTagWords(p, undefined);
  if (name === undefined) return { kind: "enum", enumerators, start, end: p.endFrom(start) };
  return { kind: "enum", name, enumerators, start, end: p.endFrom(start) };
}

function parseEnumerators(p: Cursor): NonNullable<EnumType["enumerators"]> {
  const list: { name: string; value?: Expression; start: number; end: number }[] = [];
  while (p.kind !== T.rbrace && !p.failed()) {
    if (p.take(T.comma)) continue;
    const from = p.pos;
    const { start, name } = p;
    if (p.kind !== T.ident) {
      if (p.kind === T.eof) p.fail("`}` expected after the enumerators");
      else p.fail("enumerator expected");
    } else {
      p.advance();
      // A macro that expands to enumerators: `FOREACH_STATE(X)`.
      if (p.kind === T.lparen) {
        const close = p.closing(p.pos);
        if (close < 0) p.fail("`)` expected");
        else p.moveTo(close + 1);
        if (p.kind === T.ident) continue;
      } else {
        while (p.kind === T.ident && p.isAnnotation(p.symbol)) parseAnnotation(p, true);
        if (p.take(T.assign)) {
          const value = parseAssignment(p);
          if (!p.failed()) list.push({ name, value, start, end: p.endFrom(start) });
        } else list.push({ name, start, end: p.endFrom(start) });
      }
    }
    if (!p.failed() && (p.kind === T.comma || p.kind === T.rbrace)) continue;
    p.fail("enumerator not understood");
    p.moveTo(from);
    if (!p.skipTo(T.comma, T.rbrace)) break;
    p.recover(start, p.lastEnd);
  }
  if (!p.failed()) p.advance();
  return list;
}
