/**
 * A scan of a kernel tree by the command line that we ship: cold without a cache, cold with an empty one, and warm, beside the
 * time that it takes in the same run only to read the same sources and to look for names in them.
 * Usage: npx tsx test/bench/scan.bench.ts KERNEL_DIR [--preview] [FOLDER...]     (default: drivers sound, what is on by default)
 * Wall time and memory are those of the whole process with its threads. On a busy machine only the ratios mean something.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { engine } from "../../engine/src/index.ts";
import { relevanceOf } from "../../server/src/host/relevance.ts";
import { findTargets } from "../../server/src/cli/targets.ts";
import { disk } from "../../server/src/host/file-system.ts";
import { isSourceName } from "../../server/src/host/unit.ts";

const options = process.argv.slice(2).filter((word) => word === "--preview");
const [kernel = ".", ...given] = process.argv.slice(2).filter((word) => word !== "--preview");
const folders = given.length > 0 ? given : ["drivers", "sound"];
const root = path.resolve(import.meta.dirname, "../..");
const scratch = mkdtempSync(path.join(tmpdir(), "dma-lens-bench-"));

interface Usage {
  readonly wall: number;
  readonly cpu: number;
  readonly memory: number;
}

try {
  const build = spawnSync("npx", ["tsx", "scripts/build.ts", "--hosts", path.join(scratch, "dist")], { cwd: root });
  if (build.status !== 0) throw new Error(build.stderr.toString());
  cpSync(path.join(root, "server/bin"), path.join(scratch, "server/bin"), { recursive: true });
  const hook = path.join(scratch, "usage.cjs");
  writeFileSync(
    hook,
    `if (require("node:worker_threads").isMainThread) process.on("exit", () => {
      const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
      require("node:fs").writeFileSync(process.env.BENCH_USAGE, JSON.stringify({ cpu: (userCPUTime + systemCPUTime) / 1e6, memory: maxRSS / 1024 }));
    });`,
  );

  const read = readOnly();
  print("reading and looking for names only", read);
  const cache = path.join(scratch, "cache");
  const runs = [scan("cold, no cache", "off"), scan("cold, empty cache", cache), scan("warm cache", cache)];
  const [first] = runs;
  for (const run of runs) {
    print(run.title, run.usage);
    console.log(
      `  ${run.summary}; ${run.same(first) ? "same findings and gaps" : "OTHER FINDINGS OR GAPS"} as the first`,
    );
    console.log(`  wall ${(run.usage.wall / read.wall).toFixed(1)} times that of reading`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** What no scan can do without, in one thread. */
function readOnly(): Usage {
  const relevance = relevanceOf(engine.catalogue);
  const before = process.cpuUsage();
  const begin = performance.now();
  let relevant = 0;
  let files = 0;
  for (const { folder } of findTargets(folders, path.resolve(kernel)).units) {
    let mentions = false;
    for (const name of readdir(folder)) {
      const content = disk.read(`${folder}/${name}`);
      if (content instanceof Promise || content.kind !== "bytes") continue;
      files++;
      mentions ||= relevance(content.bytes);
    }
    if (mentions) relevant++;
  }
  const wall = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(before);
  console.log(`${files} sources, ${relevant} folders in which a name of the catalogue occurs`);
  return { wall, cpu: (user + system) / 1e6, memory: process.memoryUsage.rss() / 1048576 };
}

function readdir(folder: string): readonly string[] {
  const names = disk.list(folder);
  return names instanceof Promise ? [] : names.filter(isSourceName);
}

function scan(title: string, cache: string) {
  const usageFile = path.join(scratch, "usage.json");
  const words = ["--require", path.join(scratch, "usage.cjs"), path.join(scratch, "server/bin/dma-lens.mjs")];
  const begin = performance.now();
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [...words, "check", ...options, "--format", "json", ...folders],
    { cwd: kernel, maxBuffer: 1e9, env: { ...process.env, DMA_LENS_CACHE: cache, BENCH_USAGE: usageFile } },
  );
  const wall = (performance.now() - begin) / 1000;
  if (status !== 0 && status !== 1) throw new Error(stderr.toString());
  const usage = JSON.parse(readFileSync(usageFile, "utf8")) as { cpu: number; memory: number };
  const report = JSON.parse(stdout.toString()) as { files: number; findings: unknown[]; gaps: unknown[] };
  const content = JSON.stringify([report.findings, report.gaps]);
  return {
    title,
    content,
    usage: { ...usage, wall },
    summary: `${report.files} files, ${report.findings.length} findings, ${report.gaps.length} gaps`,
    same: (other: { readonly content: string } | undefined): boolean => content === other?.content,
  };
}

function print(title: string, { wall, cpu, memory }: Usage): void {
  console.log(`${title}: ${wall.toFixed(1)} s wall, ${cpu.toFixed(1)} s CPU, ${memory.toFixed(0)} MB`);
}
