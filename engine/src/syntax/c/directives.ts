/** Reads the text of directive lines: `#define`, `#include` and the conditions of `#if`. */
import type { Span } from "../../text/span.ts";
import type { IncludeDirective, MacroDefinition } from "./ast.ts";

const isBlank = (code: number): boolean => code === 32 || code === 9 || code === 13 || code === 11 || code === 12;
const isWord = (code: number): boolean =>
  (code >= 97 && code <= 122) ||
  (code >= 65 && code <= 90) ||
  (code >= 48 && code <= 57) ||
  code === 95 ||
  code === 36 ||
  code > 127;

/** Skips blanks, comments and continued line breaks. */
function skipBlank(text: string, from: number, end: number): number {
  let i = from;
  while (i < end) {
    const code = text.charCodeAt(i);
    if (isBlank(code) || code === 10) i++;
    else if (code === 92 && (text.charCodeAt(i + 1) === 10 || text.charCodeAt(i + 1) === 13)) i += 2;
    else if (code === 47 && text.charCodeAt(i + 1) === 42) {
      const close = text.indexOf("*/", i + 2);
      i = close < 0 || close + 2 > end ? end : close + 2;
    } else break;
  }
  return i;
}

/** The end of the word at `from`, which is there itself when no word begins. */
export function wordEnd(text: string, from: number, end: number): number {
  let i = from;
  while (i < end && isWord(text.charCodeAt(i))) i++;
  return i;
}

/** The offset after `#` and the directive's name. */
function afterName(text: string, start: number, end: number): { readonly name: string; readonly at: number } {
  const from = skipBlank(text, start + 1, end);
  const to = wordEnd(text, from, end);
  return { name: text.slice(from, to), at: skipBlank(text, to, end) };
}

/** Where the name begins that a `#define` or `#undef` line is about. */
export function macroNameAt(text: string, start: number, end: number): number {
  const from = skipBlank(text, start + 1, end);
  return skipBlank(text, wordEnd(text, from, end), end);
}

/** Whether the directive at `start` is an `#undef`. */
export function isUndef(text: string, start: number): boolean {
  const from = skipBlank(text, start + 1, text.length);
  return text.startsWith("undef", from) && !isWord(text.charCodeAt(from + 5));
}

/** The span without blanks and dangling backslashes at its end. It is empty for `#define FOO ` with trailing blanks. */
function trimmed(text: string, start: number, end: number): Span {
  let to = end;
  while (to > start) {
    const code = text.charCodeAt(to - 1);
    if (isBlank(code) || code === 10 || code === 92) to--;
    else break;
  }
  return { start, end: to };
}

/** A `#define` line, or undefined when it names nothing. */
export function readDefine(text: string, start: number, end: number): MacroDefinition | undefined {
  const { at } = afterName(text, start, end);
  const nameEnd = wordEnd(text, at, end);
  if (nameEnd === at) return undefined;
  const name = text.slice(at, nameEnd);
  if (text.charCodeAt(nameEnd) !== 40) {
    const from = skipBlank(text, nameEnd, end);
    return { kind: "define", name, body: trimmed(text, from, end), start, end };
  }
  const parameters: string[] = [];
  let i = nameEnd + 1;
  while (i < end) {
    i = skipBlank(text, i, end);
    const code = text.charCodeAt(i);
    if (code === 41) break;
    if (code === 46) {
      // `...` and the GNU form `args...` are both the parameter that takes the rest.
      let to = i;
      while (text.charCodeAt(to) === 46) to++;
      if (text.charCodeAt(i - 1) !== 44 && parameters.length > 0 && isWord(text.charCodeAt(i - 1))) {
        parameters[parameters.length - 1] = `${parameters[parameters.length - 1] ?? ""}...`;
      } else parameters.push("...");
      i = to;
    } else {
      const to = wordEnd(text, i, end);
      if (to > i) parameters.push(text.slice(i, to));
      i = to > i ? to : i + 1;
    }
  }
  const from = skipBlank(text, Math.min(i + 1, end), end);
  return { kind: "define", name, parameters, body: trimmed(text, from, end), start, end };
}

/** An `#include` line, or undefined when it names its file through a macro. */
export function readInclude(text: string, start: number, end: number): IncludeDirective | undefined {
  const { at } = afterName(text, start, end);
  const open = text.charCodeAt(at);
  const close = open === 34 ? '"' : open === 60 ? ">" : "";
  if (close === "") return undefined;
  const to = text.indexOf(close, at + 1);
  if (to < 0 || to >= end) return undefined;
  return { kind: "include", path: text.slice(at + 1, to), local: open === 34, start, end: to + 1 };
}

/** The condition of `#if`, `#ifdef`, `#ifndef` and the `#elif` family, as one line of text without comments. */
export function readCondition(text: string, start: number, end: number): string {
  const { name, at } = afterName(text, start, end);
  if (name.endsWith("def")) {
    const defined = `defined(${text.slice(at, wordEnd(text, at, end))})`;
    return name.endsWith("ndef") ? `!${defined}` : defined;
  }
  const parts: string[] = [];
  let i = at;
  while (i < end) {
    const from = skipBlank(text, i, end);
    if (from > i && parts.length > 0) parts.push(" ");
    i = from;
    let to = i;
    while (to < end && skipBlank(text, to, end) === to) {
      if (text.charCodeAt(to) === 47 && text.charCodeAt(to + 1) === 47) break;
      to++;
    }
    if (to === i) break;
    parts.push(text.slice(i, to));
    i = to;
  }
  return parts.join("").trim();
}
