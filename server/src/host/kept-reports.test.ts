/** Reports from one start to the next: told again only while all that they were made of is the same. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fakeEngine } from "../../test/fake-engine.ts";
import type { UnitReport } from "./engine.ts";
import type { FileSystem } from "./file-system.ts";
import { KeptReports } from "./kept-reports.ts";
import { baseNameOf, folderOf, nameWithin } from "./location.ts";
import { relevanceOf } from "./relevance.ts";
import { ResultCache } from "./result-cache.ts";
import { type Overlay, Unit, type UnitHost } from "./unit.ts";

const source = '#include "a.h"\nint f(void)\n{\n\treturn remap_pfn_range(vma, vma->vm_page_prot);\n}\n';
const options = { only: new Set(["a.c"]) };
let contents: Map<string, string>;
let overlays: Map<string, Overlay>;
let cache: string;

const files: FileSystem = {
  stamp: (location) => contents.get(location),
  read(location) {
    const text = contents.get(location);
    return text === undefined ? { kind: "missing" } : { kind: "bytes", bytes: Buffer.from(text) };
  },
  list: (folder) =>
    [...contents.keys()]
      .filter((name) => folderOf(name) === folder)
      .map(baseNameOf)
      .sort(),
};
const host = (): UnitHost => ({
  files,
  overlays,
  relevance: relevanceOf(fakeEngine.catalogue),
  nameOf: (location) => nameWithin("/d", location),
});
const reports = (program = "one"): KeptReports => new KeptReports(new ResultCache(cache), program, host());

/** Reads the unit, and keeps what is found in it. */
async function keep(): Promise<UnitReport> {
  const unit = new Unit("/d", fakeEngine.createSession(), host());
  await unit.refresh(true);
  const report = unit.session.analyse(options);
  await reports().put(unit, options, report);
  return report;
}

beforeEach(() => {
  contents = new Map([
    ["/d/a.c", source],
    ["/d/a.h", "int a;\n"],
    ["/d/b.c", "int b;\n"],
  ]);
  overlays = new Map();
  cache = mkdtempSync(path.join(tmpdir(), "dma-lens-kept-"));
});
afterEach(() => {
  rmSync(cache, { recursive: true, force: true });
});

test("what was found is told again, with the texts that it speaks of", async () => {
  const { findings } = await keep();
  expect(findings).toHaveLength(1);
  const kept = await reports().get("/d", options);
  expect(kept?.findings).toEqual(findings);
  expect(kept?.textOf("a.c")?.text).toBe(source);
  expect(kept?.locationOf("a.c")).toBe("/d/a.c");
});

test("an open document with the text of the disk changes nothing; one with another does", async () => {
  await keep();
  overlays.set("/d/a.c", { location: "/d/a.c", text: source, version: 1, source: true });
  const kept = await reports().get("/d", options);
  expect(kept?.versionOf("a.c")).toBe(1);
  overlays.set("/d/a.c", { location: "/d/a.c", text: `${source}\n`, version: 2, source: true });
  expect(await reports().get("/d", options)).toBeUndefined();
});

test("what is not on the disk as it is in the editor is not kept", async () => {
  overlays.set("/d/a.c", { location: "/d/a.c", text: `${source}\n`, version: 2, source: true });
  await keep();
  expect(await reports().get("/d", options)).toBeUndefined();
});

test.each([
  ["a source changes", () => contents.set("/d/b.c", "int c;\n")],
  ["a source comes", () => contents.set("/d/c.c", "int c;\n")],
  ["a source goes", () => contents.delete("/d/b.c")],
  ["a header changes", () => contents.set("/d/a.h", "int c;\n")],
  ["a header goes", () => contents.delete("/d/a.h")],
])("nothing is told when %s", async (_, change) => {
  await keep();
  expect(await reports().get("/d", options)).toBeDefined();
  change();
  expect(await reports().get("/d", options)).toBeUndefined();
});

test("nothing is told to another program, or to one that asks for something else", async () => {
  await keep();
  expect(await reports("another").get("/d", options)).toBeUndefined();
  expect(await reports().get("/d", { ...options, preview: true })).toBeUndefined();
  expect(await reports().get("/d", { only: new Set(["b.c"]) })).toBeUndefined();
});
