/**
 * Drives the workbench as a person would, with the packaged extension installed: see the squiggle, read the problem, take the
 * fix, open the replay, step through it, choose another machine. Screenshots go to test/e2e/shots (or DMA_LENS_SHOTS).
 */
import assert from "node:assert";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { FrameLocator, Locator, Page } from "playwright-core";
import { installExtension } from "../workbench/install.ts";
import { startBrowser, startWorkbench } from "../workbench/workbench.ts";
import { until } from "./waiting.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const shots = path.resolve(process.env["DMA_LENS_SHOTS"] ?? path.join(root, "test/e2e/shots"));
const themes = {
  light: "Default Light Modern",
  dark: "Default Dark Modern",
  contrast: "Default High Contrast",
} as const;
const mapping = "is a DMA address";

const scratch = mkdtempSync(path.join(tmpdir(), "dl-ui-"));
const folder = path.join(scratch, "sampler");
const extensionsFolder = path.join(scratch, "extensions");
mkdirSync(shots, { recursive: true });
cpSync(path.join(root, "samples/driver"), folder, { recursive: true });
installExtension(path.join(root, "dma-lens.vsix"), extensionsFolder);

const browser = await startBrowser();
const outside = new Set<string>();
try {
  for (const [name, theme] of Object.entries(themes)) await mainJob(name, theme);
  assert.deepStrictEqual([...outside], [], "no request left the machine");
  console.log(`driving the workbench: 3 passed, 0 failed, 0 skipped; screenshots in ${path.relative(root, shots)}`);
} finally {
  await browser.close();
  rmSync(scratch, { recursive: true, force: true });
}

async function mainJob(name: string, theme: string): Promise<void> {
  cpSync(path.join(root, "samples/driver"), folder, { recursive: true });
  const workbench = await startWorkbench({ extensionsFolder, settings: { "workbench.colorTheme": theme } });
  const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.origin !== workbench.url && !url.hostname.endsWith(".vscode-cdn.net")) {
      outside.add(url.origin);
    }
  });
  const shot = (step: string) => page.screenshot({ path: path.join(shots, `${name}-${step}.png`) });
  try {
    await page.goto(workbench.address(folder));
    await page.getByRole("treeitem", { name: "sampler-data.c" }).dblclick({ timeout: 60_000 });
    const editor = page.locator(".editor-instance").filter({ hasText: "remap_pfn_range" });
    await editor.locator(".squiggly-error").first().waitFor({ timeout: 60_000 });
    await shot("1-squiggle");

    await page.keyboard.press("Control+Shift+M");
    const problem = page.locator(".markers-panel .monaco-list-row", { hasText: mapping }).first();
    await problem.waitFor();
    await shot("2-problems");

    await page.keyboard.press("Control+Shift+M"); // Closes the panel again, to leave room for the replay.
    await replay(page, editor, shot);
    await fix(page, editor, shot);
  } catch (error) {
    await shot("failure");
    console.error(workbench.log().slice(-2000));
    throw error;
  } finally {
    await page.close();
    await workbench.stop();
  }
}

async function replay(page: Page, editor: Locator, shot: (step: string) => Promise<unknown>): Promise<void> {
  const lens = editor.locator(".codelens-decoration a", { hasText: "Replay" }).first();
  await lens.click({ timeout: 30_000 });
  const panel = page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
  const sentence = panel.locator("[data-part=sentence]");
  await sentence.waitFor({ timeout: 30_000 });
  await shot("3-replay-first-step");

  const first = await sentence.innerText();
  await panel.getByRole("button", { name: "Next step" }).click();
  await until("the next sentence", async () => (await sentence.innerText()) !== first);
  await panel.getByRole("button", { name: "Previous step" }).click();
  await until("the first sentence again", async () => (await sentence.innerText()) === first);

  // By keyboard to the end, where the harm is.
  await sentence.press("End");
  await panel.locator("[data-stale=true]").first().waitFor();
  await shot("4-replay-stale-byte");
  await panel
    .getByRole("button", { name: /^Replay with/ })
    .first()
    .click();
  await until("the fixed run to do no harm", async () =>
    /never/i.test(await panel.locator("[data-part=verdict]").innerText()),
  );
  await panel.getByRole("button", { name: "Replay without it" }).click();
  await until("the harm again", async () => /sometimes/i.test(await panel.locator("[data-part=verdict]").innerText()));
  await chooseNever(panel);
  await shot("5-replay-coherent-platform");
}

/** On a coherent PC without an IOMMU the same code does no harm: the panel must say so. */
async function chooseNever(panel: FrameLocator): Promise<void> {
  await panel.getByRole("combobox", { name: "Platform" }).selectOption("x86_64");
  await until("the verdict never", async () => /never/i.test(await panel.locator("[data-part=verdict]").innerText()));
}

async function fix(page: Page, editor: Locator, shot: (step: string) => Promise<unknown>): Promise<void> {
  // Stepping has shown the other file: go back to the finding.
  await page.getByRole("tab", { name: "sampler-data.c" }).click();
  const call = editor.locator(".view-line", { hasText: "remap_pfn_range" }).first();
  await call.getByText("remap_pfn_range", { exact: false }).first().click();
  await editor.locator(".monaco-editor.focused").waitFor();
  await page.mouse.move(800, 900); // A hover would cover the list of fixes.
  const row = page.locator(".action-widget .monaco-list-row", { hasText: "dma_mmap_coherent()" }).first();
  // A key that opens a popup can be lost while the focus moves: press it again, as a person would.
  for (let attempt = 1; ; attempt++) {
    await page.keyboard.press("Control+.");
    try {
      await row.waitFor({ timeout: 3000 });
      break;
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
  await shot("6-quick-fix");
  await page.keyboard.press("Enter");
  await page
    .locator(".view-line", { hasText: "return dma_mmap_coherent" })
    .or(page.locator(".view-line", { hasText: "dma_mmap_coherent(s" }))
    .first()
    .waitFor();
  await page.keyboard.press("Control+S");
  const file = path.join(folder, "sampler-data.c");
  await until("the fix on disk", () =>
    Promise.resolve(readFileSync(file, "utf8").includes("dma_mmap_coherent(s->dev")),
  );
  await shot("7-fixed");
}
