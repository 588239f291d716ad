/** The command line as a process: exit status, pipes, and the committed entry. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { driver, folderWith } from "./cli-in-process.ts";

const cli = [process.execPath, "--import", "tsx", path.join(import.meta.dirname, "fake-cli.ts")];
const root = path.resolve(import.meta.dirname, "../..");

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly error: string;
}
function start(command: readonly string[], cwd: string): Ended {
  const [program = "", ...words] = command;
  const { status, stdout, stderr } = spawnSync(program, words, { cwd, encoding: "utf8", maxBuffer: 1e9 });
  return { status, out: stdout, error: stderr };
}
/** Through a shell, run from the checkout so that tsx is found. */
function shell(script: string, folder: string): Ended {
  return start(
    ["bash", "-c", script.replaceAll("CLI", cli.map((word) => `'${word}'`).join(" ")), "bash", folder],
    root,
  );
}

describe("the process", () => {
  test.each([
    ["clean", "quiet", 0],
    ["findings", "drv", 1],
    ["nothing there", "none", 2],
  ])("%s: exit status", (_, name, status) => {
    const folder = folderWith(driver);
    expect(start([...cli, "check", path.join(folder, name)], root).status).toBe(status);
  });

  test("an error inside is told, with exit status 2", () => {
    const folder = folderWith({ "a.c": `#pragma throw\n${driver["drv/map.c"]}` });
    const { status, out, error } = start([...cli, "check", folder], root);
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(error).toContain("internal error, please report it\nError: the fake engine was told to throw");
  });

  test("a long output comes whole through a pipe", () => {
    const folder = folderWith({ "a.c": driver["drv/map.c"].repeat(400) });
    const { status, out } = start([...cli, "check", "--format", "json", folder], root);
    expect(status).toBe(1);
    expect((JSON.parse(out) as { findings: unknown[] }).findings).toHaveLength(400);
  });

  test("a closed pipe is quiet", () => {
    const folder = folderWith({ "a.c": driver["drv/map.c"].repeat(400) });
    const { out, error } = shell('CLI check --format json "$1" | head -1; echo "status ${PIPESTATUS[0]}"', folder);
    expect(error).toBe("");
    expect(out.split("\n")).toEqual(["{", "status 1", ""]);
  });

  test("two runs give the same bytes", () => {
    const folder = folderWith({ ...driver, "b/b.c": driver["drv/map.c"], "a/a.c": driver["drv/map.c"] });
    const once = (): string => start([...cli, "check", "--preview", folder], root).out;
    expect(once()).toBe(once());
  });
});

describe("bin/dma-lens.mjs", () => {
  function installed(bundles: Record<string, string>): string {
    const folder = folderWith({});
    mkdirSync(path.join(folder, "server/bin"), { recursive: true });
    mkdirSync(path.join(folder, "dist"));
    const entry = path.join(folder, "server/bin/dma-lens.mjs");
    copyFileSync(path.join(root, "server/bin/dma-lens.mjs"), entry);
    for (const [name, text] of Object.entries(bundles)) writeFileSync(path.join(folder, "dist", name), text);
    return entry;
  }

  test("says what to do when it is not built", () => {
    const { status, error } = start([process.execPath, installed({}), "check", "."], "/");
    expect({ status, error }).toEqual({
      status: 2,
      error: "dma-lens is not built yet. In its folder run:\n  npm ci && npm run build\n",
    });
  });

  test("gives its words to the command line", () => {
    const entry = installed({ "cli.cjs": "exports.main = async (words) => console.log(JSON.stringify(words));" });
    expect(start([process.execPath, entry, "check", "a b"], "/").out).toBe('["check","a b"]\n');
  });

  test("starts the language server, over stdio only", () => {
    const entry = installed({ "server.cjs": "console.log('server', process.argv.slice(2).join(' '));" });
    expect(start([process.execPath, entry, "lsp", "--stdio"], "/")).toEqual({
      status: 0,
      out: "server lsp --stdio\n",
      error: "",
    });
    for (const words of [["lsp"], ["lsp", "--port", "1"]]) {
      const { status, error } = start([process.execPath, entry, ...words], "/");
      expect({ status, told: error.includes("lsp wants --stdio") }).toEqual({ status: 2, told: true });
    }
  });
});
