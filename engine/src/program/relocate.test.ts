import { expect, test } from "vitest";
import { applyEdits, type TextEdit } from "../text/edit.ts";
import { moveSpan } from "./relocate.ts";

const text = "int a; old_call(x); int b;";
const edit = (start: number, end: number, newText: string): TextEdit => ({ file: "a.c", start, end, newText });
const spanOf = (part: string) => ({ start: text.indexOf(part), end: text.indexOf(part) + part.length });
const shown = (part: string, edits: TextEdit[]): string => {
  const span = moveSpan(spanOf(part), edits);
  return (applyEdits(text, edits) ?? "").slice(span.start, span.end);
};

test.each([
  [
    "a replacement stands for what it replaced",
    "old_call(x)",
    [edit(7, 18, "a_much_longer_call(x, y)")],
    "a_much_longer_call(x, y)",
  ],
  ["an edit before shifts", "int b", [edit(0, 6, "")], "int b"],
  ["an edit after does not", "int a", [edit(20, 25, "long long b")], "int a"],
  ["an insertion right before is not part of the span", "old_call(x)", [edit(7, 7, "first(); ")], "old_call(x)"],
  ["an edit inside grows the span", "old_call(x)", [edit(16, 17, "x, y, z")], "old_call(x, y, z)"],
  ["a deleted statement leaves nothing", "old_call(x);", [edit(7, 19, "")], ""],
  ["several edits add up", "int b", [edit(0, 6, "long aa;"), edit(7, 18, "f()")], "int b"],
])("%s", (_what, part, edits, expected) => {
  expect(shown(part, edits)).toBe(expected);
});
