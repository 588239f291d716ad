/** Writes types/dma-lens-litmus/index.d.ts. Run directly: `tsx scripts/generate-litmus-types.ts [--check]`; with --check it only says whether it is stale. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { litmusTypes } from "./litmus-types.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const path = "types/dma-lens-litmus/index.d.ts";

/** Files that were stale, relative to the root; they are written unless `check` is set. */
export function generateLitmusTypes(options: { readonly check?: boolean } = {}): readonly string[] {
  const text = litmusTypes();
  const target = join(root, path);
  if (existsSync(target) && readFileSync(target, "utf8") === text) return [];
  if (options.check !== true) {
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
  return [path];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const check = process.argv.includes("--check");
  const stale = generateLitmusTypes({ check });
  for (const one of stale) console.log(`${check ? "stale" : "written"}: ${one}`);
  if (check && stale.length > 0) process.exitCode = 1;
}
