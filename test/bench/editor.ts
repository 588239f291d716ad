/** The real server over stdio, as an editor starts it, and what it costs. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
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
import type { Change } from "./typing.ts";

export interface Editor {
  initialize(): Promise<void>;
  open(uri: string, text: string): Promise<void>;
  close(uri: string): Promise<void>;
  /** Sends one change of the document, which is `text` before it; the text after it. */
  change(uri: string, text: string, change: Change): Promise<string>;
  /** Number of findings. */
  pull(uri: string): Promise<number>;
  /** MB that the process holds. From /proc, as the rest: Linux only. */
  memory(): number;
  /** Milliseconds of CPU time of all threads so far, in steps of a clock tick (10 ms). */
  cpu(): number;
  /** Milliseconds of CPU time of the thread that answers: what an answer takes where nobody else wants the machine. */
  thread(): number;
  stop(): Promise<void>;
}

/** Starts the server at this path; `options` are for Node itself. */
export function startEditor(server: string, options: readonly string[], environment: NodeJS.ProcessEnv): Editor {
  const child = spawn(process.execPath, [...options, server, "--stdio"], { stdio: "pipe", env: environment });
  child.stderr.pipe(process.stderr);
  const connection = createProtocolConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  connection.onRequest("workspace/configuration", ({ items }: { items: unknown[] }) => items.map(() => null));
  connection.onRequest("workspace/diagnostic/refresh", () => null);
  connection.onRequest("client/registerCapability", () => null);
  connection.listen();
  const pid = child.pid ?? 0;
  let version = 1;
  return {
    async initialize() {
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
    async open(uri, text) {
      await connection.sendNotification(DidOpenTextDocumentNotification.type, {
        textDocument: { uri, languageId: "c", version: 1, text },
      });
    },
    async close(uri) {
      await connection.sendNotification(DidCloseTextDocumentNotification.type, { textDocument: { uri } });
    },
    async change(uri, text, { start, end, text: inserted }) {
      version++;
      await connection.sendNotification(DidChangeTextDocumentNotification.type, {
        textDocument: { uri, version },
        contentChanges: [{ range: { start: positionOf(text, start), end: positionOf(text, end) }, text: inserted }],
      });
      return text.slice(0, start) + inserted + text.slice(end);
    },
    async pull(uri) {
      const report = await connection.sendRequest(DocumentDiagnosticRequest.type, { textDocument: { uri } });
      return report.kind === "full" ? report.items.length : -1;
    },
    memory: () => Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024,
    cpu: () => {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const [user = 0, system = 0] = stat.slice(stat.lastIndexOf(")")).split(" ").slice(12, 14).map(Number);
      return (user + system) * 10;
    },
    thread: () => Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ")[0]) / 1e6,
    async stop() {
      await connection.sendRequest(ShutdownRequest.type);
      const gone = new Promise((resolve) => child.once("exit", resolve));
      await connection.sendNotification(ExitNotification.type);
      await gone;
      connection.dispose();
    },
  };
}

function positionOf(text: string, offset: number): { line: number; character: number } {
  let line = 0;
  let start = 0;
  for (let next = text.indexOf("\n"); next >= 0 && next < offset; next = text.indexOf("\n", start)) {
    line++;
    start = next + 1;
  }
  return { line, character: offset - start };
}
