/**
 * What the extension asks the language server beyond LSP, and what the server tells it: methods with their parameters and results.
 * Both sides import this file, and nothing else of each other. A finding is named by its document and its fingerprint.
 * A request fails with a sentence for people when the finding is gone or cannot be executed.
 */
import type { PanelFinding, PanelPlatform, PanelReplay, PanelToggle } from "./protocol.ts";

/** `initializationOptions` of this extension. Other clients send none of it, and get plain LSP. */
export interface InitializationOptions {
  /** The client has the commands `dmaLens.*` and the replay panel: code lenses and actions may use them. */
  readonly commands?: boolean;
  /** The client answers `files.*` for documents that are not on the server's disk. */
  readonly files?: boolean;
}

/** Commands of the extension that the server's lenses and actions call. */
export const commands = {
  /** Arguments: the document's URI, the finding's fingerprint, and optionally a platform's id. */
  replay: "dmaLens.replay",
  /** Argument: the rule's id. */
  explainRule: "dmaLens.explainRule",
} as const;

export const requests = {
  /** → FindingsResult */
  findings: "dmaLens/findings",
  /** ProveParams → ProveResult */
  prove: "dmaLens/prove",
  /** ReplayParams → ReplayResult */
  replay: "dmaLens/replay",
  /** ReplayWithFixParams → ReplayResult */
  replayWithFix: "dmaLens/replayWithFix",
  /** ReplayEditedParams → ReplayResult */
  replayEdited: "dmaLens/replayEdited",
  /** FixParams → WorkspaceEdit of LSP, versioned where the document is open */
  fix: "dmaLens/fix",
} as const;

/** From the server to the extension: files that only the editor can read (virtual workspaces). */
export const fileRequests = {
  /** UriParams → string | null; changes when the content does, null when there is no such file */
  stamp: "dmaLens/files/stamp",
  /** UriParams → string | null: the text */
  read: "dmaLens/files/read",
  /** UriParams → string[]: names of the files in a folder */
  list: "dmaLens/files/list",
} as const;

export const notifications = {
  /** From the server: UnitStatus */
  status: "dmaLens/status",
} as const;

export interface UriParams {
  readonly uri: string;
}
export interface DocumentParams {
  readonly textDocument: { readonly uri: string };
}
export interface FindingParams extends DocumentParams {
  readonly finding: string;
}
export interface ProveParams extends FindingParams {
  /** Prove the text with this fix applied. */
  readonly fix?: string;
}
export interface ReplayParams extends FindingParams {
  /** Without it: the first chosen platform on which the finding does harm, else the first chosen one. */
  readonly platform?: string;
  readonly schedule?: string;
}
export interface ReplayWithFixParams extends FindingParams {
  readonly platform: string;
  readonly fix: string;
}
export interface ReplayEditedParams extends FindingParams {
  readonly platform: string;
  /** Ids of `ReplayResult.toggles`. */
  readonly toggles: readonly string[];
}
export interface FixParams extends FindingParams {
  readonly fix: string;
}

export interface FindingsResult {
  readonly findings: readonly (PanelFinding & { readonly fingerprint: string; readonly provable: boolean })[];
}

export interface ProveResult {
  /** The chosen platforms, each with its verdict. */
  readonly platforms: readonly PanelPlatform[];
}

export interface ReplayResult {
  readonly finding: PanelFinding;
  /** All platforms of the chooser; verdicts are there where they are known already. */
  readonly platforms: readonly PanelPlatform[];
  readonly replay: PanelReplay;
  /** Calls of the functions on the finding's path that can be dropped, and calls that can be added there. */
  readonly toggles: readonly PanelToggle[];
  /** The names of files in the finding and the trace → URIs. */
  readonly files: Readonly<Record<string, string>>;
}

/** What was understood of a document's unit. */
export interface UnitStatus {
  readonly uri: string;
  /** Of this document. */
  readonly findings: number;
  /** Of the whole unit. */
  readonly functions: number;
  readonly gaps: number;
}
