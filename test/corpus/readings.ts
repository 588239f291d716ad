/**
 * What people read in the kernel's source about each rule's findings: readings/<rule folder>.tsv, one line for each finding that was read.
 * A reading stays when its finding goes: it says why a false alarm was one, so that it does not come back unseen.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { ruleFolder } from "../../engine/src/rules/rule.ts";

/** The kernel that the expectations and the readings are of. */
export const kernel = "linux 6.12.117";

const verdicts = ["right", "wrong", "unsure"] as const;
export type Verdict = (typeof verdicts)[number];

export interface Place {
  /** Relative to the kernel tree. */
  readonly file: string;
  /** From 1. */
  readonly line: string;
  readonly function: string;
}

export interface Reading extends Place {
  readonly verdict: Verdict;
  readonly reason: string;
  /** The day it was read: "2026-11-24". */
  readonly date: string;
}

/** What was read about the findings that a rule reports today. */
export interface Tally {
  readonly kernel: string;
  readonly found: number;
  readonly read: number;
  readonly right: number;
  /** The day of the latest reading; empty when nothing was read. */
  readonly date: string;
  /** Reported today, and read as wrong or unsure. */
  readonly doubtful: readonly Reading[];
  /** Read as wrong, and no longer reported. */
  readonly mended: readonly Reading[];
}

const folder = path.join(import.meta.dirname, "readings");
const columns = ["file", "line", "function", "verdict", "reason", "date"] as const;

/** The readings of a rule, in the file's order; none when nothing was read. Throws on a line that is not one. */
export function readingsOf(rule: string): readonly Reading[] {
  const file = path.join(folder, `${ruleFolder(rule)}.tsv`);
  return existsSync(file) ? parseReadings(readFileSync(file, "utf8"), path.basename(file)) : [];
}

/** Names of the rule folders that have readings. */
export function foldersRead(): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".tsv"))
    .map((name) => name.slice(0, -".tsv".length))
    .sort();
}

export function parseReadings(text: string, name: string): readonly Reading[] {
  const [head, ...lines] = text.split("\n").filter((line) => line !== "");
  if (head !== columns.join("\t")) throw new Error(`${name}: the first line must name ${columns.join(", ")}`);
  return lines.map((line, index) => {
    const [file = "", at = "", owner = "", said = "", reason = "", date = ""] = line.split("\t");
    const verdict = verdicts.find((one) => one === said);
    const fault = (what: string): Error => new Error(`${name}:${index + 2}: ${what}`);
    if (verdict === undefined) throw fault(`the verdict is "${said}", not ${verdicts.join(", ")}`);
    if (!/^\d+$/.test(at)) throw fault(`"${at}" is no line`);
    if (reason === "") throw fault("a reading gives its reason");
    if (!/^\d{4}-\d\d-\d\d$/.test(date)) throw fault(`"${date}" is no day`);
    return { file, line: at, function: owner, verdict, reason, date };
  });
}

/** Findings and readings are the same place when file, line and function are equal: both are of one release. */
export function placeKey(place: Place): string {
  return [place.file, place.line, place.function].join("\t");
}

export function tallyOf(found: readonly Place[], readings: readonly Reading[]): Tally {
  const reported = new Set(found.map(placeKey));
  const current = readings.filter((reading) => reported.has(placeKey(reading)));
  const verdicts = new Map(current.map((reading) => [placeKey(reading), reading.verdict]));
  // Two findings may have one place (two buffers in one call): the reading is of both.
  const read = found.flatMap((place) => verdicts.get(placeKey(place)) ?? []);
  return {
    kernel,
    found: found.length,
    read: read.length,
    right: read.filter((verdict) => verdict === "right").length,
    date: readings.reduce((latest, { date }) => (date > latest ? date : latest), ""),
    doubtful: current.filter(({ verdict }) => verdict !== "right"),
    mended: readings.filter((reading) => reading.verdict === "wrong" && !reported.has(placeKey(reading))),
  };
}

/** Findings of stable rules that were drawn at random (run.ts --sample), all of which were then read: samples/<day>-seed-<seed>.tsv. */
export interface Sample {
  /** "2026-11-24-seed-7": the day of the draw, and what it was drawn with. */
  readonly name: string;
  /** As they were reported on the day of the draw. */
  readonly drawn: readonly { readonly rule: string; readonly place: Place }[];
}

/** Every draw that was kept, by name. */
export function samples(): readonly Sample[] {
  return readdirSync(samplesFolder)
    .filter((name) => name.endsWith(".tsv"))
    .sort()
    .map((name) => ({
      name: name.slice(0, -".tsv".length),
      drawn: parseFindings(readFileSync(path.join(samplesFolder, name), "utf8")),
    }));
}

const samplesFolder = path.join(import.meta.dirname, "samples");

/** How many of a draw were read, and how many of them were right; a wrong one counts also when its rule has been mended since. */
export function shareOf(sample: Sample): {
  readonly drawn: number;
  readonly right: number;
  /** Findings of the draw without a verdict: "rule file line function". */
  readonly unread: readonly string[];
} {
  const verdicts = sample.drawn.map(({ rule, place }) => ({
    name: [rule, place.file, place.line, place.function].join(" "),
    verdict: readingsOf(rule).find((reading) => placeKey(reading) === placeKey(place))?.verdict,
  }));
  return {
    drawn: verdicts.length,
    right: verdicts.filter(({ verdict }) => verdict === "right").length,
    unread: verdicts.filter(({ verdict }) => verdict === undefined).map(({ name }) => name),
  };
}

/** The findings that are expected in the kernel, by rule: expected-6.12.tsv. */
export function expectedFindings(): ReadonlyMap<string, readonly Place[]> {
  const byRule = new Map<string, Place[]>();
  const table = path.join(import.meta.dirname, "expected-6.12.tsv");
  for (const { rule, place } of parseFindings(readFileSync(table, "utf8"))) {
    const places = byRule.get(rule) ?? [];
    byRule.set(rule, places);
    places.push(place);
  }
  return byRule;
}

/** Lines of rule, file, line, function behind a line that names these columns. */
function parseFindings(text: string): readonly { readonly rule: string; readonly place: Place }[] {
  return text
    .split("\n")
    .slice(1)
    .filter((line) => line !== "")
    .map((row) => {
      const [rule = "", file = "", line = "", owner = ""] = row.split("\t");
      return { rule, place: { file, line, function: owner } };
    });
}
