/** Bundled to dist/cli.cjs, which server/bin/dma-lens.mjs loads. */
import { loadEngine } from "../host/load-engine.ts";
import { runProcess } from "./process.ts";

export function main(words: readonly string[]): Promise<void> {
  return runProcess(words, loadEngine);
}
