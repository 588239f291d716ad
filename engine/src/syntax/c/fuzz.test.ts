/** Some hundred mutants of the fixtures: no throw, no hang, spans in bounds. test/corpus/c-fuzz.ts takes kernel files. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseC } from "./parse.ts";
import { mutate } from "./testing/mutations.ts";
import { misplaced } from "./testing/spans.ts";

const read = (name: string): string => readFileSync(join(import.meta.dirname, "fixtures", name), "utf8");
const texts = [read("ring.c"), read("plain.c")] as const;

test.each([0, 1, 2, 3, 4, 5, 6, 7])("mutants of hundred %i", (hundred) => {
  for (let seed = hundred * 100; seed < hundred * 100 + 100; seed++) {
    const text = mutate(texts[seed % 2 === 0 ? 0 : 1], texts[seed % 2 === 0 ? 1 : 0], seed);
    const started = performance.now();
    const unit = parseC(text);
    expect(performance.now() - started, `seed ${seed}`).toBeLessThan(2_000);
    expect(misplaced(unit, text.length), `seed ${seed}`).toEqual([]);
  }
});

test("the same text gives the same tree, whatever was parsed before", () => {
  const [ring, plain] = texts;
  const first = JSON.stringify(parseC(ring));
  parseC(mutate(plain, ring, 7));
  expect(JSON.stringify(parseC(ring))).toBe(first);
});
