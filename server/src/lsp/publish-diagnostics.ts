/** `textDocument/publishDiagnostics`, for clients that do not pull. */
import type { TextDocument } from "vscode-languageserver-textdocument";
import { folderOf } from "../host/location.ts";
import type { ServerContext } from "./context.ts";
import { diagnosticsOf } from "./diagnostic.ts";
import { locationOfUri } from "./uris.ts";

/** Milliseconds without an edit before findings are published: typing is not interrupted by half a line's errors. */
const quietTime = 200;

export interface Publisher {
  /** Publishes, soon, for all open documents of the unit that this document belongs to. */
  unitChanged(uri: string): void;
  /** Publishes, soon, for all open documents. */
  everythingChanged(): void;
  closed(uri: string): void;
}

export function createPublisher(context: ServerContext, guard: (work: () => Promise<void>) => void): Publisher {
  const waiting = new Map<string, ReturnType<typeof setTimeout>>();

  const publishSoon = (document: TextDocument): void => {
    const { uri } = document;
    clearTimeout(waiting.get(uri));
    const timer = setTimeout(() => {
      waiting.delete(uri);
      guard(() => publish(uri));
    }, quietTime);
    waiting.set(uri, timer);
  };
  const publish = async (uri: string): Promise<void> => {
    const diagnostics = await diagnosticsOf(context, uri);
    const version = context.documents.get(uri)?.version;
    if (version === undefined) return;
    await context.connection.sendDiagnostics({ uri, version, diagnostics });
  };

  return {
    unitChanged(uri) {
      const folder = folderOf(locationOfUri(uri));
      for (const document of context.documents.all()) {
        if (folderOf(locationOfUri(document.uri)) === folder) publishSoon(document);
      }
    },
    everythingChanged() {
      context.documents.all().forEach(publishSoon);
    },
    closed(uri) {
      clearTimeout(waiting.get(uri));
      waiting.delete(uri);
      void context.connection.sendDiagnostics({ uri, diagnostics: [] });
    },
  };
}
