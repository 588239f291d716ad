/**
 * The edit loop against the real server over stdio: from `didChange` to the diagnostics that the client then asks for.
 * Usage: npx tsx test/bench/edit.bench.ts KERNEL_DIR [--edits N] [--long]
 * Each edit puts in a line, takes an empty one out, adds a comment or changes a name, in a random place; the same places in each run, and
 * none is taken back. A name is changed in a statement: what follows is parsed, lowered and analysed as other code. `--long` also prints the
 * server's memory after 1,000 edits and 100 opened drivers.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import {
  createProtocolConnection,
  DidChangeTextDocumentNotification,
  DidCloseTextDocumentNotification,
  DidOpenTextDocumentNotification,
  DocumentDiagnosticRequest,
  ExitNotification,
  InitializedNotification,
  InitializeRequest,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver-protocol/node";

const args = process.argv.slice(2);
const editsAt = args.indexOf("--edits");
const edits = editsAt < 0 ? 200 : Number(args.splice(editsAt, 2)[1]);
const long = args.includes("--long");
const kernel = path.resolve(args.find((one) => !one.startsWith("--")) ?? ".");
const root = path.resolve(import.meta.dirname, "../..");
const scratch = mkdtempSync(path.join(tmpdir(), "dma-lens-bench-"));
const files = ["drivers/usb/host/xhci.c", "drivers/net/ethernet/intel/igb/igb_main.c"];

/** A small congruential generator: the same edits on every run. */
function generator(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    // The low bits of such a generator alternate.
    return Math.floor((state / 2 ** 32) * limit);
  };
}

function start() {
  const server = spawn(process.execPath, [path.join(scratch, "dist/server.cjs"), "--stdio"], { stdio: "pipe" });
  server.stderr.pipe(process.stderr);
  const connection = createProtocolConnection(
    new StreamMessageReader(server.stdout),
    new StreamMessageWriter(server.stdin),
  );
  connection.onRequest("workspace/configuration", ({ items }: { items: unknown[] }) => items.map(() => null));
  connection.onRequest("workspace/diagnostic/refresh", () => null);
  connection.onRequest("client/registerCapability", () => null);
  connection.listen();
  return {
    connection,
    /** MB, from /proc: Linux only. */
    memory: (): number => {
      const status = readFileSync(`/proc/${server.pid ?? 0}/status`, "utf8");
      return Number(/VmRSS:\s*(\d+)/.exec(status)?.[1] ?? 0) / 1024;
    },
    /** Milliseconds of CPU time so far, in steps of a clock tick (10 ms on Linux). */
    cpu: (): number => {
      const stat = readFileSync(`/proc/${server.pid ?? 0}/stat`, "utf8");
      const [user = 0, system = 0] = stat.slice(stat.lastIndexOf(")")).split(" ").slice(12, 14).map(Number);
      return (user + system) * 10;
    },
    async initialize(): Promise<void> {
      await connection.sendRequest(InitializeRequest.type, {
        processId: process.pid,
        // The protocol still wants the deprecated field.
        // eslint-disable-next-line @typescript-eslint/no-deprecated
        rootUri: null,
        workspaceFolders: null,
        capabilities: { textDocument: { diagnostic: {} }, workspace: {} },
      });
      await connection.sendNotification(InitializedNotification.type, {});
    },
    async open(uri: string, text: string): Promise<void> {
      await connection.sendNotification(DidOpenTextDocumentNotification.type, {
        textDocument: { uri, languageId: "c", version: 1, text },
      });
    },
    async pull(uri: string): Promise<number> {
      const report = await connection.sendRequest(DocumentDiagnosticRequest.type, { textDocument: { uri } });
      return report.kind === "full" ? report.items.length : -1;
    },
    async stop(): Promise<void> {
      await connection.sendRequest(ShutdownRequest.type);
      await connection.sendNotification(ExitNotification.type);
      connection.dispose();
      server.kill();
    },
  };
}

try {
  const build = spawnSync("npx", ["tsx", "scripts/build.ts", "--hosts", path.join(scratch, "dist")], { cwd: root });
  if (build.status !== 0) throw new Error(build.stderr.toString());
  for (const file of files) await bench(file);
  if (long) await bounded();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function bench(file: string): Promise<void> {
  const uri = pathToFileURL(path.join(kernel, file)).href;
  const text = readFileSync(path.join(kernel, file), "utf8");
  const begin = performance.now();
  const server = start();
  await server.initialize();
  await server.open(uri, text);
  const findings = await server.pull(uri);
  const first = performance.now() - begin;
  const firstCpu = server.cpu();
  const times = await edit(server, uri, text, edits);
  const at = (share: number): string =>
    (times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0).toFixed(0);
  console.log(`${file}: ${text.split("\n").length} lines, ${findings} findings`);
  console.log(`  first diagnostics ${first.toFixed(0)} ms after the start of the process (${firstCpu} ms CPU)`);
  console.log(
    `  ${edits} edits: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, max ${at(1)} ms; ${((server.cpu() - firstCpu) / edits).toFixed(0)} ms CPU each; ${server.memory().toFixed(0)} MB`,
  );
  await server.stop();
}

/** Milliseconds from each change to its diagnostics, ascending. */
async function edit(server: ReturnType<typeof start>, uri: string, text: string, count: number): Promise<number[]> {
  const random = generator(20080917);
  const lines = text.split("\n");
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const line = random(lines.length - 1);
    const old = lines[line] ?? "";
    const what = random(4);
    const position = { line, character: 0 };
    let change = { range: { start: position, end: position }, text: "\n" };
    if (what === 0) lines.splice(line, 0, "");
    else if (what === 1 && old.trim() === "") {
      change = { range: { start: position, end: { line: line + 1, character: 0 } }, text: "" };
      lines.splice(line, 1);
    } else {
      const name = what > 1 ? /^\t+[^"/*#]*?(\w+)\W*$/.exec(old)?.[1] : undefined;
      const at = name === undefined ? old.length : old.lastIndexOf(name) + name.length;
      const end = { line, character: at };
      const text = name === undefined ? " // edited" : "x";
      change = { range: { start: end, end }, text };
      lines[line] = old.slice(0, at) + text + old.slice(at);
    }
    const begin = performance.now();
    await server.connection.sendNotification(DidChangeTextDocumentNotification.type, {
      textDocument: { uri, version: i + 2 },
      contentChanges: [change],
    });
    await server.pull(uri);
    times.push(performance.now() - begin);
  }
  return times.sort((a, b) => a - b);
}

async function bounded(): Promise<void> {
  const server = start();
  await server.initialize();
  const [file = ""] = files;
  const uri = pathToFileURL(path.join(kernel, file)).href;
  const text = readFileSync(path.join(kernel, file), "utf8");
  await server.open(uri, text);
  await edit(server, uri, text, 1000);
  console.log(`after 1,000 edits: ${server.memory().toFixed(0)} MB`);
  const drivers = ["drivers/spi", "drivers/mmc/host", "drivers/dma", "sound/soc/fsl", "drivers/usb/host"]
    .flatMap((folder) => readdirSync(path.join(kernel, folder)).map((name) => path.join(kernel, folder, name)))
    .filter((name) => name.endsWith(".c"))
    .filter((_, i) => i % 5 === 0)
    .slice(0, 100);
  for (const name of drivers) {
    const other = pathToFileURL(name).href;
    await server.open(other, readFileSync(name, "utf8"));
    await server.pull(other);
    await server.connection.sendNotification(DidCloseTextDocumentNotification.type, { textDocument: { uri: other } });
  }
  console.log(`after ${drivers.length} opened drivers more: ${server.memory().toFixed(0)} MB`);
  await server.stop();
}
