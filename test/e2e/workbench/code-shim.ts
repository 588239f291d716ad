/**
 * Stands in for the VS Code executable: takes VS Code's own arguments (FOLDER, --extensionDevelopmentPath=,
 * --extensionTestsPath=, --extensions-dir=), runs the suite in the extension host of a code-server workbench that a headless
 * Chromium shows, and exits with the suite's status. So one Mocha suite runs here and under a desktop VS Code.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { format, parseArgs } from "node:util";
import { codeServerCommand, startBrowser, startWorkbench } from "./workbench.ts";

const limitMs = 180_000;

const { values, positionals } = parseArgs({
  strict: false,
  allowPositionals: true,
  options: {
    extensionDevelopmentPath: { type: "string", multiple: true },
    extensionTestsPath: { type: "string" },
    "extensions-dir": { type: "string" },
  },
});
if (!existsSync(codeServerCommand()[0])) {
  console.error("There is no workbench: run scripts/setup-code-server.sh .code-server first.");
  process.exit(6);
}
const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const development = (values.extensionDevelopmentPath ?? []).filter((value) => typeof value === "string");
const tests = text(values.extensionTestsPath);
if (tests === undefined) {
  console.error("--extensionTestsPath is missing.");
  process.exit(2);
}

const extensionsFolder = text(values["extensions-dir"]);
const workbench = await startWorkbench({ ...(extensionsFolder && { extensionsFolder }), environment: process.env });
const browser = await startBrowser();
const log: string[] = [];
let status = 4; // Timed out, until the workbench says otherwise.
const stop = async (): Promise<void> => {
  await browser.close();
  await workbench.stop();
};
process.once("SIGINT", () => void stop().then(() => process.exit(130)));
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  // The workbench calls these when the suite prints and when it has settled.
  await page.exposeFunction("codeAutomationLog", (type: string, values: unknown[]) =>
    log.push(`[${type}] ${format(...values)}`),
  );
  const settled = new Promise<number>((resolve) => void page.exposeFunction("codeAutomationExit", resolve));
  const timedOut = new Promise<number>((resolve) => setTimeout(() => resolve(4), limitMs).unref());
  await page.goto(
    workbench.address(positionals[0] ?? ".", [
      ...development.map((folder) => ["extensionDevelopmentPath", workbench.remote(folder)] as const),
      ["extensionTestsPath", workbench.remote(path.resolve(tests))],
    ]),
  );
  status = await Promise.race([settled, timedOut]);
  if (status !== 0) console.error(log.slice(-40).join("\n"));
} finally {
  await stop();
}
process.exit(status);
