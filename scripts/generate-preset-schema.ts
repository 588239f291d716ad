/** Writes types/dma-lens-platform.schema.json. Run directly: `tsx scripts/generate-preset-schema.ts [--check]`; with --check it only says whether it is stale. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { presetSchema } from "../engine/src/platforms/preset-schema.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const path = "types/dma-lens-platform.schema.json";

/** Files that were stale, relative to the root; they are written unless `check` is set. */
export function generatePresetSchema(options: { readonly check?: boolean } = {}): readonly string[] {
  const text = `${JSON.stringify(presetSchema(), undefined, 2)}\n`;
  const target = join(root, path);
  if (existsSync(target) && readFileSync(target, "utf8") === text) return [];
  if (options.check !== true) writeFileSync(target, text);
  return [path];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const check = process.argv.includes("--check");
  const stale = generatePresetSchema({ check });
  for (const one of stale) console.log(`${check ? "stale" : "written"}: ${one}`);
  if (check && stale.length > 0) process.exitCode = 1;
}
