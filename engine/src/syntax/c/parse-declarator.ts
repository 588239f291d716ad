/** Declarators, parameters and declarations. */
import type { Annotation, Declaration, Declarator, Expression, InitDeclarator, ParameterDeclaration } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { parseAssignment } from "./parse-expression.ts";
import { parseInitializer } from "./parse-initializer.ts";
import { parseAnnotation, parseSpecifiers } from "./parse-type.ts";
import { appended } from "./scratch.ts";
import type { SymbolSet } from "./symbol-set.ts";
import { beginsType, K, T } from "./tokens.ts";
import type { Specifiers } from "./ast.ts";

/** Must the declarator name something, must it not, or may it? */
export type DeclaratorForm = "named" | "abstract" | "either";

const abstract: Declarator = { kind: "abstract" };
const none: readonly Annotation[] = [];

interface Pointer {
  readonly qualifiers: readonly string[];
  readonly annotations: readonly Annotation[];
}

const plainPointer: Pointer = { qualifiers: [], annotations: none };

/** A declarator; fails when a name is needed and there is none. */
export function parseDeclarator(p: Cursor, form: DeclaratorForm): Declarator {
  if (!p.enter()) {
    p.leave();
    return abstract;
  }
  let pointers: Pointer[] | undefined;
  while (p.kind === T.star || p.kind === T.caret) {
    p.advance();
    pointers = appended(pointers, parsePointer(p));
  }
  let declarator = parseDirect(p, form);
  for (let i = (pointers?.length ?? 0) - 1; i >= 0; i--) {
    const pointer = pointers?.[i];
    if (pointer === undefined) break;
    const { qualifiers, annotations } = pointer;
    declarator = { kind: "pointer", inner: declarator, qualifiers, annotations };
  }
  p.leave();
  return declarator;
}

function parsePointer(p: Cursor): Pointer {
  let qualifiers: string[] | undefined;
  let annotations: Annotation[] | undefined;
  for (;;) {
    if (p.kind >= K.firstQualifier && p.kind <= K.lastQualifier) {
      (qualifiers ??= []).push(p.name);
      p.advance();
    } else if (p.kind === T.ident) {
      // A name before the declared name decorates the pointer: `* __iomem base`.
      const next = p.peek(1);
      if (p.isAnnotation(p.symbol)) (annotations ??= []).push(parseAnnotation(p, true));
      else if (next === T.star || (next === T.ident && decoratesPointer(p))) {
        (annotations ??= []).push(parseAnnotation(p, false));
      } else break;
    } else if (p.kind >= K.firstAttribute && p.kind <= K.lastAttribute) {
      (annotations ??= []).push(parseAnnotation(p, true));
    } else break;
  }
  if (qualifiers === undefined && annotations === undefined) return plainPointer;
  return { qualifiers: qualifiers ?? [], annotations: annotations ?? none };
}

/** `*A b`: A decorates, unless b is itself a word that stands after a declared name. */
function decoratesPointer(p: Cursor): boolean {
  const second = p.pos + 1;
  if (p.isAnnotation(p.symbolAt(second)) || p.nameAt(second).startsWith("__")) return p.name.startsWith("__");
  const after = p.kinds[second + 1] ?? 0;
  return after !== T.lparen || p.name.startsWith("__") || isCapital(p.name);
}

const isCapital = (name: string): boolean => name === name.toUpperCase();

function parseDirect(p: Cursor, form: DeclaratorForm): Declarator {
  let declarator: Declarator = abstract;
  if (p.kind === T.ident && form !== "abstract") {
    declarator = { kind: "name", name: p.name, start: p.start, end: p.end };
    p.advance();
  } else if (p.kind === T.lparen && isNested(p, form)) {
    p.advance();
    while (p.kind === T.ident && p.isAnnotation(p.symbol)) parseAnnotation(p, true);
    // `(__efiapi *name)`: a calling convention before the star.
    if (p.kind === T.ident && p.peek(1) === T.star) p.advance();
    declarator = parseDeclarator(p, form);
    p.expect(T.rparen, "`)` expected in a declarator");
  } else if (form === "named") {
    p.fail("a name expected in a declaration");
    return abstract;
  }
  for (let length = 1; !p.failed() && p.chainFits(length * 4); length++) {
    if (p.kind === T.lbracket) declarator = parseArray(p, declarator);
    else if (p.kind === T.lparen) declarator = parseFunction(p, declarator);
    else break;
  }
  return declarator;
}

/** `(` of a nested declarator rather than of a parameter list. */
function isNested(p: Cursor, form: DeclaratorForm): boolean {
  if (form === "named") return true;
  const next = p.peek(1);
  if (next === T.star || next === T.caret || next === T.lbracket || next === T.lparen) return true;
  if (next !== T.ident) return next >= K.firstAttribute && next <= K.lastAttribute;
  if (p.peek(2) === T.star) return p.nameAt(p.pos + 1).startsWith("__") && !p.isTypeName(p.pos + 1);
  return form === "either" && p.peek(2) === T.rparen && !p.isTypeName(p.pos + 1);
}

function parseArray(p: Cursor, inner: Declarator): Declarator {
  p.advance();
  while (beginsType(p.kind) && p.kind <= K.lastQualifier) p.advance();
  if (p.take(T.rbracket)) return { kind: "array", inner };
  if (p.kind === T.star && p.peek(1) === T.rbracket) {
    p.advance();
    p.advance();
    return { kind: "array", inner };
  }
  const length: Expression = parseAssignment(p);
  p.expect(T.rbracket, "`]` expected");
  return { kind: "array", inner, length };
}

function parseFunction(p: Cursor, inner: Declarator): Declarator {
  const { mark } = p.parameters;
  let variadic = false;
  p.advance();
  if (p.kind === K.void && p.peek(1) === T.rparen) p.advance();
  while (p.kind !== T.rparen && !p.failed()) {
    if (p.take(T.ellipsis)) variadic = true;
    else p.parameters.push(parseParameter(p));
    if (p.kind !== T.rparen && !p.expect(T.comma, "`,` or `)` expected after a parameter")) break;
  }
  p.take(T.rparen);
  const parameters = p.parameters.take(mark);
  return { kind: "function", inner, parameters, variadic };
}

function parseParameter(p: Cursor): ParameterDeclaration {
  const { start } = p;
  const specifiers = parseSpecifiers(p, "name");
  const declarator = parseDeclarator(p, "either");
  const annotations = parseTrailing(p);
  if (p.lastEnd <= start && !p.failed()) p.fail("parameter expected");
  return { specifiers, declarator, annotations, start, end: p.endFrom(start) };
}

/** Words after a declared name: `__free(kfree)`, `__maybe_unused`, `__attribute__((x))`, `asm("r0")`. */
export function parseTrailing(p: Cursor): readonly Annotation[] {
  let annotations: Annotation[] | undefined;
  for (;;) {
    const { kind } = p;
    const word = kind === T.ident || (kind >= K.firstAttribute && kind <= K.lastAsm);
    if (!word || p.failed()) return annotations ?? none;
    // On a new line only a word that is surely one: else a half-typed declaration would swallow the next statement.
    if (kind === T.ident && !p.isAnnotation(p.symbol) && !p.name.startsWith("__") && p.onNewLine(p.pos)) {
      return annotations ?? none;
    }
    annotations = appended(annotations, parseAnnotation(p, true));
  }
}

/** `(*name)(`, `(*name[3])(` or `(*name)[` after the name at `pos`: that name is a type, the pointer's. */
export function isFunctionPointer(p: Cursor, pos: number): boolean {
  let i = pos + 1;
  if (p.kinds[i++] !== T.lparen) return false;
  // A calling convention: `(__efiapi *name)(`.
  if (p.kinds[i] === T.ident && p.nameAt(i).startsWith("__")) i++;
  if (p.kinds[i++] !== T.star) return false;
  while (p.kinds[i] === T.star) i++;
  if (p.kinds[i++] !== T.ident) return false;
  while (p.kinds[i] === T.lbracket) {
    const close = p.closing(i);
    if (close < 0) return false;
    i = close + 1;
  }
  return p.kinds[i] === T.rparen && (p.kinds[i + 1] === T.lparen || p.kinds[i + 1] === T.lbracket);
}

/** The name that a declarator declares, or undefined for an abstract one. */
export function declaredName(declarator: Declarator): (Declarator & { readonly kind: "name" }) | undefined {
  let inner = declarator;
  while (inner.kind !== "name") {
    if (inner.kind === "abstract") return undefined;
    inner = inner.inner;
  }
  return inner;
}

/** The function wrapper directly around the declared name: what is declared is a function. */
export function declaredFunction(declarator: Declarator): (Declarator & { readonly kind: "function" }) | undefined {
  let at = declarator;
  while (at.kind !== "name" && at.kind !== "abstract") {
    if (at.inner.kind === "name") return at.kind === "function" ? at : undefined;
    at = at.inner;
  }
  return undefined;
}

/** A declaration in a function, from its specifiers to its `;`. */
export function parseDeclaration(p: Cursor): Declaration {
  const { start } = p;
  const specifiers = parseSpecifiers(p, "block");
  return finishDeclaration(p, start, specifiers, p.locals, undefined);
}

/** The declarators of a declaration and its `;`. `names` is the scope that the declared names join. */
export function finishDeclaration(
  p: Cursor,
  start: number,
  specifiers: Specifiers,
  names: SymbolSet,
  first: InitDeclarator | undefined,
): Declaration {
  const scope = specifiers.storage.includes("typedef") ? p.typedefs : names;
  let declarator = first;
  if (first === undefined && p.take(T.semicolon)) {
    return { kind: "declaration", specifiers, declarators: [], start, end: p.endFrom(start) };
  }
  const { mark } = p.declarators;
  for (;;) {
    declarator ??= parseInitDeclarator(p, scope);
    p.declarators.push(declarator);
    if (p.failed() || !p.take(T.comma)) break;
    declarator = undefined;
  }
  if (!p.failed() && !p.take(T.semicolon)) {
    const next = p.kind;
    // A missing `;` at the end of a line is a gap, and the declaration stands.
    if (p.onNewLine(p.pos) && next !== T.lbrace && next !== T.eof) p.gap(start, p.lastEnd, "`;` expected");
    else p.fail("`;` expected after a declaration");
  }
  const declarators = p.declarators.take(mark);
  return { kind: "declaration", specifiers, declarators, start, end: p.endFrom(start) };
}

/** One declarator with its annotations and initialiser. */
export function parseInitDeclarator(p: Cursor, scope: SymbolSet): InitDeclarator {
  const { start, pos } = p;
  // `struct a x, __user *y;`
  let leading: Annotation[] | undefined;
  while (p.kind === T.ident && p.isAnnotation(p.symbol)) leading = appended(leading, parseAnnotation(p, true));
  const declarator = parseDeclarator(p, "named");
  const name = declaredName(declarator);
  if (name !== undefined) scope.add(p.symbolFrom(pos, name.start));
  const trailing = parseTrailing(p);
  return finishInitDeclarator(p, start, declarator, leading === undefined ? trailing : [...leading, ...trailing]);
}

export function finishInitDeclarator(
  p: Cursor,
  start: number,
  declarator: Declarator,
  annotations: readonly Annotation[],
): InitDeclarator {
  if (p.failed() || !p.take(T.assign)) return { declarator, annotations, start, end: p.endFrom(start) };
  const initializer = parseInitializer(p);
  return { declarator, initializer, annotations, start, end: p.endFrom(start) };
}
