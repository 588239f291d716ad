/**
 * Worker threads that do tasks of one kind, one at a time each. Memory is bounded: a worker has a limited heap, and a task that
 * breaks it (or its worker) gets a second try in a larger worker of its own, when all others are done. What fails again is lost,
 * and said to be.
 */
import { Worker } from "node:worker_threads";

export interface PoolOptions {
  /** A script that answers each message `{ id, task }` with one of `{ id, result }`. */
  readonly file: string;
  /** Given to each worker as `workerData`. */
  readonly data: unknown;
  /** At most so many at the same time. */
  readonly threads: number;
  /** Heap of a worker, in MB: the old generation. */
  readonly heap: number;
  /** Heap of the one worker that tries again, in MB. */
  readonly largeHeap: number;
}

/** What became of a task: its result, or why there is none, as a phrase for people. */
export type Outcome<Result> = { readonly result: Result } | { readonly lost: string };

interface Answer<Result> {
  readonly id: number;
  readonly result: Result;
}

/**
 * V8 lets the young generation have a semi-space of 16 MB, and copies what is alive whenever that is full. A unit lives for
 * seconds, so most of it would be copied twice.
 */
const youngGeneration = 96;

/**
 * The outcomes of the tasks, in the order of the tasks, which are begun in that order too. Never rejects.
 * `isResult` judges what a worker sends: a worker that sends something else is ended.
 */
export async function runInWorkers<Result>(
  tasks: readonly unknown[],
  options: PoolOptions,
  isResult: (value: unknown) => value is Result,
): Promise<readonly Outcome<Result>[]> {
  const outcomes = new Map<number, Outcome<Result>>();
  let next = 0;
  const takeNext = (): number | undefined => (next < tasks.length ? next++ : undefined);
  const lanes = Math.max(1, Math.min(options.threads, tasks.length));
  const again: number[] = [];
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      // A worker that died is replaced; each takes one task at least, so this ends.
      while (next < tasks.length) await workOff(takeNext, options.heap, (id) => void again.push(id));
    }),
  );
  for (const id of again.sort((a, b) => a - b)) {
    let given = false;
    const takeOnce = (): number | undefined => {
      if (given) return undefined;
      given = true;
      return id;
    };
    await workOff(takeOnce, options.largeHeap, (lost, reason) => void outcomes.set(lost, { lost: reason }));
  }
  return tasks.map((_, id) => outcomes.get(id) ?? { lost: "its worker gave no answer" });

  /** One worker, from its start to its end: it works until there is nothing left to take, or until it dies with a task in hand. */
  function workOff(
    take: () => number | undefined,
    heap: number,
    fail: (id: number, reason: string) => void,
  ): Promise<void> {
    return new Promise((resolve) => {
      const first = take();
      if (first === undefined) {
        resolve();
        return;
      }
      let held: number | undefined = first;
      let reason = "its worker ended";
      let isTrusted = true;
      const worker = new Worker(options.file, {
        workerData: options.data,
        resourceLimits: { maxOldGenerationSizeMb: heap, maxYoungGenerationSizeMb: youngGeneration },
      });
      const give = (id: number | undefined): void => {
        held = id;
        if (id === undefined) void worker.terminate();
        else worker.postMessage({ id, task: tasks[id] });
      };
      worker.on("message", (message: unknown) => {
        // What a worker says after nonsense is no answer either, though it looks like one: it ends a moment later.
        if (!isTrusted) return;
        if (held === undefined || !isAnswer(message, isResult) || message.id !== held) {
          isTrusted = false;
          reason = "its worker sent nonsense";
          void worker.terminate();
          return;
        }
        outcomes.set(message.id, { result: message.result });
        give(take());
      });
      worker.on("error", (error: Error & { readonly code?: unknown }) => {
        reason = error.code === "ERR_WORKER_OUT_OF_MEMORY" ? "out of memory" : error.message;
      });
      // Comes last, whatever happened.
      worker.on("exit", () => {
        if (held !== undefined) fail(held, reason);
        resolve();
      });
      give(first);
    });
  }
}

function isAnswer<Result>(message: unknown, isResult: (value: unknown) => value is Result): message is Answer<Result> {
  if (typeof message !== "object" || message === null || !("id" in message) || !("result" in message)) return false;
  return typeof message.id === "number" && isResult(message.result);
}
