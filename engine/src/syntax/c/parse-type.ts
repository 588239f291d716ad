/** Declaration specifiers, type names and annotations. */
import type { Annotation, BaseType, Specifiers, TypeName } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { isFunctionPointer, parseDeclarator } from "./parse-declarator.ts";
import { parseTypeOrExpression } from "./parse-cast.ts";
import { parseEnum, parseRecord } from "./parse-record.ts";
import { appended } from "./scratch.ts";
import { K, keywordCount, T } from "./tokens.ts";

/**
 * What a run of specifiers stands before.
 * - `file`: a declaration at file scope, where `NAME(` is a macro call and leaves the base missing.
 * - `block`: a declaration in a function or record.
 * - `name`: a type name or parameter, where a lone name is the type.
 */
export type SpecifierPlace = "file" | "block" | "name";

/** A type name as in a cast; with `named`, the declarator may name something. */
export function parseTypeName(p: Cursor, named = false): TypeName {
  const { start } = p;
  const specifiers = parseSpecifiers(p, "name");
  const declarator = p.failed() ? abstract : parseDeclarator(p, named ? "either" : "abstract");
  return { kind: "type-name", specifiers, declarator, start, end: p.endFrom(start) };
}

const abstract = { kind: "abstract" } as const;

/** `__attribute__((x))`, or an annotation word with its argument in parentheses. */
export function parseAnnotation(p: Cursor, takesArgument: boolean): Annotation {
  const { name, start } = p;
  p.advance();
  // `void __noreturn (*entry)(void)`: the parentheses are a declarator's.
  if (!takesArgument || p.kind !== T.lparen || p.peek(1) === T.star) return { name, start, end: p.endFrom(start) };
  const close = p.closing(p.pos);
  if (close < 0) {
    p.fail("`)` expected");
    return { name, start, end: p.endFrom(start) };
  }
  const from = p.end;
  const to = p.starts[close] ?? from;
  p.moveTo(close + 1);
  return { name, argument: p.text.slice(from, to).trim(), start, end: p.endFrom(start) };
}

const noStrings: readonly string[] = [];
const noQualifiers: Specifiers["qualifiers"] = [];
const noAnnotations: readonly Annotation[] = [];

/** Reads specifiers as far as they go; the base is `missing` when no type was found. */
export function parseSpecifiers(p: Cursor, place: SpecifierPlace): Specifiers {
  const { start } = p;
  let storage: string[] | undefined;
  let qualifiers: ("const" | "volatile" | "restrict" | "atomic")[] | undefined;
  let annotations: Annotation[] | undefined;
  let base: BaseType | undefined;
  let named = -1;
  let words = 0;
  while (!p.failed()) {
    const { kind } = p;
    if (kind === T.ident) {
      if (p.isAnnotation(p.symbol)) {
        annotations = appended(annotations, parseAnnotation(p, true));
        continue;
      }
      const next = p.peek(1);
      if (base === undefined && words === 0) {
        if (endsSpecifiers(p, place, next, storage !== undefined || qualifiers !== undefined)) break;
        base = p.namedBase();
        named = p.pos;
        p.advance();
        continue;
      }
      // A second name is the declarator, unless more of a declaration follows it.
      const goesOn =
        next === T.ident
          ? !isTrailing(p, p.pos + 1, place)
          : next === T.star || (next >= K.firstStorage && next < K.firstAttribute);
      if (!goesOn) break;
      if (next !== T.star && named >= 0 && decorates(p, named) && !decorates(p, p.pos)) {
        annotations = appended(annotations, annotationAt(p, named));
        base = p.namedBase();
        named = p.pos;
        p.advance();
      } else if (next === T.ident || next === T.star || words === 0) {
        annotations = appended(annotations, parseAnnotation(p, false));
      } else break;
    } else if (kind < T.keyword || kind > K.lastAttribute) break;
    else if (kind <= K.lastStorage) {
      storage = appended(storage, storageName(p.name));
      p.advance();
    } else if (kind <= K.lastQualifier) {
      qualifiers = appended(qualifiers, qualifierName(p.name));
      p.advance();
    } else {
      if (kind >= K.firstAttribute) {
        annotations = appended(annotations, parseAnnotation(p, true));
        continue;
      }
      // `MACRO int x`: what was taken for the type decorates it.
      if (named >= 0) {
        annotations = appended(annotations, annotationAt(p, named));
        named = -1;
        base = undefined;
      }
      if (kind <= K.lastBuiltin) {
        words = addBuiltin(words, p.name);
        p.advance();
      } else if (base !== undefined || words !== 0) break;
      else if (kind === K.enum) base = parseEnum(p);
      else if (kind === K.struct || kind === K.union) base = parseRecord(p);
      else base = parseTypeofBase(p);
    }
  }
  if (words !== 0) base = builtinBase(words);
  return {
    storage: storage ?? noStrings,
    qualifiers: qualifiers ?? noQualifiers,
    base: base ?? missingBase,
    annotations: annotations ?? noAnnotations,
    start,
    end: Math.max(start, p.lastEnd),
  };
}

/** With no type so far: is the name at the cursor the declarator (implicit int) or a macro call, not the type? */
function endsSpecifiers(p: Cursor, place: SpecifierPlace, next: number, something: boolean): boolean {
  if (place === "name") return false;
  if (next === T.lparen) {
    // `foo_t (*callback)(int)`; else a macro call.
    return !isFunctionPointer(p, p.pos);
  }
  if (!something) return false;
  return next === T.assign || next === T.semicolon || next === T.comma || next === T.lbracket;
}

/** Words after a declared name (`struct x *p __free(kfree) = ..`): do they begin at `pos`? */
function isTrailing(p: Cursor, pos: number, place: SpecifierPlace): boolean {
  if (place === "name") return false;
  let i = pos;
  while (p.kinds[i] === T.ident && (p.isAnnotation(p.symbolAt(i)) || p.nameAt(i).startsWith("__"))) {
    i++;
    if (p.kinds[i] === T.lparen) {
      const close = p.closing(i);
      if (close < 0) return true;
      i = close + 1;
    }
  }
  const next = p.kinds[i] ?? 0;
  return i > pos && (next === T.semicolon || next === T.assign || next === T.comma || next === T.lbracket);
}

/** A name that looks like a decoration: `__something`, `SOME_THING`. */
function decorates(p: Cursor, pos: number): boolean {
  if (p.symbolAt(pos) < keywordCount || p.isTypeName(pos)) return false;
  const name = p.nameAt(pos);
  if (name.startsWith("__")) return true;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (code >= 97 && code <= 122) return false;
  }
  return true;
}

function annotationAt(p: Cursor, pos: number): Annotation {
  return { name: p.nameAt(pos), start: p.starts[pos] ?? 0, end: p.ends[pos] ?? 0 };
}

function parseTypeofBase(p: Cursor): BaseType {
  p.advance();
  if (!p.expect(T.lparen, "`(` expected after typeof")) return { kind: "missing" };
  const operand = parseTypeOrExpression(p);
  p.expect(T.rparen, "`)` expected");
  return { kind: "typeof", operand };
}

const storageName = (word: string): string => (word.startsWith("__inline") ? "inline" : word);

function qualifierName(word: string): "const" | "volatile" | "restrict" | "atomic" {
  if (word.includes("const")) return "const";
  if (word.includes("volatile")) return "volatile";
  return word === "_Atomic" ? "atomic" : "restrict";
}

// Builtin type words as bits; `long` counts twice.
const bits: Readonly<Record<string, number>> = {
  void: 1,
  char: 2,
  short: 4,
  int: 8,
  long: 16,
  float: 64,
  double: 128,
  signed: 256,
  __signed: 256,
  __signed__: 256,
  unsigned: 512,
  _Bool: 1024,
  bool: 1024,
  __int128: 2048,
  __auto_type: 4096,
};

const addBuiltin = (words: number, word: string): number =>
  word === "long" && (words & 16) !== 0 ? words | 32 : words | (bits[word] ?? 0);

const missingBase: BaseType = { kind: "missing" };
const builtinBases = new Map<number, BaseType>();

/** One object per builtin type: declarations are many, types few. */
function builtinBase(words: number): BaseType {
  let base = builtinBases.get(words);
  if (base === undefined) builtinBases.set(words, (base = { kind: "builtin", name: builtinName(words) }));
  return base;
}

function builtinName(words: number): string {
  if ((words & 1) !== 0) return "void";
  if ((words & 1024) !== 0) return "_Bool";
  if ((words & 64) !== 0) return "float";
  if ((words & 128) !== 0) return (words & 16) !== 0 ? "long double" : "double";
  if ((words & 4096) !== 0) return "__auto_type";
  const unsigned = (words & 512) !== 0;
  if ((words & 2) !== 0) return unsigned ? "unsigned char" : (words & 256) !== 0 ? "signed char" : "char";
  let name = "int";
  if ((words & 2048) !== 0) name = "__int128";
  else if ((words & 4) !== 0) name = "short";
  else if ((words & 32) !== 0) name = "long long";
  else if ((words & 16) !== 0) name = "long";
  return unsigned ? `unsigned ${name}` : name;
}
