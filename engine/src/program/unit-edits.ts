/** What an edit of one file does to its syntax: one function with another body, nothing at all, or more than is told here. */
import type { FunctionDefinition, SyntaxGap, TopLevel, TranslationUnit } from "../syntax/c/ast.ts";
import { holdSameTokens, reparseFunction } from "../syntax/c/reparse.ts";
import type { StableChange } from "../text/stable-text.ts";
import { declaresTypes, itemsOf } from "./file-edit.ts";

/** An edit that leaves a file's declarations, and where everything begins, as they were. */
export interface BodyEdit {
  /** The functions whose bodies are others now, with those. */
  readonly functions: readonly FunctionDefinition[];
  readonly syntax: TranslationUnit;
}

interface OldFile {
  readonly name: string;
  readonly text: string;
  readonly syntax: TranslationUnit;
}

/** The edit as one of a function's body, or of nothing that counts; undefined where it may be more. `text` is the text after the edit, `change` what it did. */
export function bodyEdit(old: OldFile, text: string, change: StableChange): BodyEdit | undefined {
  return (
    functionEdit(old, text, change) ??
    (isBetweenItems(old, text, change) ? { functions: [], syntax: old.syntax } : undefined)
  );
}

/** The edit as one of a single function's body. */
function functionEdit(old: OldFile, text: string, change: StableChange): BodyEdit | undefined {
  const { name, syntax } = old;
  const before = find(syntax.items, (item) => item.kind === "function" && spans(item, change));
  if (before?.kind !== "function") return undefined;
  if (change.start <= before.body.start || change.end >= before.end) return undefined;
  // What begins behind the function must keep its place.
  if (any(syntax.items, (item) => item.start >= before.end && item.start < change.settled)) return undefined;
  const end = before.end + change.newEnd - change.end;
  const parsed = reparseFunction(text, syntax, before, end);
  if (parsed === undefined || declaresTypes(old, before) || declaresTypes({ name, text }, parsed.definition))
    return undefined;
  const isInside = (gap: SyntaxGap): boolean => gap.start >= before.start && gap.end <= before.end;
  const gaps = [...syntax.gaps.filter((gap) => !isInside(gap)), ...parsed.gaps];
  gaps.sort((a, b) => a.start - b.start || a.end - b.end);
  const after = parsed.definition;
  return { functions: [after], syntax: { ...syntax, items: replaced(syntax.items, before, after), gaps } };
}

/** Whether only white space and comments between the file's items changed, and nothing that begins behind them moved. */
function isBetweenItems(
  old: { readonly text: string; readonly syntax: TranslationUnit },
  text: string,
  change: StableChange,
): boolean {
  const { items } = old.syntax;
  if (any(items, (item) => item.kind !== "conditional-group" && item.start < change.end && item.end > change.start))
    return false;
  if (any(items, (item) => item.start >= change.end && item.start < change.settled)) return false;
  if (old.syntax.gaps.some((gap) => gap.end >= change.start && gap.start < change.settled)) return false;
  let from = 0;
  any(items, (item) => {
    for (const at of [item.start, item.end]) if (at <= change.start && at > from) from = at;
    return false;
  });
  from = logicalLineOf(old.text, from);
  // What follows stands for the rest of the file: a comment that was opened would swallow it.
  const before = `${old.text.slice(from, change.settled)}\n;`;
  const after = `${text.slice(from, change.settled)}\n;`;
  return holdSameTokens(before, 0, before.length, after, 0, after.length);
}

/** Where the line begins that an offset is in; a directive reaches to its end. Lines that a backslash joins are one. */
function logicalLineOf(text: string, offset: number): number {
  for (let at = offset; at > 0; at--)
    if (text.charCodeAt(at - 1) === 10 && !/\\\r?\n$/.test(text.slice(Math.max(0, at - 3), at))) return at;
  return 0;
}

/** Whether an edit left the tokens of the declaration, or of the function's head, that it is in as they were. The stretch is [start, end) of the old text. */
export function isBlankInItem(
  old: { readonly text: string; readonly syntax: TranslationUnit },
  change: { readonly start: number; readonly end: number; readonly inserted: string },
): boolean {
  const { text, syntax } = old;
  const item = find(
    syntax.items,
    (one) =>
      spans(one, change) &&
      (one.kind === "declaration" ||
        one.kind === "macro-invocation" ||
        (one.kind === "function" && change.end <= one.body.start)),
  );
  if (item === undefined) return false;
  const after = text.slice(item.start, change.start) + change.inserted + text.slice(change.end, item.end);
  return holdSameTokens(text, item.start, item.end, after, 0, after.length);
}

function spans(item: TopLevel, change: { readonly start: number; readonly end: number }): boolean {
  return item.start < change.start && item.end > change.end;
}

/** The first item for which the test holds, those in the arms of `#if` included. */
function find(items: readonly TopLevel[], holds: (item: TopLevel) => boolean, depth = 0): TopLevel | undefined {
  for (const item of items) {
    if (holds(item)) return item;
    if (item.kind !== "conditional-group" || depth > 100) continue;
    for (const arm of item.arms) {
      const found = find(arm.body, holds, depth + 1);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function any(items: readonly TopLevel[], holds: (item: TopLevel) => boolean): boolean {
  return find(items, holds) !== undefined;
}

/** The items with one function in the place of another. */
function replaced(
  items: readonly TopLevel[],
  before: FunctionDefinition,
  after: FunctionDefinition,
): readonly TopLevel[] {
  return items.map((item) => {
    if (item === before) return after;
    if (item.kind !== "conditional-group" || item.start > before.start || item.end < before.end) return item;
    return { ...item, arms: item.arms.map((arm) => ({ ...arm, body: [...replaced(arm.body, before, after)] })) };
  });
}

/** Where the items of a file begin, those in the arms of `#if` and the groups themselves included. */
export function itemStarts(syntax: TranslationUnit): readonly number[] {
  return itemsOf(syntax).map((item) => item.start);
}
