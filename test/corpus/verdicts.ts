/**
 * How many findings of a kernel tree the simulator can judge, why it cannot judge the others, and what a finding costs.
 *
 *     npx tsx test/corpus/verdicts.ts KERNEL [--findings FILE.json] [--rule ID]... [--file TEXT]... [--sample N [--seed S]]
 *                                [--examples N] [--rows FILE.jsonl] [--kept FILE.json]
 *
 * Run it in the project's folder; KERNEL is an unpacked linux 6.12 (Debian: linux-source-6.12). The findings are those of expected-6.12.tsv, or those of a file that
 * `check --format json` wrote; only rules with a proof count. Each is proved on all machines that the editor asks for, by executing
 * the functions of its own unit. `--sample` draws so many in turn from each rule, `--rows` writes down every
 * verdict as it comes. `--kept` takes the findings from such a file, or makes it: finding takes far longer than proving.
 * Times are CPU time of this process; on a busy machine only ratios mean something. Run it bundled, as the program ships:
 *     npx esbuild test/corpus/verdicts.ts --bundle --platform=node --format=esm --external:typescript --outfile=OUT.mjs
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import type { Finding, ProofResult } from "../../engine/src/api.ts";
import { engine } from "../../engine/src/index.ts";
import { rules } from "../../engine/src/rules/registry.ts";
import { unitHost } from "../../server/src/cli/check-unit.ts";
import { locationOf } from "../../server/src/cli/targets.ts";
import { Unit } from "../../server/src/host/unit.ts";

interface Place {
  readonly rule: string;
  readonly file: string;
  readonly line: number;
  readonly function: string;
}

interface Row extends Place {
  /** Milliseconds of CPU time for all machines together. */
  readonly cost: number;
  readonly verdicts: readonly { readonly platform: string; readonly verdict: string; readonly sentence: string }[];
  /** Whether a verdict rests on a condition that was supposed to come out right, since no inputs were found that make it so. */
  readonly supposed: boolean;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    findings: { type: "string" },
    rule: { type: "string", multiple: true, default: [] },
    file: { type: "string", multiple: true, default: [] },
    sample: { type: "string" },
    seed: { type: "string", default: "1" },
    examples: { type: "string", default: "2" },
    rows: { type: "string" },
    kept: { type: "string" },
  },
});
const [kernel] = positionals;
if (kernel === undefined) {
  console.error(
    "usage: npx tsx test/corpus/verdicts.ts KERNEL [--findings FILE.json] [--rule ID]... [--file TEXT]... [--sample N]",
  );
  process.exit(2);
}

const proving = new Set(rules.flatMap(({ meta }) => (meta.proof === undefined ? [] : [meta.id])));
const all = (values.findings === undefined ? expected() : reported(values.findings)).filter(
  (place) =>
    proving.has(place.rule) &&
    (values.rule.length === 0 || values.rule.includes(place.rule)) &&
    (values.file.length === 0 || values.file.some((text) => place.file.includes(text))),
);
const places = values.sample === undefined ? all : drawn(all, Number(values.sample), Number(values.seed));
const kept = new Map(values.kept !== undefined && existsSync(values.kept) ? keptIn(values.kept) : []);
if (values.rows !== undefined) writeFileSync(values.rows, "");
const { rows, gone } = await judged(kernel, places);
if (values.kept !== undefined) writeFileSync(values.kept, JSON.stringify([...kept]));
print();

// ------------------------------------------------------------ which findings

function expected(): readonly Place[] {
  const [, ...lines] = readFileSync("test/corpus/expected-6.12.tsv", "utf8").trimEnd().split("\n");
  return lines.map((text) => {
    const [rule = "", file = "", line = "", owner = ""] = text.split("\t");
    return { rule, file, line: Number(line), function: owner };
  });
}

function reported(file: string): readonly Place[] {
  return (JSON.parse(readFileSync(file, "utf8")) as { readonly findings: readonly Place[] }).findings;
}

/** In turn one of each rule, so that rules with few findings are looked at too. The same for the same seed. */
function drawn(from: readonly Place[], count: number, seed: number): readonly Place[] {
  let state = seed >>> 0;
  const below = (end: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 0x8000_0000;
    return Math.floor((state / 0x8000_0000) * end);
  };
  const byRule = [...grouped(from, (place) => place.rule).values()].map((group) => [...group]);
  const taken: Place[] = [];
  while (taken.length < count && byRule.some((group) => group.length > 0)) {
    for (const group of byRule) taken.push(...group.splice(below(group.length), taken.length < count ? 1 : 0));
  }
  return taken;
}

// ------------------------------------------------------------ what the machines say

async function judged(
  tree: string,
  wanted: readonly Place[],
): Promise<{ readonly rows: readonly Row[]; readonly gone: readonly Place[] }> {
  const made: Row[] = [];
  const missing: Place[] = [];
  const host = unitHost(engine, tree);
  const byFolder = [...grouped(wanted, ({ file }) => path.dirname(file))].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [folder, here] of byFolder) {
    const unit = new Unit(locationOf(path.join(tree, folder)), engine.createSession(), host);
    await unit.refresh(true);
    const left = new Set(here.every((place) => kept.has(keyOf(place))) ? [] : found(unit, here));
    for (const place of here) {
      const known = kept.get(keyOf(place));
      if (known !== undefined) {
        made.push(proved(unit, known, place));
        continue;
      }
      const finding = [...left].find((one) => isAt(unit, one, place));
      if (finding === undefined) {
        missing.push(place);
        continue;
      }
      left.delete(finding);
      kept.set(keyOf(place), finding);
      made.push(proved(unit, finding, place));
    }
  }
  return { rows: made, gone: missing };
}

function found(unit: Unit, here: readonly Place[]): readonly Finding[] {
  const { findings } = unit.session.analyse({
    rules: [...new Set(here.map(({ rule }) => rule))],
    only: new Set(here.map(({ file }) => file)),
  });
  return findings;
}

function keptIn(file: string): readonly (readonly [string, Finding])[] {
  return JSON.parse(readFileSync(file, "utf8")) as readonly (readonly [string, Finding])[];
}

function keyOf({ rule, file, line, function: owner }: Place): string {
  return [rule, file, line, owner].join("\t");
}

function isAt(unit: Unit, finding: Finding, place: Place): boolean {
  return (
    finding.rule === place.rule &&
    finding.file === place.file &&
    finding.function === place.function &&
    unit.textOf(finding.file)?.positionAt(finding.start).line === place.line
  );
}

function proved(unit: Unit, finding: Finding, { rule, file, line, function: owner }: Place): Row {
  const before = process.cpuUsage();
  const results = unit.session.prove(finding);
  const { user, system } = process.cpuUsage(before);
  const row: Row = {
    rule,
    file,
    line,
    function: owner,
    cost: (user + system) / 1000,
    verdicts: results.map(({ platform, verdict, sentence }) => ({ platform, verdict, sentence })),
    supposed: results.some(restsOnSupposition),
  };
  if (values.rows !== undefined) appendFileSync(values.rows, `${JSON.stringify(row)}\n`);
  return row;
}

function restsOnSupposition({ trace }: ProofResult): boolean {
  return trace?.platform.facts.some(({ text }) => text.includes("is supposed to lead to the path")) ?? false;
}

// ------------------------------------------------------------ figures

function print(): void {
  const whole = rows.filter((row) => row.verdicts.every(({ verdict }) => verdict !== "unknown"));
  const some = rows.filter((row) => row.verdicts.some(({ verdict }) => verdict !== "unknown"));
  const cells = rows.flatMap((row) => row.verdicts);
  const settled = cells.filter(({ verdict }) => verdict !== "unknown").length;
  console.log(`${rows.length} findings, ${gone.length} more are not found in the tree`);
  for (const place of gone) console.log(`  not found: ${place.rule} ${place.file}:${place.line} ${place.function}`);
  console.log(`verdict on every machine: ${share(whole.length, rows.length)}`);
  console.log(`verdict on some machine:  ${share(some.length, rows.length)}`);
  console.log(`verdicts one by one:      ${share(settled, cells.length)}`);
  console.log(`with a supposed condition: ${rows.filter((row) => row.supposed).length}`);
  const costs = rows.map(({ cost }) => cost).sort((a, b) => a - b);
  console.log(
    `CPU time for all machines: median ${part(costs, 0.5)} ms, p95 ${part(costs, 0.95)} ms, most ${part(costs, 1)} ms`,
  );
  for (const [rule, group] of [...grouped(rows, (row) => row.rule)].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const good = group.filter((row) => whole.includes(row)).length;
    const harmful = group.filter(({ verdicts }) => verdicts.some(({ verdict }) => /sometimes|always/.test(verdict)));
    const own = group.map(({ cost }) => cost).sort((a, b) => a - b);
    console.log(
      `  ${rule}: ${share(good, group.length)}, harmful somewhere ${harmful.length}, median ${part(own, 0.5)} ms`,
    );
  }
  printReasons(rows.filter((row) => !whole.includes(row)));
}

/** Each finding counts once, by the reason that most of its machines give. */
function printReasons(unsettled: readonly Row[]): void {
  const reasons = grouped(unsettled, (row) => {
    const given = row.verdicts.filter(({ verdict }) => verdict === "unknown").map(({ sentence }) => kindOf(sentence));
    const counted = [...grouped(given, (kind) => kind)].sort(([, a], [, b]) => b.length - a.length);
    return counted[0]?.[0] ?? "";
  });
  console.log(`\nwithout a verdict: ${unsettled.length}`);
  for (const [reason, group] of [...reasons].sort(([, a], [, b]) => b.length - a.length)) {
    console.log(`${String(group.length).padStart(4)}  ${reason}`);
    for (const row of group.slice(0, Number(values.examples))) {
      const one = row.verdicts.find(({ sentence, verdict }) => verdict === "unknown" && kindOf(sentence) === reason);
      console.log(`        ${row.file}:${row.line} ${row.rule} ${one?.platform ?? ""}: ${one?.sentence ?? ""}`);
    }
  }
}

/** The sentence without the names and numbers of the case at hand. */
function kindOf(sentence: string): string {
  return sentence
    .replace(/0x[0-9a-f]+/g, "X")
    .replace(/"[^"]*"/g, '"..."')
    .replace(/[\w>.\-[\]]+\(\)/g, "f()")
    .replace(/\b\d+\b/g, "N");
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

function share(part: number, of: number): string {
  return `${part} of ${of} (${of === 0 ? "-" : ((100 * part) / of).toFixed(1)} %)`;
}

function part(sorted: readonly number[], at: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(at * sorted.length))] ?? 0).toFixed(1);
}
