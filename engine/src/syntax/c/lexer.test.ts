/** What tells two names apart, where words end, and what a function's hash is made of. */
import { describe, expect, test } from "vitest";
import { lex } from "./lexer.ts";
import { parseC, parseCExpression } from "./parse.ts";
import { printExpression } from "./testing/print.ts";
import { T } from "./tokens.ts";

const words = (text: string): readonly (readonly [number, string])[] => {
  const { count, kinds, symbols, names } = lex(text);
  return Array.from({ length: count }, (_, i) => [kinds[i] ?? 0, names[symbols[i] ?? 0] ?? ""] as const);
};

describe("names", () => {
  // Around the four characters that one number of a spelling holds.
  const alphabet = "abcdefghijklmnop_$Z9";
  const long = alphabet.repeat(30);
  const spellings = Array.from({ length: 40 }, (_, i) => `a${long.slice(0, i)}`);
  const changed = spellings.flatMap((name) => [`${name}x`, `${name}y`, `x${name}`]);
  const all = [...new Set([...spellings, ...changed, long, `${long}x`])];

  test("each is itself, wherever it stands", () => {
    const twice = [...all, ...all.toReversed()];
    const { symbols, names, count } = lex(twice.join(" "));
    expect(count).toBe(twice.length);
    expect(twice.map((_, i) => names[symbols[i] ?? 0])).toEqual(twice);
    expect(new Set(symbols.subarray(0, count)).size).toBe(all.length);
  });

  test("many of them in one file, more than the tables hold at first", () => {
    const many = Array.from({ length: 30_000 }, (_, i) => `name_of_register_${i.toString(36)}`);
    const { symbols, names } = lex(`${many.join(";")};${many.join(";")}`);
    expect(many.every((name, i) => names[symbols[2 * i] ?? 0] === name)).toBe(true);
    expect(many.every((_, i) => symbols[2 * i] === symbols[2 * (many.length + i)])).toBe(true);
  });

  test("a name that is longer than all room there is", () => {
    const name = "n".repeat(200_000);
    expect(words(`int ${name}; ${name}`).map(([, spelling]) => spelling.length)).toEqual([3, 200_000, 6, 200_000]);
  });

  test("character constants of any characters", () => {
    const constants = ["'a'", "'ab'", "'\\0'", "'é'", "'€'", "'\u0000'", "'\u007f'", "'\u0001\u0000'", "L'é'", "''"];
    const text = [...constants, ...constants].join(" ");
    const { symbols, names } = lex(text);
    expect([...constants, ...constants].map((_, i) => names[symbols[i] ?? 0])).toEqual([...constants, ...constants]);
    expect(new Set(symbols.subarray(0, constants.length)).size).toBe(constants.length);
  });
});

test.each(["a", "ab", "abc", "abcd", "abcde", "abcdefgh", "x9", "9x", "a b"])(
  "a text that ends in a word: %s",
  (text) => {
    const { count, ends } = lex(text);
    expect(ends[count - 1]).toBe(text.length);
    expect(words(text).map(([, spelling]) => spelling)).toEqual(text.split(" "));
  },
);

test.each([1, 2, 3, 4, 5, 6, 7])("a stretch that ends within a word, after %i characters", (length) => {
  const text = "abcdefgh(ijk)";
  expect(printExpression(parseCExpression(text, 0, length), text)).toBe(text.slice(0, length));
});

test("a directive begins a line, behind white space and comments at most", () => {
  const kinds = (text: string): readonly number[] => words(text).map(([kind]) => kind);
  expect(kinds("#endif")).toEqual([T.directiveEndif]);
  expect(kinds("a\n \t/* b\n */ #endif")).toEqual([T.ident, T.directiveEndif]);
  expect(kinds("a /* b\n */ #endif")).toEqual([T.ident, T.hash, T.ident]);
  expect(kinds("a \\\n #endif")).toEqual([T.ident, T.hash, T.ident]);
});

describe("a function's hash", () => {
  const hash = (body: string): number | undefined => {
    const [item] = parseC(`void f(void)\n{\n${body}\n}\n`).items;
    return item?.kind === "function" ? item.tokenHash : undefined;
  };
  test.each([
    ["names", "g(a);", "g(b);"],
    ["numbers", "g(1);", "g(2);"],
    ["strings", 'g("a\\"b");', 'g("a\\"c");'],
    ["the last characters of strings", 'g("ab");', 'g("abc");'],
    ["conditions", "#ifdef A\n g();\n#endif", "#ifdef B\n g();\n#endif"],
    ["operators", "a = b + c;", "a = b - c;"],
    ["order", "a(); b();", "b(); a();"],
  ])("differs by %s", (_, one, other) => {
    expect(hash(one)).toBeDefined();
    expect(hash(one)).not.toBe(hash(other));
  });
  test("is the same whatever white space and comments are between", () => {
    expect(hash('g("a", 1); /* x */\n')).toBe(hash('g (\n"a",\t1) ; // y'));
  });
});
