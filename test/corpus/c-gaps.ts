/**
 * Counts what the C front end does not understand in a source tree.
 * Usage: npx tsx test/corpus/c-gaps.ts FOLDER... [--list N] [--headers]
 */
import { droppedArmReason } from "../../engine/src/syntax/c/conditionals.ts";
import { parseC } from "../../engine/src/syntax/c/parse.ts";
import type { FunctionDefinition, TopLevel } from "../../engine/src/syntax/c/ast.ts";
import { listFiles, readSource } from "./c-files.ts";

const args = process.argv.slice(2);
const listAt = args.indexOf("--list");
const listed = listAt < 0 ? 0 : Number(args.splice(listAt, 2)[1]);
const headersAt = args.indexOf("--headers");
if (headersAt >= 0) args.splice(headersAt, 1);
const dma = /\b(?:dmam?_(?:alloc|map|unmap|sync|free|mmap|pool)\w*|(?:pci|usb|snd_dma)_(?:alloc|map|free)\w*)\s*\(/;

let files = 0;
let bytes = 0;
let functions = 0;
let dmaFunctions = 0;
let badFunctions = 0;
let badDmaFunctions = 0;
let droppedFunctions = 0;
let fileGaps = 0;
let printed = 0;
let slowest = { path: "", ms: 0 };
const reasons = new Map<string, number>();
let cpu = 0;

for (const folder of args) {
  for (const path of listFiles(folder, headersAt >= 0 ? [".c", ".h"] : [".c"])) {
    const text = readSource(path);
    files++;
    bytes += text.length;
    const before = performance.now();
    const unit = parseC(text);
    const ms = performance.now() - before;
    cpu += ms;
    if (ms > slowest.ms) slowest = { path, ms };
    const bad = new Set<string>();
    const dropped = new Set<string>();
    for (const gap of unit.gaps) {
      reasons.set(gap.reason, (reasons.get(gap.reason) ?? 0) + 1);
      if (gap.reason === droppedArmReason) {
        if (gap.function !== undefined) dropped.add(gap.function);
        continue;
      }
      if (gap.function === undefined) fileGaps++;
      else bad.add(gap.function);
      if (printed < listed) {
        printed++;
        const line = text.slice(0, gap.start).split("\n").length;
        const excerpt = JSON.stringify(text.slice(gap.start, Math.min(gap.end, gap.start + 140)));
        console.log(`${path}:${line} ${gap.function ?? "-"} [${gap.reason}] ${excerpt}`);
      }
    }
    droppedFunctions += dropped.size;
    badFunctions += bad.size;
    for (const definition of definitions(unit.items)) {
      functions++;
      if (!dma.test(text.slice(definition.body.start, definition.body.end))) continue;
      dmaFunctions++;
      if (bad.has(definition.name)) badDmaFunctions++;
    }
  }
}

function* definitions(items: readonly TopLevel[]): Generator<FunctionDefinition> {
  for (const item of items) {
    if (item.kind === "function") yield item;
    else if (item.kind === "conditional-group") for (const arm of item.arms) yield* definitions(arm.body);
  }
}

const percent = (part: number, whole: number): string => `${((100 * part) / Math.max(1, whole)).toFixed(4)} %`;
console.log(
  `${files} files, ${(bytes / 1e6).toFixed(1)} MB, ${functions} functions, ${dmaFunctions} of them call a DMA API`,
);
console.log(`functions with a gap: ${badFunctions} (${percent(badFunctions, functions)})`);
console.log(`DMA functions with a gap: ${badDmaFunctions} (${percent(badDmaFunctions, dmaFunctions)})`);
console.log(`functions with a left-out arm of #if: ${droppedFunctions} (${percent(droppedFunctions, functions)})`);
console.log(`gaps outside functions: ${fileGaps}`);
console.log(
  `parse time ${(cpu / 1000).toFixed(1)} s, ${(bytes / 1e3 / cpu).toFixed(1)} MB/s, slowest ${slowest.path} ${slowest.ms.toFixed(0)} ms`,
);
for (const [reason, count] of [...reasons].sort((a, b) => b[1] - a[1]))
  console.log(`${String(count).padStart(7)}  ${reason}`);
