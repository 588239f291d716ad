import { describe, expect, it } from "vitest";
import { expectedVerdict } from "../../litmus.ts";
import { platforms } from "../../platforms/index.ts";
import { libraryTest, litmusLibrary } from "../../testing/node/litmus-library.ts";
import { type LitmusMachine, litmusMachine } from "./litmus-machine.ts";
import { exploreLitmus, impossibleOn, litmusVerdict, replayLitmus } from "./litmus-verdicts.ts";

function machine(id: string): LitmusMachine {
  const found = litmusMachine(id);
  if (typeof found === "string") throw new Error(found);
  return found;
}

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

/** What the columns are: the presets, and the PPC440 as if it did not fetch speculatively. */
const columns: Readonly<Record<string, string>> = {
  coherent: "arm64-coh",
  arm926: "arm926",
  armv7: "cortex-a9",
  "arm64-nc": "arm64-nc",
  ppc44x: "ppc440+nospec",
  "ppc44x+spec": "ppc440",
  mips24k: "mips24k",
  sh4: "sh4",
  "riscv-zicbom": "riscv-zicbom",
};

const [head = "", ...rows] = expected.trim().split("\n");
const names = head.split(/ +/).slice(1);
const cells = rows.flatMap((row) => {
  const [test = "", ...verdicts] = row.split(/ +/);
  return names.map((column, i) => ({ test, column, verdict: verdicts[i] ?? "" }));
});

describe("the table of seventeen tests on nine machines", () => {
  it("has all 153 cells", () => {
    expect(cells.length).toBe(153);
    expect(new Set(cells.map(({ column }) => column))).toEqual(new Set(Object.keys(columns)));
  });

  it.each(names)("%s", (column) => {
    const seen = cells
      .filter((cell) => cell.column === column)
      .map((cell) => {
        const { verdict } = litmusVerdict(libraryTest(cell.test), machine(columns[column] ?? ""));
        return { ...cell, verdict: verdict === "never" ? "-" : verdict === "sometimes" ? "S" : verdict };
      });
    expect(seen).toEqual(cells.filter((cell) => cell.column === column));
  });
});

/** Machines beyond the presets that tests expect something of, and the one that the table has. */
const variants = [
  "ppc440+nospec",
  "x86_64+iommu",
  "arm64-coh+iommu",
  "x86_64+swiotlb",
  "arm64-nc+swiotlb",
  "mips-r10000-ip28+specstore",
];
const presets = platforms.map(({ id }) => id);

describe("the library", () => {
  it("has at least forty tests, each with a sentence, an expectation and its source", () => {
    expect(litmusLibrary.length).toBeGreaterThanOrEqual(40);
    for (const { name, about, expected: wanted } of litmusLibrary) {
      expect({ name, about: about.endsWith("."), source: (wanted?.source ?? "").length > 20 }).toEqual({
        name,
        about: true,
        source: true,
      });
      for (const id of [...(wanted?.sometimes ?? []), ...(wanted?.always ?? [])])
        expect(litmusMachine(id)).toBeTypeOf("object");
    }
  });

  it("expects a difference between machines of every second test at least", () => {
    const telling = litmusLibrary.filter((test) => new Set(presets.map((id) => expectedVerdict(test, id))).size > 1);
    expect(telling.length).toBeGreaterThan(litmusLibrary.length / 2);
  });

  describe.each([...presets, ...variants])("on %s", (id) => {
    const on = machine(id);

    it("comes to the expected verdicts", () => {
      // A variant that no test names is not in the expectations: "never" is not meant of it.
      const asked = litmusLibrary.filter(
        (test) =>
          presets.includes(id) || [...(test.expected?.sometimes ?? []), ...(test.expected?.always ?? [])].includes(id),
      );
      const verdicts = asked.map((test) => [test.name, litmusVerdict(test, on).verdict]);
      expect(verdicts).toEqual(asked.map((test) => [test.name, expectedVerdict(test, id)]));
    });

    it("has the same outcomes by belief sets and by search, and each of them replays", () => {
      for (const test of litmusLibrary) {
        if (impossibleOn(test, on) !== undefined) continue;
        const beliefs = exploreLitmus(test, on, "beliefs");
        const search = exploreLitmus(test, on, "search");
        const seen = [beliefs, search].map(({ outcomes, complete, verdict }) => ({
          test: test.name,
          outcomes: [...outcomes.keys()].sort(),
          complete,
          verdict,
        }));
        expect(seen[0]).toEqual(seen[1]);
        expect(beliefs.complete).toBe(true);
        for (const outcome of [...beliefs.outcomes.values(), ...search.outcomes.values()]) {
          const run = replayLitmus(test, on, outcome.schedule);
          expect(run?.outcome).toEqual({ key: outcome.key, harm: outcome.harm });
          expect(run?.faithful).toBe(true);
        }
      }
    });
  });
});
