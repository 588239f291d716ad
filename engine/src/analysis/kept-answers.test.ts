/**
 * Answers that outlive the question are kept where an edit can find them (program/dependencies.ts): a weak map by function, unit or
 * facts would go on telling what the code said before.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const source = path.resolve(import.meta.dirname, "..");

/** Maps that hold no answers: maps of kept answers, and what forgets by itself. */
const holdsAnswers =
  /new WeakMap<(?:ProgramFunction|Facts|DriverUnit|LocalValues|UnitIndex), (?!.*(?:KnownMap|BodyIndex)<)/;
const allowed = [
  "analysis/unit-facts.ts: const workings",
  "analysis/ownership/ownership.ts: const analyses",
  // Both are part of the values' own answer.
  "analysis/flow/guards.ts: const cache",
  "analysis/flow/guards.ts: const assigned",
  // Never says no of what came later: it asks the names as well.
  "analysis/values/record-presence.ts: const texts",
];

test("nothing is kept by function or by unit behind an edit's back", () => {
  const found: string[] = [];
  for (const folder of ["analysis", "rules"])
    for (const name of readdirSync(path.join(source, folder), { recursive: true, encoding: "utf8" })) {
      if (!name.endsWith(".ts") || name.endsWith(".test.ts")) continue;
      for (const line of readFileSync(path.join(source, folder, name), "utf8").split("\n"))
        if (holdsAnswers.test(line)) found.push(`${folder}/${name}: ${/const \w+/.exec(line)?.[0] ?? line.trim()}`);
    }
  expect(found.filter((one) => !allowed.includes(one))).toEqual([]);
});
