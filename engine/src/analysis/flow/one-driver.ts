/** Which files of a folder are one driver: a folder holds many. */
import type { DriverUnit } from "../../program/program.ts";

/** Whether two files are of one driver: they are the same, or go by a local header of the same name from their own folder. */
export function areOneDriver(unit: DriverUnit, a: string, b: string): boolean {
  if (a === b) return true;
  const theirs = new Set(localHeaders(unit, b));
  return localHeaders(unit, a).some((name) => theirs.has(name));
}

/** The headers of its own folder that a file includes, and a header itself: common ones of other folders tell nothing. */
function localHeaders(unit: DriverUnit, file: string): readonly string[] {
  const included = unit.files.get(file)?.includes.filter((name) => !name.includes("/")) ?? [];
  return file.endsWith(".h") ? [...included, file.slice(file.lastIndexOf("/") + 1)] : included;
}
