/**
 * The fix of dma/map-stack: the array becomes a pointer to kmalloc() memory that __free(kfree) gives back on every way out of the
 * function, the value of a `return` being computed before that (include/linux/cleanup.h and slab.h, since 6.5; linux 6.12.117).
 * Offered where the function may sleep, returns an error number, has nothing to undo yet, and uses the array as a pointer alone.
 */
import type { DmaArgument } from "../../analysis/buffers/dma-arguments.ts";
import type { Facts, Origin } from "../../analysis/facts.ts";
import { flowOf } from "../../analysis/flow/flow.ts";
import type { ProgramFunction } from "../../program/program.ts";
import type { TextEdit } from "../../text/edit.ts";
import type { RuleFix } from "../rule.ts";

/** Calls that wait for their transfer, so that a caller may sleep. */
const waits =
  /^(usb_(control|bulk|interrupt)_msg|spi_(sync|sync_transfer|read|write|w8r8|w8r16|w8r16be)|i2c_transfer)$/;
/** Initialisers that take nothing which a return would have to give back. */
const takesNothing = /^(to_\w+|container_of|\w+_get_\w*data|\w+_priv|usb_\w+pipe|(cpu_to|__cpu_to)_\w+|\w+_to_cpu)$/;
const bytes = /^(u8|__u8|s8|uint8_t|unsigned char|char|signed char)$/;
/** Macros that look at the type of what they are given. */
const looksAtType =
  /\b(strscpy(_pad)?|strtomem(_pad)?|memtostr(_pad)?|memset_after|typeof|__must_be_array|sizeof_field)\s*\(/;

export function heapBuffer(facts: Facts, argument: DmaArgument, origin: Origin): readonly RuleFix[] {
  const { function: owner, name } = argument;
  const variable = owner.variables.find(
    (one) => one.kind === "local" && one.name === origin.object?.name && one.type.kind === "array",
  );
  const text = facts.unit.files.get(owner.file)?.text;
  const isHome = (origin.path[0]?.function ?? owner.name) === owner.name;
  if (!variable || text === undefined || owner.language !== "c" || !isHome || !waits.test(name)) return [];
  if (owner.result.kind !== "integer" || owner.result.name !== "int") return [];
  if (owner.variables.filter((one) => one.name === variable.name).length > 1) return [];
  const code = blanked(text);
  const declarations = declarationsOf(owner, code);
  const line = lineOf(code, variable.start);
  const declared = new RegExp(
    String.raw`^([ \t]+)((?:unsigned |signed )?\w+) ${variable.name}\[([\w ()*+-]+)\]( = \{ ?0? ?\})?;$`,
  ).exec(code.slice(line.start, line.end));
  if (!declarations || !declared || line.start < declarations.start || line.end > declarations.end) return [];
  if (argument.statement.start < declarations.end || !startsFreely(owner, declarations.end)) return [];
  const [, indentation = "", element = "", count = "", zeroed] = declared;
  // In the transfer's own arguments a number of bytes is a number; elsewhere the size keeps its type, which a comparison feels.
  const { start, end } = argument.statement;
  const size = (at: number): string =>
    bytes.test(element) && start <= at && at < end ? count : `${bracketed(count)} * sizeof(*${variable.name})`;
  const uses = sizesIn(owner, code, variable.name, line, size);
  const include = slabInclude(owner.file, text, code);
  if (!uses || !include) return [];
  const made = bytes.test(element)
    ? `${zeroed ? "kzalloc" : "kmalloc"}(${count}, GFP_KERNEL)`
    : `${zeroed ? "kcalloc" : "kmalloc_array"}(${count}, sizeof(*${variable.name}), GFP_KERNEL)`;
  const edit = (start: number, end: number, newText: string): TextEdit => ({ file: owner.file, start, end, newText });
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const check = [`${indentation}if (!${variable.name})`, `${indentation}\treturn -ENOMEM;`, "", ""].join(newline);
  return [
    {
      id: "heap",
      title: `Allocate ${variable.name} with kmalloc(), freed by __free(kfree) (6.5+)`,
      edits: [
        ...include,
        edit(line.start, line.end, `${indentation}${element} *${variable.name} __free(kfree) = ${made};`),
        // Behind the empty line that ends the declarations.
        edit(declarations.after, declarations.after, check),
        ...uses,
      ],
    },
  ];
}

interface Declarations {
  readonly start: number;
  /** Of the last one's line, without its line break. */
  readonly end: number;
  /** Where the code begins: after the empty line. */
  readonly after: number;
}

/** The declarations that a function begins with, when an empty line parts them from the code and each declares a local. */
function declarationsOf(owner: ProgramFunction, code: string): Declarations | undefined {
  const opening = /\{[ \t]*\r?\n/g;
  opening.lastIndex = owner.nameSpan.end;
  const open = opening.exec(code);
  if (!open || open.index > owner.end) return undefined;
  const start = open.index + open[0].length;
  const empty = /\r?\n\r?\n/g;
  empty.lastIndex = start - 1;
  const blank = empty.exec(code);
  if (!blank || blank.index >= owner.end || blank.index < start) return undefined;
  let from = start;
  for (const piece of piecesOf(code.slice(start, blank.index))) {
    const to = from + piece.length;
    const begin = from;
    if (!owner.variables.some((one) => one.kind === "local" && one.start >= begin && one.start < to)) return undefined;
    from = to;
  }
  return { start, end: blank.index, after: blank.index + blank[0].length };
}

/** Split after each `;` outside of braces; the pieces are the text. */
function piecesOf(text: string): readonly string[] {
  const pieces: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "{") depth++;
    else if (text[at] === "}") depth--;
    else if (text[at] === ";" && depth === 0) {
      pieces.push(text.slice(from, at + 1));
      from = at + 1;
    }
  }
  if (text.slice(from).trim() !== "") pieces.push(text.slice(from));
  return pieces;
}

/** Nothing that the initialisers did has to be undone by a return. */
function startsFreely(owner: ProgramFunction, end: number): boolean {
  return flowOf(owner)
    .order.flatMap((id) => owner.blocks[id]?.statements ?? [])
    .filter((one) => one.start < end)
    .every(
      (one) =>
        one.kind !== "opaque" &&
        (one.kind !== "call" || (one.callee.kind === "direct" && takesNothing.test(one.callee.name))),
    );
}

/** Edits for what asks for the array's size; undefined when something else needs an array. */
function sizesIn(
  owner: ProgramFunction,
  code: string,
  name: string,
  declaration: { readonly start: number; readonly end: number },
  size: (at: number) => string,
): readonly TextEdit[] | undefined {
  const body = code.slice(owner.start, owner.end);
  if (looksAtType.test(body)) return undefined;
  const edits: TextEdit[] = [];
  for (const match of body.matchAll(new RegExp(String.raw`\b${name}\b`, "g"))) {
    const at = owner.start + match.index;
    if (at >= declaration.start && at < declaration.end) continue;
    const before = code.slice(owner.start, at);
    const after = code.slice(at + name.length, owner.end);
    if (/(\.|->)\s*$/.test(before)) continue;
    // The address of the array is another type once the array is a pointer; that of an element is not.
    if (/&\s*$/.test(before) && !/&&\s*$/.test(before) && !/^\s*\[/.test(after)) return undefined;
    const asks = /\bsizeof\s*\(\s*$/.exec(before);
    if (asks && /^\s*\)/.test(after)) {
      const start = owner.start + asks.index;
      const end = at + name.length + after.indexOf(")") + 1;
      const isWhole = /[(,=]\s*$/.test(code.slice(owner.start, start)) && /^\s*[,);]/.test(code.slice(end));
      const isPlain = isWhole || /^\w+$/.test(size(at));
      edits.push({ file: owner.file, start, end, newText: isPlain ? size(at) : `(${size(at)})` });
    } else if (/\b(sizeof|ARRAY_SIZE)\s*\(?\s*$/.test(before)) return undefined;
  }
  return edits;
}

/** The include that kmalloc() and __free(kfree) need, in its place; none where it is there; undefined without a place for it. */
function slabInclude(file: string, text: string, code: string): readonly TextEdit[] | undefined {
  const lines = [...code.matchAll(/^#include <(linux\/[\w/.-]+)>[^\n]*\n/gm)];
  if (lines.some((line) => line[1] === "linux/slab.h")) return [];
  const last = lines.at(-1);
  if (!last) return undefined;
  const next = lines.find((line) => (line[1] ?? "") > "linux/slab.h");
  const at = next ? next.index : last.index + last[0].length;
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  return [{ file, start: at, end: at, newText: `#include <linux/slab.h>${newline}` }];
}

function bracketed(count: string): string {
  return /^\w+$/.test(count) ? count : `(${count})`;
}

function lineOf(text: string, at: number): { readonly start: number; readonly end: number } {
  const start = text.lastIndexOf("\n", at - 1) + 1;
  const end = text.indexOf("\n", at);
  const stop = end < 0 ? text.length : end;
  return { start, end: text[stop - 1] === "\r" ? stop - 1 : stop };
}

/** The text with comments and strings blanked, every other character in its place. */
function blanked(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"/g, (part) => part.replace(/[^\r\n]/g, " "));
}
