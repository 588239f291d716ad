/**
 * Feeds mutated kernel files to the C front end: it must not throw, hang or misplace a node.
 * Usage: npx tsx test/corpus/c-fuzz.ts KERNEL_DIR [--inputs N] [--seed N]
 * Deterministic: the same tree, inputs and seed give the same mutants. Files above 60 kB are cut there, to keep it short.
 */
import { join } from "node:path";
import { parseC } from "../../engine/src/syntax/c/parse.ts";
import { generator, mutate } from "../../engine/src/syntax/c/testing/mutations.ts";
import { misplaced } from "../../engine/src/syntax/c/testing/spans.ts";
import { listFiles, readSource } from "./c-files.ts";

const args = process.argv.slice(2);
const option = (name: string, fallback: number): number => {
  const at = args.indexOf(name);
  return at < 0 ? fallback : Number(args.splice(at, 2)[1]);
};
const inputs = option("--inputs", 10_000);
const first = option("--seed", 1);
const root = args[0] ?? ".";
const files = ["drivers", "sound"].flatMap((folder) => listFiles(join(root, folder)));

let throws = 0;
let bad = 0;
let slow = 0;
let gaps = 0;
let bytes = 0;
let slowest = { ms: 0, what: "" };
for (let i = 0; i < inputs; i++) {
  const next = generator(first * 1_000_003 + i);
  const path = files[next(files.length)] ?? "";
  const text = readSource(path).slice(0, 60_000);
  const other = readSource(files[next(files.length)] ?? "").slice(0, 60_000);
  const mutant = mutate(text, other, first + i);
  bytes += mutant.length;
  const before = process.cpuUsage();
  try {
    const unit = parseC(mutant);
    gaps += unit.gaps.length;
    if (i % 10 === 0 && misplaced(unit, mutant.length).length > 0) {
      bad++;
      console.log(`misplaced nodes: input ${i}, ${path}`);
    }
  } catch (error) {
    throws++;
    console.log(`threw: input ${i}, ${path}: ${String(error)}`);
  }
  const ms = process.cpuUsage(before).user / 1000;
  if (ms > 1_000) {
    slow++;
    console.log(`slow: input ${i}, ${path}: ${ms.toFixed(0)} ms`);
  }
  if (ms > slowest.ms) slowest = { ms, what: `input ${i}, ${path}` };
}
console.log(`${inputs} inputs, ${(bytes / 1e6).toFixed(1)} MB, ${gaps} gaps`);
console.log(`threw: ${throws}; misplaced nodes (every tenth input is checked): ${bad}; above 1 s of CPU time: ${slow}`);
console.log(`slowest: ${slowest.ms.toFixed(0)} ms (with its span check), ${slowest.what}`);
if (throws + bad + slow > 0) process.exitCode = 1;
