/** Writes docs/kernel.md and docs/platforms.md. Run directly: `tsx scripts/generate-reference-docs.ts [--check]`; with --check it only says what is stale. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { kernelPage, platformsPage } from "./reference-docs.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Files that were stale, relative to the root; they are written unless `check` is set. */
export function generateReferenceDocs(options: { readonly check?: boolean } = {}): readonly string[] {
  const wanted = new Map([
    ["docs/kernel.md", kernelPage()],
    ["docs/platforms.md", platformsPage()],
  ]);
  const stale: string[] = [];
  for (const [path, text] of wanted) {
    const target = join(root, path);
    if (existsSync(target) && readFileSync(target, "utf8") === text) continue;
    stale.push(path);
    if (options.check === true) continue;
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
  return stale;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const check = process.argv.includes("--check");
  const stale = generateReferenceDocs({ check });
  for (const one of stale) console.log(`${check ? "stale" : "written"}: ${one}`);
  if (check && stale.length > 0) process.exitCode = 1;
}
