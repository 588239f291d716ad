import path from "node:path";
import { describe, expect, test } from "vitest";
import { runCommand } from "../src/cli/main.ts";
import { folderWith, type Ran } from "./cli-in-process.ts";
import { engine } from "../../engine/src/index.ts";

/** Beside the library, as the program's bundle is. */
const bundle = path.resolve(import.meta.dirname, "../../dist/cli.cjs");

async function litmus(folder: string, ...words: string[]): Promise<Ran> {
  let out = "";
  let error = "";
  const terminal = {
    workingFolder: folder,
    environment: {},
    isTerminal: false,
    write: (text: string) => void (out += text),
    writeError: (text: string) => void (error += text),
  };
  return { status: await runCommand(["litmus", ...words], { engine, terminal, bundle }), out, error };
}

const unmapped = `/** A receive without an unmap. */
import { dma_map, DMA_FROM_DEVICE, doorbell, interrupt, location, wait_for_doorbell, wait_for_interrupt } from "dma-lens/litmus";
const x = location();
let r = 0;
export function cpu(): void { dma_map(x, DMA_FROM_DEVICE); doorbell(); wait_for_interrupt(); r = x.value; }
export function device(): void { wait_for_doorbell(); x.value = 1; interrupt(); }
export function bad(): boolean { return r !== 1; }
`;

describe("dma-lens litmus", () => {
  test("tells outcomes and verdicts of one file, machines of equal outcomes together", async () => {
    const { status, out, error } = await litmus(folderWith({ "rx.ts": unmapped }), "rx.ts");
    expect(error).toBe("");
    expect(status).toBe(1);
    expect(out).toMatchInlineSnapshot(`
      "rx  A receive without an unmap.
      bad: r !== 1

      Never      x86_64, arm926, arm1136-32k, arm64-coh, mips24k, sh4, coldfire, pa7300lc
        r=1

      Sometimes  ppc440, cortex-a9, arm64-nc, riscv-zicbom, mips-r10000-ip28
        r=0  bad  on ppc440: 3:fill(100000)
        r=1
      "
    `);
  });

  test("ends well where nothing bad can happen, or all is as expected", async () => {
    const folder = folderWith({ "rx.ts": unmapped });
    expect((await litmus(folder, "rx.ts", "--platform", "x86_64", "--platform", "arm926")).status).toBe(0);
    expect((await litmus(folder, "rx.ts", "--platform", "arm64-nc")).status).toBe(1);
    const expected = 'export const expected = { sometimes: ["arm64-nc"], source: "speculation" };\n';
    const asExpected = await litmus(folderWith({ "rx.ts": unmapped + expected }), "rx.ts", "--platform", "arm64-nc");
    expect(asExpected.status).toBe(0);
    const wrong = await litmus(folderWith({ "rx.ts": unmapped + expected }), "rx.ts");
    expect(wrong.status).toBe(1);
    expect(wrong.out).toContain("The test expects: never.");
  });

  test("gives JSON with a schedule for each outcome, which replays it", async () => {
    const folder = folderWith({ "rx.ts": unmapped });
    const { out } = await litmus(folder, "rx.ts", "--platform", "cortex-a9", "--format", "json");
    const report = JSON.parse(out) as {
      version: number;
      tests: {
        file: string;
        verdicts: {
          platform: string;
          verdict: string;
          outcomes: { state: string; bad: boolean; schedule: string }[];
        }[];
      }[];
    };
    expect(report.version).toBe(1);
    const [only] = report.tests;
    expect(only?.file).toBe("rx.ts");
    expect(only?.verdicts).toMatchObject([{ platform: "cortex-a9", verdict: "sometimes" }]);
    const bad = only?.verdicts[0]?.outcomes.find((outcome) => outcome.bad);
    expect(bad?.state).toBe("r=0");
    const replayed = await litmus(folder, "rx.ts", "--platform", "cortex-a9", "--schedule", bad?.schedule ?? "");
    expect(replayed.status).toBe(1);
    expect(replayed.out).toContain("stale, the newest is 0x01000000");
    const natural = await litmus(folder, "rx.ts", "--platform", "x86_64", "--schedule", "");
    expect(natural.status).toBe(0);
  });

  test("runs on a machine of the user's own", async () => {
    const folder = folderWith({
      "rx.ts": unmapped,
      "board.json": '{ "id": "board", "basedOn": "arm926", "speculation": { "loadFill": true } }',
      "wrong.json": '{ "id": "board", "basedOn": "arm926", "dcache": { "lines": 4 } }',
    });
    const { status, out } = await litmus(folder, "rx.ts", "--platform", "board.json", "--platform", "arm926");
    expect(status).toBe(1);
    expect(out).toMatch(/Sometimes {2}board\n/);
    expect(out).toMatch(/Never {6}arm926\n/);
    const wrong = await litmus(folder, "rx.ts", "--platform", "wrong.json");
    expect(wrong.status).toBe(2);
    expect(wrong.error).toContain("wrong.json: dcache.lines: there is no such field.");
  });

  test("runs the library that comes with the program", async () => {
    const { status, out, error } = await litmus(folderWith({}), "--platform", "arm926", "--platform", "x86_64");
    expect(error).toBe("");
    expect(out).toMatch(/\n\d\d tests, \d+ verdicts: all as expected\.\n$/);
    expect(out).toMatch(/^TXlate +S +-$/m);
    expect(status).toBe(0);
  });

  test("says where and why a file is no test", async () => {
    const folder = folderWith({
      "a.ts": unmapped.replace("r = x.value", "r = y.value"),
      "b.ts": `${unmapped}export const expected = { sometimes: ["arm927"], source: "s" };\n`,
    });
    const { status, out, error } = await litmus(folder, "a.ts", "b.ts");
    expect([status, out]).toEqual([2, ""]);
    expect(error).toBe('a.ts:5:98: y is no location.\nb.ts:8:39: expected: there is no platform "arm927".\n');
  });

  test.each([
    [["none.ts"], "none.ts: no such file or folder"],
    [["."], 'no file there imports "dma-lens/litmus"'],
    [["x.ts", "--platform", "arm927"], `Platform 'arm927': there is no platform "arm927"`],
    [["x.ts", "--rounds", "many"], "--rounds wants a number from 0 to 100"],
    [["x.ts", "--schedule", ""], "--schedule wants one file and one --platform"],
    [["x.ts", "--format", "xml"], "Unknown format 'xml'"],
  ])("refuses %j", async (words, message) => {
    const folder = folderWith(words[0] === "x.ts" ? { "x.ts": unmapped } : { "other.ts": "export {};\n" });
    const { status, error } = await litmus(folder, ...words);
    expect(status).toBe(2);
    expect(error).toContain(message);
  });
});
