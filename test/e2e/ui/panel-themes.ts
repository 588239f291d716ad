/**
 * The replay panel outside the workbench, in all ten theme packs (both high-contrast ones among them): accessibility by axe,
 * every action by keyboard, and no message lost. The trace is a real one: what the command line replays of the sample driver.
 */
import assert from "node:assert";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import type { Page } from "playwright-core";
import type { Trace } from "../../../engine/src/trace/trace.ts";
import { startBrowser } from "../workbench/workbench.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const shots = path.resolve(process.env["DMA_LENS_SHOTS"] ?? path.join(root, "test/e2e/shots"));
const require = createRequire(import.meta.url);
const themeFolder = path.join(path.dirname(require.resolve("@vscode-elements/webview-playground")), "themes");
const shown = new Set(["dark-v2", "light-v2", "hc-dark", "hc-light"]);

mkdirSync(shots, { recursive: true });
const trace = replayedTrace("arm926");
const other = replayedTrace("x86_64");

const page404 = "not here";
const server = createServer((request, response) => {
  const name = new URL(request.url ?? "/", "http://localhost").pathname;
  const types: Record<string, string> = { ".js": "text/javascript", ".css": "text/css" };
  try {
    if (name === "/") {
      response.setHeader("content-type", "text/html");
      response.end(html());
    } else {
      response.setHeader("content-type", types[path.extname(name)] ?? "text/plain");
      response.end(readFileSync(path.join(root, "dist", path.basename(name))));
    }
  } catch {
    response.statusCode = 404;
    response.end(page404);
  }
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const address = server.address();
const port = typeof address === "object" && address ? address.port : 0;

const browser = await startBrowser();
try {
  const themes = readdirSync(themeFolder)
    .filter((file) => file.endsWith(".js"))
    .sort();
  for (const file of themes) await checkTheme(path.basename(file, ".js"));
  console.log(`panel in ${themes.length} themes: ${themes.length} passed, 0 failed, 0 skipped`);
} finally {
  await browser.close();
  server.close();
}

async function checkTheme(name: string): Promise<void> {
  const { theme } = (await import(path.join(themeFolder, `${name}.js`))) as { theme: readonly [string, string][] };
  const context = await browser.newContext({ viewport: { width: 1100, height: 1000 }, bypassCSP: false });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("favicon")) problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(String(error)));
  try {
    await page.goto(`http://127.0.0.1:${port}/`);
    await page.evaluate(
      ([variables, kind]) => {
        for (const [variable, value] of variables) document.documentElement.style.setProperty(variable, value);
        document.body.classList.add(kind);
      },
      [theme, name.startsWith("hc") ? "vscode-high-contrast" : "vscode-plain"] as const,
    );
    await page.evaluate((message) => window.postMessage(message, "*"), initMessage());
    await page.locator("[data-part=sentence]").waitFor();
    await byKeyboard(page);
    await accessible(page, name);
    if (shown.has(name)) await page.screenshot({ path: path.join(shots, `panel-${name}.png`), fullPage: true });
    await compared(page);
    await accessible(page, name);
    if (shown.has(name))
      await page.screenshot({ path: path.join(shots, `panel-${name}-compared.png`), fullPage: true });
    assert.deepStrictEqual(problems, [], `${name}: the browser complains`);
  } finally {
    await context.close();
  }
}

async function byKeyboard(page: Page): Promise<void> {
  const sentence = () => page.locator("[data-part=sentence]").innerText();
  const first = await sentence();
  await page.keyboard.press("ArrowRight");
  assert.notStrictEqual(await sentence(), first, "→ steps");
  await page.keyboard.press("Home");
  assert.strictEqual(await sentence(), first, "Home goes back");
  await page.keyboard.press("End");
  await page.locator("[data-stale=true], .is-stale").first().waitFor();
  await page.keyboard.press("[");
  await page.keyboard.press("]");
  await page.locator(".story.is-stale").waitFor();
  await whoWroteIt(page);
}

/** Backwards from the stale byte: to the fill that brought it, and to the device's write before that. Ends with the answer in sight. */
async function whoWroteIt(page: Page): Promise<void> {
  const step = async () => Number(/\d+/.exec(await page.locator(".count").innerText())?.[0]);
  const origin = page.getByRole("region", { name: "Who wrote this byte" });
  await page.keyboard.press("End");
  const last = await step();
  await page.keyboard.press("w");
  await origin.getByText("written here").waitFor();
  await page.keyboard.press("w");
  const fill = await step();
  await page.keyboard.press("w");
  const write = await step();
  assert.ok(write < fill && fill < last, `w goes back: ${last}, ${fill}, ${write}`);
  await page.locator(".story .agent-device").waitFor();
  await page.keyboard.press("Escape");
  await origin.waitFor({ state: "detached" });

  await page.keyboard.press("End");
  await page.keyboard.press("b");
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "");
  assert.match(await focused(), /^cache s->ring\[0\]: .*stale/);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  assert.match(await focused(), /^RAM s->ring\[1\]/);
  await page.keyboard.press("Enter");
  await origin.getByText("in RAM").waitFor();
}

/** Another machine beside it, with all that unfolds unfolded, and something searched for. */
async function compared(page: Page): Promise<void> {
  await page.keyboard.press("Escape");
  await page.evaluate((message) => window.postMessage(message, "*"), compareMessage());
  await page.getByRole("region", { name: "Run B" }).waitFor();
  await page.keyboard.press("Home");
  await page.keyboard.press("d");
  await page.getByText("What differs here").waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("writes");
  await page.locator(".is-found").first().waitFor();
  for (const summary of await page.locator("main > * summary, main summary").all()) await summary.click();
}

async function accessible(page: Page, name: string): Promise<void> {
  await page.evaluate(readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
  const violations = await page.evaluate(async () => {
    const axe = (
      globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }
    ).axe;
    const { violations } = await axe.run();
    return violations.map(
      (violation) => `${violation.id}: ${violation.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`,
    );
  });
  assert.deepStrictEqual(violations, [], `${name}: axe`);
}

function compareMessage(): unknown {
  const variant = { kind: "as-is" };
  const { verdict, outcome } = other;
  const state = { version: 1, uri: "file:///sampler-data.c", platform: "arm926", variant, step: 0 };
  return {
    version: 1,
    kind: "compare",
    replay: { variant, platform: "x86_64", verdict, sentence: outcome.sentence, trace: other },
    state: { ...state, compare: { platform: "x86_64", variant } },
  };
}

function initMessage(): unknown {
  const variant = { kind: "as-is" };
  return {
    version: 1,
    kind: "init",
    platforms: [
      {
        id: "arm926",
        title: "ARM926EJ-S",
        tier: "core",
        coherent: false,
        summary: "VIVT",
        verdict: trace.verdict,
        sentence: trace.outcome.sentence,
      },
      { id: "x86_64", title: "x86-64 PC", tier: "core", coherent: true, summary: "coherent" },
    ],
    toggles: [
      {
        id: "drop:f:dma_wmb:0",
        kind: "drop",
        what: "barrier",
        code: "dma_wmb()",
        range: { file: "sampler-data.c", line: 18, column: 2, endLine: 18, endColumn: 9 },
        function: "f",
      },
    ],
    replay: { variant, platform: "arm926", verdict: trace.verdict, sentence: trace.outcome.sentence, trace: trace },
    state: { version: 1, uri: "file:///sampler-data.c", platform: "arm926", variant, step: 0 },
  };
}

/** What the command line replays of the sample driver: status 1 says that the run does harm, 0 that it does none. */
function replayedTrace(platform: string): Trace {
  const file = path.join(root, "samples/driver/sampler-data.c");
  const options = ["replay", `${file}:18`, "--platform", platform, "--format", "json"];
  const { status, stdout, stderr } = spawnSync(process.execPath, [
    path.join(root, "server/bin/dma-lens.mjs"),
    ...options,
  ]);
  assert.strictEqual(status, platform === "x86_64" ? 0 : 1, stderr.toString());
  return JSON.parse(stdout.toString()) as Trace;
}

function html(): string {
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Replay</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'self'; script-src 'nonce-test'; connect-src 'none'">
<link rel="stylesheet" href="/webview.css"></head>
<body><main id="replay"></main>
<script nonce="test">globalThis.acquireVsCodeApi = () => ({ postMessage() {}, getState() {}, setState() {} });</script>
<script nonce="test" type="module" src="/webview.js"></script></body></html>`;
}
