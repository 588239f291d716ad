/**
 * Compares the C front end with tree-sitter-c, function by function.
 * Usage: npx tsx test/corpus/c-parser-oracle.ts KERNEL_DIR [--stride N] [--list N]
 * Reads every N-th .c file (default 20) of drivers/ and sound/ below KERNEL_DIR, or of KERNEL_DIR itself when it has none.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Language, Parser } from "web-tree-sitter";
import type { FunctionDefinition, TopLevel } from "../../engine/src/syntax/c/ast.ts";
import { parseC } from "../../engine/src/syntax/c/parse.ts";
import { classify, differences, oracleFunctions, ourShape } from "../../engine/src/syntax/c/testing/agreement.ts";
import { listFiles, readSource } from "./c-files.ts";

const args = process.argv.slice(2);
const option = (name: string, fallback: number): number => {
  const at = args.indexOf(name);
  return at < 0 ? fallback : Number(args.splice(at, 2)[1]);
};
const stride = option("--stride", 20);
let toList = option("--list", 0);
const root = args[0] ?? ".";
const folders = ["drivers", "sound"].map((name) => join(root, name)).filter((path) => existsSync(path));
const files = (folders.length > 0 ? folders : [root]).flatMap((folder) => listFiles(folder));

await Parser.init();
const parser = new Parser();
parser.setLanguage(await Language.load(createRequire(import.meta.url).resolve("tree-sitter-c/tree-sitter-c.wasm")));

let read = 0;
let compared = 0;
let same = 0;
let explained = 0;
const classes = new Map<string, { functions: number; sites: number; ours: number }>();

for (let i = 0; i < files.length; i += stride) {
  const path = files[i];
  if (path === undefined) continue;
  const text = readSource(path);
  read++;
  const ours = new Map<number, FunctionDefinition>();
  for (const definition of definitions(parseC(text).items)) ours.set(definition.body.start, definition);
  const tree = parser.parse(text);
  if (tree === null) continue;
  const cursor = tree.walk();
  for (const oracle of oracleFunctions(cursor, text)) {
    if (!oracle.clean || oracle.directive) continue;
    compared++;
    const definition = ours.get(oracle.bodyStart);
    const shape = definition === undefined ? undefined : ourShape(definition);
    const found =
      shape === undefined ? [{ what: "no counterpart", at: oracle.bodyStart, by: -1 }] : differences(shape, oracle);
    if (found.length === 0) {
      same++;
      continue;
    }
    const reasons = classify(text, shape, oracle, found);
    if (reasons.every((reason) => !reason.startsWith("?"))) explained++;
    for (const reason of new Set(reasons)) {
      const entry = classes.get(reason) ?? { functions: 0, sites: 0, ours: 0 };
      entry.functions++;
      classes.set(reason, entry);
    }
    if (toList > 0 && reasons.some((reason) => reason.startsWith("?"))) {
      toList--;
      const line = (at: number): number => text.slice(0, at).split("\n").length;
      console.log(`${path}:${line(oracle.bodyStart)} ${definition?.name ?? "-"} | ${reasons.join("; ")}`);
      for (const { what, at, by } of found) {
        console.log(`    ${what} ${by} line ${line(at)}: ${JSON.stringify(text.slice(Math.max(0, at - 50), at + 30))}`);
      }
    }
  }
  cursor.delete();
  tree.delete();
}

function* definitions(items: readonly TopLevel[]): Generator<FunctionDefinition> {
  for (const item of items) {
    if (item.kind === "function") yield item;
    else if (item.kind === "conditional-group") for (const arm of item.arms) yield* definitions(arm.body);
  }
}

const percent = (part: number): string => `${((100 * part) / Math.max(1, compared)).toFixed(3)} %`;
console.log(`${read} files; ${compared} functions that tree-sitter reads without error and that hold no directive`);
console.log(
  `identical: ${same} (${percent(same)}); with explained differences: ${explained} (${percent(same + explained)} together)`,
);
for (const [reason, { functions }] of [...classes].sort((a, b) => b[1].functions - a[1].functions)) {
  console.log(`${String(functions).padStart(6)}  ${reason}`);
}
