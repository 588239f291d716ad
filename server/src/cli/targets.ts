/** The paths on the command line, as driver units. */
import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { byCodeUnit, reasonOf } from "../host/file-system.ts";
import { folderOf, type Location } from "../host/location.ts";
import { isSourceName } from "../host/unit.ts";
import { UsageError } from "./command.ts";

/** One unit to check. */
export interface Target {
  readonly folder: Location;
  /** Findings in these files only; undefined: in all of the folder. */
  only: Set<Location> | undefined;
}

export interface Targets {
  /** By folder, in code unit order. */
  readonly units: readonly Target[];
  /** Files that were named and are no sources. */
  readonly skipped: readonly Location[];
  /** Folders below a named one that could not be read: "drivers/x: permission denied". */
  readonly unreadable: readonly { readonly folder: Location; readonly reason: string }[];
}

/** Throws `UsageError` when a path is not there or cannot be read. Folders are walked without following links to folders. */
export function findTargets(paths: readonly string[], workingFolder: string): Targets {
  const units = new Map<Location, Target>();
  const skipped: Location[] = [];
  const unreadable: Targets["unreadable"][number][] = [];
  const missing: string[] = [];

  for (const given of paths) {
    const location = locationOf(path.resolve(workingFolder, given));
    try {
      if (!statSync(location).isDirectory()) addFile(location);
      else walk(location, given);
    } catch (error) {
      missing.push(`${given}: ${reasonOf(error)}`);
    }
  }
  if (missing.length > 0) throw new UsageError(missing.join("\n"));
  return { units: [...units.values()].sort((a, b) => byCodeUnit(a.folder, b.folder)), skipped, unreadable };

  function addFile(location: Location): void {
    if (!isSourceName(location)) {
      skipped.push(location);
      return;
    }
    const folder = folderOf(location);
    const unit = units.get(folder);
    if (unit === undefined) units.set(folder, { folder, only: new Set([location]) });
    else unit.only?.add(location);
  }

  /** The named folder must be readable; those below it are noted when they are not. */
  function walk(top: Location, given: string): void {
    const stack = [top];
    for (let folder = stack.pop(); folder !== undefined; folder = stack.pop()) {
      let hasSources = false;
      try {
        for (const entry of readdirSync(folder, { withFileTypes: true })) {
          if (entry.isDirectory()) {
            if (!entry.name.startsWith(".") && entry.name !== "node_modules")
              stack.push(`${folder === "/" ? "" : folder}/${entry.name}`);
          } else if (isSourceName(entry.name)) hasSources = true;
        }
      } catch (error) {
        if (folder === top) throw error;
        unreadable.push({ folder: path.posix.join(given, folder.slice(top.length)), reason: reasonOf(error) });
      }
      if (hasSources) units.set(folder, { folder, only: undefined });
    }
  }
}

/** A path of this machine as a location. */
export function locationOf(absolute: string): Location {
  return absolute.split(path.sep).join("/");
}
