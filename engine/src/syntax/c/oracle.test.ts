/** Agreement with tree-sitter-c on the fixtures. The whole kernel is compared by test/corpus/c-parser-oracle.ts. */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { Language, Parser } from "web-tree-sitter";
import type { FunctionDefinition, TopLevel } from "./ast.ts";
import { parseC } from "./parse.ts";
import { classify, differences, oracleFunctions, ourShape } from "./testing/agreement.ts";

const folder = join(import.meta.dirname, "fixtures");
const parser: { current?: Parser } = {};

beforeAll(async () => {
  await Parser.init();
  parser.current = new Parser();
  parser.current.setLanguage(
    await Language.load(createRequire(import.meta.url).resolve("tree-sitter-c/tree-sitter-c.wasm")),
  );
});

function functions(items: readonly TopLevel[]): FunctionDefinition[] {
  return items.flatMap((item) => {
    if (item.kind === "function") return [item];
    return item.kind === "conditional-group" ? item.arms.flatMap((arm) => functions(arm.body)) : [];
  });
}

describe.each(readdirSync(folder).filter((name) => name.endsWith(".c")))("%s", (name) => {
  const text = readFileSync(join(folder, name), "utf8");

  test("is understood whole", () => {
    expect(parseC(text).gaps).toEqual([]);
  });

  test("agrees with tree-sitter, or differs where tree-sitter is known to be wrong", () => {
    const cursor = parser.current?.parse(text)?.walk();
    if (cursor === undefined) throw new Error("tree-sitter did not parse");
    const ours = new Map(functions(parseC(text).items).map((definition) => [definition.body.start, definition]));
    let compared = 0;
    for (const oracle of oracleFunctions(cursor, text)) {
      if (!oracle.clean || oracle.directive) continue;
      const definition = ours.get(oracle.bodyStart);
      const shape = definition === undefined ? undefined : ourShape(definition);
      const found = shape === undefined ? [] : differences(shape, oracle);
      const unexplained = classify(text, shape, oracle, found).filter((reason) => reason.startsWith("?"));
      expect({ function: definition?.name, unexplained }).toEqual({ function: definition?.name, unexplained: [] });
      if (shape !== undefined && found.length === 0) compared++;
    }
    if (name === "plain.c") expect(compared).toBe(ours.size);
    expect(compared).toBeGreaterThan(0);
  });
});
