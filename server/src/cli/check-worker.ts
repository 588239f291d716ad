/** The worker of `check`: units one by one, as the main thread hands them out. */
import type { MessagePort } from "node:worker_threads";
import type { Engine } from "../host/engine.ts";
import { ResultCache } from "../host/result-cache.ts";
import { type CheckSettings, UnitChecker, type UnitTask } from "./check-unit.ts";

/** What the main thread gives a worker at its start. Plain data. */
export interface WorkerBrief {
  readonly settings: CheckSettings;
  readonly cacheFolder: string | undefined;
  /** Names the program's very code. */
  readonly program: string;
}

/** Answers each task in turn. A task that throws ends the worker: the main thread counts what is lost. */
export function serveUnits(port: MessagePort, brief: WorkerBrief, engine: Promise<Engine>): void {
  const { settings, cacheFolder, program } = brief;
  const checker = engine.then(
    (loaded) =>
      new UnitChecker(loaded, settings, cacheFolder === undefined ? undefined : new ResultCache(cacheFolder), program),
  );
  port.on("message", ({ id, task }: { readonly id: number; readonly task: UnitTask }) => {
    void checker.then(async (ready) => {
      port.postMessage({ id, result: await ready.check(task) });
    });
  });
}
