/** Serves a workbench with the packaged extension on the sample driver until it is interrupted, and prints its address. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { installExtension } from "../test/e2e/workbench/install.ts";
import { startWorkbench } from "../test/e2e/workbench/workbench.ts";

const root = path.resolve(import.meta.dirname, "..");
const scratch = mkdtempSync(path.join(tmpdir(), "dl-demo-"));
const folder = path.join(scratch, "sampler");
mkdirSync(folder);
// A copy, so that trying fixes does not change the checkout.
cpSync(path.join(root, "samples/driver"), folder, { recursive: true });
const extensionsFolder = path.join(scratch, "extensions");
installExtension(path.join(root, "dma-lens.vsix"), extensionsFolder);

const workbench = await startWorkbench({ extensionsFolder });
const opened: [string, string] = ["openFile", workbench.remote(path.join(folder, "sampler-data.c"))];
console.log(`
The workbench is ready. Open this address in a browser on this machine:

  ${workbench.address(folder, [opened])}

In sampler-data.c: hover a squiggle, take the quick fix (Ctrl+.), or click "Replay on …" above a function.
Ctrl+C ends it.`);

const end = (): void => {
  void workbench.stop().then(() => {
    rmSync(scratch, { recursive: true, force: true });
    process.exit(0);
  });
};
process.once("SIGINT", end).once("SIGTERM", end);
