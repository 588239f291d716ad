/** The settings `dmaLens.*`: their defaults, and how they are read from what an editor sends. */
import type { AnalysisOptions, PlatformInfo, Severity } from "./engine.ts";

export interface Settings {
  readonly enable: boolean;
  /** Rule id → severity, or "off". */
  readonly rules: Readonly<Record<string, Severity | "off">>;
  /** Runs rules that are not yet right in nine of ten cases. */
  readonly preview: boolean;
  /** Platforms to prove on, by id; empty: all core platforms that the simulator runs. */
  readonly platforms: readonly string[];
  readonly codeLens: boolean;
}

export const defaultSettings: Settings = { enable: true, rules: {}, preview: false, platforms: [], codeLens: true };

/** Reads the section `dmaLens`. What has the wrong type is ignored and its default stands, so that a typo never stops the server. */
export function parseSettings(section: unknown): Settings {
  const { enable, rules, preview, platforms, codeLens } = record(section);
  const { enable: lens } = record(codeLens);
  return {
    enable: typeof enable === "boolean" ? enable : defaultSettings.enable,
    rules: Object.fromEntries(Object.entries(record(rules)).filter(isRuleSeverity)),
    preview: typeof preview === "boolean" ? preview : defaultSettings.preview,
    platforms: Array.isArray(platforms) ? platforms.filter((id) => typeof id === "string") : defaultSettings.platforms,
    codeLens: typeof lens === "boolean" ? lens : defaultSettings.codeLens,
  };
}

/** What the engine is asked for under these settings. */
export function analysisOptions(settings: Settings): AnalysisOptions {
  return { preview: settings.preview, severities: settings.rules };
}

/** The platforms to prove on, in the engine's order. Ids that it does not know or run are left out. */
export function chosenPlatforms(settings: Settings, all: readonly PlatformInfo[]): readonly PlatformInfo[] {
  const simulated = all.filter((platform) => platform.simulated);
  const chosen = simulated.filter((platform) => settings.platforms.includes(platform.id));
  if (chosen.length > 0) return chosen;
  return simulated.filter((platform) => platform.tier === "core");
}

function isRuleSeverity(entry: [string, unknown]): entry is [string, Severity | "off"] {
  return entry[1] === "error" || entry[1] === "warning" || entry[1] === "hint" || entry[1] === "off";
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
