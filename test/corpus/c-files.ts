/** The C files below some folders, in a fixed order; what the corpus scripts of the C front end walk. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** Paths of all files with one of the extensions below `root`, sorted within each folder. A file is itself. */
export function listFiles(root: string, extensions: readonly string[] = [".c"]): string[] {
  if (!statSync(root).isDirectory()) return [root];
  const found: string[] = [];
  const visit = (folder: string): void => {
    const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile() && extensions.some((extension) => entry.name.endsWith(extension))) found.push(path);
    }
  };
  visit(root);
  return found;
}

/** Kernel sources are ASCII with a few stray bytes; one byte is one UTF-16 unit, so that offsets agree with the bytes. */
export function readSource(path: string): string {
  return readFileSync(path, "latin1");
}
