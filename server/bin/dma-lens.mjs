#!/usr/bin/env node
// The committed entry of `npx dma-lens`: the program itself is bundled into dist/ by `npm run build`.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const words = process.argv.slice(2);
const isServer = words[0] === "lsp";
const bundle = fileURLToPath(new URL(`../../dist/${isServer ? "server" : "cli"}.cjs`, import.meta.url));

if (!existsSync(bundle)) {
  console.error("dma-lens is not built yet. In its folder run:\n  npm ci && npm run build");
  process.exitCode = 2;
} else if (isServer && words.slice(1).join(" ") !== "--stdio") {
  console.error("dma-lens: lsp wants --stdio, and nothing else: an editor starts it");
  process.exitCode = 2;
} else {
  const program = createRequire(import.meta.url)(bundle);
  if (!isServer) await program.main(words);
}
