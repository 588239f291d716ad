/** Which files of a folder are one driver: a folder holds many. */
import type { DriverUnit } from "../../program/program.ts";

/**
 * Whether two files are of one driver: they are the same, or go by a local header of the same name from their own folder, which
 * they include themselves or by way of a header of another folder.
 */
export function areOneDriver(unit: DriverUnit, a: string, b: string): boolean {
  if (a === b) return true;
  const theirs = new Set(localHeaders(unit, b));
  if (localHeaders(unit, a).some((name) => theirs.has(name))) return true;
  const reached = new Set(reachedHeaders(unit, b));
  return reached.size > 0 && reachedHeaders(unit, a).some((name) => reached.has(name));
}

/** The headers of its own folder that a file includes, and a header itself: common ones of other folders tell nothing. */
function localHeaders(unit: DriverUnit, file: string): readonly string[] {
  const included = unit.files.get(file)?.includes.filter((name) => !name.includes("/")) ?? [];
  return file.endsWith(".h") ? [...included, file.slice(file.lastIndexOf("/") + 1)] : included;
}

/**
 * The headers of a file's own folder that it includes or that headers of other folders bring in, each by its name in the unit.
 * What a header of the folder includes counts for that header only: a common one would make all drivers there one.
 */
function reachedHeaders(unit: DriverUnit, file: string): readonly string[] {
  const own = folderOf(file);
  const seen = new Set([file]);
  const found = new Set<string>();
  for (const one of seen)
    for (const include of unit.files.get(one)?.includes ?? [])
      for (const name of [resolved(folderOf(one), include), resolved(own, include)])
        if (name !== undefined && unit.files.has(name)) {
          seen.add(name);
          if (folderOf(name) === own && (one === file || folderOf(one) !== own)) found.add(name);
          break;
        }
  return [...found];
}

function folderOf(file: string): string {
  return file.slice(0, file.lastIndexOf("/") + 1);
}

/** "a/b/" and "../c/x.h" are "a/c/x.h"; undefined where the path leaves what it begins in. */
function resolved(folder: string, include: string): string | undefined {
  const parts = folder.split("/").slice(0, -1);
  for (const part of include.split("/")) {
    if (part === "..") {
      if (parts.pop() === undefined) return undefined;
    } else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}
