/** How the hosts read files, and what they refuse to read. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import type { Location } from "./location.ts";

/** Bytes. The largest C file of linux 6.12 that is written by hand has 0.4 MB; beyond this are generated register tables. */
export const largestFile = 2 * 1024 * 1024;

export type FileContent =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  /** Known not to be readable as a source: a gap with this reason. */
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "missing" };

/** Reads files and folders. Nothing here throws but `list`: a folder that was asked for and cannot be read is an error. */
export interface FileSystem {
  /** Changes whenever the content does; undefined when there is no such file. */
  stamp(location: Location): string | undefined | Promise<string | undefined>;
  read(location: Location): FileContent | Promise<FileContent>;
  /** Names of the files (not folders) in a folder, sorted by code unit. */
  list(folder: Location): readonly string[] | Promise<readonly string[]>;
}

/** The disk of this machine. Synchronous: a scan of a kernel tree is faster so, and one driver's folder is read in an instant. */
export const disk: FileSystem = {
  stamp(location) {
    const stat = statSync(location, { throwIfNoEntry: false });
    return stat?.isFile() === true ? `${stat.mtimeMs}:${stat.size}` : undefined;
  },

  read(location) {
    try {
      const stat = statSync(location, { throwIfNoEntry: false });
      if (stat?.isFile() !== true) return { kind: "missing" };
      const tooLarge = refuseSize(stat.size);
      if (tooLarge !== undefined) return { kind: "refused", reason: tooLarge };
      return { kind: "bytes", bytes: readFileSync(location) };
    } catch (error) {
      return { kind: "refused", reason: `could not be read: ${reasonOf(error)}` };
    }
  },

  list(folder) {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() || entry.isSymbolicLink())
      .map((entry) => entry.name)
      .sort(byCodeUnit);
  },
};

/** Why a file of this size is not read, or undefined when it is. */
export function refuseSize(bytes: number): string | undefined {
  if (bytes <= largestFile) return undefined;
  const megabytes = 1024 * 1024;
  // Rounded up: a file just over the limit must not read as if it were within it.
  const size = (Math.ceil((10 * bytes) / megabytes) / 10).toFixed(1);
  return `not read: ${size} MB, more than the limit of ${largestFile / megabytes} MB`;
}

/** Why these bytes are no source text, or undefined when they are. */
export function refuseBytes(bytes: Uint8Array): string | undefined {
  return bytes.includes(0) ? "not read: a binary file, or not in UTF-8" : undefined;
}

/** A system error in words for people: "permission denied", not "EACCES: …, open '…'". */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code: unknown = "code" in error ? error.code : undefined;
  switch (code) {
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "ENOENT":
      return "no such file or folder";
    case "ENOTDIR":
      return "not a folder";
    case "ELOOP":
      return "a loop of symbolic links";
    case "ENAMETOOLONG":
      return "the name is too long";
    default:
      return error.message;
  }
}

/** The order of names that does not depend on the machine's language. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
