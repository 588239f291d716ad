/**
 * Runs rules over a kernel tree, folder by folder, and prints each finding on a line (or as the JSON of the command line).
 *
 *     npx tsx test/corpus/scan.ts TREE [--rule NAME]... [--json FILE] PATH...
 *
 * Paths are relative to the tree. A folder is one unit, with the local headers that its files include.
 */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { createFacts } from "../../engine/src/analysis/unit-facts.ts";
import { apiFunction } from "../../engine/src/kernel/catalogue.ts";
import { buildCUnit, type CSource } from "../../engine/src/program/index.ts";
import type { Rule, RuleFinding } from "../../engine/src/rules/rule.ts";
import { parseC } from "../../engine/src/syntax/c/parse.ts";
import { SourceText } from "../../engine/src/text/source.ts";

const names: string[] = [];
const paths: string[] = [];
let json: string | undefined;
/** A file is a unit by itself: for fixtures. */
let alone = false;
const [tree = ".", ...rest] = process.argv.slice(2);
for (let i = 0; i < rest.length; i++) {
  const word = rest[i] ?? "";
  if (word === "--rule") names.push(rest[++i] ?? "");
  else if (word === "--json") json = rest[++i];
  else if (word === "--alone") alone = true;
  else paths.push(word);
}

const rulesFolder = new URL("../../engine/src/rules/", import.meta.url);
const folders = readdirSync(rulesFolder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(new URL(`${entry.name}/rule.ts`, rulesFolder)))
  .map((entry) => entry.name)
  .filter((name) => names.length === 0 || names.includes(name));
const rules: Rule[] = [];
for (const name of folders) {
  const module = (await import(new URL(`${name}/rule.ts`, rulesFolder).href)) as { default: Rule };
  rules.push(module.default);
}

interface Reported {
  readonly rule: string;
  readonly file: string;
  readonly line: number;
  readonly function: string;
  readonly message: string;
  readonly path: readonly { readonly file: string; readonly line: number; readonly note: string }[];
  readonly fixes: readonly string[];
}
const reported: Reported[] = [];
const counts = new Map<string, number>();
let files = 0;
const began = Date.now();
for (const path of paths) for (const folder of foldersUnder(path)) scanFolder(folder.folder, folder.only);

console.log(
  `\n${files} files in ${((Date.now() - began) / 1000).toFixed(1)} s, ${Math.round(process.memoryUsage().rss / 1e6)} MB`,
);
for (const [rule, count] of [...counts].sort()) console.log(`${String(count).padStart(5)} ${rule}`);
if (json) writeFileSync(json, JSON.stringify({ version: 1, tool: "corpus", files, findings: reported }));

function foldersUnder(path: string): { folder: string; only?: string }[] {
  const full = join(tree, path);
  if (statSync(full).isFile()) return [{ folder: dirname(path), only: path }];
  const entries = readdirSync(full, { withFileTypes: true });
  const below = entries.filter((entry) => entry.isDirectory()).flatMap((entry) => foldersUnder(join(path, entry.name)));
  return entries.some((entry) => entry.name.endsWith(".c")) ? [{ folder: path }, ...below] : below;
}

function scanFolder(folder: string, only?: string): void {
  const sources = new Map<string, string>();
  for (const name of readdirSync(join(tree, folder)).sort())
    if (/\.[ch]$/.test(name) && (!alone || join(folder, name) === only))
      sources.set(join(folder, name), readFileSync(join(tree, folder, name), "utf8"));
  const queue = [...sources];
  for (let next = queue.pop(); next; next = queue.pop()) {
    const [name, text] = next;
    for (const match of text.matchAll(/^[ \t]*#[ \t]*include[ \t]+"([^"\n]+)"/gm)) {
      const target = normalize(join(dirname(name), match[1] ?? ""));
      if (sources.has(target) || !existsSync(join(tree, target))) continue;
      const content = readFileSync(join(tree, target), "utf8");
      sources.set(target, content);
      queue.push([target, content]);
    }
  }
  const parsed: CSource[] = [...sources].map(([name, text]) => ({ name, text, syntax: parseC(text) }));
  files += parsed.length;
  const facts = createFacts(buildCUnit(parsed), { lookup: apiFunction });
  for (const rule of rules) {
    const start = Date.now();
    try {
      for (const finding of rule.check(facts)) report(rule, finding, sources, only);
    } catch (failure) {
      console.log(
        `FAILED ${rule.meta.id} in ${folder}: ${failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)}`,
      );
    }
    if (Date.now() - start > 5000) console.log(`SLOW ${rule.meta.id} in ${folder}: ${Date.now() - start} ms`);
  }
}

function report(rule: Rule, finding: RuleFinding, sources: ReadonlyMap<string, string>, only?: string): void {
  if (only !== undefined && finding.file !== only) return;
  const lineOf = (file: string, offset: number): number =>
    new SourceText(file, sources.get(file) ?? "").positionAt(offset).line;
  const one: Reported = {
    rule: rule.meta.id,
    file: finding.file,
    line: lineOf(finding.file, finding.start),
    function: finding.function,
    message: finding.message,
    path: finding.path.map((step) => ({ file: step.file, line: lineOf(step.file, step.start), note: step.note })),
    fixes: finding.fixes.map((fix) => fix.id),
  };
  reported.push(one);
  counts.set(rule.meta.id, (counts.get(rule.meta.id) ?? 0) + 1);
  console.log(
    `${one.file}:${one.line}: ${one.rule} [${one.function}] ${one.message}${one.fixes.length > 0 ? ` [fix ${one.fixes.join(", ")}]` : ""}`,
  );
  for (const step of one.path.slice(0, -1))
    console.log(`    ${step.file === one.file ? "" : step.file}:${step.line}: ${step.note}`);
}
