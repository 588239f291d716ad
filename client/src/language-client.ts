/** The connection to the language server, a Node process that VS Code starts. */
import { type ExtensionContext, languages, type LogOutputChannel, Uri, workspace } from "vscode";
import {
  type DocumentSelector,
  LanguageClient,
  type LanguageClientOptions,
  RevealOutputChannelOn,
  type ServerOptions,
  TransportKind,
} from "vscode-languageclient/node";
import { fileRequests, type InitializationOptions, type UriParams } from "../shared/requests.ts";
import { documentSelector } from "./languages.ts";

export function createLanguageClient(context: ExtensionContext, output: LogOutputChannel): LanguageClient {
  const module = context.asAbsolutePath("dist/server.cjs");
  const server: ServerOptions = {
    run: { module, transport: TransportKind.ipc },
    debug: { module, transport: TransportKind.ipc, options: { execArgv: ["--nolazy", "--inspect=6061"] } },
  };
  const initializationOptions: InitializationOptions = { commands: true, files: true };
  const options: LanguageClientOptions = {
    documentSelector,
    initializationOptions,
    outputChannel: output,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    // In full: a partial object would switch off what it does not name.
    diagnosticPullOptions: { onChange: true, onSave: true, onFocus: true, onTabs: true, match: matchesTab },
  };
  const client = new LanguageClient("dmaLens", "DMA Lens", server, options);
  answerFileRequests(client);
  return client;
}

/** A tab that was not opened yet has no language: its name decides. TypeScript waits until it is opened. */
function matchesTab(_: DocumentSelector, resource: Uri): boolean {
  return resource.path.endsWith(".c");
}

/** Reads for the server what is not on its disk: the files of a virtual workspace. */
function answerFileRequests(client: LanguageClient): void {
  client.onRequest(fileRequests.stamp, async ({ uri }: UriParams) => {
    try {
      const { mtime, size } = await workspace.fs.stat(Uri.parse(uri, true));
      return `${mtime}:${size}`;
    } catch {
      return null;
    }
  });
  client.onRequest(fileRequests.read, async ({ uri }: UriParams) => {
    try {
      return new TextDecoder().decode(await workspace.fs.readFile(Uri.parse(uri, true)));
    } catch {
      return null;
    }
  });
  client.onRequest(fileRequests.list, async ({ uri }: UriParams) => {
    try {
      const entries = await workspace.fs.readDirectory(Uri.parse(uri, true));
      // FileType.File is 1; a link to a file has the bit too.
      return entries.filter(([, type]) => (type & 1) !== 0).map(([name]) => name);
    } catch {
      return [];
    }
  });
}

/** Whether the selector of this extension matches a document that is shown. */
export function isOurs(document: Parameters<typeof languages.match>[1]): boolean {
  return languages.match(documentSelector, document) > 0;
}
