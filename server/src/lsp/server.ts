/** The language server: glues requests to their handlers, and documents to the units that they belong to. */
import {
  type CancellationToken,
  CodeLensRefreshRequest,
  type Connection,
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  type DocumentDiagnosticReport,
  DocumentDiagnosticReportKind,
  TextDocuments,
} from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import type { requests } from "../../../client/shared/requests.ts";
import type { Engine } from "../host/engine.ts";
import { baseNameOf, folderOf, type Location, nameWithin } from "../host/location.ts";
import { relevanceOf } from "../host/relevance.ts";
import { isSourceName, type Overlay } from "../host/unit.ts";
import { EditorUnits } from "../host/editor-units.ts";
import { KeptReports } from "../host/kept-reports.ts";
import type { ResultCache } from "../host/result-cache.ts";
import { throwIfCancelled } from "./checked-document.ts";
import { codeAction } from "./code-action.ts";
import { codeActionResolve } from "./code-action-resolve.ts";
import { codeLens } from "./code-lens.ts";
import { codeLensResolve } from "./code-lens-resolve.ts";
import type { Handler, ServerContext } from "./context.ts";
import { diagnostic } from "./diagnostic.ts";
import { executeCommand } from "./execute-command.ts";
import { editorFiles } from "./files.ts";
import { findings } from "./findings.ts";
import { fix } from "./fix.ts";
import { answered, describe, guarded } from "./guard.ts";
import { hover } from "./hover.ts";
import { clientOf, serverCapabilities } from "./initialize.ts";
import { prove } from "./prove.ts";
import { createPublisher, type Publisher } from "./publish-diagnostics.ts";
import { replay, replayEdited } from "./replay.ts";
import { replayWithFix } from "./replay-with-fix.ts";
import { createSettingsStore } from "./settings-store.ts";
import { locationOfUri, uriOfLocation } from "./uris.ts";

/**
 * Milliseconds without an edit before a pulled diagnostic is computed, where the last one took longer than `quick`; a newer edit cancels
 * the pull meanwhile. What is quick is told at once.
 */
const quietTime = 120;
const quick = 100;

export interface ServerOptions {
  readonly engine: Engine;
  /** The page of a rule, as a URI. */
  readonly pageOf: (rule: string) => string | undefined;
  /** What was found before, and the name of this very program; without it everything is found anew. */
  readonly kept?: { readonly cache: ResultCache; readonly program: string } | undefined;
}

/** Serves one client on this connection, from `initialize` to `exit`. */
export function startServer(connection: Connection, { engine, pageOf, kept }: ServerOptions): void {
  const documents = new TextDocuments(TextDocument);
  const overlays = new Map<Location, Overlay>();
  const lastEdit = new Map<string, number>();
  let roots: readonly Location[] = [];
  let context: ServerContext | undefined;
  let publisher: Publisher | undefined;

  const contextOf = (): ServerContext => {
    if (context === undefined) throw new Error("a request came before initialize");
    return context;
  };

  connection.onInitialize((params) => {
    const client = clientOf(params);
    const folders = params.workspaceFolders?.map((folder) => folder.uri) ?? [];
    roots = folders.map(locationOfUri);
    const settings = createSettingsStore(
      connection,
      () => client.configuration,
      () => params.initializationOptions as unknown,
    );
    const files = editorFiles(connection, () => client.files);
    const relevance = relevanceOf(engine.catalogue);
    const nameOf = (location: Location): string => shownName(location, roots, overlays, documents);
    const host = { files, relevance, overlays, nameOf };
    context = {
      connection,
      documents,
      engine,
      client,
      units: new EditorUnits(engine, host, kept && new KeptReports(kept.cache, kept.program, host)),
      settingsOf: (uri) => settings.of(uri),
      pageOf,
      uriOf: (location) =>
        documents.all().find((document) => locationOfUri(document.uri) === location)?.uri ?? uriOfLocation(location),
      nameOf,
      log: (message) => connection.console.error(message),
    };
    const log = context.log;
    if (!client.pullsDiagnostics) {
      publisher = createPublisher(context, (work) => {
        work().catch((error: unknown) => log(describe("publishing", error)));
      });
    }
    connection.onDidChangeConfiguration((change) => {
      settings.changed(change.settings as unknown);
      refreshAll();
    });
    documents.onDidClose(({ document }) => settings.closed(document.uri));
    return serverCapabilities(client, engine.version);
  });

  connection.onInitialized(() => {
    const { client, log } = contextOf();
    const failed = (error: unknown): void => log(describe("registration", error));
    if (client.configuration) {
      connection.client.register(DidChangeConfigurationNotification.type, { section: "dmaLens" }).catch(failed);
    }
    if (client.watchedFiles) {
      connection.client
        .register(DidChangeWatchedFilesNotification.type, { watchers: [{ globPattern: "**/*.{c,h,ts}" }] })
        .catch(failed);
    }
    if (!client.workspaceFolders) return;
    connection.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
      const gone = new Set(removed.map((folder) => locationOfUri(folder.uri)));
      roots = [...roots.filter((root) => !gone.has(root)), ...added.map((folder) => locationOfUri(folder.uri))];
      refreshAll();
    });
  });

  /** Findings may have changed everywhere: settings, or files on the disk. */
  function refreshAll(): void {
    const { client, log } = contextOf();
    publisher?.everythingChanged();
    const failed = (error: unknown): void => log(describe("refresh", error));
    if (client.refreshesDiagnostics) connection.languages.diagnostics.refresh().catch(failed);
    if (client.refreshesLenses) connection.sendRequest(CodeLensRefreshRequest.type).catch(failed);
  }

  // ---------------------------------------------------------------- documents

  documents.onDidChangeContent(({ document }) => {
    const { uri, version, languageId } = document;
    const location = locationOfUri(uri);
    const source = languageId === "c" || languageId === "typescript";
    overlays.set(location, { location, text: document.getText(), version, source });
    lastEdit.set(uri, performance.now());
    publisher?.unitChanged(uri);
  });
  documents.onDidClose(({ document }) => {
    overlays.delete(locationOfUri(document.uri));
    lastEdit.delete(document.uri);
    contextOf().units.diskChanged();
    publisher?.closed(document.uri);
    publisher?.unitChanged(document.uri);
  });
  documents.onDidSave(({ document }) => {
    contextOf().units.diskChanged();
    publisher?.unitChanged(document.uri);
  });
  connection.onDidChangeWatchedFiles(() => {
    contextOf().units.diskChanged();
    refreshAll();
  });

  /** Waits until the document was left alone for a moment; a request that is cancelled meanwhile costs nothing. */
  async function quiet(uri: string, token: CancellationToken): Promise<void> {
    for (;;) {
      throwIfCancelled(token);
      if (contextOf().units.costOf(folderOf(locationOfUri(uri))) <= quick) return;
      const left = quietTime - (performance.now() - (lastEdit.get(uri) ?? 0));
      // A document that was just opened has never been edited: its findings come at once.
      if (left <= 0 || (documents.get(uri)?.version ?? 0) <= 1) return;
      await new Promise((resolve) => setTimeout(resolve, Math.min(left, 20)));
    }
  }
  const afterQuiet =
    <P extends { textDocument: { uri: string } }, R>(handler: Handler<P, R>): Handler<P, R> =>
    async (...[given, params, token]) => {
      await quiet(params.textDocument.uri, token);
      return handler(given, params, token);
    };

  // ---------------------------------------------------------------- requests

  const noItems: DocumentDiagnosticReport = { kind: DocumentDiagnosticReportKind.Full, items: [] };
  connection.languages.diagnostics.on(guarded(contextOf, "diagnostic", afterQuiet(diagnostic), () => noItems));
  connection.onCodeAction(guarded(contextOf, "codeAction", codeAction, () => []));
  connection.onCodeActionResolve(guarded(contextOf, "codeAction/resolve", codeActionResolve, (action) => action));
  connection.onCodeLens(guarded(contextOf, "codeLens", afterQuiet(codeLens), () => []));
  connection.onCodeLensResolve(guarded(contextOf, "codeLens/resolve", codeLensResolve, (lens) => lens));
  connection.onHover(guarded(contextOf, "hover", hover, () => null));
  connection.onExecuteCommand(answered(contextOf, "executeCommand", executeCommand));
  const own: Readonly<Record<keyof typeof requests, Handler<unknown, unknown>>> = {
    findings,
    prove,
    replay,
    replayWithFix,
    replayEdited,
    fix,
  };
  for (const [name, handler] of Object.entries(own)) {
    connection.onRequest(`dmaLens/${name}`, answered(contextOf, name, handler));
  }

  documents.listen(connection);
  connection.listen();
}

/** A file's name for people: within the workspace folder that holds it. An untitled document gets its language's ending. */
function shownName(
  location: Location,
  roots: readonly Location[],
  overlays: ReadonlyMap<Location, Overlay>,
  documents: TextDocuments<TextDocument>,
): string {
  if (location.startsWith("untitled:")) {
    const name = baseNameOf(location);
    const language = documents.get(location)?.languageId;
    return isSourceName(name) || !overlays.has(location) ? name : `${name}.${language === "typescript" ? "ts" : "c"}`;
  }
  // The innermost folder: workspace folders may lie in one another.
  const names = roots.map((root) => nameWithin(root, location));
  return names.reduce((shortest, name) => (name.length < shortest.length ? name : shortest), location);
}
