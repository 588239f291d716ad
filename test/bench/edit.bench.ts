/**
 * The edit loop against the real server over stdio: from `didChange` to the diagnostics that the client then asks for.
 * Usage: npx tsx test/bench/edit.bench.ts KERNEL_DIR [--edits N] [--long] [--file F] [--slow MS] [--server BUNDLE] [--node OPTION]...
 *
 * Two rows of edits, the same in each run. "random": one edit each, in random places: a line, a comment, a changed name, what breaks the
 * braces, a head, a declaration; none is taken back. "typing": what a person does, character by character (see typing.ts).
 * First diagnostics are measured from the start of the process, with nothing kept on the disk and with what an earlier start has kept.
 * Beside the time that passed stands the CPU time of the thread that answers: on a machine that others use as well the first is longer.
 * `--long` also prints the server's memory after 1,000 edits and 100 opened drivers.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { type Editor, startEditor } from "./editor.ts";
import { type Change, generator, typing } from "./typing.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    edits: { type: "string", default: "200" },
    long: { type: "boolean", default: false },
    file: { type: "string", multiple: true },
    node: { type: "string", multiple: true, default: [] },
    /** A bundled server, instead of one of this checkout. */
    server: { type: "string" },
    /** Tells each edit that takes more milliseconds of CPU than this. */
    slow: { type: "string", default: "Infinity" },
  },
});
const edits = Number(values.edits);
const slow = Number(values.slow);
const kernel = path.resolve(positionals[0] ?? ".");
const files = values.file ?? ["drivers/usb/host/xhci.c", "drivers/net/ethernet/intel/igb/igb_main.c"];
const root = path.resolve(import.meta.dirname, "../..");
const scratch = mkdtempSync(path.join(tmpdir(), "dma-lens-bench-"));
const bundle = values.server ?? path.join(scratch, "dist/server.cjs");

try {
  if (values.server === undefined) {
    const build = spawnSync("npx", ["tsx", "scripts/build.ts", "--hosts", path.join(scratch, "dist")], { cwd: root });
    if (build.status !== 0) throw new Error(build.stderr.toString());
  }
  for (const file of files) await bench(file);
  if (values.long) await bounded();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** `keeps`: with what earlier starts of the bench have found, and kept on the disk. */
function start(keeps = false): Editor {
  const folder = keeps ? path.join(scratch, "cache") : "off";
  return startEditor(bundle, values.node, { ...process.env, DMA_LENS_CACHE: folder });
}

async function bench(file: string): Promise<void> {
  const uri = pathToFileURL(path.join(kernel, file)).href;
  const text = readFileSync(path.join(kernel, file), "utf8");
  console.log(`${file}: ${text.split("\n").length} lines`);
  // The first start has nothing to go by; it keeps what it finds when it is left alone, and the second one tells that.
  const { server: cold } = await open(uri, text, "nothing kept", true);
  await new Promise((resolve) => setTimeout(resolve, 8000));
  await cold.stop();
  await (await open(uri, text, "kept by an earlier start", true)).server.stop();
  for (const [name, changes] of [
    ["random", randomly],
    ["typing", typing],
  ] as const) {
    const { server } = await open(uri, text, undefined, false);
    // A person looks at a file before typing.
    await new Promise((resolve) => setTimeout(resolve, 4000));
    const cpu = server.cpu();
    const times = await edit(server, uri, text, edits, changes);
    const all = ((server.cpu() - cpu) / edits).toFixed(0);
    console.log(`  ${name}: ${told(times)}; ${all} ms CPU each with all threads; ${server.memory().toFixed(0)} MB`);
    for (const kind of new Set(times.map((one) => one.kind)))
      console.log(`    ${kind}: ${told(times.filter((one) => one.kind === kind))}`);
    await server.stop();
  }
}

async function open(uri: string, text: string, told: string | undefined, keeps: boolean): Promise<{ server: Editor }> {
  const begin = performance.now();
  const server = start(keeps);
  await server.initialize();
  await server.open(uri, text);
  const findings = await server.pull(uri);
  const first = performance.now() - begin;
  const cpu = `${server.thread().toFixed(0)} ms CPU, ${server.cpu()} with all threads`;
  if (told !== undefined)
    console.log(
      `  first diagnostics (${findings}), ${told}: ${first.toFixed(0)} ms after the start of the process; ${cpu}`,
    );
  return { server };
}

interface Time {
  readonly kind: string;
  /** Milliseconds. */
  readonly wall: number;
  readonly thread: number;
}

function told(times: readonly Time[]): string {
  const at = (of: "wall" | "thread", share: number): string => {
    const sorted = times.map((one) => one[of]).sort((a, b) => a - b);
    return (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(0);
  };
  const three = (of: "wall" | "thread"): string => `p50 ${at(of, 0.5)}, p95 ${at(of, 0.95)}, max ${at(of, 1)} ms`;
  return `${times.length} edits: ${three("wall")} (CPU ${three("thread")})`;
}

type Changes = (textNow: () => string, seed: number) => Generator<Change, never>;

async function edit(server: Editor, uri: string, original: string, count: number, changes: Changes): Promise<Time[]> {
  let text = original;
  const steps = changes(() => text, 20080917);
  const times: Time[] = [];
  for (let i = 0; i < count; i++) {
    const change: Change = steps.next().value;
    const { kind } = change;
    const cpu = server.thread();
    const begin = performance.now();
    const before = text;
    text = await server.change(uri, text, change);
    await server.pull(uri);
    const wall = performance.now() - begin;
    const thread = server.thread() - cpu;
    times.push({ kind, wall, thread });
    if (thread < slow) continue;
    const line = before.slice(before.lastIndexOf("\n", change.start - 1) + 1, change.start);
    console.log(
      `      ${thread.toFixed(0)} ms: ${kind}, ${JSON.stringify(change.text)} behind ${JSON.stringify(line)}`,
    );
  }
  return times;
}

/** Single edits in random places. */
function* randomly(textNow: () => string, seed: number): Generator<Change, never> {
  const random = generator(seed);
  for (;;) {
    const text = textNow();
    const lines = text.split("\n");
    const line = random(lines.length - 1);
    const old = lines[line] ?? "";
    const start = lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0);
    const insert = (at: number, what: string, kind: Change["kind"]): Change => ({
      start: start + at,
      end: start + at,
      text: what,
      kind,
    });
    const what = random(20);
    const name = /^\t+[^"/*#]*?(\w+)\W*$/.exec(old)?.[1];
    if (what < 4) yield insert(0, "\n", "statement");
    else if (what < 7 && old.trim() === "") yield { start, end: start + old.length + 1, text: "", kind: "delete" };
    else if (what < 14 && name !== undefined) yield insert(old.lastIndexOf(name) + name.length, "x", "name");
    else if (what === 14) yield insert(0, random(2) === 0 ? "\t{\n" : "\t}\n", "block");
    else if (what === 15 && /^[a-z].*\(/.test(old)) yield insert(old.indexOf("(") + 1, "int extra, ", "head");
    else if (what === 16) yield insert(0, "\tint extra;\n", "local");
    else yield insert(old.length, " // edited", "comment");
  }
}

async function bounded(): Promise<void> {
  const server = start();
  await server.initialize();
  const [file = ""] = files;
  const uri = pathToFileURL(path.join(kernel, file)).href;
  const text = readFileSync(path.join(kernel, file), "utf8");
  await server.open(uri, text);
  await server.pull(uri);
  console.log(`after the first diagnostics: ${server.memory().toFixed(0)} MB`);
  let now = text;
  const steps = typing(() => now, 20080917);
  for (let done = 1; done <= 1000; done++) {
    now = await server.change(uri, now, steps.next().value);
    await server.pull(uri);
    if (done % 250 === 0) console.log(`after ${done} edits: ${server.memory().toFixed(0)} MB`);
  }
  const drivers = ["drivers/spi", "drivers/mmc/host", "drivers/dma", "sound/soc/fsl", "drivers/usb/host"]
    .flatMap((folder) => readdirSync(path.join(kernel, folder)).map((name) => path.join(kernel, folder, name)))
    .filter((name) => name.endsWith(".c"))
    .filter((_, i) => i % 5 === 0)
    .slice(0, 100);
  for (const [at, name] of drivers.entries()) {
    const other = pathToFileURL(name).href;
    await server.open(other, readFileSync(name, "utf8"));
    await server.pull(other);
    await server.close(other);
    if ((at + 1) % 25 === 0) console.log(`after ${at + 1} opened drivers more: ${server.memory().toFixed(0)} MB`);
  }
  await server.stop();
}
