/**
 * Decides, before parsing, what each `#if` group means for the parser.
 *
 * - Around whole statements, declarations or file-scope items: its directives stay, and the parser makes a
 *   ConditionalGroup of the arms.
 * - Around items of an initialiser, fields or enumerators: all arms' items are listed, the directives go.
 * - Anywhere else (it splits an expression or a block): the first arm stays; when another arm held tokens, that is noted.
 *
 * Arms whose condition certainly does not hold, told by the file alone, go without a note (`#if 0`, `#ifdef X` below `#undef X`).
 * What goes is marked `dead` and then squeezed out of the token arrays.
 */
import {
  endsItem,
  isBeforeBody,
  type Group,
  IN_BLOCK,
  IN_BRACKETS,
  IN_ENUM,
  IN_INITIALIZER,
  IN_PARENS,
  IN_RECORD,
  isListed,
  isStructured,
  openGroup,
} from "./conditional-shape.ts";
import { isUndef, readCondition } from "./directives.ts";
import type { Tokens } from "./lexer.ts";
import { isHeaderGuard, KnownNames } from "./settled-conditions.ts";
import { squeeze } from "./squeeze.ts";
import { K, T } from "./tokens.ts";

/** A stretch of the text that says something which is not read. */
export interface Dropped {
  readonly reason: string;
  readonly start: number;
  readonly end: number;
}

/** Reason of the gaps that are left-out arms of `#if` rather than text that was not understood. */
export const droppedArmReason = "an arm of #if inside an expression or across a block was left out";
const noEndifReason = "an #if without its #endif: read as if the line were not there";
const noIfReason = "an #else, #elif or #endif without its #if";

export interface ConditionalResult {
  /** Arms that were left out although they hold code, and directives that lack their other half. */
  readonly dropped: readonly Dropped[];
  /** `#define` and `#include` lines inside functions and initialisers, in order: start and end alternate. */
  readonly hoisted: readonly number[];
}

export function resolveConditionals(tokens: Tokens): ConditionalResult {
  const pass = new ConditionalPass(tokens);
  pass.run();
  if (pass.anyDead) squeeze(tokens);
  return { dropped: pass.dropped, hoisted: pass.hoisted };
}

class ConditionalPass {
  readonly dropped: Dropped[] = [];
  readonly hoisted: number[] = [];
  anyDead = false;
  readonly #tokens: Tokens;
  #stack: number[] = [];
  readonly #groups: Group[] = [];
  readonly #known: KnownNames;
  /** The last `#define` or the like, and the kind of the last live token before it. */
  #knownAt = -1;
  #knownKind: number = T.semicolon;
  /** The token up to which the stack is right. */
  #at = 0;
  /** The last `struct`, `union` or `enum` that a brace may still belong to. */
  #tag = 0;
  /** What stood before the parenthesis that closed last, and before each that is open, by depth. */
  #parenBefore = 0;
  readonly #parensBefore: number[] = [];
  /** Long dead stretches: from their first index to the one behind, and from their last index to the first. */
  readonly #deadFrom = new Map<number, number>();
  readonly #deadTo = new Map<number, number>();
  /** By the directive of an arm: the index of its first live token, or of its end. */
  readonly #searched = new Map<number, number>();

  constructor(tokens: Tokens) {
    this.#tokens = tokens;
    this.#known = new KnownNames(tokens.text);
  }

  run(): void {
    const { directives, kinds } = this.#tokens;
    for (const [index, directive] of directives.entries()) {
      // Inside an arm that is no code.
      if (directive < this.#at) continue;
      this.#track(directive);
      this.#at = this.#directive(directive, kinds[directive] ?? 0, directives[index + 1] ?? -1) + 1;
    }
    // Groups that never end: their directives must not reach the parser.
    for (const group of this.#groups) for (const arm of group.arms) this.#kill(arm.directive, arm.directive + 1);
    const outermost = this.#groups[0]?.arms[0];
    if (outermost !== undefined) this.#note(noEndifReason, outermost.directive);
    this.#groups.length = 0;
  }

  /** Brings the stack of open brackets up to the token at `to`. */
  #track(to: number): void {
    const { kinds } = this.#tokens;
    let from = this.#at;
    // Nothing is open after a `}` in column 0: what is before it need not be looked at.
    for (let i = to - 1; i >= from; i--) {
      if (kinds[i] !== T.rbrace || !this.#column0(i)) continue;
      from = i + 1;
      this.#stack.length = 0;
      this.#tag = 0;
      this.#noteDepth();
    }
    for (let i = from; i < to; i++) {
      const kind = kinds[i] ?? 0;
      // Most tokens are neither brackets nor tags.
      if (kind === T.ident || kind < T.lparen) continue;
      if (kind >= T.semicolon) {
        if (kind >= K.struct && kind <= K.enum) this.#tag = kind;
        else if (kind === T.semicolon || kind === T.assign || (kind === T.comma && this.#stack.length > 0))
          this.#tag = 0;
        continue;
      }
      this.#bracket(i, kind);
      this.#noteDepth();
    }
  }

  #noteDepth(): void {
    const group = this.#groups[this.#groups.length - 1];
    if (group !== undefined && this.#stack.length < group.lowest) group.lowest = this.#stack.length;
  }

  #bracket(i: number, kind: number): void {
    switch (kind) {
      case T.lparen: {
        const before = this.#lastBefore(i);
        this.#parensBefore[this.#stack.length] = before;
        this.#stack.push(IN_PARENS);
        if (before !== K.firstAttribute && before !== T.ident) this.#tag = 0;
        return;
      }
      case T.lbracket:
        this.#stack.push(IN_BRACKETS);
        return;
      case T.lbrace: {
        const before = this.#lastBefore(i);
        if (this.#stack.length > 0 && before === T.rparen && this.#column0(i)) this.#stack.length = 0;
        this.#stack.push(this.#braceContext(before, this.#tag, this.#parenBefore));
        this.#tag = 0;
        return;
      }
      case T.rparen:
        this.#close(IN_PARENS);
        this.#parenBefore = this.#parensBefore[this.#stack.length] ?? 0;
        return;
      case T.rbracket:
        this.#close(IN_BRACKETS);
        return;
      default:
        this.#closeBrace();
        this.#tag = 0;
    }
  }

  /**
   * Kind of the last live token before index `i`: `eof` at the beginning of an arm, and a group that stays counts as a
   * semicolon, as does the beginning of the file.
   */
  #lastBefore(i: number): number {
    const { kinds } = this.#tokens;
    for (let at = i - 1; at >= 0; at--) {
      const kind = kinds[at] ?? 0;
      if (kind < T.directiveIf || kind > T.dead) return kind;
      if (kind < T.directiveEndif) return T.eof;
      if (kind === T.directiveEndif) return T.semicolon;
      if (kind === T.dead) at = this.#deadTo.get(at) ?? at;
      // Runs of `#define` are long: what was before the last one is known.
      if (at === this.#knownAt) return this.#knownKind;
    }
    return T.semicolon;
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

  #braceContext(last: number, tag: number, parenBefore: number): number {
    if (tag !== 0) return tag === K.enum ? IN_ENUM : IN_RECORD;
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

  /** Handles the directive at `i`, which `next` follows; returns the index of the last token that is dealt with. */
  #directive(i: number, kind: number, next: number): number {
    const { kinds, starts, ends } = this.#tokens;
    switch (kind) {
      case T.directiveIf: {
        const condition = this.#conditionAt(i);
        const own = this.#known.evaluate(condition);
        this.#groups.push(openGroup(this.#lastBefore(i), this.#stack.slice(), this.#isOpen()));
        const isGuard =
          this.#tokens.kinds[next] === T.directiveDefine &&
          isHeaderGuard(this.#tokens.text, condition, starts[next] ?? 0, ends[next] ?? 0);
        return this.#openArm(i, own, isGuard);
      }
      case T.directiveElif:
      case T.directiveElse: {
        const group = this.#groups[this.#groups.length - 1];
        if (group === undefined) return this.#unpaired(i);
        this.#closeArm(group, i);
        const isElse = kind === T.directiveElse;
        const isRest = isElse && !group.exhaustive;
        const last = this.#openArm(i, isElse || this.#known.evaluate(this.#conditionAt(i)), false);
        if (isRest) group.hasElse = true;
        return last;
      }
      case T.directiveEndif: {
        const group = this.#groups.pop();
        if (group === undefined) return this.#unpaired(i);
        this.#closeArm(group, i);
        this.#decide(group, i);
        return i;
      }
      case T.directiveDefine:
      case T.directiveInclude: {
        const last = this.#lastBefore(i);
        if (kind === T.directiveDefine) this.#known.note(starts[i] ?? 0, ends[i] ?? 0, this.#isOpen());
        if (this.#stack.length > 0 || !endsItem(last) || isBeforeBody(kinds, i, last)) {
          this.hoisted.push(starts[i] ?? 0, ends[i] ?? 0);
          this.#kill(i, i + 1);
        }
        this.#knownAt = i;
        this.#knownKind = last;
        return i;
      }
      default:
        if (isUndef(this.#tokens.text, starts[i] ?? 0)) this.#known.note(starts[i] ?? 0, ends[i] ?? 0, this.#isOpen());
        this.#kill(i, i + 1);
        return i;
    }
  }

  /** May an open condition leave out what stands here? */
  #isOpen(): boolean {
    const group = this.#groups[this.#groups.length - 1];
    return group !== undefined && (group.isOpen || group.holds === undefined);
  }

  #conditionAt(i: number): string {
    const { starts, ends, text } = this.#tokens;
    return readCondition(text, starts[i] ?? 0, ends[i] ?? 0);
  }

  /** Begins an arm whose own condition is given. With `isThere` its definitions count although its condition is open. */
  #openArm(directive: number, own: boolean | undefined, isThere: boolean): number {
    const group = this.#groups[this.#groups.length - 1];
    if (group === undefined) return directive;
    // What stands behind an `#else` against all rules is code as well.
    const isDead = own === false || (group.exhaustive && !group.hasElse);
    group.arms.push({ directive, isDead, end: 0, first: T.eof, last: T.eof, balanced: false });
    group.lowest = group.stack.length;
    if (!isDead) {
      group.holds = isThere || (group.mayBeTaken ? undefined : own);
      if (own === true) group.exhaustive = true;
      group.mayBeTaken = true;
      return directive;
    }
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
    arm.first = this.#firstLive(arm.directive + 1, end);
    arm.last = this.#lastBefore(end);
    arm.balanced = this.#stack.length === group.stack.length && group.lowest >= group.stack.length;
    if (group.after === undefined && !arm.isDead) group.after = this.#stack.slice();
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
    const kept = group.arms.filter((arm) => !arm.isDead);
    const [first] = kept;
    const last = kept[kept.length - 1];
    const directives = (): void => {
      for (const arm of group.arms) this.#kill(arm.directive, arm.directive + 1);
      this.#kill(endif, endif + 1);
    };
    if (first === undefined) {
      directives();
      return;
    }
    if (group.after !== undefined) this.#stack = group.after.slice();
    const next = this.#tokens.kinds[endif + 1] ?? 0;
    if (kept.length === 1 && group.exhaustive) {
      // `#if 0 .. #else A #endif` is A.
      directives();
      return;
    }
    if (isStructured(group, kept, next)) {
      for (const arm of group.arms) if (arm.isDead) this.#kill(arm.directive, arm.directive + 1);
      // When the first arm was `#if 0`, the group begins with an `#elif`; the parser takes either.
      this.#tokens.kinds[first.directive] = T.directiveIf;
      if (group.exhaustive && !group.hasElse && last !== undefined)
        this.#tokens.kinds[last.directive] = T.directiveElse;
      return;
    }
    directives();
    if (isListed(group, kept, next)) return;
    for (const arm of kept) {
      if (arm === first || arm.end <= arm.directive + 1) continue;
      const from = arm.directive + 1;
      if (this.#firstLive(from, arm.end) !== T.eof) this.#note(droppedArmReason, from, arm.end - 1);
      this.#kill(from, arm.end);
    }
  }

  #unpaired(directive: number): number {
    this.#note(noIfReason, directive);
    this.#kill(directive, directive + 1);
    return directive;
  }

  #note(reason: string, from: number, to: number = from): void {
    const { starts, ends } = this.#tokens;
    this.dropped.push({ reason, start: starts[from] ?? 0, end: ends[to] ?? 0 });
  }

  /** Takes tokens out. Long stretches are remembered, so that nested ones are walked once. */
  #kill(from: number, to: number): void {
    if (to <= from) return;
    const { kinds } = this.#tokens;
    for (let i = from; i < to; i++) {
      kinds[i] = T.dead;
      const behind = this.#deadFrom.get(i);
      if (behind !== undefined) i = behind - 1;
    }
    if (to - from > 4) {
      this.#deadFrom.set(from, to);
      this.#deadTo.set(to - 1, from);
    }
    this.anyDead = true;
  }
}
