/** What an edit of more than functions' bodies does to a file: which functions stay, and which names mean something else. */
import type { FunctionDefinition, TopLevel, TranslationUnit } from "../syntax/c/ast.ts";
import { parseC } from "../syntax/c/parse.ts";
import type { Span } from "../text/span.ts";
import type { StableChange } from "../text/stable-text.ts";
import { changedNames, type Part, partsOf } from "./declared-parts.ts";
import { declarationsOf, type FileDeclarations } from "./declarations.ts";
import { sameStructure } from "./same-structure.ts";

/** A file as it is now, or was. */
export interface DeclaredFile {
  readonly name: string;
  readonly text: string;
  readonly syntax: TranslationUnit;
  readonly declarations: FileDeclarations;
}

/** A function of the file after an edit. */
export interface KeptFunction {
  readonly definition: FunctionDefinition;
  /** Which of the old file's functions it is; undefined for one that came. */
  readonly old: number | undefined;
  /** Whether anything of its head is another, or stands elsewhere; its body counts as changed then. */
  readonly isHeadChanged: boolean;
  readonly isBodyChanged: boolean;
}

export interface FileEdit extends DeclaredFile {
  readonly functions: readonly KeptFunction[];
  /** Words of the declarations where something is another. */
  readonly words: ReadonlySet<string>;
  /** Names that the file gives another meaning, not yet those that speak of them. */
  readonly names: Set<string>;
  /** Tags of the structs in which something is another or stands elsewhere. */
  readonly tags: ReadonlySet<string>;
  /** Whether a struct has other members, or the same in another order. */
  readonly changesMembers: boolean;
  readonly changesMacros: boolean;
}

const partsKnown = new WeakMap<TranslationUnit, readonly Part[]>();

/** The parts of what a file declares. */
export function partsOfFile({ syntax, text }: Pick<DeclaredFile, "syntax" | "text">): readonly Part[] {
  let parts = partsKnown.get(syntax);
  if (parts === undefined) {
    parts = partsOf(syntax, text);
    partsKnown.set(syntax, parts);
  }
  return parts;
}

/** The edit of a file; undefined where it is more than is told here. `text` is the text after it, `change` what it did. */
export function fileEdit(old: DeclaredFile, text: string, change: StableChange): FileEdit | undefined {
  const { name } = old;
  const syntax = parseC(text);
  const declarations = declarationsOf(name, syntax, text);
  const now: DeclaredFile = { name, text, syntax, declarations };
  const isTouched = ({ start, end }: Span): boolean => end >= change.start && start < change.settled;
  const functions = keptFunctions(old, now, isTouched);
  if (functions === undefined) return undefined;

  const before = partsOfFile(old).filter(isTouched);
  const after = partsOfFile(now).filter(isTouched);
  const names = changedNames(before, after);
  const tags = new Set<string>();
  for (const { declarations: one } of [old, now])
    for (const [tag, { types }] of one.records) {
      if (old.declarations.records.has(tag) !== declarations.records.has(tag)) {
        names.add(tag);
        tags.add(tag);
      } else if (types.some(isTouched)) tags.add(tag);
    }
  const members = (parts: readonly Part[]): string =>
    parts.flatMap((part) => (part.isMember === true ? [`${part.owner ?? ""} ${part.text}`] : [])).join("\n");
  return {
    ...now,
    functions,
    words: new Set(after.flatMap((part) => part.text.match(/[A-Za-z_$][\w$]*/g) ?? [])),
    names,
    tags,
    changesMembers: members(before) !== members(after),
    changesMacros: macrosIn(old, isTouched) !== macrosIn(now, isTouched),
  };
}

function macrosIn({ syntax, text }: DeclaredFile, isTouched: (span: Span) => boolean): string {
  return itemsOf(syntax)
    .flatMap((item) => (item.kind === "define" && isTouched(item) ? [text.slice(item.start, item.end)] : []))
    .join("\n");
}

/** The functions after the edit, each with the one of the same name before it. Undefined where one declares types. */
function keptFunctions(
  old: DeclaredFile,
  now: DeclaredFile,
  isTouched: (span: Span) => boolean,
): readonly KeptFunction[] | undefined {
  const before = functionsIn(old.syntax);
  const positions = new Map<string, number[]>();
  for (const [at, { name }] of before.entries()) positions.set(name, [...(positions.get(name) ?? []), at]);
  for (const list of positions.values()) list.reverse();
  const unread = new Set([...wordsNotUnderstood(old, isTouched), ...wordsNotUnderstood(now, isTouched)]);
  const kept: KeptFunction[] = [];
  let last = -1;
  for (const definition of functionsIn(now.syntax)) {
    const at = positions.get(definition.name)?.pop();
    const known = at === undefined ? undefined : before[at];
    if (known === undefined || at === undefined) {
      if (declaresTypes(now, definition)) return undefined;
      kept.push({ definition, old: undefined, isHeadChanged: true, isBodyChanged: true });
      continue;
    }
    // Where the order is another, more than one edit is told by this one.
    if (at < last) return undefined;
    last = at;
    const isHeadChanged =
      known.start !== definition.start ||
      known.nameSpan.start !== definition.nameSpan.start ||
      known.body.start !== definition.body.start ||
      isTouched({ start: definition.start, end: definition.body.start });
    const isBodyChanged =
      isHeadChanged ||
      known.end !== definition.end ||
      isTouched(definition.body) ||
      known.tokenHash !== definition.tokenHash ||
      !haveSameGaps(old.syntax, known, now.syntax, definition) ||
      (mentionsAny(definition, unread) && !sameStructure(known, definition));
    if (isBodyChanged && (declaresTypes(old, known) || declaresTypes(now, definition))) return undefined;
    kept.push({ definition, old: at, isHeadChanged, isBodyChanged });
  }
  for (const list of positions.values())
    for (const at of list) {
      const gone = before[at];
      if (gone !== undefined && declaresTypes(old, gone)) return undefined;
    }
  return kept;
}

/** Words of code that was not understood: the parser may have taken some of them for names. */
function wordsNotUnderstood({ syntax, text }: DeclaredFile, isTouched: (span: Span) => boolean): readonly string[] {
  return itemsOf(syntax).flatMap((item) =>
    item.kind === "unknown" && isTouched(item)
      ? (text.slice(item.start, item.end).match(/[A-Za-z_$][\w$]*/g) ?? [])
      : [],
  );
}

function mentionsAny({ mentions }: FunctionDefinition, words: ReadonlySet<string>): boolean {
  if (words.size === 0) return false;
  if (mentions === undefined) return true;
  return mentions.valued.some((name) => words.has(name)) || mentions.called.some((name) => words.has(name));
}

function haveSameGaps(old: TranslationUnit, before: Span, now: TranslationUnit, after: Span): boolean {
  if (old.gaps.length === 0 && now.gaps.length === 0) return true;
  const gapsIn = ({ gaps }: TranslationUnit, { start, end }: Span): string =>
    gaps.flatMap((gap) => (gap.start >= start && gap.end <= end ? [`${gap.start} ${gap.end}`] : [])).join();
  return gapsIn(old, before) === gapsIn(now, after);
}

/** Whether a function declares types in its body: the whole file sees them. */
export function declaresTypes({ name, text }: Pick<DeclaredFile, "name" | "text">, one: FunctionDefinition): boolean {
  const alone: TranslationUnit = { kind: "translation-unit", items: [one], gaps: [] };
  const { records, enumerators, unnamed } = declarationsOf(name, alone, text);
  return records.size + enumerators.size + unnamed.size > 0;
}

/** Definitions in source order, those in the arms of an `#if` included. */
export function functionsIn(syntax: TranslationUnit): readonly FunctionDefinition[] {
  return itemsOf(syntax).filter((item) => item.kind === "function");
}

/** All items of a file, those in the arms of `#if` and the groups themselves included, in the order written. */
export function itemsOf(syntax: TranslationUnit): readonly TopLevel[] {
  const items: TopLevel[] = [];
  const walk = (list: readonly TopLevel[], depth: number): void => {
    for (const item of list) {
      items.push(item);
      if (item.kind === "conditional-group" && depth < 100) for (const arm of item.arms) walk(arm.body, depth + 1);
    }
  };
  walk(syntax.items, 0);
  return items;
}
