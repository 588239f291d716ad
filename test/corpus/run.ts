/**
 * Compares what the command line finds in a kernel tree with what is expected there.
 *   npm run corpus -- KERNEL            KERNEL: an unpacked linux 6.12 (Debian: linux-source-6.12)
 *   npm run corpus -- KERNEL --update   writes the expectations anew; a verdict that was read stays with its finding
 * Each line of expected-6.12.tsv is one finding: rule, file, line, function, and the verdict of whoever read it in the source
 * ("right", "wrong", "unsure", or "-" for not read) with a reason.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

interface Row {
  readonly rule: string;
  readonly file: string;
  readonly line: string;
  readonly function: string;
  readonly verdict: string;
  readonly reason: string;
}

const columns = ["rule", "file", "line", "function", "verdict", "reason"] as const;
const table = path.join(import.meta.dirname, "expected-6.12.tsv");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { update: { type: "boolean", default: false }, findings: { type: "string" } },
});
const kernel = positionals[0];
if (kernel === undefined) {
  console.error("usage: npm run corpus -- KERNEL [--update] [--findings FILE.json]");
  process.exit(2);
}

const expected = readTable();
const byKey = new Map(expected.map((row) => [key(row), row]));
const found = findings(kernel);
const foundKeys = new Set(found.map(key));
const added = found.filter((row) => !byKey.has(key(row)));
const removed = expected.filter((row) => !foundKeys.has(key(row)));
for (const row of removed) console.log(`- ${row.rule} ${row.file}:${row.line} ${row.function} (${row.verdict})`);
for (const row of added) console.log(`+ ${row.rule} ${row.file}:${row.line} ${row.function}`);
summary();
if (values.update) {
  const rows = found.map((row) => byKey.get(key(row)) ?? row);
  const text = [columns, ...rows.map((row) => columns.map((column) => row[column]))].map((cells) => cells.join("\t"));
  writeFileSync(table, `${text.join("\n")}\n`);
} else if (added.length + removed.length > 0) process.exitCode = 1;

function summary(): void {
  const rules = [...new Set(found.map((row) => row.rule))].sort();
  for (const rule of rules) {
    const rows = found.filter((row) => row.rule === rule).map((row) => byKey.get(key(row)) ?? row);
    const count = (verdict: string) => rows.filter((row) => row.verdict === verdict).length;
    const read = count("right") + count("wrong") + count("unsure");
    console.log(`${rule}: ${rows.length} found, ${read} read, ${count("right")} right, ${count("wrong")} wrong`);
  }
  console.log(`${found.length} findings, ${added.length} added, ${removed.length} removed`);
}

/** Lines move between kernel releases, but the expectations are of one release: file, line and rule name a finding. */
function key(row: Pick<Row, "rule" | "file" | "line" | "function">): string {
  return [row.rule, row.file, row.line, row.function].join("\t");
}

function readTable(): readonly Row[] {
  let text = "";
  try {
    text = readFileSync(table, "utf8");
  } catch {
    console.log(`There is no ${path.basename(table)} yet.`);
  }
  return text
    .split("\n")
    .slice(1)
    .filter((line) => line !== "")
    .map((line) => {
      const [rule = "", file = "", at = "", owner = "", verdict = "-", reason = ""] = line.split("\t");
      return { rule, file, line: at, function: owner, verdict, reason };
    });
}

function findings(tree: string): readonly Row[] {
  const cli = path.resolve(import.meta.dirname, "../../server/bin/dma-lens.mjs");
  const text =
    values.findings === undefined
      ? printed(cli, ["check", "--preview", "--format", "json", "drivers", "sound"], tree)
      : readFileSync(values.findings, "utf8");
  const { findings } = JSON.parse(text) as {
    readonly findings: readonly { rule: string; file: string; line: number; function: string }[];
  };
  const rows = findings.map((finding) => ({
    rule: finding.rule,
    file: finding.file,
    line: String(finding.line),
    function: finding.function,
    verdict: "-",
    reason: "",
  }));
  return rows.sort((a, b) => (key(a) < key(b) ? -1 : 1));
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
