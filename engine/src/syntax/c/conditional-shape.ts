/** What an `#if` group is around, told from the tokens at its edges. */
import type { Tokens } from "./lexer.ts";
import { K, T } from "./tokens.ts";

// What an open bracket holds.
export const IN_PARENS = 1;
export const IN_BRACKETS = 2;
export const IN_BLOCK = 3;
export const IN_INITIALIZER = 4;
export const IN_RECORD = 5;
export const IN_ENUM = 6;

export interface Arm {
  readonly directive: number;
  /** Its condition certainly does not hold, or that of an arm before it certainly does: what it holds is no code. */
  readonly isDead: boolean;
  end: number;
  /** Kinds of its first and last live token; `eof` when there is none. */
  first: number;
  last: number;
  balanced: boolean;
}
export interface Group {
  readonly arms: Arm[];
  readonly context: number;
  /** Kind of the last live token before the group. */
  readonly before: number;
  readonly stack: readonly number[];
  /** The bracket stack after the first arm that stays. */
  after: readonly number[] | undefined;
  /** An arm so far certainly holds where none before it does, as `#else` always does. */
  exhaustive: boolean;
  hasElse: boolean;
  lowest: number;
  /** Whether an open condition may leave the whole group out. */
  readonly isOpen: boolean;
  /** Whether the arm at hand is certainly there; undefined where that is open. */
  holds: boolean | undefined;
  /** An arm before the one at hand may be there. */
  mayBeTaken: boolean;
}

/** A group of which no arm is read yet, inside the brackets of `stack`; `before` is the kind of the last live token before it. */
export function openGroup(before: number, stack: readonly number[], isOpen: boolean): Group {
  return {
    arms: [],
    context: stack[stack.length - 1] ?? 0,
    before,
    stack,
    after: undefined,
    exhaustive: false,
    lowest: stack.length,
    isOpen,
    hasElse: false,
    holds: false,
    mayBeTaken: false,
  };
}

/** True when a file-scope item or a statement can end with this token. */
export const endsItem = (kind: number): boolean =>
  kind === T.semicolon || kind === T.rbrace || kind === T.rparen || kind === T.eof;

/** Do the arms hold whole statements or file-scope items, so that the group can stay? `next` follows the group. */
export function isStructured(group: Group, kept: readonly Arm[], next: number): boolean {
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

/** Do the arms hold whole items of an initialiser, fields or enumerators, so that all of them can be listed? */
export function isListed(group: Group, kept: readonly Arm[], next: number): boolean {
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

/** Is a directive (or a run of them) all that stands between a function's head and its body? `last` is the kind before it. */
export function isBeforeBody(kinds: Tokens["kinds"], directive: number, last: number): boolean {
  if (last !== T.rparen) return false;
  let i = directive + 1;
  while (i < directive + 100 && (kinds[i] ?? 0) >= T.directiveDefine && (kinds[i] ?? 0) <= T.directiveOther) i++;
  return kinds[i] === T.lbrace;
}
