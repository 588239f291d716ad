/** What is on by default has earned it: the readings of the findings in the kernel say so. */
import { describe, expect, it } from "vitest";
import { rules } from "../engine/src/rules/registry.ts";
import { ruleFolder } from "../engine/src/rules/rule.ts";
import {
  expectedFindings,
  foldersRead,
  parseReadings,
  placeKey,
  readingsOf,
  samples,
  shareOf,
  tallyOf,
} from "../test/corpus/readings.ts";

const found = expectedFindings();
const stable = rules.filter(({ meta }) => meta.stage === "stable").map(({ meta }) => meta.id);

describe("the readings", () => {
  it("belong to rules", () => {
    const folders = rules.map(({ meta }) => ruleFolder(meta.id));
    expect(foldersRead().filter((folder) => !folders.includes(folder))).toEqual([]);
  });

  it.each(rules.map(({ meta }) => meta.id))("of %s can be read, each place once", (rule) => {
    const places = readingsOf(rule).map(placeKey);
    expect(places.filter((place, index) => places.indexOf(place) !== index)).toEqual([]);
  });

  it.each(stable)("of %s are right nine times in ten", (rule) => {
    const tally = tallyOf(found.get(rule) ?? [], readingsOf(rule));
    expect(tally.found).toBeGreaterThan(0);
    expect(tally.read).toBeGreaterThanOrEqual(Math.min(30, tally.found));
    expect(tally.right / tally.read).toBeGreaterThanOrEqual(0.9);
  });
});

describe("a random draw of what is on by default", () => {
  it("was made", () => {
    expect(samples().length).toBeGreaterThan(0);
  });

  it.each(samples().map((sample) => [sample.name, sample] as const))(
    "%s was read to the end, and nine in ten are right",
    (_, sample) => {
      const places = sample.drawn.map(({ rule, place }) => `${rule}\t${placeKey(place)}`);
      expect(places.filter((place, index) => places.indexOf(place) !== index)).toEqual([]);
      const { drawn, right, unread } = shareOf(sample);
      expect(drawn).toBe(100);
      expect(unread).toEqual([]);
      expect(right / drawn).toBeGreaterThanOrEqual(0.9);
    },
  );

  it("is judged by the readings", () => {
    const [real] = samples();
    const drawn = (real?.drawn ?? []).slice(0, 3);
    const unknown = { rule: "dma/map-stack", place: { file: "a.c", line: "1", function: "f" } };
    expect(shareOf({ name: "made up", drawn: [...drawn, unknown] })).toEqual({
      drawn: 4,
      right: 3,
      unread: ["dma/map-stack a.c 1 f"],
    });
  });
});

describe("a tally", () => {
  const head = "file\tline\tfunction\tverdict\treason\tdate";
  const readings = parseReadings(
    [
      head,
      "a.c\t1\tf\tright\tmapped twice\t2026-11-01",
      "a.c\t2\tg\twrong\tit is unmapped in h()\t2026-11-02",
      "a.c\t3\th\tunsure\tdead code\t2026-11-01",
      "",
    ].join("\n"),
    "some.tsv",
  );
  const place = (line: number, owner: string) => ({ file: "a.c", line: String(line), function: owner });

  it("counts what is reported today, and keeps what was mended", () => {
    const tally = tallyOf([place(1, "f"), place(3, "h"), place(9, "i")], readings);
    expect(tally).toMatchObject({ found: 3, read: 2, right: 1, date: "2026-11-02" });
    expect(tally.doubtful.map(({ line }) => line)).toEqual(["3"]);
    expect(tally.mended.map(({ line }) => line)).toEqual(["2"]);
  });

  it.each([
    ["a verdict that is none", "a.c\t1\tf\tperhaps\tno idea\t2026-11-01"],
    ["a line that is none", "a.c\tx\tf\tright\tyes\t2026-11-01"],
    ["no reason", "a.c\t1\tf\tright\t\t2026-11-01"],
    ["no day", "a.c\t1\tf\tright\tyes\t"],
  ])("refuses %s", (_, line) => {
    expect(() => parseReadings(`${head}\n${line}`, "some.tsv")).toThrow(/^some\.tsv:2: /);
  });
});
