/**
 * Throughput of the C front end beside tree-sitter-c, interleaved in one process.
 * Usage: npx tsx test/bench/parse.bench.ts KERNEL_DIR [--files N] [--rounds N] [--warm-up N]
 * Takes N .c files (default 60) of drivers/ and sound/ that call a DMA API. CPU time per round, medians: on a busy machine
 * only the ratio means something. The parser is bundled first, as it is in what we ship: module by module under a loader
 * it runs at less than half the speed.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { Language, Parser } from "web-tree-sitter";
import { build } from "esbuild";
import type { resolveConditionals as resolveText } from "../../engine/src/syntax/c/conditionals.ts";
import type { lex as lexText } from "../../engine/src/syntax/c/lexer.ts";
import type { parseC as parseText } from "../../engine/src/syntax/c/parse.ts";
import { listFiles, readSource } from "../corpus/c-files.ts";

const args = process.argv.slice(2);
const option = (name: string, fallback: number): number => {
  const at = args.indexOf(name);
  return at < 0 ? fallback : Number(args.splice(at, 2)[1]);
};
const wanted = option("--files", 60);
const rounds = option("--rounds", 9);
const warmUp = option("--warm-up", 12);
const root = args[0] ?? ".";

const dma = /\bdmam?_(?:alloc|map|unmap|sync|mmap|pool)\w*\s*\(/;
const texts: string[] = [];
const files = ["drivers", "sound"].flatMap((folder) => listFiles(join(root, folder)));
for (let i = 0; i < files.length && texts.length < wanted; i += 37) {
  const text = readSource(files[i] ?? "");
  if (dma.test(text)) texts.push(text);
}
const bytes = texts.reduce((sum, text) => sum + text.length, 0);

interface Front {
  readonly lex: typeof lexText;
  readonly parseC: typeof parseText;
  readonly resolveConditionals: typeof resolveText;
}
const syntax = join(import.meta.dirname, "../../engine/src/syntax/c");
const bundle = await build({
  stdin: {
    contents: ["parse", "lexer", "conditionals"].map((name) => `export * from "./${name}.ts";`).join("\n"),
    resolveDir: syntax,
  },
  bundle: true,
  format: "esm",
  target: "node20",
  write: false,
});
const code = Buffer.from(bundle.outputFiles[0]?.contents ?? []).toString("base64");
const { lex, parseC, resolveConditionals } = (await import(`data:text/javascript;base64,${code}`)) as Front;

await Parser.init();
const parser = new Parser();
parser.setLanguage(await Language.load(createRequire(import.meta.url).resolve("tree-sitter-c/tree-sitter-c.wasm")));

let checksum = 0;
const contenders: Readonly<Record<string, (text: string) => void>> = {
  lex: (text) => void lex(text),
  "lex and #if": (text) => void resolveConditionals(lex(text)),
  parseC: (text) => void parseC(text),
  "web-tree-sitter": (text) => parser.parse(text)?.delete(),
  // What a reader of its tree pays: kinds and offsets of all nodes. Our parser has made objects by then.
  "and its walk": (text) => {
    const tree = parser.parse(text);
    const cursor = tree?.walk();
    if (cursor === undefined) return;
    for (let depth = 0; depth >= 0; ) {
      checksum += cursor.nodeTypeId + cursor.startIndex + cursor.endIndex;
      if (cursor.gotoFirstChild()) depth++;
      else
        while (depth >= 0 && !cursor.gotoNextSibling())
          if (cursor.gotoParent()) depth--;
          else depth = -1;
    }
    cursor.delete();
    tree?.delete();
  },
};
const times = new Map(Object.keys(contenders).map((name) => [name, [] as number[]]));
const cold = process.cpuUsage();
parseC(texts[0] ?? "");
console.log(
  `first parse of the process (${((texts[0]?.length ?? 0) / 1e3).toFixed(0)} kB): ${(process.cpuUsage(cold).user / 1000).toFixed(1)} ms`,
);
for (let round = 0; round < rounds + warmUp; round++) {
  for (const [name, run] of Object.entries(contenders)) {
    const before = process.cpuUsage();
    for (const text of texts) run(text);
    const used = process.cpuUsage(before);
    // The just-in-time compiler is done after six to eight rounds, later on a busy machine.
    if (round >= warmUp) times.get(name)?.push((used.user + used.system) / 1000);
  }
}
const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN;
const slow = median(times.get("web-tree-sitter") ?? []);
console.log(
  `${texts.length} files, ${(bytes / 1e6).toFixed(2)} MB, ${rounds} rounds after ${warmUp}, CPU time; ${checksum > 0 ? "walked" : "not walked"}`,
);
for (const [name, list] of times) {
  const middle = median(list);
  const best = Math.min(...list);
  console.log(
    `${name.padEnd(16)} ${(bytes / 1e3 / middle).toFixed(1).padStart(7)} MB/s median ${(bytes / 1e3 / best).toFixed(1).padStart(7)} best ${(slow / middle).toFixed(1).padStart(6)} times web-tree-sitter`,
  );
}
