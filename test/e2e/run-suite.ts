/**
 * One Mocha suite, two kinds of workbench, both through @vscode/test-electron.
 *   tsx test/e2e/run-suite.ts                        code-server (test/e2e/workbench), nothing is downloaded
 *   VSCODE_PATH=/usr/bin/code tsx …                  the VS Code of this machine
 *   VSCODE_VERSION=stable tsx …                      a VS Code that test-electron downloads
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { runTests } from "@vscode/test-electron";

const root = path.resolve(import.meta.dirname, "../..");
const scratch = mkdtempSync(path.join(tmpdir(), "dl-suite-"));
const folder = path.join(scratch, "driver");
const results = path.join(scratch, "results.txt");
cpSync(path.join(root, "samples/driver"), folder, { recursive: true });
cpSync(path.join(root, "samples/snippets"), path.join(folder, "snippets"), { recursive: true });

const version = process.env["VSCODE_VERSION"];
const executable =
  process.env["VSCODE_PATH"] ?? (version ? undefined : path.join(import.meta.dirname, "workbench/code-shim.mjs"));
let status = 0;
try {
  await runTests({
    ...(version !== undefined && { version }),
    ...(executable !== undefined && { vscodeExecutablePath: executable }),
    extensionDevelopmentPath: root,
    extensionTestsPath: path.join(root, "out/e2e/suite/index.cjs"),
    extensionTestsEnv: { DMA_LENS_E2E_RESULTS: results },
    launchArgs: [
      folder,
      `--user-data-dir=${path.join(scratch, "user")}`,
      `--extensions-dir=${path.join(scratch, "extensions")}`,
    ],
  });
} catch (error) {
  status = 1;
  console.error(String(error));
}
// An extension host that dies early can still end with status 0: without results nothing has passed.
if (existsSync(results)) process.stdout.write(readFileSync(results, "utf8"));
else {
  console.error("The suite left no results.");
  status = 5;
}
rmSync(scratch, { recursive: true, force: true });
process.exit(status);
