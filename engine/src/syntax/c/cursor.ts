/**
 * The state that all parts of the parser share: the place in the token arrays, the names that are in scope, the gaps.
 *
 * Errors: a parsing function that meets a token it cannot use calls `fail`. The first failure sets `bad`; the callers
 * return at once, up to the nearest place that can resynchronise (an argument, an initialiser item, a condition, a
 * statement), which records one gap, clears `bad` and goes on.
 */
import type { Span } from "../../text/span.ts";
import type { Expression, InitDeclarator, InitializerItem, ParameterDeclaration, Statement, SyntaxGap } from "./ast.ts";
import type { Tokens } from "./lexer.ts";
import { Scratch } from "./scratch.ts";
import { SymbolSet } from "./symbol-set.ts";
import { pairBrackets } from "./splitter.ts";
import { annotationEnd, K, keywordCount, knownTypeEnd, T } from "./tokens.ts";

/** Parsing functions nest at most this deep; deeper code becomes a gap. The kernel's own code stays below 60. */
const depthLimit = 300;
/** Left-leaning chains (`a + b + c ..`, `a.b.c ..`) are at most this long, because readers of the tree recurse into them. */
const chainLimit = 1000;

interface NamedBase {
  readonly kind: "named";
  readonly name: string;
}

export const unknownBadReason = "code that was not understood";

export class Cursor {
  readonly text: string;
  readonly kinds: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly symbols: Int32Array;
  readonly names: readonly string[];
  readonly nameHashes: Int32Array;
  readonly count: number;
  /** Index of the token that stands for the end: the function's last brace while its body is parsed. */
  limit: number;
  /** Index of the current token and its kind. */
  pos = 0;
  kind: number;
  depth = 0;
  #partners: Int32Array | undefined;
  readonly #bases: (NamedBase | undefined)[] = [];
  bad = false;
  badReason = "";
  badAt = 0;
  readonly arguments = new Scratch<Expression>();
  readonly statements = new Scratch<Statement>();
  readonly items = new Scratch<InitializerItem>();
  readonly declarators = new Scratch<InitDeclarator>();
  readonly parameters = new Scratch<ParameterDeclaration>();
  readonly gaps: SyntaxGap[] = [];
  functionName: string | undefined;
  /** A brace list of the function gives members their values by position. */
  positional = false;
  /** The statement is an argument of a macro: it may end at `)` or `,`. */
  inArgument = false;
  /** The text is a macro's body: its last statement needs no `;`. */
  macroBody = false;
  /** Parameters and locals of the function, and objects and functions of the file: what `(name)(x)` calls. */
  readonly locals: SymbolSet;
  readonly fileNames: SymbolSet;
  readonly typedefs: SymbolSet;

  constructor(tokens: Tokens) {
    this.text = tokens.text;
    this.kinds = tokens.kinds;
    this.starts = tokens.starts;
    this.ends = tokens.ends;
    this.symbols = tokens.symbols;
    this.names = tokens.names;
    this.nameHashes = tokens.nameHashes;
    this.count = tokens.count;
    this.limit = tokens.count;
    this.kind = tokens.kinds[0] ?? 0;
    this.locals = new SymbolSet(0, tokens.names.length);
    this.fileNames = new SymbolSet(1, tokens.names.length);
    this.typedefs = new SymbolSet(2, tokens.names.length);
  }

  advance(): void {
    if (this.kind !== T.eof) this.kind = this.kinds[++this.pos] ?? 0;
  }
  moveTo(pos: number): void {
    this.pos = pos;
    this.kind = this.kinds[pos] ?? 0;
  }
  peek(ahead: number): number {
    return this.kinds[this.pos + ahead] ?? 0;
  }
  get start(): number {
    return this.starts[this.pos] ?? 0;
  }
  get end(): number {
    return this.ends[this.pos] ?? 0;
  }
  /** End of the token before the current one. */
  get lastEnd(): number {
    return this.pos === 0 ? 0 : (this.ends[this.pos - 1] ?? 0);
  }
  /** End of a node that began at `start`: empty when nothing was consumed. */
  endFrom(start: number): number {
    const end = this.lastEnd;
    return end < start ? start : end;
  }
  get symbol(): number {
    return this.symbols[this.pos] ?? 0;
  }
  get name(): string {
    return this.names[this.symbols[this.pos] ?? 0] ?? "";
  }
  /** The current name as a type. One object per name and file: declarations are many, types few. */
  namedBase(): NamedBase {
    const { symbol } = this;
    return (this.#bases[symbol] ??= { kind: "named", name: this.names[symbol] ?? "" });
  }
  symbolAt(pos: number): number {
    return this.symbols[pos] ?? 0;
  }
  nameAt(pos: number): string {
    return this.names[this.symbols[pos] ?? 0] ?? "";
  }
  /** The symbol of the token that begins at the offset `start`; `pos` is that token or one before it. */
  symbolFrom(pos: number, start: number): number {
    let i = pos;
    while (i < this.count && (this.starts[i] ?? 0) < start) i++;
    return this.symbols[i] ?? 0;
  }

  /** Consumes the current token if it is of that kind. */
  take(kind: number): boolean {
    if (this.kind !== kind) return false;
    this.advance();
    return true;
  }
  /** Consumes a token of that kind, or fails. */
  expect(kind: number, reason: string): boolean {
    if (this.take(kind)) return true;
    this.fail(reason);
    return false;
  }

  fail(reason: string): void {
    if (this.bad) return;
    this.bad = true;
    this.badReason = reason;
    this.badAt = this.start;
  }
  /** Has something failed that no caller has recovered from? A method, since the compiler takes fields as unchanged. */
  failed(): boolean {
    return this.bad;
  }
  /** Clears a failure and records it as a gap over the given stretch. */
  recover(start: number, end: number): void {
    this.gap(start, end, this.badReason === "" ? unknownBadReason : this.badReason);
    this.bad = false;
    this.badReason = "";
  }
  gap(start: number, end: number, reason: string): void {
    const span: Span = { start, end: Math.max(start, end) };
    if (this.functionName === undefined) this.gaps.push({ reason, ...span });
    else this.gaps.push({ reason, function: this.functionName, ...span });
  }

  /** Counts a level of nesting; false (and a failure) when the code nests too deeply. Pair it with `leave`. */
  enter(): boolean {
    if (++this.depth <= depthLimit) return true;
    this.fail("nested too deeply");
    return false;
  }
  leave(): void {
    this.depth--;
  }
  chainFits(length: number): boolean {
    if (length <= chainLimit) return true;
    this.fail("an expression that is too long");
    return false;
  }

  isAnnotation(symbol: number): boolean {
    return symbol >= knownTypeEnd && symbol < annotationEnd;
  }
  /** A name that is a type as far as can be told without its declaration. */
  isTypeName(pos: number): boolean {
    const symbol = this.symbolAt(pos);
    if (symbol < keywordCount || this.locals.has(symbol)) return false;
    if (symbol < knownTypeEnd || this.typedefs.has(symbol)) return true;
    return this.names[symbol]?.endsWith("_t") === true && !this.fileNames.has(symbol);
  }
  isObject(pos: number): boolean {
    const symbol = this.symbolAt(pos);
    return this.locals.has(symbol) || this.fileNames.has(symbol);
  }

  /** True when a line break lies between the token before `pos` and that token. */
  onNewLine(pos: number): boolean {
    const from = pos === 0 ? 0 : (this.ends[pos - 1] ?? 0);
    const to = this.starts[pos] ?? 0;
    for (let i = from; i < to; i++) if (this.text.charCodeAt(i) === 10) return true;
    return false;
  }
  /** Width of the indentation of the token's line, a tab being 8 columns. */
  indentation(pos: number): number {
    let lineStart = this.starts[pos] ?? 0;
    while (lineStart > 0 && this.text.charCodeAt(lineStart - 1) !== 10) lineStart--;
    let column = 0;
    for (let i = lineStart; ; i++) {
      const code = this.text.charCodeAt(i);
      if (code === 9) column = (column | 7) + 1;
      else if (code === 32) column++;
      else return column;
    }
  }

  /** Index of the bracket that closes the one at `open`, or -1 when none does before the end of the function. */
  closing(open: number): number {
    // Nearly always it is near; the table of all pairs is made when it is not.
    const { kinds } = this;
    let depth = 0;
    const near = Math.min(open + 64, this.limit);
    for (let i = open; i < near; i++) {
      const kind = kinds[i] ?? 0;
      if (kind < T.lparen || kind > T.rbrace) continue;
      if (kind === T.lparen || kind === T.lbracket || kind === T.lbrace) depth++;
      else if (--depth === 0) return kind === (kinds[open] ?? 0) + 1 ? i : -1;
    }
    this.#partners ??= pairBrackets(kinds, this.count);
    const close = this.#partners[open] ?? -1;
    return close < this.limit ? close : -1;
  }
  /**
   * Moves to the first of the wanted tokens outside brackets, or stays and returns false when a token that cannot be
   * skipped (the end, an unmatched bracket, a semicolon unless wanted) comes first.
   */
  skipTo(first: number, second: number): boolean {
    let i = this.pos;
    for (;;) {
      const kind = this.kinds[i] ?? 0;
      if (kind === first || kind === second) {
        this.moveTo(i);
        return true;
      }
      if (kind === T.eof || kind === T.semicolon || kind === T.rparen || kind === T.rbracket || kind === T.rbrace) {
        return false;
      }
      if (kind === T.lparen || kind === T.lbracket || kind === T.lbrace) {
        const close = this.closing(i);
        if (close < 0) return false;
        i = close;
      }
      i++;
    }
  }
}

/** True for a token that can begin an expression and nothing that continues one. */
export function beginsOperand(kind: number): boolean {
  return (
    (kind >= T.ident && kind <= T.char) ||
    kind === T.tilde ||
    kind === T.bang ||
    (kind >= K.sizeof && kind <= K.lastSizeof) ||
    kind === K.extension
  );
}
