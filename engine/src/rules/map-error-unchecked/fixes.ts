/**
 * Fixes of dma/map-error-unchecked: a test with an error exit, only where the function's own text makes the exit plain. A function
 * that holds something to give back gets the exit of its last error before the map, or no fix at all.
 */
import type { Facts } from "../../analysis/facts.ts";
import { rightTest } from "../../analysis/fixes/mapping-tests.ts";
import type { Mapping } from "../../analysis/ownership/ownership.ts";
import { indentationAt, lineStart } from "../../analysis/fixes/source-edits.ts";
import type { TextEdit } from "../../text/edit.ts";
import type { RuleFix } from "../rule.ts";

export function fixesOf(facts: Facts, { owner, call, made }: Mapping): readonly RuleFix[] {
  const text = facts.unit.files.get(call.file)?.text;
  if (text === undefined || call !== made.call) return [];
  const right = rightTest(text, call, owner.language);
  if (!right) return [];
  const { test } = right;
  const start = lineStart(text, call.calleeSpan.start);
  const end = /^[ \t]*;[ \t]*\r?\n/.exec(text.slice(call.end));
  if (!end || !isOnItsOwn(text, start)) return [];
  const insert = (lines: readonly string[]): readonly TextEdit[] => {
    const at = call.end + end[0].length;
    const newline = end[0].endsWith("\r\n") ? "\r\n" : "\n";
    const indentation = indentationAt(text, call.calleeSpan.start);
    return [
      { file: call.file, start: at, end: at, newText: lines.map((line) => indentation + line + newline).join("") },
    ];
  };
  const before = text.slice(owner.start, start);
  if (owner.result.kind !== "integer" || !owner.result.signed || owner.result.bits !== 32) return [];
  if (holdsNothing(before)) return [{ id: "check", edits: insert([`if (${test})`, "\treturn -ENOMEM;"]) }];
  const exit = lastExit(before, text.slice(owner.start, owner.end));
  if (!exit) return [];
  return [
    {
      id: "check-unwind",
      edits: insert([`if (${test}) {`, `\t${exit.error} = -ENOMEM;`, `\tgoto ${exit.label};`, "}"]),
    },
  ];
}

/** Whether a statement may follow: the line is not the body of an `if` without braces. */
function isOnItsOwn(text: string, start: number): boolean {
  const above = text.slice(0, start).trimEnd();
  return /[;{}]$|\*\/$|^\s*\w+:$/.test(above.slice(above.lastIndexOf("\n") + 1));
}

/** Nothing that the text before the map does would have to be undone: neither memory nor locks, references, other mappings. */
function holdsNothing(before: string): boolean {
  return !acquiring.test(withoutComments(before));
}
const acquiring =
  /\b\w*(alloc|_get|get_|lock|map_|_map|enable|request|create|prep|open|init|start|dup|clone|acquire|register|add|begin|submit)\w*\s*\(|\bgoto\b/;

/** The exit of the last error before the map, where nothing has been acquired since and the label's return gives the error. */
function lastExit(before: string, whole: string): { readonly label: string; readonly error: string } | undefined {
  const bare = withoutComments(before);
  const at = bare.lastIndexOf("goto ");
  const label = at < 0 ? undefined : /^goto (\w+);/.exec(bare.slice(at))?.[1];
  const returned = /\breturn (\w+);\s*\}\s*$/.exec(withoutComments(whole))?.[1];
  if (label === undefined || returned === undefined || !new RegExp(`\\bint\\b[^;(]*\\b${returned}\\b`).test(whole))
    return undefined;
  const since = bare.slice(at + `goto ${label};`.length);
  if (acquiring.test(since)) return undefined;
  // An allocation's own failure branch has nothing to free yet: its label would leave the allocation behind.
  const branch = [...bare.slice(0, at).matchAll(/\bif\s*\(/g)].at(-1)?.index ?? -1;
  const tested = bare.lastIndexOf(";", branch);
  const from = Math.max(...[";", "{", "}"].map((end) => bare.lastIndexOf(end, tested - 1)));
  // A branch that cleans up by itself before it leaves shows that the label does not do all.
  if (tested < 0 || acquiring.test(bare.slice(from, at)) || /free|release|_put|unmap/.test(bare.slice(from, at)))
    return undefined;
  return { label, error: returned };
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
}
