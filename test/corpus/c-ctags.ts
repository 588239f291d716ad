/**
 * Compares function names and extents with Universal Ctags.
 * Usage: npx tsx test/corpus/c-ctags.ts KERNEL_DIR [--stride N] [--list N]
 * Reads every N-th .c file (default 20) of drivers/ and sound/.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { FunctionDefinition, TopLevel } from "../../engine/src/syntax/c/ast.ts";
import { parseC } from "../../engine/src/syntax/c/parse.ts";
import { listFiles, readSource } from "./c-files.ts";

const args = process.argv.slice(2);
const option = (name: string, fallback: number): number => {
  const at = args.indexOf(name);
  return at < 0 ? fallback : Number(args.splice(at, 2)[1]);
};
const stride = option("--stride", 20);
let toList = option("--list", 0);
const root = args[0] ?? ".";
const files = ["drivers", "sound"]
  .flatMap((folder) => listFiles(join(root, folder)))
  .filter((_path, i) => i % stride === 0);

interface Tag {
  readonly name: string;
  readonly path: string;
  readonly line: number;
  readonly end?: number;
}
const output = execFileSync(
  "ctags",
  ["--output-format=json", "--fields=+ne", "--languages=C", "--kinds-C=f", "-f", "-", "-L", "-"],
  { input: files.join("\n"), maxBuffer: 1 << 30, encoding: "latin1" },
);
const tags = new Map<string, Tag[]>();
for (const line of output.split("\n")) {
  if (line === "") continue;
  const tag = JSON.parse(line) as Tag;
  const list = tags.get(tag.path) ?? [];
  list.push(tag);
  tags.set(tag.path, list);
}

let theirs = 0;
let named = 0;
let exact = 0;
let twice = 0;
let disabled = 0;
let onlyOurs = 0;
for (const path of files) {
  const text = readSource(path);
  const lines = lineStarts(text);
  const off = disabledLines(text);
  const ours = new Map<string, { line: number; end: number }[]>();
  for (const definition of definitions(parseC(text).items)) {
    const list = ours.get(definition.name) ?? [];
    list.push({ line: lineAt(lines, definition.nameSpan.start), end: lineAt(lines, definition.end - 1) });
    ours.set(definition.name, list);
  }
  const seen = new Set<string>();
  for (const tag of tags.get(path) ?? []) {
    theirs++;
    seen.add(tag.name);
    const list = ours.get(tag.name);
    if (list?.some(({ line, end }) => line === tag.line && end === tag.end) === true) {
      named++;
      exact++;
    } else if (off.has(tag.line)) disabled++;
    else if (list?.some(({ line }) => line === tag.line) === true) {
      named++;
      report(`extent: ${path}:${tag.line} ${tag.name} ends at ${tag.end ?? 0}, ours ${JSON.stringify(list)}`);
    } else if (list !== undefined) {
      twice++;
      report(`another arm: ${path}:${tag.line} ${tag.name}`);
    } else report(`only ctags: ${path}:${tag.line} ${tag.name}`);
  }
  for (const name of ours.keys()) {
    if (seen.has(name)) continue;
    onlyOurs++;
    report(`only ours: ${path}:${ours.get(name)?.[0]?.line ?? 0} ${name}`);
  }
}
const percent = (part: number): string => `${((100 * part) / Math.max(1, theirs)).toFixed(3)} %`;
console.log(`${files.length} files; ctags finds ${theirs} functions`);
console.log(
  `same name at the same line: ${named} (${percent(named)}); the same last line too: ${exact} (${percent(exact)})`,
);
console.log(
  `ctags only: ${disabled} inside #if 0, ${twice} in an arm of #if that we leave out or a second head, ${theirs - named - disabled - twice} others; ours only: ${onlyOurs}`,
);

function report(message: string): void {
  if (toList-- > 0) console.log(message);
}

function* definitions(items: readonly TopLevel[]): Generator<FunctionDefinition> {
  for (const item of items) {
    if (item.kind === "function") yield item;
    else if (item.kind === "conditional-group") for (const arm of item.arms) yield* definitions(arm.body);
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** The line, from 1, that holds the offset. */
function lineAt(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}

/** Lines inside `#if 0`. */
function disabledLines(text: string): Set<number> {
  const found = new Set<number>();
  const open: boolean[] = [];
  text.split("\n").forEach((line, i) => {
    const directive = /^\s*#\s*(if|ifdef|ifndef|elif|else|endif)\b\s*(.*)$/.exec(line);
    if (directive?.[1] === "endif") open.pop();
    else if (directive?.[1]?.startsWith("el") === true) open[open.length - 1] = false;
    else if (directive !== null)
      open.push(directive[1] === "if" && /^\(?0\)?\s*(?:\/[*/].*)?$/.test(directive[2] ?? ""));
    if (open.includes(true)) found.add(i + 1);
  });
  return found;
}
