/**
 * Decides, before parsing, what each `#if` group means for the parser.
 *
 * - Around whole statements, declarations or file-scope items: its directives stay, and the parser makes a
 *   ConditionalGroup of the arms.
 * - Around items of an initialiser, fields or enumerators: all arms' items are listed, the directives go.
 * - Anywhere else (it splits an expression or a block): the first arm stays; when another arm held tokens, that is noted.
 *
 * `#if 0` arms go without a note. What goes is marked `dead` and then squeezed out of the token arrays.
 */
import { readCondition } from "./directives.ts";
import type { Tokens } from "./lexer.ts";
import { K, T } from "./tokens.ts";

export interface Dropped {
  readonly start: number;
  readonly end: number;
}
export interface ConditionalResult {
  /** Arms that were left out although they hold code. */
  readonly dropped: readonly Dropped[];
  /** `#define` and `#include` lines inside functions and initialisers, in order: start and end alternate. */
  readonly hoisted: readonly number[];
}

// What an open bracket holds.
const IN_PARENS = 1;
const IN_BRACKETS = 2;
const IN_BLOCK = 3;
const IN_INITIALIZER = 4;
const IN_RECORD = 5;
const IN_ENUM = 6;

interface Arm {
  readonly directive: number;
  readonly zero: boolean;
  end: number;
  /** Kinds of its first and last live token; `eof` when there is none. */
  first: number;
  last: number;
  balanced: boolean;
}
interface Group {
  readonly arms: Arm[];
  readonly context: number;
  /** Kind of the last live token before the group. */
  readonly before: number;
  readonly stack: readonly number[];
  /** The bracket stack after the first arm that stays. */
  after: readonly number[] | undefined;
  exhaustive: boolean;
  lowest: number;
}

export function resolveConditionals(tokens: Tokens): ConditionalResult {
  const pass = new ConditionalPass(tokens);
  pass.run();
  pass.squeeze();
  return { dropped: pass.dropped, hoisted: pass.hoisted };
}

class ConditionalPass {
  readonly dropped: Dropped[] = [];
  readonly hoisted: number[] = [];
  readonly #tokens: Tokens;
  #stack: number[] = [];
  readonly #groups: Group[] = [];
  /** Kind of the last live token; a structured group counts as a semicolon. */
  #last: number = T.semicolon;
  #anyDead = false;
  /** By the directive of an arm: the index of its first live token, or of its end. */
  readonly #searched = new Map<number, number>();

  constructor(tokens: Tokens) {
    this.#tokens = tokens;
  }

  run(): void {
    const { kinds, count } = this.#tokens;
    let tag = 0;
    let parenBefore = 0;
    const parensBefore: number[] = [];
    for (let i = 0; i < count; i++) {
      const kind = kinds[i] ?? 0;
      if (kind === T.ident) {
        this.#last = kind;
        continue;
      }
      if (kind >= T.directiveIf && kind <= T.directiveOther) {
        i = this.#directive(i, kind);
        continue;
      }
      if (kind >= T.lparen && kind <= T.comma) {
        switch (kind) {
          case T.lparen:
            parensBefore[this.#stack.length] = this.#last;
            this.#stack.push(IN_PARENS);
            if (this.#last !== K.firstAttribute && this.#last !== T.ident) tag = 0;
            break;
          case T.lbracket:
            this.#stack.push(IN_BRACKETS);
            break;
          case T.lbrace:
            if (this.#stack.length > 0 && this.#last === T.rparen && this.#column0(i)) this.#stack.length = 0;
            this.#stack.push(this.#braceContext(tag, parenBefore));
            tag = 0;
            break;
          case T.rparen:
            this.#close(IN_PARENS);
            parenBefore = parensBefore[this.#stack.length] ?? 0;
            break;
          case T.rbracket:
            this.#close(IN_BRACKETS);
            break;
          case T.rbrace:
            if (this.#column0(i)) this.#stack.length = 0;
            else this.#closeBrace();
            tag = 0;
            break;
          default:
            if (kind === T.semicolon || this.#stack.length > 0) tag = 0;
        }
        const group = this.#groups[this.#groups.length - 1];
        if (group !== undefined && this.#stack.length < group.lowest) group.lowest = this.#stack.length;
      } else if (kind >= K.struct && kind <= K.enum) tag = kind;
      else if (kind === T.assign) tag = 0;
      this.#last = kind;
    }
    // Groups that never end: their directives must not reach the parser.
    for (const group of this.#groups) for (const arm of group.arms) this.#kill(arm.directive, arm.directive + 1);
    this.#groups.length = 0;
  }

  /** Squeezes dead tokens out of the arrays. */
  squeeze(): void {
    if (!this.#anyDead) return;
    const { kinds, starts, ends, symbols, count } = this.#tokens;
    let to = 0;
    for (let i = 0; i <= count; i++) {
      const kind = kinds[i] ?? 0;
      if (kind === T.dead) continue;
      kinds[to] = kind;
      starts[to] = starts[i] ?? 0;
      ends[to] = ends[i] ?? 0;
      symbols[to++] = symbols[i] ?? 0;
    }
    this.#tokens.count = to - 1;
  }

  #column0(i: number): boolean {
    const start = this.#tokens.starts[i] ?? 0;
    return start === 0 || this.#tokens.text.charCodeAt(start - 1) === 10;
  }

  #close(context: number): void {
    if (this.#stack[this.#stack.length - 1] === context) this.#stack.pop();
  }

  /** A brace closes what was left open inside it. */
  #closeBrace(): void {
    let at = this.#stack.length - 1;
    while (at >= 0 && (this.#stack[at] ?? 0) < IN_BLOCK) at--;
    if (at >= 0) this.#stack.length = at;
  }

  #braceContext(tag: number, parenBefore: number): number {
    if (tag !== 0) return tag === K.enum ? IN_ENUM : IN_RECORD;
    const last = this.#last;
    const outer = this.#stack[this.#stack.length - 1] ?? 0;
    if (last === T.assign || outer === IN_INITIALIZER) return IN_INITIALIZER;
    if (outer === IN_PARENS) return last === T.lparen ? IN_BLOCK : IN_INITIALIZER;
    if (last === T.rparen && outer !== 0) {
      const before = parenBefore;
      if (before === T.assign || before === T.lparen || before === T.comma || before === T.amp || before === K.return) {
        return IN_INITIALIZER;
      }
    }
    return IN_BLOCK;
  }

  /** Handles the directive at `i`; returns the index of the last token that is dealt with. */
  #directive(i: number, kind: number): number {
    const { starts, ends, text } = this.#tokens;
    switch (kind) {
      case T.directiveIf: {
        const depth = this.#stack.length;
        this.#groups.push({
          arms: [],
          context: this.#stack[depth - 1] ?? 0,
          before: this.#last,
          stack: this.#stack.slice(),
          after: undefined,
          exhaustive: false,
          lowest: depth,
        });
        return this.#openArm(i, isZero(readCondition(text, starts[i] ?? 0, ends[i] ?? 0)));
      }
      case T.directiveElif:
      case T.directiveElse: {
        const group = this.#groups[this.#groups.length - 1];
        if (group === undefined) {
          this.#kill(i, i + 1);
          return i;
        }
        this.#closeArm(group, i);
        if (kind === T.directiveElse) group.exhaustive = true;
        return this.#openArm(i, kind === T.directiveElif && isZero(readCondition(text, starts[i] ?? 0, ends[i] ?? 0)));
      }
      case T.directiveEndif: {
        const group = this.#groups.pop();
        if (group === undefined) this.#kill(i, i + 1);
        else {
          this.#closeArm(group, i);
          this.#decide(group, i);
        }
        return i;
      }
      case T.directiveDefine:
      case T.directiveInclude: {
        const atBoundary = this.#stack.length === 0 && endsItem(this.#last) && !this.#beforeBody(i);
        if (!atBoundary) {
          this.hoisted.push(starts[i] ?? 0, ends[i] ?? 0);
          this.#kill(i, i + 1);
        }
        return i;
      }
      default:
        this.#kill(i, i + 1);
        return i;
    }
  }

  /** A directive between a function's head and its body. */
  #beforeBody(directive: number): boolean {
    if (this.#last !== T.rparen) return false;
    const { kinds } = this.#tokens;
    let i = directive + 1;
    while (i < directive + 100 && (kinds[i] ?? 0) >= T.directiveDefine && (kinds[i] ?? 0) <= T.directiveOther) i++;
    return kinds[i] === T.lbrace;
  }

  #openArm(directive: number, zero: boolean): number {
    const group = this.#groups[this.#groups.length - 1];
    if (group === undefined) return directive;
    group.arms.push({ directive, zero, end: 0, first: T.eof, last: T.eof, balanced: false });
    group.lowest = group.stack.length;
    this.#last = T.eof;
    if (!zero) return directive;
    // Nothing inside counts: go to the directive that ends the arm.
    const { kinds, count } = this.#tokens;
    let nest = 0;
    let i = directive + 1;
    for (; i < count; i++) {
      const kind = kinds[i] ?? 0;
      if (kind === T.directiveIf) nest++;
      else if (kind === T.directiveEndif && nest-- === 0) break;
      else if ((kind === T.directiveElse || kind === T.directiveElif) && nest === 0) break;
    }
    this.#kill(directive + 1, i);
    return i - 1;
  }

  #closeArm(group: Group, end: number): void {
    const arm = group.arms[group.arms.length - 1];
    if (arm === undefined) return;
    arm.end = end;
    arm.last = this.#last;
    arm.first = this.#firstLive(arm.directive + 1, end);
    arm.balanced = this.#stack.length === group.stack.length && group.lowest >= group.stack.length;
    if (group.after === undefined && !arm.zero) group.after = this.#stack.slice();
    this.#stack = group.stack.slice();
    const outer = this.#groups[this.#groups.length - 2];
    if (outer !== undefined && group.lowest < outer.lowest) outer.lowest = group.lowest;
  }

  #firstLive(from: number, to: number): number {
    const { kinds } = this.#tokens;
    let i = from;
    while (i < to) {
      const kind = kinds[i] ?? 0;
      if (kind !== T.dead && !(kind >= T.directiveIf && kind <= T.directiveOther)) break;
      // Over what an inner arm has searched already, so that nesting stays linear.
      i = Math.max(i + 1, this.#searched.get(i) ?? 0);
    }
    this.#searched.set(from - 1, i);
    return i < to ? (kinds[i] ?? 0) : T.eof;
  }

  #decide(group: Group, endif: number): void {
    const kept = group.arms.filter((arm) => !arm.zero);
    const [first] = kept;
    const lastKept = kept[kept.length - 1];
    const directives = (): void => {
      for (const arm of group.arms) this.#kill(arm.directive, arm.directive + 1);
      this.#kill(endif, endif + 1);
    };
    if (first === undefined || lastKept === undefined) {
      directives();
      this.#last = group.before;
      return;
    }
    if (group.after !== undefined) this.#stack = group.after.slice();
    this.#last = first.last === T.eof ? group.before : first.last;
    const next = this.#tokens.kinds[endif + 1] ?? 0;
    const zeroBefore = group.arms.length > kept.length;
    if (kept.length === 1 && group.exhaustive && zeroBefore) {
      // `#if 0 .. #else A #endif` is A.
      directives();
      return;
    }
    if (isStructured(group, kept, next)) {
      for (const arm of group.arms) if (arm.zero) this.#kill(arm.directive, arm.directive + 1);
      // When the first arm was `#if 0`, the group begins with an `#elif`; the parser takes either.
      const open = first.directive;
      this.#tokens.kinds[open] = T.directiveIf;
      this.#last = T.semicolon;
      return;
    }
    directives();
    if (isListed(group, kept, next)) {
      this.#last = lastKept.last === T.eof ? group.before : lastKept.last;
      return;
    }
    for (const arm of kept) {
      if (arm === first || arm.end <= arm.directive + 1) continue;
      const from = arm.directive + 1;
      if (this.#firstLive(from, arm.end) !== T.eof) {
        const { starts, ends } = this.#tokens;
        this.dropped.push({ start: starts[from] ?? 0, end: ends[arm.end - 1] ?? 0 });
      }
      this.#kill(from, arm.end);
    }
  }

  #kill(from: number, to: number): void {
    const { kinds } = this.#tokens;
    for (let i = from; i < to; i++) kinds[i] = T.dead;
    if (to > from) this.#anyDead = true;
  }
}

const isZero = (condition: string): boolean => condition === "0" || condition === "(0)";

/** True when a file-scope item or a statement can end with this token. */
const endsItem = (kind: number): boolean =>
  kind === T.semicolon || kind === T.rbrace || kind === T.rparen || kind === T.eof;

function isStructured(group: Group, kept: readonly Arm[], next: number): boolean {
  const atFile = group.context === 0;
  if (!atFile && group.context !== IN_BLOCK) return false;
  const { before } = group;
  const governed = !atFile && (before === T.rparen || before === K.else || before === K.do);
  if (governed && (!group.exhaustive || next === K.while)) return false;
  if (!governed && !endsItem(before) && before !== T.lbrace && before !== T.colon) return false;
  if (atFile && before === T.lbrace) return false;
  if (next === K.else) return false;
  for (const arm of kept) {
    if (!arm.balanced) return false;
    if (arm.first === T.eof) {
      if (governed) return false;
      continue;
    }
    if (arm.first === K.else) return false;
    if (arm.last === T.rparen) {
      if (!atFile || next === T.lbrace) return false;
    } else if (arm.last === T.colon) {
      if (atFile) return false;
    } else if (arm.last !== T.semicolon && arm.last !== T.rbrace) return false;
    // An initialiser or a do-while that goes on after the group.
    if (arm.last === T.rbrace && (next === T.comma || next === T.semicolon)) return false;
    if (atFile && arm.first === T.lbrace) return false;
  }
  return true;
}

function isListed(group: Group, kept: readonly Arm[], next: number): boolean {
  const { context, before } = group;
  if (context === IN_RECORD) {
    if (before !== T.lbrace && !endsItem(before)) return false;
    return kept.every((arm) => arm.balanced && (arm.first === T.eof || endsItem(arm.last)));
  }
  if (context !== IN_INITIALIZER && context !== IN_ENUM) return false;
  if (before !== T.lbrace && before !== T.comma && before !== T.eof && before !== T.rparen) return false;
  return kept.every((arm, i) => {
    if (!arm.balanced) return false;
    if (arm.first === T.eof || arm.last === T.comma || arm.last === T.eof) return true;
    if (arm.last === T.rparen) return true;
    return i === kept.length - 1 && next === T.rbrace;
  });
}
