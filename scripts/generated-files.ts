/** How generated files are renewed, whatever makes their text. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..");

/** What every generator takes. */
export interface Renewal {
  /** Only say what is stale, and write nothing. */
  readonly check?: boolean;
}

/** The files, by path from the root, whose text on the disk is another one; they are written unless `check` is set. */
export function renew(wanted: ReadonlyMap<string, string>, { check = false }: Renewal = {}): readonly string[] {
  const stale: string[] = [];
  for (const [name, text] of wanted) {
    const target = path.join(root, name);
    if (existsSync(target) && readFileSync(target, "utf8") === text) continue;
    stale.push(name);
    if (check) continue;
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
  return stale;
}
