/**
 * Compares what the command line finds in a kernel tree with what is expected there.
 *   npm run corpus -- KERNEL                      KERNEL: an unpacked linux 6.12 (Debian: linux-source-6.12)
 *   npm run corpus -- KERNEL --update             writes the expectations anew
 *   npm run corpus -- KERNEL --findings FILE.json takes the findings from a file that `check --format json` wrote
 *   npm run corpus -- KERNEL --sample N --seed S  prints N findings of stable rules, drawn at random, to be read (samples/ keeps what was drawn)
 * Each line of expected-6.12.tsv is one finding: rule, file, line, function. What was read about it stands in readings/.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { rules } from "../../engine/src/rules/registry.ts";
import {
  expectedFindings,
  type Place,
  placeKey,
  readingsOf,
  samples,
  shareOf,
  type Tally,
  tallyOf,
} from "./readings.ts";

type ByRule = ReadonlyMap<string, readonly Place[]>;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    update: { type: "boolean", default: false },
    findings: { type: "string" },
    sample: { type: "string" },
    seed: { type: "string", default: "1" },
  },
});
const kernel = positionals[0];
if (kernel === undefined) {
  console.error("usage: npm run corpus -- KERNEL [--update] [--findings FILE.json] [--sample N [--seed S]]");
  process.exit(2);
}

const found = findings(kernel);
if (values.sample !== undefined) printSample(found, Number(values.sample), Number(values.seed));
else compare(expectedFindings(), found);
if (values.update) writeExpectations(found);

/** Prints what came and what went, then the tally of each rule; a difference is a failure unless it is written down. */
function compare(expected: ByRule, now: ByRule): void {
  let changes = 0;
  for (const [sign, from, to] of [
    ["-", expected, now],
    ["+", now, expected],
  ] as const)
    for (const [rule, places] of from) {
      const others = new Set((to.get(rule) ?? []).map(placeKey));
      const verdicts = new Map(readingsOf(rule).map((reading) => [placeKey(reading), reading.verdict]));
      for (const place of places) {
        if (others.has(placeKey(place))) continue;
        changes++;
        const verdict = verdicts.get(placeKey(place)) ?? "not read";
        console.log(`${sign} ${rule} ${place.file}:${place.line} ${place.function} (${verdict})`);
      }
    }
  const tallies = rules.map(({ meta }) => ({ meta, tally: tallyOf(now.get(meta.id) ?? [], readingsOf(meta.id)) }));
  for (const { meta, tally } of tallies) console.log(`${meta.id} (${meta.stage}): ${inWords(tally)}`);
  const stable = tallies.filter(({ meta }) => meta.stage === "stable").map(({ tally }) => tally);
  const sum = (count: (tally: Tally) => number): number => stable.reduce((total, tally) => total + count(tally), 0);
  console.log(`stable rules: ${sum((t) => t.found)} found, ${sum((t) => t.read)} read, ${sum((t) => t.right)} right`);
  for (const sample of samples()) {
    const { drawn, right, unread } = shareOf(sample);
    console.log(`draw ${sample.name}: ${drawn} found, ${drawn - unread.length} read, ${right} right`);
  }
  console.log(`${changes} changes`);
  if (changes > 0 && !values.update) process.exitCode = 1;
}

function inWords(tally: Tally): string {
  return `${tally.found} found, ${tally.read} read, ${tally.right} right, ${tally.mended.length} false alarms mended`;
}

/** The draw is the same for the same findings and seed, so that who reads it again reads the same. */
function printSample(now: ByRule, count: number, seed: number): void {
  const stable = new Set(rules.filter(({ meta }) => meta.stage === "stable").map(({ meta }) => meta.id));
  const all = [...now].flatMap(([rule, places]) => (stable.has(rule) ? places.map((place) => ({ rule, place })) : []));
  const next = randomNumbers(seed);
  for (let left = Math.min(count, all.length); left > 0; left--) {
    const [one] = all.splice(Math.floor(next() * all.length), 1);
    if (one) console.log([one.rule, one.place.file, one.place.line, one.place.function].join("\t"));
  }
}

/** Mulberry32: small, and good enough to draw a sample. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function writeExpectations(now: ByRule): void {
  const rows = [...now].flatMap(([rule, places]) => places.map((place) => `${rule}\t${placeKey(place)}`));
  writeFileSync(
    path.join(import.meta.dirname, "expected-6.12.tsv"),
    `${["rule\tfile\tline\tfunction", ...rows.sort()].join("\n")}\n`,
  );
}

function findings(tree: string): ByRule {
  const cli = path.resolve(import.meta.dirname, "../../server/bin/dma-lens.mjs");
  const text =
    values.findings === undefined
      ? printed(cli, ["check", "--preview", "--format", "json", "drivers", "sound"], tree)
      : readFileSync(values.findings, "utf8");
  const report = JSON.parse(text) as {
    readonly findings: readonly { rule: string; file: string; line: number; function: string }[];
  };
  const byRule = new Map<string, Place[]>();
  for (const { rule, file, line, function: owner } of report.findings) {
    const places = byRule.get(rule) ?? [];
    byRule.set(rule, places);
    places.push({ file, line: String(line), function: owner });
  }
  return new Map([...byRule].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The command's output; status 1 says that something was found. */
function printed(cli: string, options: readonly string[], folder: string): string {
  try {
    return execFileSync(process.execPath, [cli, ...options], { cwd: folder, maxBuffer: 1 << 30 }).toString();
  } catch (error) {
    if (error instanceof Error && "status" in error && error.status === 1 && "stdout" in error)
      return String(error.stdout);
    throw error;
  }
}
