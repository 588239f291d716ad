/** The parts of what a file declares, so that an edit can tell which names it gives another meaning. */
import type {
  Declarator,
  FieldDeclaration,
  InitDeclarator,
  RecordType,
  Specifiers,
  TopLevel,
  TranslationUnit,
} from "../syntax/c/ast.ts";
import type { Span } from "../text/span.ts";
import { declaringPosition } from "./kernel-macros.ts";
import { declaredName } from "./type-resolver.ts";

/** A declaration, the head of a function, a macro, or one member of a struct. */
export interface Part {
  /** What it declares: members as well. */
  readonly names: readonly string[];
  /** Whether it is a member of a struct: of `owner`, if that has a name. */
  readonly isMember?: boolean;
  readonly owner?: string | undefined;
  /** A function's head, from its beginning to its body. */
  readonly isHead?: boolean;
  readonly start: number;
  readonly end: number;
  /**
   * As written, blanks folded, without what gives its names no meaning: parts of its own, the names of parameters, and initialisers but
   * for those that tell the length of an array.
   */
  readonly text: string;
}

const depthLimit = 100;

/** In the order written. Code that was not understood declares nothing. */
export function partsOf({ items }: TranslationUnit, text: string): readonly Part[] {
  const parts: Part[] = [];
  const add = (
    { start, end }: Span,
    names: readonly string[],
    without: readonly Span[] = [],
    more: Pick<Part, "owner" | "isMember" | "isHead"> = {},
  ): void => {
    parts.push({ names, start, end, text: folded(text, start, end, without), ...more });
  };
  const walk = (list: readonly TopLevel[], depth: number): void => {
    for (const item of list)
      switch (item.kind) {
        case "function":
          add(
            { start: item.start, end: item.body.start },
            [item.name, ...namesIn(item.specifiers)],
            parameterNames(item.declarator),
            { isHead: true },
          );
          break;
        case "declaration": {
          const { specifiers, declarators } = item;
          const without = declarators.flatMap(meaningless);
          const names = declarators.flatMap((one) => nameOf(one.declarator));
          const { base } = specifiers;
          if (base.kind !== "record" || base.fields === undefined) {
            add(item, [...names, ...namesIn(specifiers)], without);
            break;
          }
          const isTypedef = specifiers.storage.includes("typedef");
          const owner = base.name ?? (isTypedef ? names[0] : undefined);
          for (const field of base.fields) add(field, namesOfField(field, 0), [], { isMember: true, owner });
          if (names.length > 0) add(item, names, [base, ...without]);
          break;
        }
        case "define":
          add(item, [item.name]);
          break;
        case "macro-invocation": {
          const { callee, arguments: given } = item.call;
          const position = callee.kind === "identifier" ? declaringPosition(callee.name) : undefined;
          const declared = position === undefined ? undefined : given[position];
          if (declared?.kind === "identifier") add(item, [declared.name]);
          break;
        }
        case "conditional-group":
          if (depth < depthLimit) for (const arm of item.arms) walk(arm.body, depth + 1);
          break;
        case "include":
        case "unknown":
          break;
      }
  };
  walk(items, 0);
  return parts;
}

/** The names that have another meaning after an edit: those of the parts in which two files differ. */
export function changedNames(before: readonly Part[], after: readonly Part[]): Set<string> {
  const isSame = (a: Part | undefined, b: Part | undefined): boolean =>
    a !== undefined && b !== undefined && a.text === b.text && a.owner === b.owner && a.names.join() === b.names.join();
  let from = 0;
  while (isSame(before[from], after[from])) from++;
  let tail = 0;
  while (
    tail < Math.min(before.length, after.length) - from &&
    isSame(before[before.length - 1 - tail], after[after.length - 1 - tail])
  )
    tail++;
  const names = new Set<string>();
  for (const list of [before, after])
    for (const part of list.slice(from, list.length - tail)) for (const name of part.names) names.add(name);
  return names;
}

/** Adds to the names those of all parts that speak of one of them, and of these again. False where they become too many. */
export function addWhatSpeaksOf(names: Set<string>, parts: readonly Part[], most: number): boolean {
  for (const name of names) {
    if (names.size > most) return false;
    const word = new RegExp(`(?<![\\w$])${name.replaceAll("$", "\\$")}(?![\\w$])`);
    for (const part of parts) {
      if (!part.text.includes(name) || part.names.every((one) => names.has(one)) || !word.test(part.text)) continue;
      for (const one of part.names) names.add(one);
    }
  }
  return names.size <= most;
}

function nameOf(declarator: Declarator): readonly string[] {
  const name = declaredName(declarator)?.name;
  return name === undefined ? [] : [name];
}

/** What the specifiers of a declaration declare by themselves. */
function namesIn({ base }: Specifiers, depth = 0): readonly string[] {
  if (base.kind === "enum") return (base.enumerators ?? []).map((one) => one.name);
  return base.kind === "record" ? namesOfRecord(base, depth) : [];
}

function namesOfRecord({ name, fields }: RecordType, depth: number): readonly string[] {
  if (fields === undefined || depth > depthLimit) return [];
  return [...(name === undefined ? [] : [name]), ...fields.flatMap((field) => namesOfField(field, depth + 1))];
}

function namesOfField({ specifiers, declarators, macro }: FieldDeclaration, depth: number): readonly string[] {
  const names = [...declarators.flatMap((one) => nameOf(one.declarator)), ...namesIn(specifiers, depth)];
  if (macro?.callee.kind === "identifier") {
    const position = declaringPosition(macro.callee.name);
    const declared = position === undefined ? undefined : macro.arguments[position];
    if (declared?.kind === "identifier") names.push(declared.name);
  }
  return names;
}

/** What of a declared object gives it no meaning. */
function meaningless({ declarator, initializer }: InitDeclarator): readonly Span[] {
  const names = parameterNames(declarator);
  const isMeasured = declarator.kind === "array" && declarator.length === undefined;
  return initializer === undefined || isMeasured ? names : [...names, initializer];
}

/** Where the parameters of a function are named. */
function parameterNames(declarator: Declarator): readonly Span[] {
  const found: Span[] = [];
  let at = declarator;
  for (let depth = 0; depth < depthLimit; depth++) {
    if (at.kind === "name" || at.kind === "abstract") break;
    if (at.kind === "function")
      for (const parameter of at.parameters) {
        const named = declaredName(parameter.declarator);
        if (named !== undefined) found.push(named);
      }
    at = at.inner;
  }
  return found;
}

function folded(text: string, start: number, end: number, without: readonly Span[]): string {
  let kept = "";
  let from = start;
  for (const span of [...without].sort((a, b) => a.start - b.start)) {
    if (span.start < from) continue;
    kept += `${text.slice(from, span.start)} `;
    from = span.end;
  }
  return (kept + text.slice(from, end)).replace(/\s+/g, " ").trim();
}
