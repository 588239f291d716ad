/**
 * Runs chosen rules over a kernel tree, one driver unit for each folder, and prints findings with their source lines:
 * `tsx test/corpus/scan-rules.ts TREE RULE[,RULE] [FOLDER...]`. For reading findings by hand.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { createFacts } from "../../engine/src/analysis/unit-facts.ts";
import { apiFunction } from "../../engine/src/kernel/catalogue.ts";
import { buildCUnit } from "../../engine/src/program/index.ts";
import { rules } from "../../engine/src/rules/registry.ts";
import { runRules } from "../../engine/src/rules/run.ts";
import { parseC } from "../../engine/src/syntax/c/parse.ts";
import { SourceText } from "../../engine/src/text/source.ts";

const [tree = ".", wanted = "", ...folders] = process.argv.slice(2);
const ids = wanted.split(",").map((id) => (id.includes("/") ? id : `dma/${id}`));
let total = 0;
let units = 0;
for (const folder of (folders.length > 0 ? folders : ["drivers", "sound"]).flatMap((one) =>
  foldersBelow(join(tree, one)),
)) {
  const sources = readdirSync(folder)
    .filter((name) => /\.[ch]$/.test(name))
    .map((name) => {
      const text = readFileSync(join(folder, name), "utf8");
      return { name: relative(tree, join(folder, name)), text };
    });
  if (!sources.some(({ text }) => /dma_map_|_dma_map\(|ib_dma_|pci_map_/.test(text))) continue;
  units++;
  const started = performance.now();
  const unit = buildCUnit(sources.map(({ name, text }) => ({ name, text, syntax: parseC(text) })));
  const report = runRules(createFacts(unit, { lookup: apiFunction }), rules, { rules: ids });
  const elapsed = performance.now() - started;
  if (elapsed > 5000) console.error(`${relative(tree, folder)} took ${Math.round(elapsed)} ms`);
  for (const gap of report.gaps) console.log(`GAP ${relative(tree, folder)}: ${gap.reason}`);
  for (const finding of report.findings) {
    total++;
    const source = new SourceText(finding.file, unit.files.get(finding.file)?.text ?? "");
    const { line } = source.positionAt(finding.start);
    const path = finding.path.map((step) => {
      const text = unit.files.get(step.file)?.text ?? "";
      const at = new SourceText(step.file, text);
      const on = at.positionAt(step.start).line;
      return `${step.role}@${step.file === finding.file ? "" : step.file}:${on}`;
    });
    const fixes = finding.fixes.map((fix) => fix.id).join(",");
    console.log(
      `${finding.file}:${line} ${finding.rule} ${finding.function}: ${finding.message} [${path.join(" ")}] {${fixes}}`,
    );
  }
}
console.error(`${total} findings in ${units} units`);

function foldersBelow(folder: string): readonly string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  const below = entries
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => foldersBelow(join(folder, entry.name)));
  return entries.some((entry) => entry.isFile() && entry.name.endsWith(".c")) ? [folder, ...below] : below;
}
