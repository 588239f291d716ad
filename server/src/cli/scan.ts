/** Checks many units: in this thread when they are few, in worker threads when they are many. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import type { Engine } from "../host/engine.ts";
import { reasonOf } from "../host/file-system.ts";
import type { Location } from "../host/location.ts";
import { cacheFolder, ResultCache } from "../host/result-cache.ts";
import { isSourceName } from "../host/unit.ts";
import { runInWorkers } from "../host/worker-pool.ts";
import { type CheckSettings, isUnitResult, UnitChecker, type UnitResult, type UnitTask } from "./check-unit.ts";
import type { WorkerBrief } from "./check-worker.ts";
import type { Terminal } from "./command.ts";
import type { Target } from "./targets.ts";

/** Bytes of sources below which a second thread takes longer to start than it saves. */
const worthAThread = 2_000_000;
/** More threads than this wait for the disk, and each takes its memory. */
const mostThreads = 8;
/** MB. Two workers with this heap, their buffers and the main thread stay below 1.5 GB. */
const heap = 512;
const largeHeap = 1000;

/** A folder that could not be checked at all. */
export interface LostUnit {
  readonly folder: Location;
  readonly reason: string;
}

export interface Scan {
  /** In the order of the targets. */
  readonly results: readonly UnitResult[];
  readonly lost: readonly LostUnit[];
}

/**
 * Checks all targets. `bundle` is the file that workers run, where there is one (see entry.ts): with it the results are cached as
 * well, unless the environment says DMA_LENS_CACHE=off. The results do not depend on threads or cache.
 */
export async function scan(
  targets: readonly Target[],
  settings: CheckSettings,
  engine: Engine,
  terminal: Terminal,
  bundle: string | undefined,
): Promise<Scan> {
  const tasks = targets.map(
    ({ folder, only }): UnitTask => ({ folder, ...(only !== undefined && { only: [...only] }) }),
  );
  const folder = bundle === undefined ? undefined : cacheFolder(terminal.environment);
  const program = bundle === undefined ? engine.version : createHash("sha1").update(readFileSync(bundle)).digest("hex");
  const cache = folder === undefined ? undefined : new ResultCache(folder);
  const threads = Math.min(availableParallelism(), mostThreads);
  const sizes = new Map(tasks.map((task) => [task, bytesOf(task)]));
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  let outcome: Scan;
  if (bundle === undefined || threads < 2 || tasks.length < 2 || total < worthAThread) {
    const checker = new UnitChecker(engine, settings, cache, program);
    const results: UnitResult[] = [];
    for (const task of tasks) results.push(await checker.check(task));
    outcome = { results, lost: [] };
  } else {
    // The largest first, so that no thread is left alone with one at the end.
    const order = [...tasks].sort((a, b) => (sizes.get(b) ?? 0) - (sizes.get(a) ?? 0));
    const brief: WorkerBrief = { settings, cacheFolder: folder, program };
    const outcomes = await runInWorkers(order, { file: bundle, data: brief, threads, heap, largeHeap }, isUnitResult);
    const byTask = new Map(order.map((task, at) => [task, outcomes[at]]));
    const results: UnitResult[] = [];
    const lost: LostUnit[] = [];
    for (const task of tasks) {
      const one = byTask.get(task);
      if (one !== undefined && "result" in one) results.push(one.result);
      else lost.push({ folder: task.folder, reason: one?.lost ?? "not begun" });
    }
    outcome = { results, lost };
  }
  cache?.prune();
  return outcome;
}

/** Bytes of a unit's sources; 0 when it cannot be listed, which the check itself will tell. */
function bytesOf({ folder }: UnitTask): number {
  try {
    return readdirSync(folder)
      .filter(isSourceName)
      .reduce((sum, name) => sum + (statSync(`${folder}/${name}`, { throwIfNoEntry: false })?.size ?? 0), 0);
  } catch (error) {
    void reasonOf(error);
    return 0;
  }
}
