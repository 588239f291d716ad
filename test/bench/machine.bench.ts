/** How fast the machine is: accesses a second. Run: npx tsx test/bench/machine.bench.ts */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { Bench } from "tinybench";
import ts from "typescript";
import { type AgentProgram, Machine, type MachineModel, modelOf } from "../../engine/src/machine/index.ts";
import { platforms } from "../../engine/src/platforms/index.ts";
import { replay } from "../../engine/src/simulation/explorer.ts";
import { exploreBeliefs } from "../../engine/src/simulation/explorer-belief.ts";
import { createSession } from "../../engine/src/session.ts";
import { searchSchedules } from "../../engine/src/simulation/explorer-search.ts";
import { litmusProgram } from "../../engine/src/simulation/litmus/litmus-program.ts";
import { readLitmus } from "../../engine/src/program/litmus/read-litmus.ts";

const litmusFolder = path.join(import.meta.dirname, "../../engine/litmus");
const litmusLibrary = readdirSync(litmusFolder).flatMap((file) => {
  const { source } = readLitmus(ts, file, readFileSync(path.join(litmusFolder, file), "utf8"));
  return source === undefined ? [] : [source];
});

const accesses = 1000;
const models = platforms.flatMap((platform): MachineModel[] => {
  const model = modelOf(platform);
  return model ? [model] : [];
});
const modelById = (id: string): MachineModel => {
  const model = models.find((one) => one.id === id);
  if (model === undefined) throw new Error(`no preset ${id}`);
  return model;
};

/** Loads and stores over `pages` pages in a fixed, scattered order. */
function accessRun(id: string, record: boolean, pages: number): () => void {
  const machine = new Machine(modelById(id), { record });
  const base = machine.board.linear(machine.board.allocatePages(pages * 4096));
  const value = Uint8Array.of(1, 2, 3, 4);
  let at = 1;
  return () => {
    for (let i = 0; i < accesses; i++) {
      at = (at * 1_103_515_245 + 12_345) % 0x8000_0000;
      const virtual = base + ((at >> 4) % (pages * 1024)) * 4;
      if (i % 3 === 0) machine.step({ kind: "store", agent: "cpu", virtual, bytes: value });
      else machine.step({ kind: "load", agent: "cpu", virtual, size: 4 });
    }
  };
}

/** A driver's life in miniature: fill, map, transfer, unmap, read, on `lines` lines. */
function driver(lines: number): AgentProgram {
  return (port) => {
    const size = lines * port.model.cache.lineBytes;
    const physical = port.board.allocatePages(size);
    const virtual = port.board.linear(physical);
    port.perform({ kind: "store", agent: "cpu", virtual, bytes: new Uint8Array(size).fill(1) });
    port.perform({ kind: "maintain", operation: "clean", virtual, size });
    port.perform({ kind: "barrier", barrier: "doorbell" });
    port.perform({ kind: "dma-write", bus: physical, bytes: new Uint8Array(size).fill(2) });
    port.perform({ kind: "announce", from: "device" });
    const { stale } = port.perform({ kind: "load", agent: "cpu", virtual, size });
    return { key: stale ? "stale" : "fine", harm: stale };
  };
}

const bench = new Bench({ time: 500, warmupTime: 100 });
bench.add(`${accesses} accesses that hit, silent`, accessRun("arm64-nc", false, 4));
bench.add(`${accesses} accesses that hit, recorded`, accessRun("arm64-nc", true, 4));
bench.add(`${accesses} accesses that mostly miss, silent`, accessRun("arm926", false, 64));
const long = driver(40);
bench.add("beliefs: 40 lines received without an unmap", () => {
  exploreBeliefs(modelById("arm64-nc"), long);
});
// A harmless run needs an eviction of every line, so the search's cost grows with the number of schedules up to there.
const short = driver(3);
bench.add("search: 3 lines of it", () => {
  searchSchedules(modelById("arm64-nc"), short);
});
bench.add("replay: the 40 lines, recorded", () => {
  replay(modelById("arm64-nc"), long, "");
});
bench.add("beliefs: all litmus tests on all presets, all outcomes", () => {
  for (const model of models)
    for (const test of litmusLibrary) exploreBeliefs(model, litmusProgram(test), { untilVerdict: false });
});
// A driver of 64 lines, its own code executed, its finding judged on every machine.
const window = path.join(import.meta.dirname, "../../engine/src/rules/mmap-cached-pgprot/fixtures/window.c");
const session = createSession();
session.setFile("window.c", readFileSync(window, "utf8"));
const [finding] = session.analyse({ rules: ["dma/mmap-cached-pgprot"] }).findings;
if (finding === undefined) throw new Error("the driver has no finding any more");
bench.add("proof: a small driver on all machines", () => {
  session.prove(finding);
});
await bench.run();
for (const task of bench.tasks) {
  const { result } = task;
  const milliseconds = "latency" in result ? result.latency.p50 : Number.NaN;
  const rate = task.name.includes("accesses")
    ? `  ${Math.round((accesses / milliseconds) * 1000).toLocaleString("en")} accesses/s`
    : "";
  console.log(`${milliseconds.toFixed(3).padStart(10)} ms  ${task.name}${rate}`);
}
