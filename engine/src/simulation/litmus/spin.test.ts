/**
 * Litmus tests once more by Spin (Debian's package, installed here where it is missing): the same outcomes on the same machines. Ten tests
 * on all machines here; the whole library with DMA_LENS_NIGHTLY=1, in five minutes.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { platforms } from "../../platforms/index.ts";
import { needProgram, runProgram } from "../../testing/node/debian.ts";
import { litmusLibrary } from "../../testing/node/litmus-library.ts";
import { promelaOf } from "../../testing/promela.ts";
import { type LitmusMachine, litmusMachine } from "./litmus-machine.ts";
import { impossibleOn, litmusVerdict } from "./litmus-verdicts.ts";

const machines = [...platforms.map(({ id }) => id), "ppc440+nospec"].map((id): LitmusMachine => {
  const found = litmusMachine(id);
  if (typeof found === "string") throw new Error(found);
  return found;
});
const folder = mkdtempSync(path.join(tmpdir(), "dl-spin-"));
/** One for each kind of step, and those whose outcomes hang on what only few machines do. */
const few = [
  "RXok",
  "RXnounmap",
  "RXpeek",
  "PARTgranule",
  "COHnoprep",
  "MMAPcached",
  "ALIASflush",
  "DESCcoh",
  "BELLrelaxed",
  "WCdescdmawmb",
];
const wanted = litmusLibrary.filter(({ name }) => process.env["DMA_LENS_NIGHTLY"] === "1" || few.includes(name));

beforeAll(() => {
  needProgram("spin");
  needProgram("gcc");
}, 300_000);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Outcomes by machine: what an exhaustive run of the model prints at its ends. */
function bySpin(model: string): readonly (readonly string[])[] {
  writeFileSync(path.join(folder, "test.pml"), model);
  runProgram("spin", ["-a", "test.pml"], folder);
  // Every state is visited: partial order reduction might leave out one that only prints.
  runProgram("gcc", ["-O0", "-w", "-DSAFETY", "-DNOREDUCE", "-o", "pan", "pan.c"], folder);
  const out = runProgram("./pan", ["-m100000"], folder);
  expect(out).toContain("errors: 0");
  const found = machines.map(() => new Set<string>());
  for (const [, machine, state] of out.matchAll(/^OUT (\d+) ?(.*)$/gm))
    found[Number(machine)]?.add((state ?? "").trim());
  return found.map((states) => [...states].sort());
}

describe("Spin", () => {
  let pairs = 0;

  it.each(wanted.map((test) => [test.name, test] as const))("finds the same outcomes of %s", (_, test) => {
    const possible = machines.filter((machine) => impossibleOn(test, machine) === undefined);
    const model = promelaOf(
      test,
      possible.map((machine) => machine.model),
    );
    // Only faults are left out.
    expect(model === undefined).toBe(test.name.endsWith("fault"));
    if (model === undefined) return;
    const found = bySpin(model);
    possible.forEach((machine, index) => {
      const here = litmusVerdict(test, machine)
        .outcomes.map(({ state }) => state)
        .sort();
      expect({ machine: machine.id, outcomes: found[index] }).toEqual({ machine: machine.id, outcomes: here });
      pairs++;
    });
  });

  it("has judged at least 40 pairs of test and machine", () => {
    expect(pairs).toBeGreaterThanOrEqual(40);
  });
});
