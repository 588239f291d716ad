/**
 * What a reviewer does with the replay panel in a real workbench: asks who wrote a byte, puts the fix and another machine beside the
 * bug, searches, drops and adds calls, reloads the window, follows a link, and saves a page that opens anywhere.
 */
import assert from "node:assert";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, FrameLocator, Page } from "playwright-core";
import { installExtension } from "../workbench/install.ts";
import { startBrowser, startWorkbench } from "../workbench/workbench.ts";
import { until } from "./waiting.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const shots = path.resolve(process.env["DMA_LENS_SHOTS"] ?? path.join(root, "test/e2e/shots"));
const require = createRequire(import.meta.url);
const scratch = mkdtempSync(path.join(tmpdir(), "dl-feat-"));
const folder = path.join(scratch, "sampler");
const extensionsFolder = path.join(scratch, "extensions");
mkdirSync(shots, { recursive: true });
cpSync(path.join(root, "samples/driver"), folder, { recursive: true });
installExtension(path.join(root, "dma-lens.vsix"), extensionsFolder);

const browser = await startBrowser();
const workbench = await startWorkbench({
  extensionsFolder,
  settings: { "workbench.colorTheme": "Default Dark Modern", "files.simpleDialog.enable": true },
});
const context = await browser.newContext({
  viewport: { width: 1900, height: 1100 },
  permissions: ["clipboard-read", "clipboard-write"],
});
const page = await context.newPage();
let passed = 0;
try {
  await page.goto(workbench.address(folder));
  await openReplay(page, 0);
  const panel = panelOf(page);
  await check("who wrote a byte", () => whoWroteIt(panel));
  await check("the fix beside the bug", () => fixBesideBug(panel));
  await check("two machines side by side", () => twoMachines(panel));
  await check("search, and hiding what does not change", () => searchAndHide(panel));
  await check("a window that is reloaded", () => reloaded(page));
  await check("a link that opens the same run at the same step", () => followLink(page));
  await check("a page that opens anywhere", () => savedPage(page, browser));
  await check("calls dropped and added", () => calls(page));
  console.log(`panel features in the workbench: ${passed} passed, 0 failed, 0 skipped`);
} catch (error) {
  await page.screenshot({ path: path.join(shots, "features-failure.png") });
  console.error(workbench.log().slice(-2000));
  throw error;
} finally {
  await browser.close();
  await workbench.stop();
  rmSync(scratch, { recursive: true, force: true });
}

async function check(what: string, work: () => Promise<void>): Promise<void> {
  await work().catch((error: unknown) => {
    throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  });
  await page.screenshot({ path: path.join(shots, `features-${what.replaceAll(/\W+/g, "-")}.png`) });
  passed++;
}

function panelOf(within: Page): FrameLocator {
  return within.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
}

/** The replay of the lens of that number in the file. */
async function openReplay(within: Page, lens: number): Promise<void> {
  const editor = within.locator(".editor-instance").filter({ hasText: "remap_pfn_range" });
  if ((await editor.count()) === 0) {
    await within.getByRole("treeitem", { name: "sampler-data.c" }).dblclick({ timeout: 60_000 });
  } else await within.getByRole("tab", { name: "sampler-data.c" }).click();
  await editor.locator(".codelens-decoration a", { hasText: "Replay" }).nth(lens).click({ timeout: 60_000 });
  await panelOf(within).locator("[data-part=sentence]").first().waitFor({ timeout: 60_000 });
}

function count(panel: FrameLocator): Promise<string> {
  return panel.locator(".count").innerText();
}

function press(panel: FrameLocator, key: string): Promise<void> {
  return panel.locator(".toolbar input").press(key);
}

async function whoWroteIt(panel: FrameLocator): Promise<void> {
  await press(panel, "End");
  await press(panel, "w");
  const origin = panel.getByRole("region", { name: "Who wrote this byte" });
  await origin.getByText("The newest value is").waitFor();
  await press(panel, "w");
  await until("the step that filled the line", async () => (await count(panel)).startsWith("Step 6"));
  await press(panel, "w");
  await until("the device's write", async () => (await count(panel)).startsWith("Step 4"));
  await press(panel, "Escape");
  await origin.waitFor({ state: "detached" });
}

async function command(within: Page, name: string): Promise<void> {
  await within.keyboard.press("F1");
  await within.locator(".quick-input-widget input").first().fill(`>${name}`);
  await within.locator(".quick-input-list .monaco-list-row", { hasText: name }).first().click();
}

async function fixBesideBug(panel: FrameLocator): Promise<void> {
  await panel.getByRole("button", { name: "Show the fix beside the bug" }).click();
  await panel.getByRole("region", { name: "Run B" }).waitFor();
  await until("both verdicts", async () => {
    const [bug, fixed] = [panel.locator("[data-part=verdict]"), panel.locator("[data-part=other-verdict]")];
    return /sometimes/.test(await bug.innerText()) && /never/.test(await fixed.innerText());
  });
  await press(panel, "Home");
  await press(panel, "d");
  await panel.getByText("What differs here").or(panel.getByText("does this step.")).first().waitFor();
  await until("a step at which the bug reads stale bytes and the fix does not", async () => {
    await press(panel, "]");
    return (await panel.locator(".differences tr", { hasText: "The application reads" }).count()) > 0;
  });
  assert.ok((await panel.locator("[data-differs=true].byte").count()) > 1, "differing bytes are marked");
}

async function twoMachines(panel: FrameLocator): Promise<void> {
  const chooser = panel.getByRole("combobox", { name: "Beside it" });
  await chooser.selectOption({ label: "x86-64 PC (coherent, PAT)" });
  await until("the PC's run", async () => /x86-64/.test(await panel.locator(".pane-head").nth(1).innerText()));
  await press(panel, "End");
  await press(panel, "[");
  await panel.locator(".flag", { hasText: "stale in A" }).first().waitFor();
}

async function searchAndHide(panel: FrameLocator): Promise<void> {
  await press(panel, "Home");
  await press(panel, "/");
  const search = panel.getByRole("searchbox", { name: "Search in the steps" });
  await search.pressSequentially("interrupts");
  await panel.locator(".step.is-found").first().waitFor();
  const first = await count(panel);
  await search.press("Enter");
  await until("the next match", async () => (await count(panel)) !== first);
  await search.press("Escape");
  await until("no match", async () => (await panel.locator(".step.is-found").count()) === 0);
  await press(panel, "u");
  await panel
    .getByRole("checkbox", { name: /Only rows/ })
    .and(panel.locator(":checked"))
    .waitFor();
  await press(panel, "u");
}

/** The panel's page is made anew by the workbench, from the state that the panel kept. */
async function reloaded(within: Page): Promise<void> {
  await press(panelOf(within), "Home");
  for (let step = 0; step < 4; step++) await press(panelOf(within), "ArrowRight");
  const before = await count(panelOf(within));
  const sentence = await panelOf(within).locator("[data-part=sentence]").first().innerText();
  // As a person does it: the workbench then writes down what the panel keeps, which it else does once in a while.
  await command(within, "Developer: Reload Window");
  await within.locator(".monaco-workbench").waitFor({ state: "detached" });
  await panelOf(within).locator("[data-part=sentence]").first().waitFor({ timeout: 60_000 });
  assert.strictEqual(await count(panelOf(within)), before);
  assert.strictEqual(await panelOf(within).locator("[data-part=sentence]").first().innerText(), sentence);
  await panelOf(within).getByRole("region", { name: "Run B" }).waitFor();
}

async function followLink(within: Page): Promise<void> {
  const panel = panelOf(within);
  await panel.getByRole("button", { name: "Show one run only" }).click();
  await panel.getByRole("region", { name: "Run B" }).waitFor({ state: "detached" });
  await press(panel, "End");
  const before = await count(panel);
  await panel.getByText("Save and share").click();
  await panel.getByRole("button", { name: "Copy link" }).click();
  await panel.getByText("The link is in the clipboard").waitFor();
  const link = await within.evaluate(() => navigator.clipboard.readText());
  assert.match(link, /dma-lens\.dma-lens\/replay\?file=sampler-data\.c&finding=/);
  // Another step and another machine: the link must bring both back.
  await press(panel, "Home");
  await panel.getByRole("combobox", { name: "Platform" }).selectOption("x86_64");
  await until("the other machine", async () => /never/.test(await panel.locator("[data-part=verdict]").innerText()));
  await command(within, "DMA Lens: Open Replay Link");
  const input = within.locator(".quick-input-widget input").first();
  await within.locator(".quick-input-widget", { hasText: "Open a replay link" }).waitFor();
  await input.fill(link);
  await within.keyboard.press("Enter");
  await until("the run of the link", async () => (await count(panel)) === before, 60_000);
  assert.match(await panel.locator("[data-part=verdict]").innerText(), /sometimes/);
}

async function savedPage(within: Page, shown: Browser): Promise<void> {
  const panel = panelOf(within);
  const share = panel.locator(".share");
  if ((await share.getAttribute("open")) === null) await panel.getByText("Save and share").click();
  await panel.getByRole("button", { name: "Save page…" }).click();
  await within.locator(".quick-input-widget", { hasText: "Save as HTML" }).waitFor();
  await within.keyboard.press("Enter");
  await panel.getByText(/The page is in .*\.html/).waitFor();
  const name = /The page is in (\S+\.html)/.exec(await panel.getByText(/The page is in/).innerText())?.[1] ?? "";
  const file = path.join(folder, name);
  assert.ok(existsSync(file));
  const text = readFileSync(file, "utf8");
  assert.doesNotMatch(text, new RegExp(scratch.replaceAll(/\W/g, "\\$&")), "nothing of this machine's folders");

  const offline = await shown.newContext({ viewport: { width: 1200, height: 1000 }, offline: true });
  const alone = await offline.newPage();
  const problems: string[] = [];
  alone.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  alone.on("pageerror", (error) => problems.push(String(error)));
  alone.on("request", (request) => {
    if (request.url() !== pathToFileURL(file).href) problems.push(`asks for ${request.url()}`);
  });
  await alone.goto(pathToFileURL(file).href);
  await alone.locator("[data-part=sentence]").waitFor();
  await alone.keyboard.press("End");
  await alone.keyboard.press("w");
  await alone.getByRole("region", { name: "Who wrote this byte" }).waitFor();
  await alone.screenshot({ path: path.join(shots, "features-saved-page-alone.png"), fullPage: true });
  assert.deepStrictEqual(problems, []);
  await alone.evaluate(readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
  const violations = await alone.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string }[] }> } };
    return (await axe.run()).violations.map(({ id }) => id);
  });
  assert.deepStrictEqual(violations, [], "axe");
  await offline.close();
}

/** The second finding: a byte written behind a mapping's back. The sync that is missing heals it, a barrier does not. */
async function calls(within: Page): Promise<void> {
  await openReplay(within, 1);
  const panel = panelOf(within);
  const verdict = () => panel.locator("[data-part=verdict]").innerText();
  await until("the second finding", async () =>
    /cpu-access-while-mapped/.test(await panel.locator(".rule").innerText()),
  );
  await panel.getByText("What if a call were missing").click();
  const after = panel.getByRole("list", { name: "Calls that can be added after" });
  await after.getByRole("checkbox", { name: "dma_wmb()" }).check();
  await until("the run with a barrier", async () => (await panel.getByText("1 call changed").count()) > 0);
  assert.doesNotMatch(await verdict(), /never/);
  await panel.getByRole("button", { name: "Run the driver as it is" }).click();
  await until("the run as it is", async () => (await panel.getByText("1 call changed").count()) === 0);
  // The CPU takes the buffer back, writes, and passes it on again.
  const before = panel.getByRole("list", { name: "Calls that can be added before" });
  await before.getByRole("checkbox", { name: /dma_sync_single_for_cpu/ }).check();
  await until("one call more", async () => (await panel.getByText("1 call changed").count()) > 0);
  await after.getByRole("checkbox", { name: /dma_sync_single_for_device/ }).check();
  await until("two calls more", async () => (await panel.getByText("2 calls changed").count()) > 0);
  await until("the run in which the byte is passed on", async () => /never/.test(await verdict()));
}
