/** A small editor: starts a server over stdio, keeps documents in step, and collects what the server says. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished } from "vitest";
import {
  type ClientCapabilities,
  type CodeAction,
  CodeActionRequest,
  ConfigurationRequest,
  createProtocolConnection,
  type Diagnostic,
  DidChangeTextDocumentNotification,
  DidCloseTextDocumentNotification,
  DidOpenTextDocumentNotification,
  DocumentDiagnosticRequest,
  ExitNotification,
  InitializedNotification,
  InitializeRequest,
  type InitializeResult,
  LogMessageNotification,
  type ProtocolConnection,
  PublishDiagnosticsNotification,
  type PublishDiagnosticsParams,
  type Range,
  RegistrationRequest,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
  type TextEdit,
  WorkDoneProgressCreateRequest,
  type WorkspaceEdit,
} from "vscode-languageserver-protocol/node";

export interface EditorOptions {
  readonly server?: readonly string[];
  readonly capabilities?: ClientCapabilities;
  readonly initializationOptions?: unknown;
  readonly workspaceFolder?: string;
  /** Answers `workspace/configuration` for the section `dmaLens` of a resource. */
  readonly settings?: (uri: string | undefined) => unknown;
}

/** What VS Code's client can do, as far as this server asks. */
export const modern: ClientCapabilities = {
  textDocument: {
    diagnostic: {
      relatedDocumentSupport: true,
      relatedInformation: true,
      codeDescriptionSupport: true,
      dataSupport: true,
    },
    publishDiagnostics: { relatedInformation: true, codeDescriptionSupport: true },
    codeAction: { resolveSupport: { properties: ["edit"] }, dataSupport: true },
    hover: { contentFormat: ["markdown", "plaintext"] },
  },
  workspace: {
    configuration: true,
    workspaceEdit: { documentChanges: true },
    diagnostics: { refreshSupport: true },
    codeLens: { refreshSupport: true },
    didChangeWatchedFiles: { dynamicRegistration: true },
  },
};

/** What Eglot of Emacs 28 or Neovim 0.7 can do: no pull, no resolve, no versioned edits. */
export const old: ClientCapabilities = {
  textDocument: { publishDiagnostics: { relatedInformation: true } },
};

interface OpenDocument {
  version: number;
  text: string;
}

const fakeServer = ["--import", "tsx", path.join(import.meta.dirname, "fake-server.ts")];

export class Editor {
  readonly connection: ProtocolConnection;
  readonly process: ChildProcessWithoutNullStreams;
  readonly published: PublishDiagnosticsParams[] = [];
  readonly log: string[] = [];
  readonly registered: string[] = [];
  refreshes = 0;
  initialized!: InitializeResult;
  #stopped = false;
  readonly #documents = new Map<string, OpenDocument>();

  private constructor(options: EditorOptions) {
    this.process = spawn(process.execPath, [...(options.server ?? fakeServer), "--stdio"], { stdio: "pipe" });
    this.process.stderr.on("data", (chunk: Buffer) => this.log.push(`stderr: ${chunk.toString()}`));
    this.connection = createProtocolConnection(
      new StreamMessageReader(this.process.stdout),
      new StreamMessageWriter(this.process.stdin),
    );
    this.connection.onNotification(PublishDiagnosticsNotification.type, (params) => void this.published.push(params));
    this.connection.onNotification(LogMessageNotification.type, ({ message }) => void this.log.push(message));
    this.connection.onRequest(RegistrationRequest.type, ({ registrations }) => {
      this.registered.push(...registrations.map(({ method }) => method));
    });
    this.connection.onRequest(WorkDoneProgressCreateRequest.type, () => undefined);
    this.connection.onRequest("workspace/diagnostic/refresh", () => {
      this.refreshes++;
      return null;
    });
    this.connection.onRequest("workspace/codeLens/refresh", () => null);
    this.connection.onRequest(ConfigurationRequest.type, ({ items }) =>
      items.map((item) => options.settings?.(item.scopeUri) ?? null),
    );
    this.connection.listen();
  }

  /** Starts a server, which is stopped when the test ends. */
  static async start(options: EditorOptions = {}): Promise<Editor> {
    const editor = new Editor(options);
    onTestFinished(() => editor.stop());
    const folder = options.workspaceFolder;
    editor.initialized = await editor.connection.sendRequest(InitializeRequest.type, {
      processId: process.pid,
      // The protocol still wants the deprecated field.
      // eslint-disable-next-line @typescript-eslint/no-deprecated
      rootUri: null,
      capabilities: options.capabilities ?? modern,
      initializationOptions: options.initializationOptions,
      workspaceFolders:
        folder === undefined ? null : [{ name: path.basename(folder), uri: pathToFileURL(folder).href }],
    });
    await editor.connection.sendNotification(InitializedNotification.type, {});
    return editor;
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    if (this.process.exitCode === null) {
      await this.connection.sendRequest(ShutdownRequest.type);
      await this.connection.sendNotification(ExitNotification.type);
    }
    this.connection.dispose();
    this.process.kill();
  }

  async open(uri: string, text: string, languageId = "c"): Promise<void> {
    this.#documents.set(uri, { version: 1, text });
    const textDocument = { uri, languageId, version: 1, text };
    await this.connection.sendNotification(DidOpenTextDocumentNotification.type, { textDocument });
  }

  /** Replaces the first occurrence of a piece of text, by an incremental change. */
  async replace(uri: string, from: string, to: string): Promise<void> {
    const at = this.text(uri).indexOf(from);
    expect(at, `'${from}' is in ${uri}`).toBeGreaterThanOrEqual(0);
    const range = { start: positionAt(this.text(uri), at), end: positionAt(this.text(uri), at + from.length) };
    await this.edit(uri, [{ range, newText: to }]);
  }

  async edit(uri: string, edits: readonly TextEdit[]): Promise<void> {
    const document = this.#document(uri);
    document.text = applied(document.text, edits);
    document.version++;
    // From the end to the start, so that each change's range still means the text before all of them.
    const ordered = [...edits].sort((a, b) => comparePositions(b.range.start, a.range.start));
    await this.connection.sendNotification(DidChangeTextDocumentNotification.type, {
      textDocument: { uri, version: document.version },
      contentChanges: ordered.map(({ range, newText }) => ({ range, text: newText })),
    });
  }

  /** Applies an edit as an editor does: refuses one that was made for another version. */
  async apply(edit: WorkspaceEdit | undefined): Promise<void> {
    for (const change of edit?.documentChanges ?? []) {
      if (!("edits" in change)) throw new Error("only text edits are expected");
      const { uri, version } = change.textDocument;
      expect(version, "the version that the edit was made for").toBe(this.#document(uri).version);
      await this.edit(
        uri,
        change.edits.filter((one) => "newText" in one),
      );
    }
    for (const [uri, edits] of Object.entries(edit?.changes ?? {})) await this.edit(uri, edits);
  }

  async close(uri: string): Promise<void> {
    this.#documents.delete(uri);
    await this.connection.sendNotification(DidCloseTextDocumentNotification.type, { textDocument: { uri } });
  }

  text(uri: string): string {
    return this.#document(uri).text;
  }

  version(uri: string): number {
    return this.#document(uri).version;
  }

  async pull(uri: string): Promise<readonly Diagnostic[]> {
    const report = await this.connection.sendRequest(DocumentDiagnosticRequest.type, { textDocument: { uri } });
    if (report.kind !== "full") throw new Error("a full report was expected");
    return report.items;
  }

  /** The first publication for a document that is newer than what was seen and satisfies the condition. */
  async nextPublished(
    uri: string,
    wanted: (params: PublishDiagnosticsParams) => boolean,
  ): Promise<PublishDiagnosticsParams> {
    for (let waited = 0; waited < 10_000; waited += 10) {
      const found = this.published.findLast((params) => params.uri === uri);
      if (found !== undefined && wanted(found)) return found;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`nothing was published for ${uri}: ${JSON.stringify(this.published)} ${this.log.join("\n")}`);
  }

  async actions(uri: string, range: Range): Promise<readonly CodeAction[]> {
    const params = { textDocument: { uri }, range, context: { diagnostics: [] } };
    const actions = await this.connection.sendRequest(CodeActionRequest.type, params);
    return (actions ?? []).filter(
      (action): action is CodeAction => !("command" in action && typeof action.command === "string"),
    );
  }

  #document(uri: string): OpenDocument {
    const document = this.#documents.get(uri);
    if (document === undefined) throw new Error(`${uri} is not open`);
    return document;
  }
}

function applied(text: string, edits: readonly TextEdit[]): string {
  const ordered = [...edits].sort((a, b) => comparePositions(b.range.start, a.range.start));
  return ordered.reduce(
    (result, { range, newText }) =>
      result.slice(0, offsetAt(text, range.start)) + newText + result.slice(offsetAt(text, range.end)),
    text,
  );
}

function comparePositions(a: Range["start"], b: Range["start"]): number {
  return a.line - b.line || a.character - b.character;
}

function offsetAt(text: string, position: Range["start"]): number {
  const lines = text.split("\n");
  return lines.slice(0, position.line).reduce((sum, line) => sum + line.length + 1, 0) + position.character;
}

export function positionAt(text: string, offset: number): Range["start"] {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length - 1, character: (before.at(-1) ?? "").length };
}
