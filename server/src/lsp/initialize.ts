/** `initialize`: what the client can do, and what this server offers it. */
import {
  CodeActionKind,
  type InitializeParams,
  type InitializeResult,
  TextDocumentSyncKind,
} from "vscode-languageserver/node";
import type { InitializationOptions } from "../../../client/shared/requests.ts";
import type { Client } from "./context.ts";
import { replayCommand } from "./execute-command.ts";

export function clientOf({ capabilities, initializationOptions }: InitializeParams): Client {
  const { textDocument, window, workspace } = capabilities;
  const options = initializationOptionsOf(initializationOptions);
  const diagnostic = textDocument?.diagnostic;
  const published = textDocument?.publishDiagnostics;
  // The pull model has fields of its own since LSP 3.18; older clients mean the push model's for both.
  return {
    pullsDiagnostics: diagnostic !== undefined,
    refreshesDiagnostics: workspace?.diagnostics?.refreshSupport === true,
    refreshesLenses: workspace?.codeLens?.refreshSupport === true,
    relatedInformation: (diagnostic?.relatedInformation ?? published?.relatedInformation) === true,
    codeDescription: (diagnostic?.codeDescriptionSupport ?? published?.codeDescriptionSupport) === true,
    resolvesActionEdits: textDocument?.codeAction?.resolveSupport?.properties.includes("edit") === true,
    versionedEdits: workspace?.workspaceEdit?.documentChanges === true,
    markdown: textDocument?.hover?.contentFormat?.includes("markdown") === true,
    progress: window?.workDoneProgress === true,
    configuration: workspace?.configuration === true,
    watchedFiles: workspace?.didChangeWatchedFiles?.dynamicRegistration === true,
    workspaceFolders: workspace?.workspaceFolders === true,
    commands: options.commands === true,
    files: options.files === true,
  };
}

export function serverCapabilities(client: Client, version: string): InitializeResult {
  return {
    serverInfo: { name: "dma-lens", version },
    capabilities: {
      textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: { includeText: false } },
      ...(client.pullsDiagnostics && {
        diagnosticProvider: {
          identifier: "dma-lens",
          // An edit in one file of a driver changes findings in the others.
          interFileDependencies: true,
          workspaceDiagnostics: false,
        },
      }),
      codeActionProvider: {
        codeActionKinds: [CodeActionKind.QuickFix],
        ...(client.resolvesActionEdits && { resolveProvider: true }),
      },
      codeLensProvider: { resolveProvider: true },
      hoverProvider: true,
      // This extension's own client has the commands; a client that registers what is named here would have them twice.
      ...(!client.commands && { executeCommandProvider: { commands: [replayCommand] } }),
      ...(client.workspaceFolders && {
        workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
      }),
    },
  };
}

function initializationOptionsOf(value: unknown): InitializationOptions {
  if (typeof value !== "object" || value === null) return {};
  return {
    commands: "commands" in value && value.commands === true,
    files: "files" in value && value.files === true,
  };
}
