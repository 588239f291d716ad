/** File scope: functions, declarations, macros, includes, and the gaps between them. */
import type {
  Annotation,
  CallExpression,
  CompoundStatement,
  Declarator,
  Expression,
  FunctionDefinition,
  InitDeclarator,
  MacroInvocation,
  Specifiers,
  Statement,
  TopLevel,
} from "./ast.ts";
import type { Span } from "../../text/span.ts";
import { endsArm, parseConditionalGroup } from "./conditional-group.ts";
import { readDefine, readInclude } from "./directives.ts";
import { parseArguments } from "./parse-arguments.ts";
import {
  declaredFunction,
  declaredName,
  finishDeclaration,
  finishInitDeclarator,
  isFunctionPointer,
  parseDeclaration,
  parseDeclarator,
  parseTrailing,
} from "./parse-declarator.ts";
import { parseBlock } from "./parse-statement.ts";
import { parseSpecifiers } from "./parse-type.ts";
import type { FileCursor } from "./file-cursor.ts";
import { TokenDigest } from "./mentions.ts";
import { beginsType, K, T } from "./tokens.ts";

/** Reason of the gap that a function with a missing brace is. In such a file the layout tells where functions end. */
export const unpairedReason = "the braces of the function do not pair";

/** All items up to the end of the file. */
export function parseItems(p: FileCursor): TopLevel[] {
  const items: TopLevel[] = [];
  while (p.kind !== T.eof) {
    if (endsArm(p.kind)) p.advance();
    else parseItem(p, items);
  }
  takeHoisted(p, items, Number.POSITIVE_INFINITY);
  return items;
}

function parseArm(p: FileCursor): TopLevel[] {
  const items: TopLevel[] = [];
  while (p.kind !== T.eof && !endsArm(p.kind)) parseItem(p, items);
  return items;
}

/** One item. Always consumes something. */
function parseItem(p: FileCursor, items: TopLevel[]): void {
  const from = p.pos;
  const { start } = p;
  const item = readItem(p);
  if (p.failed() || p.pos === from) {
    takeHoisted(p, items, start);
    items.push(resynchronise(p, from, start));
    return;
  }
  if (item === undefined) return;
  takeHoisted(p, items, item.end);
  items.push(item);
}

/** Macros that are defined inside a function stand before it. */
function takeHoisted(p: FileCursor, items: TopLevel[], before: number): void {
  for (;;) {
    const start = p.hoisted[p.nextHoisted];
    const end = p.hoisted[p.nextHoisted + 1];
    if (start === undefined || end === undefined || start >= before) return;
    const item = readDefine(p.text, start, end) ?? readInclude(p.text, start, end);
    if (item !== undefined && isDefineOrInclude(p.text, start, item.kind)) items.push(item);
    p.nextHoisted += 2;
  }
}

function isDefineOrInclude(text: string, start: number, kind: string): boolean {
  let i = start + 1;
  while (text.charCodeAt(i) === 32 || text.charCodeAt(i) === 9) i++;
  return (text.charCodeAt(i) === 100) === (kind === "define");
}

function readItem(p: FileCursor): TopLevel | undefined {
  const { kind, start, end } = p;
  switch (kind) {
    case T.semicolon:
      p.advance();
      return undefined;
    case T.directiveDefine: {
      p.advance();
      return readDefine(p.text, start, end);
    }
    case T.directiveInclude: {
      p.advance();
      return readInclude(p.text, start, end);
    }
    case T.directiveIf: {
      const group = parseConditionalGroup(p, () => parseArm(p));
      if (p.failed()) p.recover(group.start, group.end);
      return group;
    }
    case T.ident:
      break;
    case K.extension:
      p.advance();
      break;
    default:
      if (kind >= K.firstAsm && kind <= K.lastAsm) {
        skipAsm(p);
        return undefined;
      }
      if (!beginsType(kind)) {
        p.fail("declaration expected");
        return undefined;
      }
  }
  return readDeclaration(p, start);
}

function skipAsm(p: FileCursor): void {
  while (p.kind !== T.lparen && p.kind !== T.semicolon && p.kind !== T.eof) p.advance();
  const close = p.kind === T.lparen ? p.closing(p.pos) : -1;
  if (close >= 0) p.moveTo(close + 1);
  p.take(T.semicolon);
  return undefined;
}

function readDeclaration(p: FileCursor, start: number): TopLevel | undefined {
  const specifiers = parseSpecifiers(p, "file");
  if (p.failed()) return undefined;
  if (
    specifiers.base.kind === "missing" &&
    p.kind === T.ident &&
    p.peek(1) === T.lparen &&
    !isFunctionPointer(p, p.pos)
  ) {
    return readMacro(p, start, specifiers);
  }
  if (p.take(T.semicolon)) return { kind: "declaration", specifiers, declarators: [], start, end: p.endFrom(start) };
  // A macro alone on its line: `EXPORT_NOTHING`.
  if (
    p.kind !== T.star &&
    p.kind !== T.ident &&
    p.kind !== T.lparen &&
    specifiers.base.kind === "named" &&
    p.onNewLine(p.pos)
  ) {
    return undefined;
  }
  const { start: declaratorStart, pos: declaratorPos } = p;
  const declarator = parseDeclarator(p, "named");
  const name = declaredName(declarator);
  const annotations = parseTrailing(p);
  if (p.failed() || name === undefined) return undefined;
  const isFunction = declaredFunction(declarator) !== undefined;
  const isTypedef = specifiers.storage.includes("typedef");
  const symbol = p.symbolFrom(declaratorPos, name.start);
  if (!isTypedef) p.fileNames.add(symbol);
  if (isFunction && (p.kind === T.lbrace || beginsParameters(p))) {
    skipParameterDeclarations(p);
    if (p.kind === T.lbrace) return readFunction(p, start, specifiers, declarator, annotations);
  }
  const first: InitDeclarator = finishInitDeclarator(p, declaratorStart, declarator, annotations);
  if (isTypedef) p.typedefs.add(symbol);
  return finishDeclaration(p, start, specifiers, p.fileNames, first);
}

/** The declarations of a K&R head follow its parentheses. */
function beginsParameters(p: FileCursor): boolean {
  if (p.kind === T.semicolon || p.kind === T.comma || p.kind === T.assign) return false;
  if (!beginsType(p.kind) && !(p.kind === T.ident && (p.peek(1) === T.ident || p.peek(1) === T.star))) return false;
  for (let i = p.pos; ; i++) {
    const kind = p.kinds[i] ?? 0;
    if (kind === T.lbrace) return p.kinds[i - 1] === T.semicolon;
    if (
      kind === T.eof ||
      kind === T.rbrace ||
      kind === T.lparen ||
      kind === T.assign ||
      (kind >= T.directiveIf && kind <= T.dead)
    )
      return false;
  }
}

function skipParameterDeclarations(p: FileCursor): void {
  while (p.kind !== T.lbrace && p.kind !== T.eof && !p.failed()) {
    const from = p.pos;
    parseDeclaration(p);
    if (p.pos === from) return;
  }
}

function readFunction(
  p: FileCursor,
  start: number,
  specifiers: Specifiers,
  declarator: Declarator,
  annotations: readonly Annotation[],
): FunctionDefinition {
  const name = declaredName(declarator) ?? { name: "", start, end: start };
  const firstToken = firstTokenAt(p, start);
  p.functionName = name.name;
  p.positional = false;
  p.locals.clear();
  let at = firstToken;
  for (const parameter of declaredFunction(declarator)?.parameters ?? []) {
    const local = declaredName(parameter.declarator);
    if (local === undefined) continue;
    while (at < p.pos && (p.starts[at] ?? 0) < local.start) at++;
    p.locals.add(p.symbolAt(at));
  }
  const bodyStart = p.start;
  const brace = p.braceHere();
  const close = brace?.close ?? p.count;
  p.advance();
  const body = parseBounded(p, close);
  const missing = brace?.missing ?? true;
  if (!missing) p.advance();
  const end = p.lastEnd;
  if (brace?.balanced !== true) p.gap(start, end, unpairedReason);
  p.functionName = undefined;
  p.locals.clear();
  const block: CompoundStatement = { kind: "compound", body, start: bodyStart, end };
  const words = annotations.length === 0 ? specifiers.annotations : [...specifiers.annotations, ...annotations];
  const digest = new TokenDigest(p.kept, firstToken, p.pos, p.positional);
  return new ParsedFunction(specifiers, declarator, name, words, block, digest, start, end);
}

class ParsedFunction implements FunctionDefinition {
  readonly kind = "function";
  readonly specifiers: Specifiers;
  readonly declarator: Declarator;
  readonly name: string;
  readonly nameSpan: Span;
  readonly annotations: readonly Annotation[];
  readonly body: CompoundStatement;
  readonly mentions: TokenDigest;
  readonly start: number;
  readonly end: number;

  constructor(
    specifiers: Specifiers,
    declarator: Declarator,
    { name, start: nameStart, end: nameEnd }: { readonly name: string } & Span,
    annotations: readonly Annotation[],
    body: CompoundStatement,
    digest: TokenDigest,
    start: number,
    end: number,
  ) {
    this.specifiers = specifiers;
    this.declarator = declarator;
    this.name = name;
    this.nameSpan = { start: nameStart, end: nameEnd };
    this.annotations = annotations;
    this.body = body;
    this.mentions = digest;
    this.start = start;
    this.end = end;
  }

  get tokenHash(): number {
    return this.mentions.hash;
  }
}

/** Parses statements up to the token at `close`, which looks like the end of the file meanwhile. */
function parseBounded(p: FileCursor, close: number): Statement[] {
  const kept = p.kinds[close] ?? 0;
  p.kinds[close] = T.eof;
  p.limit = close;
  if (p.pos === close) p.kind = T.eof;
  const { depth } = p;
  const body = parseBlock(p);
  while (p.kind !== T.eof) {
    // A `}` that closes nothing.
    const { start } = p;
    p.advance();
    p.gap(start, p.lastEnd, "`}` without `{`");
    body.push(...parseBlock(p));
  }
  p.depth = depth;
  p.kinds[close] = kept;
  p.limit = p.count;
  p.moveTo(close);
  return body;
}

function firstTokenAt(p: FileCursor, start: number): number {
  let i = p.pos;
  while (i > 0 && (p.starts[i - 1] ?? -1) >= start) i--;
  return i;
}

/** `NAME(..)` at file scope, perhaps after storage words: a macro call, or the head of a function that a macro makes. */
function readMacro(p: FileCursor, start: number, specifiers: Specifiers): TopLevel {
  const { name, symbol, start: nameStart, end: nameEnd } = p;
  const callee: Expression = { kind: "identifier", name, start: nameStart, end: nameEnd };
  p.advance();
  const open = p.start;
  const openPos = p.pos;
  const gapsBefore = p.gaps.length;
  const list = parseArguments(p);
  if (p.failed() || p.gaps.length > gapsBefore) {
    // The arguments of a file-scope macro can be anything; what is not an expression is not a gap.
    const close = p.closing(openPos);
    if (close >= 0) {
      p.bad = false;
      p.badReason = "";
      p.gaps.length = gapsBefore;
      p.moveTo(close + 1);
    }
  }
  const call: CallExpression = { kind: "call", callee, arguments: list, open, start: nameStart, end: p.lastEnd };
  const annotations = p.failed() ? [] : parseTrailing(p);
  if (p.kind === T.lbrace && !p.failed()) {
    const declarator: Declarator = {
      kind: "function",
      inner: { kind: "name", name, start: nameStart, end: nameEnd },
      parameters: parametersOf(list),
      variadic: false,
    };
    p.fileNames.add(symbol);
    return readFunction(p, start, specifiers, declarator, annotations);
  }
  if (p.kind === T.assign && !p.failed()) {
    // `DEFINE_PER_CPU(int, x) = 3;`
    finishInitDeclarator(p, start, { kind: "abstract" }, annotations);
    if (!p.failed()) p.expect(T.semicolon, "`;` expected");
  } else p.take(T.semicolon);
  const item: MacroInvocation = {
    kind: "macro-invocation",
    call,
    storage: specifiers.storage,
    start,
    end: p.endFrom(start),
  };
  return item;
}

/** The arguments of a macro that makes a function, as far as they declare something. */
function parametersOf(list: readonly Expression[]): (Declarator & { readonly kind: "function" })["parameters"] {
  return list.flatMap((argument) =>
    argument.kind === "type-argument"
      ? [
          {
            specifiers: argument.type.specifiers,
            declarator: argument.type.declarator,
            annotations: [],
            start: argument.start,
            end: argument.end,
          },
        ]
      : [],
  );
}

/** Records the gap and moves behind the item: after its `;` or block, or before the next line that begins in column 0. */
function resynchronise(p: FileCursor, from: number, start: number): TopLevel {
  p.fail("declaration not understood");
  let i = from;
  p.nextBrace = 0;
  while ((p.braces[p.nextBrace]?.open ?? p.count) < from) p.nextBrace++;
  for (;;) {
    const kind = p.kinds[i] ?? 0;
    if (kind === T.eof) break;
    if (
      i > from &&
      (endsArm(kind) || kind === T.directiveIf || kind === T.directiveDefine || kind === T.directiveInclude)
    )
      break;
    if (kind === T.semicolon) {
      i++;
      break;
    }
    if (kind === T.lbrace) {
      i = p.behindBrace(i);
      const next = p.kinds[i] ?? 0;
      if (next !== T.comma && next !== T.semicolon && next !== T.rparen) break;
      continue;
    }
    if (i > from && beginsLine(p, i) && (kind === T.ident || beginsType(kind))) break;
    i++;
  }
  p.moveTo(Math.max(i, from + 1));
  const end = p.lastEnd;
  p.recover(start, end);
  return { kind: "unknown", start, end };
}

function beginsLine(p: FileCursor, pos: number): boolean {
  const start = p.starts[pos] ?? 0;
  return start === 0 || p.text.charCodeAt(start - 1) === 10;
}
