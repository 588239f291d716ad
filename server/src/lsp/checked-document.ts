/** From a document's URI to what is known of it: the one way by which all requests come to the engine. */
import { type CancellationToken, LSPErrorCodes, ResponseError } from "vscode-languageserver/node";
import type { TextDocument } from "vscode-languageserver-textdocument";
import { byCodeUnit } from "../host/file-system.ts";
import { folderOf } from "../host/location.ts";
import { isSnippet } from "../host/relevance.ts";
import { analysisOptions } from "../host/settings.ts";
import type { CheckedDocument, ServerContext } from "./context.ts";
import { locationOfUri } from "./uris.ts";

/**
 * Analyses the unit of a document. Undefined when it is not of our languages, or switched off. A C file that is not open is read from
 * the disk: a client may pull for tabs that it has not opened yet.
 */
export async function checkedDocument(
  context: ServerContext,
  uri: string,
  token?: CancellationToken,
): Promise<CheckedDocument | undefined> {
  const document = context.documents.get(uri);
  if (document === undefined ? !/\.c$/.test(uri) : !isChecked(document)) return undefined;
  const settings = await context.settingsOf(uri);
  if (!settings.enable) return undefined;
  throwIfCancelled(token);
  const location = locationOfUri(uri);
  const folder = folderOf(location);
  // The same set for every document of the unit, so that they share one analysis.
  const open = context.documents
    .all()
    .filter((other) => isChecked(other) && folderOf(locationOfUri(other.uri)) === folder)
    .map((other) => context.nameOf(locationOfUri(other.uri)));
  const name = context.nameOf(location);
  const only = new Set([...open, name].sort(byCodeUnit));
  const options = { ...analysisOptions(settings), only };
  const snapshot = await context.units.analyse(folder, options);
  throwIfCancelled(token);
  return { uri, location, name, folder, settings, options, snapshot };
}

/** C, or a TypeScript driver snippet. A header is read with the sources that include it. */
export function isChecked(document: TextDocument): boolean {
  if (document.languageId === "c") return !/\.h$/.test(document.uri);
  return document.languageId === "typescript" && isSnippet(document.getText());
}

/** A newer request makes this one needless: the client is told so, and asks again if it still cares. */
export function throwIfCancelled(token: CancellationToken | undefined): void {
  if (token?.isCancellationRequested === true) {
    throw new ResponseError(LSPErrorCodes.RequestCancelled, "The request was cancelled.");
  }
}
