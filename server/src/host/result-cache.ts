/**
 * Results of units, kept on the disk between runs of the command line. A result is valid while the program, the options, the
 * unit's sources and all that its includes led to (files that were not there too) are the same, by content.
 * A cache never stands in the way: what cannot be read is missing, what cannot be written is not kept.
 */
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Location } from "./location.ts";
import type { Digest } from "./recording-files.ts";

/** Bytes. The results of all of linux 6.12 drivers and sound have less than 3 MB. */
const largestCache = 64 * 1024 * 1024;
/** An entry that was used is young again, but need not be told so at every use. */
const day = 24 * 60 * 60 * 1000;

/** Where the cache is, by the customs of the system, or undefined when it is not wanted or has no place. */
export function cacheFolder(
  environment: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  const { DMA_LENS_CACHE: asked, XDG_CACHE_HOME: xdg, HOME: home, LOCALAPPDATA: local } = environment;
  if (asked === "off" || asked === "0") return undefined;
  if (asked !== undefined && path.isAbsolute(asked)) return asked;
  if (xdg !== undefined && path.isAbsolute(xdg)) return path.join(xdg, "dma-lens");
  if (platform === "win32") return local === undefined ? undefined : path.join(local, "dma-lens", "Cache");
  if (home === undefined || !path.isAbsolute(home)) return undefined;
  return path.join(home, platform === "darwin" ? "Library/Caches" : ".cache", "dma-lens");
}

/** Files beyond the unit's own sources that its result depends on, with what was found there. */
export type Dependencies = readonly (readonly [location: Location, digest: string | null])[];

interface Entry {
  readonly dependencies: Dependencies;
  readonly result: unknown;
}

export class ResultCache {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The result that was kept under a key, if `digestOf` finds all of its dependencies as they were. */
  async get(key: string, digestOf: (location: Location) => Promise<Digest>): Promise<unknown> {
    const entry = this.#read(this.#fileOf(key));
    if (entry === undefined) return undefined;
    for (const [location, digest] of entry.dependencies) {
      if (((await digestOf(location)) ?? null) !== digest) return undefined;
    }
    return entry.result;
  }

  put(key: string, entry: Entry): void {
    const file = this.#fileOf(key);
    const text = JSON.stringify(entry);
    // Another process may write the same entry at the same time: each has a file of its own, and the last one stays.
    const own = `${file}.${process.pid}-${randomBytes(6).toString("hex")}`;
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      writeFileSync(own, `${sumOf(text)}\n${text}`, { mode: 0o600 });
      renameSync(own, file);
    } catch {
      try {
        rmSync(own, { force: true });
      } catch {
        // There is no such folder.
      }
    }
  }

  /** Forgets the entries that were not used for longest, until the rest fits. */
  prune(limit: number = largestCache): void {
    try {
      const files = readdirSync(this.#folder).flatMap((name) => {
        const file = path.join(this.#folder, name);
        const stat = statSync(file, { throwIfNoEntry: false });
        return stat?.isFile() === true ? [{ file, size: stat.size, used: stat.mtimeMs }] : [];
      });
      let size = files.reduce((sum, file) => sum + file.size, 0);
      if (size <= limit) return;
      for (const file of files.sort((a, b) => a.used - b.used)) {
        if (size <= limit) return;
        rmSync(file.file, { force: true });
        size -= file.size;
      }
    } catch {
      // Not there, or not ours to look at.
    }
  }

  #read(file: string): Entry | undefined {
    try {
      const content = readFileSync(file, "utf8");
      const end = content.indexOf("\n");
      const text = content.slice(end + 1);
      // Cut short by a full disk, or changed by somebody else.
      if (end < 0 || content.slice(0, end) !== sumOf(text)) return undefined;
      const entry: unknown = JSON.parse(text);
      if (!isEntry(entry)) return undefined;
      const { mtimeMs } = statSync(file);
      const now = Date.now();
      if (now - mtimeMs > day) utimesSync(file, new Date(now), new Date(now));
      return entry;
    } catch {
      return undefined;
    }
  }

  #fileOf(key: string): string {
    return path.join(this.#folder, createHash("sha256").update(key).digest("hex").slice(0, 40));
  }
}

function sumOf(text: string): string {
  return createHash("sha1").update(text).digest("hex");
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== "object" || value === null || !("dependencies" in value) || !("result" in value)) return false;
  return (
    Array.isArray(value.dependencies) &&
    value.dependencies.every(
      (one: unknown) =>
        Array.isArray(one) && typeof one[0] === "string" && (one[1] === null || typeof one[1] === "string"),
    )
  );
}
