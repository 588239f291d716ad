/** Arms of `#if` that the file itself decides about, and near misses. */
import { describe, expect, it, test } from "vitest";
import { parseC } from "./parse.ts";
import { printItem } from "./testing/print.ts";

const items = (text: string): string =>
  parseC(text)
    .items.filter(({ kind }) => kind !== "define")
    .map((item) => printItem(item, text))
    .join("\n");
const functions = (text: string): readonly string[] =>
  parseC(text).items.flatMap((item) => (item.kind === "function" ? [printItem(item, text)] : []));

const above = `
#define ONE_BUFFER
#undef USE_SG /* not yet */
// #define TWO_BUFFERS
#define LEVEL 2 /* of
 three */
#define LONG \\
\t(1)
#define CALL(x) 0
#define OTHER LEVEL
#ifdef CONFIG_FOO
#define MAYBE 1
#else
#undef SURE
#endif
#ifndef DEPTH
#define DEPTH 4
#endif
#if LEVEL > 1
#define DEEP
#else
#define SHALLOW
#endif
#if 0
#define ONLY_IN_DEAD_CODE
#undef ONE_BUFFER
#endif
/*
#define IN_A_COMMENT
*/
#define CONFIG_LOCAL 0
`;

describe("a condition", () => {
  it.each([
    ["#if defined(ONE_BUFFER)", true],
    ["#ifdef ONE_BUFFER", true],
    ["#ifndef ONE_BUFFER", false],
    ["#if !defined(ONE_BUFFER)", false],
    ["#if defined ONE_BUFFER", true],
    ["#ifdef USE_SG", false],
    ["#if USE_SG", false],
    ["#ifdef TWO_BUFFERS", undefined],
    ["#if LEVEL == 2 && defined(ONE_BUFFER)", true],
    ["#if LEVEL == 3", false],
    ["#if LEVEL /* or */ >= 3 || CONFIG_BAR", undefined],
    ["#if LEVEL < 3 || CONFIG_BAR", true],
    ["#if USE_SG && CONFIG_BAR", false],
    ["#if LONG", true],
    ["#if CALL(1)", undefined],
    ["#if CALL", undefined],
    ["#if OTHER", undefined],
    ["#ifdef MAYBE", undefined],
    ["#ifdef SURE", undefined],
    ["#ifdef DEPTH", undefined],
    ["#ifdef DEEP", true],
    ["#ifdef SHALLOW", undefined],
    ["#ifdef ONLY_IN_DEAD_CODE", undefined],
    ["#ifdef IN_A_COMMENT", undefined],
    ["#ifdef CONFIG_LOCAL", true],
    ["#if CONFIG_LOCAL", false],
    ["#ifdef CONFIG_FOO", undefined],
    ["#if IS_ENABLED(CONFIG_BAR)", undefined],
    ["#if LEVEL + 1 == 3", undefined],
    ["#if 1", true],
    ["#if 0", false],
    ["#if (0)", false],
    ["#if ((", undefined],
    ["#if", undefined],
  ])("%s is %s", (directive, expected) => {
    const tail = items(`${above}${directive}\nint yes;\n#else\nint no;\n#endif\n`).split("\n").at(-1) ?? "";
    if (expected === undefined) expect(tail).toMatch(/^#\{.*yes.*no/);
    else expect(tail).toBe(`decl int ${expected ? "yes" : "no"};`);
  });

  it("goes by what stands above", () => {
    const text = "#ifdef X\nint a;\n#endif\n#define X\n#ifdef X\nint b;\n#endif\n#undef X\n#ifdef X\nint c;\n#endif\n";
    expect(items(text)).toMatch(/^#\{.*a.*\ndecl int b;$/);
  });

  it("asks for a name of the configuration where the file itself defines one", () => {
    const asked = (name: string): string => `#ifdef ${name}\nint a;\n#endif\n`;
    expect(items(`${asked("CONFIG_A")}#define B\n#undef CONFIG_A\n`)).toMatch(/\ba\b/);
    expect(items(`#define B\n#undef CONFIG_A\n${asked("CONFIG_A")}`)).toBe("");
    expect(items(`#ifdef CONFIG_A\n#endif\n#define B\n#undef CONFIG_A\n${asked("CONFIG_A")}`)).not.toMatch(/\ba\b/);
    expect(items(`#undef CONFIG_B\n#if B\n#endif\n#undef CONFIG_A\n${asked("CONFIG_A")}`)).not.toMatch(/\ba\b/);
    expect(items(`#undef CONFIG_B\n${asked("CONFIG_A")}`)).toMatch(/\ba\b/);
  });

  it("is not settled by the guard of a header, whose contents are there", () => {
    const guarded = "#ifndef F_H\n#define F_H\n#undef SG\n#ifdef SG\nint a;\n#endif\nint b;\n#endif\n";
    expect(items(guarded)).toMatch(/^#\{.*\bb\b/);
    expect(items(guarded)).not.toMatch(/\ba\b/);
    // No guard: the name may be another file's.
    const open = guarded.replace("#define F_H", "#define F_H 1");
    expect(items(open)).toMatch(/\ba\b/);
  });

  it("leaves the arms that may be there", () => {
    const group = (first: string, second: string): string =>
      items(`#undef SG\n#define ONE 1\n#if ${first}\nint a;\n#elif ${second}\nint b;\n#else\nint c;\n#endif\n`);
    expect(group("SG", "CONFIG_A")).toMatch(/^#\{(?!.*\ba\b).*\bb\b.*else:.*\bc\b/);
    expect(group("ONE", "CONFIG_A")).toBe("decl int a;");
    expect(group("CONFIG_A", "ONE")).toMatch(/^#\{.*\ba\b.*else:.*\bb\b(?!.*\bc\b)/);
    expect(group("CONFIG_A", "SG")).toMatch(/^#\{.*\ba\b.*else:.*\bc\b/);
    expect(group("CONFIG_A", "SG")).not.toMatch(/\bb\b/);
  });
});

describe("a group that does not hold whole statements", () => {
  const split = (first: string, body: string): string => `${first}\nvoid f(int x)\n{\n${body}\n}\n`;
  const braces = "#ifdef SG\n\tif (x) {\n#else\n\tif (!x) {\n#endif\n\t\tg();\n\t}";
  const brackets = "\tg(x,\n#if SG\n\t  1,\n#else\n\t  2,\n#endif\n\t  3);";

  test("keeps the arm that is there, and no gap tells of the other", () => {
    const undef = split("#undef SG", braces);
    expect(functions(undef)).toEqual(["function void (int x)f { if {! x} { g(); } }"]);
    expect(parseC(undef).gaps).toEqual([]);
    const zero = split("#define SG 0", brackets);
    expect(functions(zero)).toEqual(["function void (int x)f { g(x, 2, 3); }"]);
    expect(parseC(zero).gaps).toEqual([]);
    expect(functions(split("#define SG", braces))).toEqual(["function void (int x)f { if x { g(); } }"]);
  });

  test("keeps the first arm and tells of the other where the file settles nothing", () => {
    for (const first of ["", "#ifdef CONFIG_A\n#define SG 0\n#endif", "#ifdef CONFIG_A\n#undef SG\n#endif"]) {
      expect(functions(split(first, braces))).toEqual(["function void (int x)f { if x { g(); } }"]);
      expect(parseC(split(first, brackets)).gaps).toHaveLength(1);
    }
    expect(parseC(split("#define SG 0\n#ifdef CONFIG_A\n#undef SG\n#define SG 1\n#endif", braces)).gaps).toHaveLength(
      1,
    );
  });

  test("nested groups go with the arm that is no code", () => {
    const nested =
      "#ifdef SG\n#ifdef CONFIG_A\n\tif (x) {\n#else\n\tif (x > 1) {\n#endif\n\t\tg();\n\t}\n#endif\n\th();";
    expect(functions(split("#undef SG", nested))).toEqual(["function void (int x)f { h(); }"]);
    expect(parseC(split("#undef SG", nested)).gaps).toEqual([]);
    expect(parseC(split("", nested)).gaps).toHaveLength(1);
  });

  test("what is defined in an arm that is no code defines nothing", () => {
    const text = "#undef SG\n#ifdef SG\n#define DEEP 1\n#endif\n#ifdef DEEP\nint a;\n#endif\n";
    expect(items(text)).toMatch(/^#\{/);
    expect(parseC(text).items.some(({ kind }) => kind === "define")).toBe(false);
  });

  test("arms behind a second #else are not lost in silence", () => {
    const text = split("", "\tg(x,\n#if A\n\t  1,\n#else\n\t  2,\n#else\n\t  4,\n#endif\n\t  3);");
    expect(parseC(text).gaps).toHaveLength(2);
  });
});
