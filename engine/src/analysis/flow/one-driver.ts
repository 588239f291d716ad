/** Which files of a folder are one driver: a folder holds many. */
import type { Facts } from "../facts.ts";

/** Whether two files are of one driver: they are the same, or include a local header of the same name from their own folder. */
export function areOneDriver(facts: Facts, a: string, b: string): boolean {
  if (a === b) return true;
  const theirs = new Set(facts.unit.files.get(b)?.includes.filter((name) => !name.includes("/")));
  return facts.unit.files.get(a)?.includes.some((name) => theirs.has(name)) ?? false;
}
