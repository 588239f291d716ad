/**
 * The messages between the extension host and the replay panel: one typed union for each way, versioned.
 * Everything is plain JSON. Lines and columns count from 1. The panel gets its theme from VS Code's style variables, so no
 * message speaks of it. Both sides parse what they receive; what does not parse is dropped.
 *
 * A session of the panel: the panel says `ready` (after a restore, with the state that it kept); the host answers `init`,
 * which holds all that is shown. From then on the panel asks (`choosePlatform`, `replayWithFix`, `replayAsIs`, …) and the host
 * answers with `busy` at once, and then with `trace` or `failed`. When the driver's text changes, the host says `outdated`.
 */
import type { Trace, TraceRange, Verdict } from "@dma-lens/engine/trace";

/** Raised when a message changes its meaning. A panel restored from an older version starts afresh from its `state`. */
export const protocolVersion = 1;

// ---------------------------------------------------------------- what is shown

/** The finding that the panel proves. Absent from `init` when the panel shows a trace file instead. */
export interface PanelFinding {
  /** "dma/coherent-virt-to-page" */
  readonly rule: string;
  readonly severity: "error" | "warning" | "hint";
  readonly message: string;
  readonly function: string;
  /** Where it is: `file` is the name to show, relative to the workspace. */
  readonly range: TraceRange;
  readonly path: readonly { readonly range: TraceRange; readonly note: string }[];
  readonly fixes: readonly PanelFix[];
}

export interface PanelFix {
  /** Unique among the finding's fixes. */
  readonly id: string;
  readonly title: string;
  readonly safety: "safe" | "review";
}

/** One row of the verdict table, and one choice of the platform chooser. */
export interface PanelPlatform {
  readonly id: string;
  readonly title: string;
  readonly tier: "core" | "expert";
  readonly coherent: boolean;
  /** One line for a tooltip. */
  readonly summary: string;
  /** The finding's verdict; absent while it is not known yet (a later `verdicts` brings it). */
  readonly verdict?: Verdict;
  /** Why that verdict, as one sentence. */
  readonly sentence?: string;
}

/** Which text was executed: the driver as it stands, or changed in memory: by a fix, or by calls that were dropped and added. */
export type PanelVariant =
  | { readonly kind: "as-is" }
  | { readonly kind: "fixed"; readonly fix: string }
  | { readonly kind: "edited"; readonly toggles: readonly string[] };

/** A call of the DMA API that can be dropped or added, to see what it is good for. */
export interface PanelToggle {
  /** Names the call by its function, its name and its number there, so that it survives edits elsewhere. */
  readonly id: string;
  readonly kind: "drop" | "add";
  /** Of one that is added: before or after the statement in `range`. */
  readonly where?: "before" | "after";
  readonly what: "map" | "unmap" | "sync" | "barrier";
  /** "dma_sync_single_for_cpu(dev, handle, 64, DMA_FROM_DEVICE)" */
  readonly code: string;
  /** The call, or the statement that an added one comes before or after. */
  readonly range: TraceRange;
  readonly function: string;
}

/** A second run, beside the one that is shown. */
export interface PanelComparison {
  readonly platform: string;
  readonly variant: PanelVariant;
}

/** One replay: a trace and what it was asked for. `trace` is absent when it could not be executed; `sentence` says why. */
export interface PanelReplay {
  readonly variant: PanelVariant;
  readonly platform: string;
  readonly verdict: Verdict;
  readonly sentence: string;
  readonly trace?: Trace;
}

// ---------------------------------------------------------------- state

/** What a panel keeps with `setState`, and what finds the same replay again after the window was reloaded. */
export interface PanelState {
  readonly version: typeof protocolVersion;
  /** The document of the finding, or the trace file. */
  readonly uri: string;
  /** The finding's fingerprint; absent for a trace file. */
  readonly finding?: string;
  readonly platform: string;
  readonly variant: PanelVariant;
  /** Replays that very run: `Trace.schedule`. */
  readonly schedule?: string;
  /** `TraceEvent.step` that was shown. */
  readonly step: number;
  readonly compare?: PanelComparison;
}

/** `html`: one file that opens in any browser, with the whole panel. `svg`: the picture of one step. `markdown`: for a mail. */
export type ExportFormat = "json" | "html" | "svg" | "markdown";

// ---------------------------------------------------------------- host → panel

export type HostMessage = { readonly version: typeof protocolVersion } & (
  | {
      readonly kind: "init";
      readonly finding?: PanelFinding;
      /** In the order of the chooser: core first. */
      readonly platforms: readonly PanelPlatform[];
      readonly replay: PanelReplay;
      /** What the panel keeps; it changes `step` itself, and the rest with each `trace`. */
      readonly state: PanelState;
      readonly other?: PanelReplay;
      /** In the order of the source. Absent where nothing can be toggled: in a trace file. */
      readonly toggles?: readonly PanelToggle[];
    }
  /** Verdicts that were not known at `init`; replaces the rows of the same ids. `variant` says for which text. */
  | { readonly kind: "verdicts"; readonly variant: PanelVariant; readonly platforms: readonly PanelPlatform[] }
  /** The answer to `choosePlatform`, `replayWithFix` and `replayAsIs`: show this from its first step. */
  | { readonly kind: "trace"; readonly replay: PanelReplay; readonly state: PanelState }
  /** The answer to `compareWith`, and to `compareNone` (without a replay): the second run. */
  | { readonly kind: "compare"; readonly replay?: PanelReplay; readonly state: PanelState }
  /** Something that was asked for is done: a link is copied, a file is saved. */
  | { readonly kind: "done"; readonly sentence: string }
  /** Something is under way; ends with the next `trace`, `compare`, `done`, `failed` or `applied`. */
  | { readonly kind: "busy"; readonly sentence: string }
  /** What was asked for could not be done; what is shown stays. */
  | { readonly kind: "failed"; readonly sentence: string }
  /** The editor's cursor is on this line: show the first step of it, if there is one. The panel must not answer `reveal`. */
  | { readonly kind: "cursor"; readonly file: string; readonly line: number }
  /** The text was changed since the run; the panel says so and offers `replayAsIs`. */
  | { readonly kind: "outdated"; readonly sentence: string }
  /** The fix is in the document. A `trace` or `outdated` follows. */
  | { readonly kind: "applied"; readonly fix: string }
);

// ---------------------------------------------------------------- panel → host

export type PanelMessage = {
  readonly version: typeof protocolVersion;
} /** The script runs. `state` is what `getState` gave, if that was a state. */ & (
  | { readonly kind: "ready"; readonly state?: PanelState }
  | { readonly kind: "choosePlatform"; readonly platform: string }
  /** Show this stretch of source in the editor. `focus`: the user asked for it (a click), not the stepping. */
  | { readonly kind: "reveal"; readonly range: TraceRange; readonly focus: boolean }
  /** Change the document. The host applies it as one undoable edit. */
  | { readonly kind: "applyFix"; readonly fix: string }
  /** Execute the driver with the fix applied in memory, on the platform that is shown. */
  | { readonly kind: "replayWithFix"; readonly fix: string }
  /** Execute the driver as it stands now, on the platform that is shown. */
  | { readonly kind: "replayAsIs" }
  /** Open the rule's page. */
  | { readonly kind: "explainRule"; readonly rule: string }
  /** Execute the driver with these calls dropped and added, on the platform that is shown. None: as it stands. */
  | { readonly kind: "replayEdited"; readonly toggles: readonly string[] }
  /** Run the finding a second time and show both runs side by side. */
  | { readonly kind: "compareWith"; readonly platform: string; readonly variant: PanelVariant }
  | { readonly kind: "compareNone" }
  /** Save what is shown, or copy it. `step`: index of the step that is shown. */
  | { readonly kind: "export"; readonly format: ExportFormat; readonly to: "file" | "clipboard"; readonly step: number }
  /** Copy a link that opens this run at this step. */
  | { readonly kind: "copyLink"; readonly step: number }
);

/** A message without its version: what a sender writes. */
export type Unversioned<Message> = Message extends unknown ? Omit<Message, "version"> : never;

// ---------------------------------------------------------------- parsing

/** Reads what the panel sent. Undefined when it is not a message of this version: the host then does nothing. */
export function parsePanelMessage(value: unknown): PanelMessage | undefined {
  if (!isRecord(value) || value["version"] !== protocolVersion) return undefined;
  const version = protocolVersion;
  switch (value["kind"]) {
    case "ready": {
      const state = parsePanelState(value["state"]);
      return state === undefined ? { version, kind: "ready" } : { version, kind: "ready", state };
    }
    case "choosePlatform":
      return isText(value["platform"]) ? { version, kind: "choosePlatform", platform: value["platform"] } : undefined;
    case "reveal": {
      const range = parseRange(value["range"]);
      return range && { version, kind: "reveal", range, focus: value["focus"] === true };
    }
    case "applyFix":
    case "replayWithFix":
      return isText(value["fix"]) ? { version, kind: value["kind"], fix: value["fix"] } : undefined;
    case "explainRule":
      return isText(value["rule"]) ? { version, kind: "explainRule", rule: value["rule"] } : undefined;
    case "replayAsIs":
    case "compareNone":
      return { version, kind: value["kind"] };
    case "replayEdited": {
      const toggles = parseTexts(value["toggles"]);
      return toggles && { version, kind: "replayEdited", toggles };
    }
    case "compareWith": {
      const other = parseComparison(value);
      return other && { version, kind: "compareWith", ...other };
    }
    case "export": {
      const { format, to, step } = value;
      if (!isFormat(format) || (to !== "file" && to !== "clipboard") || !isIndex(step)) return undefined;
      return { version, kind: "export", format, to, step };
    }
    case "copyLink":
      return isIndex(value["step"]) ? { version, kind: "copyLink", step: value["step"] } : undefined;
    default:
      return undefined;
  }
}

const hostKinds: ReadonlySet<unknown> = new Set<HostMessage["kind"]>([
  "init",
  "verdicts",
  "trace",
  "compare",
  "done",
  "busy",
  "failed",
  "cursor",
  "outdated",
  "applied",
]);

/**
 * Whether something that came to the panel's window is the host's. A window also gets messages from elsewhere, but only the host
 * knows this shape, and the host is trusted: so the kind and the version decide.
 */
export function isHostMessage(value: unknown): value is HostMessage {
  return isRecord(value) && value["version"] === protocolVersion && hostKinds.has(value["kind"]);
}

/** Reads a kept state. Undefined when it is none, or of another version. */
export function parsePanelState(value: unknown): PanelState | undefined {
  if (!isRecord(value) || value["version"] !== protocolVersion) return undefined;
  const { uri, finding, platform, schedule, step } = value;
  const variant = parseVariant(value["variant"]);
  if (!isText(uri) || !isText(platform) || variant === undefined) return undefined;
  if (!isIndex(step)) return undefined;
  const compare = parseComparison(value["compare"]);
  return {
    version: protocolVersion,
    uri,
    platform,
    variant,
    step,
    ...(isText(finding) && { finding }),
    ...(isText(schedule) && { schedule }),
    ...(compare !== undefined && { compare }),
  };
}

function parseComparison(value: unknown): PanelComparison | undefined {
  if (!isRecord(value) || !isText(value["platform"])) return undefined;
  const variant = parseVariant(value["variant"]);
  return variant && { platform: value["platform"], variant };
}

export function parseVariant(value: unknown): PanelVariant | undefined {
  if (!isRecord(value)) return undefined;
  if (value["kind"] === "as-is") return { kind: "as-is" };
  if (value["kind"] === "edited") {
    const toggles = parseTexts(value["toggles"]);
    return toggles && { kind: "edited", toggles };
  }
  return value["kind"] === "fixed" && isText(value["fix"]) ? { kind: "fixed", fix: value["fix"] } : undefined;
}

function parseRange(value: unknown): TraceRange | undefined {
  if (!isRecord(value)) return undefined;
  const { file, line, column, endLine, endColumn } = value;
  if (!isText(file) || !isCount(line) || !isCount(column) || !isCount(endLine) || !isCount(endColumn)) return undefined;
  return { file, line, column, endLine, endColumn };
}

/** Nobody toggles more calls than that. */
const mostToggles = 100;

function parseTexts(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.length <= mostToggles && value.every(isText) ? value : undefined;
}

function isFormat(value: unknown): value is ExportFormat {
  return value === "json" || value === "html" || value === "svg" || value === "markdown";
}

/** A number that counts from 0. */
function isIndex(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** A number that counts from 1. */
function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 1;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length < 10_000;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
