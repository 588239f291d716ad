/** `dma-lens replay --format html`: one file that holds the run, the panel, and a policy that lets nothing else in. */
import { createHash } from "node:crypto";
import path from "node:path";
import { expect, test } from "vitest";
import { isHostMessage } from "../../client/shared/protocol.ts";
import { engine } from "../../engine/src/index.ts";
import { runCommand } from "../src/cli/main.ts";
import { folderWith, type Ran } from "./cli-in-process.ts";

const driver = path.resolve(import.meta.dirname, "../../samples/driver");
const panel = { "webview.js": 'console.log("</script>");', "webview.css": "main { color: red }" };

async function page(built: string, ...words: string[]): Promise<Ran> {
  let out = "";
  let error = "";
  const terminal = {
    workingFolder: driver,
    environment: {},
    isTerminal: false,
    write: (text: string) => void (out += text),
    writeError: (text: string) => void (error += text),
  };
  const given = ["replay", "--format", "html", ...words];
  return { status: await runCommand(given, { engine, terminal, bundle: path.join(built, "cli.cjs") }), out, error };
}

const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

test("the page holds the finding's run and every verdict that was worked out", async () => {
  const { out, status } = await page(folderWith(panel), "sampler-data.c");
  expect(status).toBe(1);
  const data = JSON.parse(/<script type="application\/json"[^>]*>([^<]*)<\/script>/.exec(out)?.[1] ?? "") as unknown;
  if (!isHostMessage(data) || data.kind !== "init") throw new Error("The page holds no run.");
  expect(data.replay.trace?.events.length).toBeGreaterThan(0);
  expect(data.finding?.message.length).toBeGreaterThan(0);
  expect(data.platforms.length).toBeGreaterThan(1);
  expect(data.platforms.every(({ verdict }) => verdict !== undefined)).toBe(true);
  expect(data.state.uri).toBe("file:///");
  expect(out).not.toContain(driver);
});

test("its policy names the one script and the one style, and nothing from elsewhere", async () => {
  const { out } = await page(folderWith(panel), "sampler-data.c", "--platform", "arm926");
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(out)?.[1] ?? "";
  const script = /<script type="module">([\s\S]*?)<\/script>/.exec(out)?.[1] ?? "";
  const style = /<style>([\s\S]*?)<\/style>/.exec(out)?.[1] ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain(`script-src ${hash(script)}`);
  expect(policy).toContain(`style-src ${hash(style)}`);
  expect(script).toContain("console.log");
  expect(style).toContain("color: red");
});

test("without the built panel it says what is missing", async () => {
  const { status, error, out } = await page(folderWith({}), "sampler-data.c");
  expect(error).toContain("webview.js: no such file");
  expect([status, out]).toEqual([2, ""]);
});
