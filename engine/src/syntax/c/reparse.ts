/** Parses one function of a file again, without the rest of the file. */
import type { FunctionDefinition, SyntaxGap, TopLevel, TranslationUnit } from "./ast.ts";
import { lex, type Tokens } from "./lexer.ts";
import { declaredName } from "./parse-declarator.ts";
import { FileCursor } from "./file-cursor.ts";
import { parseItems, unpairedReason } from "./parse-file.ts";
import { splitFile } from "./splitter.ts";
import { keywordCount, T } from "./tokens.ts";

export interface Reparsed {
  readonly definition: FunctionDefinition;
  readonly gaps: readonly SyntaxGap[];
}

/**
 * Parses `text[old.start, end)`, where `text` is that of `unit` but for the body of `old`. Undefined where parsing the whole file might
 * come to something else: the stretch is not exactly one function with the same head, or what stands in it reaches beyond it.
 */
export function reparseFunction(
  text: string,
  unit: TranslationUnit,
  old: FunctionDefinition,
  end: number,
): Reparsed | undefined {
  const outside = (gap: SyntaxGap): boolean => gap.function === undefined || gap.reason === unpairedReason;
  // In a file whose braces or declarations are broken the layout decides, and what was parsed before it.
  if (unit.gaps.some(outside)) return undefined;
  const tokens = lex(text, old.start, end);
  if (!isClosed(tokens, end)) return undefined;
  const cursor = new FileCursor(tokens, splitFile(tokens), []);
  const { objects, types } = namesBefore(unit, old);
  tokens.names.forEach((name, symbol) => {
    if (symbol < keywordCount) return;
    if (objects.has(name)) cursor.fileNames.add(symbol);
    if (types.has(name)) cursor.typedefs.add(symbol);
  });
  const [definition, ...others] = parseItems(cursor);
  if (definition?.kind !== "function" || others.length > 0 || cursor.gaps.some(outside)) return undefined;
  const isSameHead =
    definition.start === old.start &&
    definition.end === end &&
    definition.name === old.name &&
    definition.body.start === old.body.start;
  return isSameHead ? { definition, gaps: cursor.gaps } : undefined;
}

/** Whether the tokens are whole by themselves: braces pair, and the last is the last token. Directives ask for the file before them. */
function isClosed({ kinds, ends, count, directives, braces }: Tokens, end: number): boolean {
  if (directives.length > 0 || count === 0 || kinds[count - 1] !== T.rbrace || ends[count - 1] !== end) return false;
  let depth = 0;
  for (const [i, brace] of braces.entries()) {
    depth += kinds[brace] === T.lbrace ? 1 : -1;
    if (depth < 0 || (depth === 0 && i < braces.length - 1)) return false;
  }
  return depth === 0;
}

/** The names that the file declared before the function, as the parser knew them there. */
function namesBefore(
  unit: TranslationUnit,
  definition: FunctionDefinition,
): { readonly objects: ReadonlySet<string>; readonly types: ReadonlySet<string> } {
  const objects = new Set<string>();
  const types = new Set<string>();
  const walk = (items: readonly TopLevel[], depth: number): boolean => {
    for (const item of items) {
      if (item === definition) {
        objects.add(item.name);
        return true;
      }
      if (item.kind === "function") objects.add(item.name);
      else if (item.kind === "declaration") {
        const into = item.specifiers.storage.includes("typedef") ? types : objects;
        for (const { declarator } of item.declarators) {
          const name = declaredName(declarator)?.name;
          if (name !== undefined) into.add(name);
        }
      } else if (item.kind === "conditional-group" && depth < 100) {
        for (const arm of item.arms) if (walk(arm.body, depth + 1)) return true;
      }
    }
    return false;
  };
  walk(unit.items, 0);
  return { objects, types };
}

/** Whether two stretches, of one text each, hold the same tokens: white space and comments do not count. */
export function holdSameTokens(a: string, fromA: number, toA: number, b: string, fromB: number, toB: number): boolean {
  const spellings = (text: string, from: number, to: number): string[] => {
    const { count, starts, ends } = lex(text, from, to);
    const found: string[] = [];
    for (let i = 0; i < count; i++) found.push(text.slice(starts[i], ends[i]));
    return found;
  };
  const first = spellings(a, fromA, toA);
  const second = spellings(b, fromB, toB);
  return first.length === second.length && first.every((one, i) => one === second[i]);
}
