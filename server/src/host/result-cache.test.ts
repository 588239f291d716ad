import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cacheFolder, ResultCache } from "./result-cache.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "dma-lens-cache-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const files: Record<string, string | undefined> = { "/a.h": "1" };
const digestOf = (location: string): Promise<string | undefined> => Promise.resolve(files[location]);
const onlyFile = (): string => path.join(folder, readdirSync(folder)[0] ?? "");

describe("entries", () => {
  const entry = { dependencies: [["/a.h", "1"] as const, ["/gone.h", null] as const], result: { findings: [1, 2] } };

  test("are found again under their key only", async () => {
    const cache = new ResultCache(path.join(folder, "deep", "er"));
    expect(await cache.get("key", digestOf)).toBeUndefined();
    cache.put("key", entry);
    expect(await cache.get("key", digestOf)).toEqual(entry.result);
    expect(await cache.get("other", digestOf)).toBeUndefined();
  });

  test.each([
    ["a header changes", { dependencies: [["/a.h", "2"] as const], result: 1 }],
    ["a header goes", { dependencies: [["/b.h", "1"] as const], result: 1 }],
    ["a header comes", { dependencies: [["/a.h", null] as const], result: 1 }],
  ])("are stale when %s", async (_, stale) => {
    const cache = new ResultCache(folder);
    cache.put("key", stale);
    expect(await cache.get("key", digestOf)).toBeUndefined();
  });

  test("that are cut short at any length, or changed, are not there", async () => {
    const cache = new ResultCache(folder);
    cache.put("key", entry);
    const whole = readFileSync(onlyFile(), "utf8");
    for (let length = 0; length < whole.length; length += 7) {
      writeFileSync(onlyFile(), whole.slice(0, length));
      expect(await cache.get("key", digestOf)).toBeUndefined();
    }
    writeFileSync(onlyFile(), whole.replace("[1,2]", "[1,3]"));
    expect(await cache.get("key", digestOf)).toBeUndefined();
    writeFileSync(onlyFile(), whole);
    expect(await cache.get("key", digestOf)).toEqual(entry.result);
  });

  test("are written whole: nothing else stays in the folder", () => {
    const cache = new ResultCache(folder);
    for (let i = 0; i < 5; i++) cache.put("key", entry);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  test("cannot be kept where the folder is a file, and that is no error", async () => {
    writeFileSync(path.join(folder, "file"), "");
    const cache = new ResultCache(path.join(folder, "file"));
    cache.put("key", entry);
    cache.prune();
    expect(await cache.get("key", digestOf)).toBeUndefined();
  });
});

test("the entries that were not used for longest go first", async () => {
  const cache = new ResultCache(folder);
  for (let i = 0; i < 10; i++) {
    cache.put(`key ${i}`, { dependencies: [], result: "x".repeat(1000) });
    const newest = readdirSync(folder).find((name) => statSync(path.join(folder, name)).mtimeMs > 1e12);
    utimesSync(path.join(folder, newest ?? ""), 1000 + i, 1000 + i);
  }
  cache.prune(5000);
  const left = readdirSync(folder);
  expect(left.length).toBe(4);
  expect(await cache.get("key 9", digestOf)).toBeDefined();
  expect(await cache.get("key 0", digestOf)).toBeUndefined();
});

test.each([
  ["the XDG folder", { XDG_CACHE_HOME: "/x", HOME: "/h" }, "linux", "/x/dma-lens"],
  ["the home folder", { HOME: "/h" }, "linux", "/h/.cache/dma-lens"],
  ["the Mac's folder", { HOME: "/h" }, "darwin", "/h/Library/Caches/dma-lens"],
  ["a folder that was asked for", { HOME: "/h", DMA_LENS_CACHE: "/c" }, "linux", "/c"],
  ["nowhere", { HOME: "/h", DMA_LENS_CACHE: "off" }, "linux", undefined],
  ["nowhere without a home", {}, "linux", undefined],
] as const)("the cache lies in %s", (_, environment, platform, expected) => {
  expect(cacheFolder(environment, platform)).toBe(expected);
});
