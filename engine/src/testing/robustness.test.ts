/**
 * Mutants of the rules' own fixtures, each a unit of its own with all rules: nothing throws, hangs or points outside the text, and
 * every gap is told. test/corpus/rules-fuzz.ts takes kernel files.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { generator, mutate } from "../syntax/c/testing/mutations.ts";
import { robustnessOf } from "./robustness.ts";

const rules = join(import.meta.dirname, "../rules");
const fixtures = readdirSync(rules, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap((entry) => {
    const folder = join(rules, entry.name, "fixtures");
    return readdirSync(folder).flatMap((name) => (name.endsWith(".c") ? [join(folder, name)] : []));
  })
  .sort();

test.each([0, 1, 2, 3])("mutants of fixtures, part %i", (part) => {
  for (let i = 0; i < 15; i++) {
    const seed = part * 15 + i;
    const next = generator(seed * 7919 + 1);
    const path = fixtures[next(fixtures.length)] ?? "";
    const other = readFileSync(fixtures[next(fixtures.length)] ?? "", "utf8");
    const began = process.cpuUsage();
    const { problems } = robustnessOf("mutant.c", mutate(readFileSync(path, "utf8"), other, seed));
    expect(problems, `seed ${seed}: ${path}`).toEqual([]);
    expect(process.cpuUsage(began).user / 1e6, `seconds for seed ${seed}: ${path}`).toBeLessThan(5);
  }
});

test("untouched fixtures have findings and no problems, so that the test looks at something", () => {
  const folder = join(rules, "coherent-virt-to-page/fixtures");
  const seen = readdirSync(folder).flatMap((name) =>
    name.endsWith(".c") ? [robustnessOf("driver.c", readFileSync(join(folder, name), "utf8"))] : [],
  );
  expect(seen.flatMap(({ report }) => report.findings).length).toBeGreaterThan(3);
  expect(seen.flatMap(({ problems }) => problems)).toEqual([]);
});
