/** Makes dma-lens.vsix from the built bundles and refuses one that is over 5 MB, the limit that README promises. */
import { statSync } from "node:fs";
import path from "node:path";
import { createVSIX } from "@vscode/vsce";

const limitBytes = 5_000_000;
const root = path.resolve(import.meta.dirname, "..");
const file = path.join(root, "dma-lens.vsix");

await createVSIX({
  cwd: root,
  packagePath: file,
  dependencies: false,
  allowMissingRepository: true,
  rewriteRelativeLinks: false,
  skipLicense: false,
});
const bytes = statSync(file).size;
console.log(`dma-lens.vsix: ${(bytes / 1e6).toFixed(2)} MB`);
if (bytes > limitBytes) {
  console.error(`It must stay under ${limitBytes / 1e6} MB.`);
  process.exit(1);
}
