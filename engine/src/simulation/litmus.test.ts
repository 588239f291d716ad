import { describe, expect, it } from "vitest";
import { type MachineModel, modelOf, withSpeculation } from "../machine/index.ts";
import { platformById } from "../platforms/index.ts";
import { replay } from "./explorer.ts";
import { exploreBeliefs } from "./explorer-belief.ts";
import { searchSchedules } from "./explorer-search.ts";
import { litmusProgram } from "./litmus.ts";
import { litmusTests } from "./litmus-tests.ts";

/** Rows: tests; columns: machines. S: some schedule gives the bad outcome; -: none does. */
const expected = `
test       coherent arm926 armv7 arm64-nc ppc44x ppc44x+spec mips24k sh4 riscv-zicbom
TXnomap    -        S      S     S        S      S           S       S   S
TXmap      -        -      -     -        -      -           -       -   -
TXlate     -        S      S     S        S      S           S       S   S
RXok       -        -      -     -        -      -           -       -   -
RXnounmap  -        -      S     S        -      S           -       -   S
RXnomap    -        S      S     S        S      S           S       S   S
RXpeek     -        S      -     -        -      -           S       S   -
PARTdev    -        S      S     S        S      S           S       S   S
PARTcpu    -        -      -     -        -      -           -       -   S
PARTpre    -        -      -     -        -      -           S       S   -
COHprep    -        -      -     -        -      -           -       -   -
COHnoprep  S        S      S     S        S      S           S       S   S
MMAPcached -        S      S     S        S      S           S       S   S
MMAPunc    -        -      -     -        -      -           -       -   -
ALIAS      -        S      -     -        -      -           S       S   -
DESC       S        -      S     S        -      -           -       -   S
DESCwmb    -        -      -     -        -      -           -       -   -
`;

function preset(id: string): MachineModel {
  const platform = platformById(id);
  const model = platform === undefined ? undefined : modelOf(platform);
  if (model === undefined) throw new Error(`no model of ${id}`);
  return model;
}

const columns: Readonly<Record<string, MachineModel>> = {
  coherent: preset("arm64-coh"),
  arm926: preset("arm926"),
  armv7: preset("cortex-a9"),
  "arm64-nc": preset("arm64-nc"),
  ppc44x: withSpeculation(preset("ppc440"), false),
  "ppc44x+spec": preset("ppc440"),
  mips24k: preset("mips24k"),
  sh4: preset("sh4"),
  "riscv-zicbom": preset("riscv-zicbom"),
};

const [head = "", ...rows] = expected.trim().split("\n");
const names = head.split(/ +/).slice(1);
const cells = rows.flatMap((row) => {
  const [test = "", ...verdicts] = row.split(/ +/);
  return names.map((column, i) => ({ test, column, verdict: verdicts[i] ?? "" }));
});

describe("litmus tests", () => {
  it("has all 153 cells", () => {
    expect(cells.length).toBe(153);
    expect(new Set(cells.map(({ test }) => test))).toEqual(new Set(litmusTests.map(({ id }) => id)));
  });

  describe.each(names)("%s", (column) => {
    it.each(cells.filter((cell) => cell.column === column))("$test: $verdict", ({ test: id, verdict }) => {
      const test = litmusTests.find((one) => one.id === id);
      const model = columns[column];
      if (test === undefined || model === undefined) throw new Error("no such cell");
      const program = litmusProgram(test);
      const beliefs = exploreBeliefs(model, program, { untilVerdict: false });
      expect(beliefs.complete).toBe(true);
      const search = searchSchedules(model, program, { untilVerdict: false, maxRuns: 100_000 });
      expect(search.complete).toBe(true);
      expect([beliefs, search].map(({ witness }) => (witness === undefined ? "-" : "S"))).toEqual([verdict, verdict]);
      expect([...beliefs.outcomes.keys()].sort()).toEqual([...search.outcomes.keys()].sort());
      for (const outcome of beliefs.outcomes.values()) {
        const run = replay(model, program, outcome.schedule);
        expect(run?.outcome).toEqual({ key: outcome.key, harm: outcome.harm });
        expect(run?.faithful).toBe(true);
      }
    });
  });
});
