/** Bundled to dist/cli.cjs, which server/bin/dma-lens.mjs loads; the worker threads of `check` run the same file. */
import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { loadEngine } from "../host/load-engine.ts";
import { serveUnits, type WorkerBrief } from "./check-worker.ts";
import { runProcess } from "./process.ts";

// The bundle is a CommonJS module, so it knows its own file. Only `scan` starts it as a worker.
if (!isMainThread && parentPort !== null) serveUnits(parentPort, workerData as WorkerBrief, loadEngine());

export function main(words: readonly string[]): Promise<void> {
  return runProcess(words, loadEngine, __filename);
}
