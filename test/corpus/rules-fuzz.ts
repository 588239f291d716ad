/**
 * Analyses mutated kernel files, each as a unit of its own, with all rules: nothing may throw, hang or point outside the text, and
 * every gap must be told.
 *
 *     npx tsx test/corpus/rules-fuzz.ts KERNEL_DIR [FOLDER...] [--inputs N] [--seed N] [--first N]
 *
 * Folders are drivers and sound by default; `engine/src rules` takes the rules' fixtures, in which far more is found and mended.
 * Deterministic: the same tree and seed give the same mutants; `--first` begins with a later one, so that a run can be split. Files
 * with a name of DMA are preferred, and cut at 60 kB to keep it short. The engine is bundled first, as it is in what we ship.
 */
import { join } from "node:path";
import { build } from "esbuild";
import { generator, mutate } from "../../engine/src/syntax/c/testing/mutations.ts";
import type { robustnessOf as judge } from "../../engine/src/testing/robustness.ts";
import { listFiles, readSource } from "./c-files.ts";

const args = process.argv.slice(2);
const option = (name: string, fallback: number): number => {
  const at = args.indexOf(name);
  return at < 0 ? fallback : Number(args.splice(at, 2)[1]);
};
const inputs = option("--inputs", 10_000);
const seed = option("--seed", 1);
const first = option("--first", 0);
const [root = ".", ...given] = args;
const folders = given.length > 0 ? given : ["drivers", "sound"];
const cut = 60_000;
/** CPU seconds for one input above which it counts as slow. */
const patience = 5;

const bundle = await build({
  stdin: {
    contents: 'export * from "./robustness.ts";',
    resolveDir: join(import.meta.dirname, "../../engine/src/testing"),
  },
  bundle: true,
  format: "esm",
  target: "node20",
  write: false,
});
const code = Buffer.from(bundle.outputFiles[0]?.contents ?? []).toString("base64");
const { robustnessOf } = (await import(`data:text/javascript;base64,${code}`)) as {
  readonly robustnessOf: typeof judge;
};

const files = folders.flatMap((folder) => listFiles(join(root, folder)));
const relevant = /\b(?:dma|sg|usb|pci|ib|snd|vb2)_\w+\s*\(/;

let bad = 0;
let slow = 0;
let gaps = 0;
let findings = 0;
let functions = 0;
let bytes = 0;
let slowest = { seconds: 0, what: "" };
for (let i = first; i < first + inputs; i++) {
  const next = generator(seed * 1_000_003 + i);
  const pick = (): readonly [string, string] => {
    let path = "";
    let text = "";
    for (let tries = 0; tries < 4; tries++) {
      path = files[next(files.length)] ?? "";
      text = readSource(path).slice(0, cut);
      if (relevant.test(text)) break;
    }
    return [path, text];
  };
  const [path, text] = pick();
  const [, other] = pick();
  const mutant = mutate(text, other, seed * 31 + i);
  bytes += mutant.length;
  const before = process.cpuUsage();
  const { report, problems } = robustnessOf("mutant.c", mutant);
  const seconds = process.cpuUsage(before).user / 1e6;
  gaps += report.gaps.length;
  findings += report.findings.length;
  functions += report.functions;
  if (problems.length > 0) {
    bad++;
    console.log(`input ${i}, ${path}:\n  ${problems.join("\n  ")}`);
  }
  if (seconds > patience) {
    slow++;
    console.log(`slow: input ${i}, ${path}: ${seconds.toFixed(1)} s`);
  }
  if (seconds > slowest.seconds) slowest = { seconds, what: `input ${i}, ${path}` };
  if ((i + 1) % 1000 === 0) console.log(`${i + 1 - first} inputs, ${bad} with problems, ${slow} slow`);
}
console.log(
  `${inputs} inputs, ${(bytes / 1e6).toFixed(1)} MB, ${functions} functions, ${findings} findings, ${gaps} gaps told`,
);
console.log(`inputs with problems: ${bad}; above ${patience} s of CPU time: ${slow}`);
console.log(`slowest: ${slowest.seconds.toFixed(2)} s, ${slowest.what}`);
if (bad + slow > 0) process.exitCode = 1;
