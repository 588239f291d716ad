/** Edits of driver source that keep it tidy: whole lines, the indentation of the place, nothing left unused. */
import type { DriverUnit, ProgramFunction } from "../../program/program.ts";
import type { TextEdit } from "../../text/edit.ts";
import type { FileSpan } from "../../text/span.ts";

/** Columns that a line of kernel C may have (Documentation/process/coding-style.rst and checkpatch). */
const widest = 100;

/** The white space that the line of an offset begins with. */
export function indentationAt(text: string, offset: number): string {
  const start = lineStart(text, offset);
  return /^[ \t]*/.exec(text.slice(start, offset))?.[0] ?? "";
}

export function lineStart(text: string, offset: number): number {
  return Math.max(text.lastIndexOf("\n", offset - 1) + 1, 0);
}

function lineEnd(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end < 0 ? text.length : end + 1;
}

/** Removes the lines of a statement; undefined when it shares them with other code. An empty line left double goes too. */
export function removeLines(unit: DriverUnit, span: FileSpan): TextEdit | undefined {
  const text = unit.files.get(span.file)?.text;
  if (text === undefined) return undefined;
  const start = lineStart(text, span.start);
  let end = lineEnd(text, span.end);
  const before = text.slice(start, span.start);
  const after = text.slice(span.end, end);
  // The span may be that of the call behind the `=`.
  if (!/^[ \t]*([\w.>-]+[ \t]*=[ \t]*)?$/.test(before) || !/^;?[ \t\r\n]*$/.test(after)) return undefined;
  // `if (x)` without braces above would govern the next statement instead.
  const above = text.slice(lineStart(text, Math.max(start - 1, 0)), start);
  if (!/[;{}:/][ \t\r\n]*$|^\s*$|^\s*#/.test(above)) return undefined;
  const opens = /[{]\s*$|^\s*$/.test(above);
  if (opens && /^\s*\n/.test(text.slice(end, lineEnd(text, end)))) end = lineEnd(text, end);
  return { file: span.file, start, end, newText: "" };
}

/** Inserts a statement on a line of its own before the one at `span`; undefined when that line is not all the statement's. */
export function insertLineBefore(unit: DriverUnit, span: FileSpan, statement: string): TextEdit | undefined {
  const text = unit.files.get(span.file)?.text;
  if (text === undefined) return undefined;
  const start = lineStart(text, span.start);
  const before = text.slice(start, span.start);
  // The call may stand behind `return`, `ret =` or in an `if (`: the new line goes above the whole line.
  if (!/^[ \t]*((return|[\w>.\-[\]]+ =|if \()[ \t]*!?)?$/.test(before)) return undefined;
  // Without braces, the line may be the single statement of an `if`; after a case label it is fine.
  const above = text.slice(lineStart(text, Math.max(start - 1, 0)), start);
  if (!/[;{}:][ \t]*\r?\n$|^\s*$|\*\/\s*$/.test(above) && !/^\s*\/\//.test(above)) return undefined;
  const newline = /\r\n/.test(text.slice(start, lineEnd(text, start))) ? "\r\n" : "\n";
  return { file: span.file, start, end: start, newText: `${indentationAt(text, span.start)}${statement}${newline}` };
}

/** Inserts statements on lines of their own behind the one at `span`; undefined when it shares its lines, or governs nothing but itself. */
export function insertLinesAfter(
  unit: DriverUnit,
  span: FileSpan,
  statements: readonly string[],
): TextEdit | undefined {
  const text = unit.files.get(span.file)?.text;
  if (text === undefined) return undefined;
  const start = lineStart(text, span.start);
  if (!/^[ \t]*$/.test(text.slice(start, span.start))) return undefined;
  const above = text.slice(lineStart(text, Math.max(start - 1, 0)), start);
  if (!/[;{}:][ \t]*\r?\n$|^\s*$|\*\/\s*$/.test(above) && !/^\s*\/\//.test(above)) return undefined;
  const end = lineEnd(text, span.end);
  const newline = /\r\n$/.test(text.slice(start, end)) ? "\r\n" : "\n";
  if (!/^;[ \t]*\r?\n$/.test(text.slice(span.end, end).replace(/\/\*.*\*\/|\/\/[^\n]*/, ""))) return undefined;
  const indentation = indentationAt(text, span.start);
  return {
    file: span.file,
    start: end,
    end,
    newText: statements.map((one) => `${indentation}${one}${newline}`).join(""),
  };
}

/**
 * The start of the comment that stands right above the line at `start` and speaks of it alone: lines of nothing else, indented like
 * it. `start` itself where there is none.
 */
export function startWithComment(text: string, start: number, indentation: string): number {
  let from = start;
  while (from > 0) {
    const above = lineStart(text, from - 1);
    const line = text.slice(above, from).trimEnd();
    if (line.startsWith(`${indentation}//`)) from = above;
    else if (from === start && line.endsWith("*/")) {
      const open = text.lastIndexOf("/*", above + line.length - 2);
      const first = open < 0 ? -1 : lineStart(text, open);
      const alone = first >= 0 && text.slice(first, open) === indentation;
      return alone && text.indexOf("*/", open + 2) === above + line.length - 2 ? first : start;
    } else break;
  }
  return from;
}

/** `name(a, b, c)` in place of a call, broken as the kernel's style has it when it would be too long. */
export function callText(unit: DriverUnit, span: FileSpan, name: string, values: readonly string[]): string {
  const text = unit.files.get(span.file)?.text ?? "";
  const start = lineStart(text, span.start);
  const before = columnOf(text.slice(start, span.start));
  const line = `${name}(${values.join(", ")})`;
  if (before + line.length + 1 <= widest) return line;
  const align = before + name.length + 1;
  const indentation = "\t".repeat(align >> 3) + " ".repeat(align & 7);
  const lines: string[] = [];
  let current = "";
  for (const [index, value] of values.entries()) {
    const piece = value + (index < values.length - 1 ? "," : ")");
    if (current !== "" && align + current.length + 1 + piece.length + 1 > widest - 20) {
      lines.push(current);
      current = piece;
    } else current = current === "" ? piece : `${current} ${piece}`;
  }
  lines.push(current);
  return `${name}(${lines.join(`\n${indentation}`)}`;
}

function columnOf(prefix: string): number {
  let column = 0;
  for (const character of prefix) column = character === "\t" ? (column | 7) + 1 : column + 1;
  return column;
}

/** Pure conversions of addresses: an assignment that only calls these can go with its variable. */
const pure = /^(virt_to_\w+|__pa|page_to_\w+|PFN_\w+|PHYS_PFN|vmalloc_to_\w+|dma_to_phys|sizeof)$/;

/**
 * Edits that remove what the other edits leave without use: declarations, and assignments to variables that nobody reads any
 * more. Undefined when something of that cannot be removed alone.
 */
export function dropUnused(
  unit: DriverUnit,
  owner: ProgramFunction,
  edits: readonly TextEdit[],
): readonly TextEdit[] | undefined {
  const text = unit.files.get(owner.file)?.text;
  if (text === undefined) return undefined;
  const code = withoutComments(text);
  const extra: TextEdit[] = [];
  const gone = new Set<number>();
  const inside = (at: number): boolean =>
    [...edits, ...extra].some((edit) => edit.file === owner.file && edit.start <= at && at < edit.end);
  // What goes may have been the only use of another variable, so it is asked again until nothing more goes.
  for (let before = -1; before < gone.size; ) {
    before = gone.size;
    for (const variable of owner.variables) {
      if (variable.kind !== "local" || gone.has(variable.id) || !/^\w+$/.test(variable.name)) continue;
      const word = new RegExp(`\\b${variable.name}\\b`, "g");
      const places = [...code.slice(owner.start, owner.end).matchAll(word)].map((match) => owner.start + match.index);
      const left = places.filter((at) => !inside(at) && (at < variable.start || at >= variable.end));
      if (!places.some(inside) || edits.some((edit) => edit.newText.match(word) !== null)) continue;
      if (left.some((at) => !/^\s*=[^=]/.test(text.slice(at + variable.name.length)))) continue;
      for (const at of left) {
        const end = text.indexOf(";", at);
        const line = callsOnlyPure(text.slice(at, end)) && removeLines(unit, { file: owner.file, start: at, end });
        if (!line) return undefined;
        extra.push(line);
      }
      const declaration = removeDeclaration(text, owner.file, variable.start);
      if (!declaration) return undefined;
      extra.push(declaration);
      gone.add(variable.id);
    }
  }
  return extra;
}

function callsOnlyPure(text: string): boolean {
  return [...text.matchAll(/(\w+)\s*\(/g)].every((match) => pure.test(match[1] ?? ""));
}

/** The line of a declaration that declares one variable and calls nothing but conversions. */
function removeDeclaration(text: string, file: string, at: number): TextEdit | undefined {
  const start = lineStart(text, at);
  let end = lineEnd(text, at);
  const line = text.slice(start, end);
  const value = /^\s*[\w\s*]+?(=[^;]*)?;\s*$/.exec(line);
  if (!value || !callsOnlyPure(value[1] ?? "")) return undefined;
  // A comma outside of brackets declares another variable.
  let flat = value[1] ?? "";
  while (/\([^()]*\)/.test(flat)) flat = flat.replace(/\([^()]*\)/g, "");
  if (flat.includes(",")) return undefined;
  // The last declaration takes the empty line below it with it when nothing else is declared above.
  const above = text.slice(lineStart(text, Math.max(start - 1, 0)), start);
  if (/^\s*\{\s*$/.test(above) && /^\s*\n/.test(text.slice(end, lineEnd(text, end)))) end = lineEnd(text, end);
  return { file, start, end, newText: "" };
}

/**
 * The edits that a snippet's import needs when the others are made: `name` comes in, names that are left without use go out.
 * Undefined when the import is not one name a line, since then it cannot be changed tidily.
 */
export function importEdits(
  unit: DriverUnit,
  file: string,
  name: string,
  edits: readonly TextEdit[],
): readonly TextEdit[] | undefined {
  const text = unit.files.get(file)?.text ?? "";
  const clause = /^import \{\n([\s\S]*?)^\} from "dma-lens\/kernel";/m.exec(text);
  if (!clause) return undefined;
  const start = clause.index + "import {\n".length;
  const end = start + (clause[1] ?? "").length;
  const code = withoutComments(text);
  const uses = (word: string): readonly number[] =>
    [...code.matchAll(new RegExp(`\\b${word}\\b`, "g"))].map((match) => match.index);
  const inside = (at: number): boolean => edits.some((edit) => edit.file === file && edit.start <= at && at < edit.end);
  const result: TextEdit[] = [];
  let known = false;
  for (const line of text.slice(start, end).matchAll(/^[ \t]*(?:type )?(\w+),\n/gm)) {
    const word = line[1] ?? "";
    if (word === name) known = true;
    const at = start + line.index;
    const outside = uses(word).filter((use) => use < start || use >= end);
    const lost = outside.length > 0 && outside.every(inside) && word !== name;
    if (lost && !edits.some((edit) => new RegExp(`\\b${word}\\b`).test(edit.newText)))
      result.push({ file, start: at, end: at + line[0].length, newText: "" });
  }
  if (!known) result.push({ file, start, end: start, newText: `  ${name},\n` });
  return result;
}

/** The text with comments blanked, every other character in its place. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, (comment) => comment.replace(/[^\n]/g, " "));
}
