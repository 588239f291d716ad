import { expect, test } from "vitest";
import { StableText } from "./stable-text.ts";

const real = "int a;\n\nvoid f(void)\n{\n\tg();\n}\n/* h */\nint h(void)\n{\n\treturn 1;\n}\n";
const items = [real.indexOf("int a"), real.indexOf("void f"), real.indexOf("int h")];

/** Where a word stands in the stable text, and whether that is where it stands in the real one. */
function place(text: StableText, word: string): number {
  const at = text.text.indexOf(word);
  expect(text.toReal(at), word).toBe(text.real.indexOf(word));
  return at;
}

test("what stands behind an edit keeps its place", () => {
  const before = StableText.of(real, items);
  const after = before.edited(real.replace("g();", "g();\n\tmore(than, that);"));
  expect(after).toBeDefined();
  if (after === undefined) return;
  expect(place(after.text, "int h")).toBe(place(before, "int h"));
  expect(place(after.text, "void f")).toBe(place(before, "void f"));
  expect(after.text.text.replace(/ +\n/g, "\n").replace(/\n+/g, "\n")).toBe(
    after.text.real.replace(/ +\n/g, "\n").replace(/\n+/g, "\n"),
  );
  const { change } = after;
  expect(before.text.slice(0, change.start)).toBe(after.text.text.slice(0, change.start));
  expect(before.text.slice(change.settled)).toBe(after.text.text.slice(change.settled));
});

test("an edit goes back to the text that was", () => {
  const before = StableText.of(real, items);
  const there = before.edited(real.replace("/* h */\n", ""));
  expect(there?.text.edited(real)?.text.text).toBe(before.text);
});

test("a stretch goes with the room of the items in it", () => {
  const before = StableText.of(real, items);
  const there = before.edited(real.replace(/void f[^}]*}\n/, ""));
  expect(there).toBeDefined();
  if (there === undefined) return;
  expect(place(there.text, "int h")).toBe(place(before, "int h"));
  expect(there.text.text).toHaveLength(before.text.length);
  const back = there.text.edited(real);
  expect(back && place(back.text, "return 1")).toBe(place(before, "return 1"));
});

test.each([
  ["more than there is room for", real.replace("g();", "g(); ".repeat(400))],
  ["a line that goes on on the next one", real.replace("/* h */\n", "/* h */ \\\n")],
])("there is no room for %s", (_, text) => {
  expect(StableText.of(real, items).edited(text)).toBeUndefined();
});

test("an old text may stand for one with other blanks", () => {
  const before = StableText.of(real, items);
  const text = real.replace("int a;", "int   /* a */ a;");
  const after = before.reread(text);
  expect(after?.text).toBe(before.text);
  if (after) for (const word of ["int h", "void f", "g();"]) place(after, word);
  const later = after?.edited(text.replace("return 1", "return 12"));
  expect(later).toBeDefined();
  if (later) place(later.text, "return 12");
});
