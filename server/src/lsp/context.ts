/** What every request handler gets. */
import type { CancellationToken, Connection, TextDocuments } from "vscode-languageserver/node";
import type { TextDocument } from "vscode-languageserver-textdocument";
import type { AnalysisOptions, Engine } from "../host/engine.ts";
import type { Location } from "../host/location.ts";
import type { Settings } from "../host/settings.ts";
import type { UnitSnapshot, UnitStore } from "../host/unit-store.ts";

/** What the client can do, as far as an answer depends on it. */
export interface Client {
  /** Pulls diagnostics; otherwise they are pushed. */
  readonly pullsDiagnostics: boolean;
  readonly refreshesDiagnostics: boolean;
  readonly refreshesLenses: boolean;
  readonly relatedInformation: boolean;
  readonly codeDescription: boolean;
  readonly resolvesActionEdits: boolean;
  readonly versionedEdits: boolean;
  readonly markdown: boolean;
  readonly progress: boolean;
  readonly configuration: boolean;
  readonly watchedFiles: boolean;
  readonly workspaceFolders: boolean;
  /** Has this extension's commands and panel. */
  readonly commands: boolean;
  /** Reads files for the server that are not on its disk. */
  readonly files: boolean;
}

export interface ServerContext {
  readonly connection: Connection;
  readonly documents: TextDocuments<TextDocument>;
  readonly engine: Engine;
  readonly units: UnitStore;
  readonly client: Client;
  /** Settings of one document. */
  readonly settingsOf: (uri: string) => Promise<Settings>;
  /** The page of a rule, as a URI; undefined when this build has no pages. */
  readonly pageOf: (rule: string) => string | undefined;
  /** An open document's own URI where there is one. */
  readonly uriOf: (location: Location) => string;
  readonly nameOf: (location: Location) => string;
  readonly log: (message: string) => void;
}

/** A document that is checked, with the state of its unit. */
export interface CheckedDocument {
  /** As the client spells it. */
  readonly uri: string;
  readonly location: Location;
  /** Its name in the engine. */
  readonly name: string;
  readonly folder: Location;
  readonly settings: Settings;
  readonly options: AnalysisOptions;
  readonly snapshot: UnitSnapshot;
}

export type Handler<P, R> = (context: ServerContext, params: P, token: CancellationToken) => Promise<R>;
