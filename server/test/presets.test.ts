/** Machines of a user's own on the command line: the sample driver on them, by the real engine. */
import { cpSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { engine } from "../../engine/src/index.ts";
import { folderWith, run, type Ran } from "./cli-in-process.ts";

const samples = path.resolve(import.meta.dirname, "../../samples/driver");

const presets = {
  "snooping.json":
    '{ "id": "snooping", "title": "A board that snoops", "basedOn": "arm926", "dma": { "coherent": true } }',
  "pc.json": '{ "id": "pc", "basedOn": "x86_64" }',
  "same.json": '{ "id": "same", "basedOn": "arm926" }',
  "wrong.json": '{ "id": "wrong", "basedOn": "arm926", "dcache": { "lines": 4 } }',
  "broken.json": '{ "id": ',
  "twice.json": '{ "id": "same", "basedOn": "sh4" }',
};

function board(): string {
  const folder = folderWith(presets);
  cpSync(samples, path.join(folder, "drv"), { recursive: true });
  return folder;
}

const command = (folder: string, ...words: string[]): Promise<Ran> => run(folder, words, { engine });

async function verdicts(folder: string, ...words: string[]): Promise<readonly Record<string, string>[]> {
  const { out, error } = await command(folder, "check", "--format", "json", ...words, "drv");
  expect(error).toBe("");
  return (JSON.parse(out) as { findings: { verdicts: Record<string, string> }[] }).findings.map((one) => one.verdicts);
}

describe("a preset of the user's own", () => {
  test("gives verdicts of its own in check", async () => {
    const all = await verdicts(
      board(),
      "--platform",
      "arm926",
      "--platform",
      "same.json",
      "--platform",
      "snooping.json",
    );
    expect(all.length).toBeGreaterThan(0);
    for (const one of all) {
      expect(Object.keys(one).sort()).toEqual(["arm926", "same", "snooping"]);
      expect(one["same"]).toBe(one["arm926"]);
    }
    // What only caches bring about does not happen where the device snoops.
    expect(all.some((one) => one["arm926"] !== "never" && one["snooping"] === "never")).toBe(true);
  });

  test("is named with its variants", async () => {
    const [first] = await verdicts(board(), "--platform", "pc.json", "--platform", "pc+iommu");
    expect(Object.keys(first ?? {}).sort()).toEqual(["pc", "pc+iommu"]);
  });

  test("is replayed", async () => {
    const folder = board();
    const { out, status } = await command(folder, "replay", "drv/sampler-data.c", "--platform", "same.json");
    expect(out).toContain("same");
    const shipped = await command(folder, "replay", "drv/sampler-data.c", "--platform", "arm926");
    expect(status).toBe(shipped.status);
  });

  test("goes to a worker as plain data", () => {
    const { platform } = engine.litmus.readPreset(presets["snooping.json"]);
    expect(structuredClone(platform)).toEqual(platform);
  });

  test.each([
    [["wrong.json"], "wrong.json: dcache"],
    [["broken.json"], "broken.json: This is no JSON"],
    [["none.json"], "none.json: no such file"],
    [["drv.json"], "drv.json: no such file"],
    [["same.json", "twice.json"], "twice.json: id: another file"],
    [["snooping"], "Unknown platform 'snooping'"],
  ])("%j is refused with its reason", async (words, reason) => {
    const given = words.flatMap((word) => ["--platform", word]);
    const { status, error, out } = await command(board(), "check", ...given, "drv");
    expect(error).toContain(reason);
    expect(out).toBe("");
    expect(status).toBe(2);
  });
});
