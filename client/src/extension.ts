/** The extension: starts the server when a document needs it, and registers commands and the replay panel. */
import { commands, type ExtensionContext, type TextDocument, window, workspace } from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { registerCommands } from "./commands.ts";
import { createLanguageClient } from "./language-client.ts";
import { needsServer } from "./languages.ts";
import { linkBase } from "./panel/open-link.ts";
import { ReplayPanels } from "./panel/replay-panels.ts";
import { explainRule } from "./rule-pages.ts";
import { showStatus } from "./status.ts";

let running: LanguageClient | undefined;

export function activate(context: ExtensionContext): void {
  const output = window.createOutputChannel("DMA Lens", { log: true });
  let starting: Promise<LanguageClient> | undefined;

  const client = (): Promise<LanguageClient> => {
    starting ??= (async () => {
      running = createLanguageClient(context, output);
      context.subscriptions.push(...showStatus(running));
      await running.start();
      return running;
    })();
    return starting;
  };
  const restart = async (): Promise<void> => {
    if (running === undefined) await client();
    else await running.restart();
  };
  const startFor = (document: TextDocument): void => {
    if (starting !== undefined || !needsServer(document)) return;
    client().catch((error: unknown) => {
      output.error(error instanceof Error ? error : String(error));
      void window.showErrorMessage("DMA Lens could not start; its output has the details.");
    });
  };

  const panels = new ReplayPanels(context, {
    client,
    explainRule: (rule) => explainRule(context, rule),
    log: (message) => output.error(message),
    extension: context.extensionUri,
    linkBase: linkBase(context.extension.id),
  });
  context.subscriptions.push(
    output,
    panels,
    ...registerCommands({ context, output, panels, client, restart }),
    window.registerUriHandler({
      handleUri: (uri) => void commands.executeCommand("dmaLens.openLink", uri.query),
    }),
    workspace.onDidOpenTextDocument(startFor),
    // TypeScript becomes a driver snippet when its import is typed.
    workspace.onDidChangeTextDocument(({ document }) => startFor(document)),
  );
  workspace.textDocuments.forEach(startFor);
}

export function deactivate(): Promise<void> | undefined {
  return running?.stop();
}
