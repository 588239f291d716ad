/**
 * How long a step of the replay panel takes in a browser, in a run of 10,000 events: the slider dragged to and fro, and arrow keys held
 * down. A frame has 16.7 ms. Run: npm run build && npx tsx test/bench/scrub.bench.ts
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { longRun } from "../../engine/src/testing/long-run.ts";
import { startBrowser } from "../e2e/workbench/workbench.ts";

const dist = path.join(import.meta.dirname, "../../dist");
const trace = longRun(1600);
const variant = { kind: "as-is" };
const message = {
  version: 1,
  kind: "init",
  platforms: [],
  replay: { variant, platform: "arm926", verdict: trace.verdict, sentence: trace.outcome.sentence, trace },
  state: { version: 1, uri: "file:///card.c", platform: "arm926", variant, step: 0 },
};

const browser = await startBrowser();
try {
  const page = await browser.newPage({ viewport: { width: 1100, height: 1000 } });
  await page.setContent(
    `<main id="replay"></main><style>${readFileSync(path.join(dist, "webview.css"), "utf8")}</style>`,
  );
  await page.evaluate("globalThis.acquireVsCodeApi = () => ({ postMessage() {}, getState() {}, setState() {} })");
  await page.addScriptTag({ type: "module", content: readFileSync(path.join(dist, "webview.js"), "utf8") });
  await page.evaluate((init) => window.postMessage(init, "*"), message);
  await page.locator("[data-part=sentence]").waitFor();
  for (const how of ["slider", "keys"] as const) {
    const times = await page.evaluate(async (way) => {
      const slider = document.querySelector<HTMLInputElement>("input[type=range]");
      if (slider === null) throw new Error("no slider");
      const last = Number(slider.max);
      const spent: number[] = [];
      for (let i = 0; i < 300; i++) {
        await new Promise((resolve) => requestAnimationFrame(resolve));
        const begin = performance.now();
        if (way === "slider") {
          slider.value = String((i * 7919) % (last + 1));
          slider.dispatchEvent(new Event("input", { bubbles: true }));
        } else window.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" }));
        // Layout belongs to the step.
        document.body.getBoundingClientRect();
        spent.push(performance.now() - begin);
      }
      return spent.sort((a, b) => a - b);
    }, how);
    const at = (share: number): string =>
      (times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0).toFixed(1);
    console.log(
      `${how}: median ${at(0.5)} ms, 95 of 100 under ${at(0.95)} ms, the longest ${at(1)} ms; ${trace.events.length} events`,
    );
  }
} finally {
  await browser.close();
}
