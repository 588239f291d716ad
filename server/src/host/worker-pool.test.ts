import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { type PoolOptions, runInWorkers } from "./worker-pool.ts";

const folder = mkdtempSync(path.join(tmpdir(), "dma-lens-pool-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = path.join(folder, "worker.mjs");
writeFileSync(
  file,
  `import { parentPort, workerData } from "node:worker_threads";
  parentPort.on("message", async ({ id, task }) => {
    if (task.sleep) await new Promise((done) => setTimeout(done, task.sleep));
    if (task.exit) process.exit(3);
    if (task.raise) throw new Error("raised");
    if (task.nonsense) parentPort.postMessage("nonsense");
    if (task.fill) { const all = []; for (let i = 0; i < task.fill; i++) all.push(new Array(131072).fill(i)); }
    parentPort.postMessage({ id, result: workerData + task.name });
  });`,
);
const isText = (value: unknown): value is string => typeof value === "string";
const run = (tasks: readonly object[], options: Partial<PoolOptions> = {}) =>
  runInWorkers(tasks, { file, data: "done ", threads: 2, heap: 64, largeHeap: 256, ...options }, isText);

test("answers come in the order of the tasks, whichever is done first", async () => {
  const names = ["a", "b", "c", "d", "e"];
  const tasks = names.map((name, i) => ({ name, sleep: i === 0 ? 80 : 0 }));
  expect(await run(tasks)).toEqual(names.map((name) => ({ result: `done ${name}` })));
});

test.each([
  ["exits", { exit: true }, "its worker ended"],
  ["throws", { raise: true }, "raised"],
  ["sends nonsense", { nonsense: true }, "its worker sent nonsense"],
  ["fills its memory", { fill: 1000 }, "out of memory"],
])("a worker that %s costs its own task only", async (_, task, lost) => {
  const outcomes = await run([{ name: "a" }, { name: "bad", ...task }, { name: "b" }, { name: "c" }]);
  expect(outcomes).toEqual([{ result: "done a" }, { lost }, { result: "done b" }, { result: "done c" }]);
});

test("a task too large for a shared worker is done in a larger one", async () => {
  // 131,072 numbers have 1 MB at 8 bytes, or half of it.
  expect(await run([{ name: "a" }, { name: "large", fill: 130 }])).toEqual([
    { result: "done a" },
    { result: "done large" },
  ]);
});

test("no tasks need no worker", async () => {
  expect(await run([], { file: "/nowhere.mjs" })).toEqual([]);
});
