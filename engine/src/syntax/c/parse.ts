/** The entry to the C front end. None of these functions throws, whatever the text. */
import type { Expression, FunctionDefinition, Statement, SyntaxGap, TopLevel, TranslationUnit } from "./ast.ts";
import { type Dropped, resolveConditionals } from "./conditionals.ts";
import { Cursor } from "./cursor.ts";
import { lex } from "./lexer.ts";
import { logicalLineEnd } from "./line-ends.ts";
import { parseExpression } from "./parse-expression.ts";
import { FileCursor } from "./file-cursor.ts";
import { parseItems } from "./parse-file.ts";
import { parseStatement } from "./parse-statement.ts";
import { splitFile } from "./splitter.ts";
import { T } from "./tokens.ts";

/** Parses a C file. What was not understood is in `gaps`, in order. */
export function parseC(text: string): TranslationUnit {
  const tokens = lex(text);
  const { dropped, hoisted } = resolveConditionals(tokens);
  const braces = splitFile(tokens);
  const cursor = new FileCursor(tokens, braces, hoisted);
  const items = parseItems(cursor);
  const gaps = cursor.gaps;
  if (dropped.length > 0) addDropped(gaps, dropped, items);
  gaps.sort((a, b) => a.start - b.start || a.end - b.end);
  return { kind: "translation-unit", items, gaps };
}

/**
 * Parses the expression that begins at `offset` and ends with its logical line (or at `end`): the body of a macro.
 * The expression is `unknown` when the stretch is not exactly one expression.
 */
export function parseCExpression(text: string, offset: number, end: number = logicalLineEnd(text, offset)): Expression {
  const p = new Cursor(lex(text, offset, end, false));
  const expression = parseExpression(p);
  if (p.failed() || p.gaps.length > 0 || p.kind !== T.eof) return { kind: "unknown", start: offset, end };
  return expression;
}

/**
 * Parses the statements that begin at `offset` and end with its logical line (or at `end`): the body of a macro as
 * `do { .. } while (0)`. The last statement needs no `;`. What is not understood becomes an `unknown` statement.
 */
export function parseCStatements(
  text: string,
  offset: number,
  end: number = logicalLineEnd(text, offset),
): readonly Statement[] {
  const p = new Cursor(lex(text, offset, end, false));
  p.macroBody = true;
  const body: Statement[] = [];
  while (p.kind !== T.eof) {
    const from = p.pos;
    const { start } = p;
    body.push(parseStatement(p));
    if (p.pos > from && !p.failed()) continue;
    p.bad = false;
    p.advance();
    body.push({ kind: "unknown", start, end: p.lastEnd });
  }
  return body;
}

/** Notes what the conditionals left out, with the function that it is in. */
function addDropped(gaps: SyntaxGap[], dropped: readonly Dropped[], items: readonly TopLevel[]): void {
  const functions: FunctionDefinition[] = [];
  collectFunctions(items, functions);
  for (const { reason, start, end } of dropped) {
    const holder = functionAround(functions, start, end);
    gaps.push(holder === undefined ? { reason, start, end } : { reason, function: holder.name, start, end });
  }
}

/** Functions do not overlap and are in order, and there may be as many of them as gaps: so they are halved. */
function functionAround(
  functions: readonly FunctionDefinition[],
  start: number,
  end: number,
): FunctionDefinition | undefined {
  let low = 0;
  let high = functions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((functions[middle]?.start ?? 0) <= start) low = middle + 1;
    else high = middle;
  }
  const last = functions[low - 1];
  return last !== undefined && end <= last.end ? last : undefined;
}

function collectFunctions(items: readonly TopLevel[], into: FunctionDefinition[]): void {
  for (const item of items) {
    if (item.kind === "function") into.push(item);
    else if (item.kind === "conditional-group") for (const arm of item.arms) collectFunctions(arm.body, into);
  }
}
