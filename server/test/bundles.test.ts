/** The real thing: the bundles that are shipped, with the real engine, on the sample driver. */
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  CodeActionResolveRequest,
  CodeLensRequest,
  CodeLensResolveRequest,
  type CodeLens,
  HoverRequest,
} from "vscode-languageserver-protocol/node";
import { requests, type ReplayResult } from "../../client/shared/requests.ts";
import { Editor, old, positionAt } from "./lsp-client.ts";

const root = path.resolve(import.meta.dirname, "../..");
let scratch = "";
let driver = "";
let cli = "";
let server: string[] = [];

beforeAll(() => {
  scratch = mkdtempSync(path.join(tmpdir(), "dl-bundles-"));
  driver = path.join(scratch, "driver");
  cpSync(path.join(root, "samples/driver"), driver, { recursive: true });
  cpSync(path.join(root, "samples/snippets"), path.join(scratch, "snippets"), { recursive: true });
  cpSync(path.join(root, "docs/rules"), path.join(scratch, "docs/rules"), { recursive: true });
  cpSync(path.join(root, "server/bin"), path.join(scratch, "server/bin"), { recursive: true });
  const build = ["--import", "tsx", path.join(root, "scripts/build.ts"), "--hosts", path.join(scratch, "dist")];
  const { status, stderr } = spawnSync(process.execPath, build, { cwd: root, encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  cli = path.join(scratch, "server/bin/dma-lens.mjs");
  server = [cli, "lsp"];
}, 120_000);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface Finding {
  rule: string;
  file: string;
  line: number;
  verdicts: Record<string, string>;
  path: { file: string; note: string }[];
}
function run(cwd: string, ...words: string[]): { status: number | null; out: string; error: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...words], {
    cwd,
    encoding: "utf8",
    maxBuffer: 1e9,
    env: { ...process.env, DMA_LENS_CACHE: "off" },
  });
  return { status, out: stdout, error: stderr };
}
function findings(cwd: string, ...words: string[]): readonly Finding[] {
  const { out } = run(cwd, "check", "--format", "json", ...words);
  return (JSON.parse(out) as { findings: Finding[] }).findings;
}
const isMapping = ({ rule }: { rule: string }): boolean => rule.startsWith("dma/mmap-");

describe("the command line", () => {
  test("finds the sample's hand-made mapping, with its path from the other file", () => {
    const { status, error } = run(driver, "check", ".");
    expect({ status, error }).toEqual({ status: 1, error: "" });
    const mapping = findings(driver, ".").find(isMapping);
    expect(mapping).toMatchObject({ file: "sampler-data.c" });
    expect(mapping?.path[0]?.file).toBe("sampler-main.c");
  });

  test("proves it: harm on an ARM926, none on a coherent PC", () => {
    const [mapping] = findings(driver, "--platform", "arm926", "--platform", "x86_64", ".").filter(isMapping);
    expect(mapping?.verdicts["arm926"]).toMatch(/sometimes|always/);
    expect(mapping?.verdicts["x86_64"]).toBe("never");
  });

  test("replays it as a trace that its own schedule replays", () => {
    const line = findings(driver, ".").find(isMapping)?.line ?? 0;
    const { status, out } = run(driver, "replay", `sampler-data.c:${line}`, "--platform", "arm926", "--format", "json");
    expect(status).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ version: 1, platform: { id: "arm926" }, outcome: { kind: "harm" } });
  });

  test("reads TypeScript snippets with the parser that lies beside it", () => {
    expect(findings(path.join(scratch, "snippets"), ".").length).toBeGreaterThan(0);
  });

  test("deep nesting, a lone quote and half a function are no crash", () => {
    const deep = path.join(scratch, "deep");
    cpSync(driver, deep, { recursive: true });
    const text = readFileSync(path.join(driver, "sampler-data.c"), "utf8");
    for (const [name, damaged] of Object.entries({
      "parens.c": `int f(void)\n{\n\treturn dma_map_single(${"(".repeat(50_000)}1;\n}\n`,
      "braces.c": `${"{".repeat(50_000)} dma_map_single();`,
      "quote.c": `${text.slice(0, 700)}"${text.slice(700)}`,
      "half.c": text.slice(0, Math.floor(text.length / 2)),
    })) {
      const file = path.join(deep, name);
      spawnSync(process.execPath, ["-e", "fs.writeFileSync(process.argv[1], fs.readFileSync(0))", file], {
        input: damaged,
      });
      const { status, error } = run(deep, "check", name);
      expect({ name, status: status === 0 || status === 1, error }).toEqual({ name, status: true, error: "" });
    }
  });

  test("names its rules and platforms", () => {
    expect(run("/", "explain", "rules").out).toContain("dma/coherent-virt-to-page");
    expect(run("/", "explain", "platforms").out).toMatch(/^arm926 /m);
    expect(run("/", "explain", "coherent-virt-to-page").status).toBe(0);
  });
});

describe("the language server", () => {
  async function openSample(capabilities?: typeof old): Promise<{ editor: Editor; uri: string }> {
    const editor = await Editor.start({
      server,
      workspaceFolder: driver,
      initializationOptions: { commands: true },
      ...(capabilities !== undefined && { capabilities }),
    });
    const file = path.join(driver, "sampler-data.c");
    const uri = pathToFileURL(file).href;
    await editor.open(uri, readFileSync(file, "utf8"));
    return { editor, uri };
  }

  test("reports, fixes, and is clean of the mapping", async () => {
    const { editor, uri } = await openSample();
    const diagnostic = (await editor.pull(uri)).find(({ code }) => String(code).startsWith("dma/mmap-"));
    expect(diagnostic?.codeDescription?.href).toMatch(/\/docs\/rules\/mmap-[a-z-]+\.md$/);
    expect(diagnostic?.relatedInformation?.[0]?.location.uri).toMatch(/sampler-main\.c$/);
    if (diagnostic === undefined) return;
    const preferred = (await editor.actions(uri, diagnostic.range)).find((action) => action.isPreferred);
    expect(preferred?.title).toContain("dma_mmap_coherent()");
    if (preferred === undefined) return;
    await editor.apply((await editor.connection.sendRequest(CodeActionResolveRequest.type, preferred)).edit);
    expect(editor.text(uri)).toContain(
      "return dma_mmap_coherent(s->dev, vma, s->ring, s->ring_dma, SAMPLER_RING_BYTES);",
    );
    expect((await editor.pull(uri)).filter(({ code }) => String(code).startsWith("dma/mmap-"))).toEqual([]);
  });

  test("tells of a message that is no JSON, and goes on", async () => {
    const message = (text: string): string => `Content-Length: ${String(text.length)}\r\n\r\n${text}`;
    const initialize = { processId: null, rootUri: null, capabilities: {} };
    const child = spawn(process.execPath, [...server, "--stdio"]);
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (data: Buffer) => (stdout += data.toString()));
    child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
    for (const text of [
      "{bad json}",
      JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: initialize }),
      JSON.stringify({ jsonrpc: "2.0", id: 2, method: "shutdown" }),
      JSON.stringify({ jsonrpc: "2.0", method: "exit" }),
    ]) {
      child.stdin.write(message(text));
    }
    // The input stays open: the server ends because it was told so.
    const status = await new Promise((ended) => child.on("close", ended));
    expect(stderr).toMatch(/^A message from the client could not be read, and is left out: .*JSON/);
    expect(stdout).toContain('"id":1,"result":{');
    expect(status).toBe(0);
  });

  test("publishes to a client that cannot pull", async () => {
    const { editor, uri } = await openSample(old);
    const { diagnostics } = await editor.nextPublished(uri, (params) => params.diagnostics.length > 0);
    expect(diagnostics.every(({ source }) => source === "dma-lens")).toBe(true);
  });

  test("explains an API name, and replays from the lens, as it is and with the fix", async () => {
    const { editor, uri } = await openSample();
    const position = positionAt(editor.text(uri), editor.text(uri).indexOf("remap_pfn_range") + 1);
    const hover = await editor.connection.sendRequest(HoverRequest.type, { textDocument: { uri }, position });
    expect(hover?.contents).toMatchObject({ kind: "markdown" });
    expect(JSON.stringify(hover)).toContain("executed on the simulated machines");

    const lenses: readonly CodeLens[] =
      (await editor.connection.sendRequest(CodeLensRequest.type, { textDocument: { uri } })) ?? [];
    const [first] = lenses;
    const lens = first && (await editor.connection.sendRequest(CodeLensResolveRequest.type, first));
    expect(lens?.command?.title).toMatch(/^Replay on /);
    const [, finding, platform] = (lens?.command?.arguments ?? []) as string[];
    const params = { textDocument: { uri }, finding, platform };
    const replay: ReplayResult = await editor.connection.sendRequest(requests.replay, params);
    expect(replay.replay.trace?.outcome.kind).toBe("harm");
    expect(Object.keys(replay.files)).toContain("sampler-data.c");
    const fix = replay.finding.fixes[0]?.id;
    const healed: ReplayResult = await editor.connection.sendRequest(requests.replayWithFix, { ...params, fix });
    expect(healed.platforms.filter(({ verdict }) => verdict === "sometimes" || verdict === "always")).toEqual([]);
  });
});
