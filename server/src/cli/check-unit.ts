/** Checks one unit: from its folder on the disk to findings in lines and columns. Runs in a worker as well. */
import type { AnalysisOptions, Engine, Finding, Platform, Verdict } from "../host/engine.ts";
import { disk, refuseBytes } from "../host/file-system.ts";
import { joinLocation, type Location, nameWithin } from "../host/location.ts";
import { RecordingFiles } from "../host/recording-files.ts";
import { type Relevance, relevanceOf } from "../host/relevance.ts";
import type { ResultCache } from "../host/result-cache.ts";
import { isSourceName, Unit, type UnitHost } from "../host/unit.ts";
import { type ReportedFinding, type ReportedGap, reportFinding, reportGap } from "./report.ts";
import { locationOf } from "./targets.ts";

/** What is the same for all units of a run. Plain data. */
export interface CheckSettings {
  /** Absolute; names in the output are relative to it. */
  readonly workingFolder: string;
  readonly options: AnalysisOptions;
  readonly platforms: readonly string[];
  /** Machines of the user's own, to which the platforms may belong. */
  readonly presets: readonly Platform[];
}

/** One unit to check. Plain data. */
export interface UnitTask {
  readonly folder: Location;
  /** Findings in these files only; undefined: in all of the folder. */
  readonly only?: readonly Location[];
}

/** Plain data. */
export interface UnitResult {
  /** Sources, headers not counted. */
  readonly files: number;
  readonly findings: readonly ReportedFinding[];
  /** The source line of each finding. */
  readonly lines: readonly string[];
  readonly gaps: readonly ReportedGap[];
}

/** How the command line reads units: from the disk, with names relative to the working folder. */
export function unitHost(engine: Engine, workingFolder: string): UnitHost {
  const working = locationOf(workingFolder);
  return {
    files: disk,
    relevance: relevanceOf(engine.catalogue),
    overlays: new Map(),
    nameOf: (location) => nameWithin(working, location),
  };
}

export class UnitChecker {
  readonly #engine: Engine;
  readonly #settings: CheckSettings;
  readonly #host: UnitHost;
  readonly #cache: ResultCache | undefined;
  readonly #program: string;

  /** `program` names the program's very code in the cache's keys. */
  constructor(engine: Engine, settings: CheckSettings, cache?: ResultCache, program: string = engine.version) {
    this.#engine = engine.withPresets(settings.presets);
    this.#settings = settings;
    this.#host = unitHost(engine, settings.workingFolder);
    this.#cache = cache;
    this.#program = program;
  }

  /** Rejects when the folder cannot be listed. */
  async check(task: UnitTask): Promise<UnitResult> {
    const files = new RecordingFiles(disk);
    const sources = (await files.list(task.folder)).filter(isSourceName).map((name) => joinLocation(task.folder, name));
    const mention = await mentions(files, sources, this.#host.relevance);
    if (mention === "nothing") return { files: task.only?.length ?? sources.length, findings: [], lines: [], gaps: [] };
    if (this.#cache === undefined) return this.#read(task, files);

    const key = JSON.stringify([
      this.#program,
      this.#settings,
      task,
      await Promise.all(sources.map(async (source) => [source, await files.digestOf(source)])),
    ]);
    const kept = await this.#cache.get(key, (location) => files.digestOf(location));
    if (isUnitResult(kept)) return kept;
    const result = await this.#read(task, files);
    const own = new Set(sources);
    const dependencies = await Promise.all(
      files.looked
        .filter((location) => !own.has(location))
        .map(async (location) => [location, (await files.digestOf(location)) ?? null] as const),
    );
    this.#cache.put(key, { dependencies, result });
    return result;
  }

  async #read(task: UnitTask, files: RecordingFiles): Promise<UnitResult> {
    const { options, platforms } = this.#settings;
    const unit = new Unit(task.folder, this.#engine.createSession(), { ...this.#host, files });
    await unit.refresh(true);
    const only = task.only && new Set(task.only.map((location) => this.#host.nameOf(location)));
    const textOf: Parameters<typeof reportGap>[1] = (name) => unit.textOf(name);
    const wanted = (name: string): boolean => only === undefined || only.has(name);
    const gaps = unit.gaps.filter((gap) => wanted(gap.file)).map((gap) => reportGap(gap, textOf));
    const findings: ReportedFinding[] = [];
    const lines: string[] = [];
    if (unit.relevant) {
      const report = unit.session.analyse({ ...options, ...(only !== undefined && { only }) });
      for (const finding of report.findings) {
        const reported = reportFinding(finding, textOf, verdictsOf(unit, finding, platforms));
        findings.push(reported);
        lines.push(unit.textOf(finding.file)?.lineText(reported.line) ?? "");
      }
      for (const gap of report.gaps) if (wanted(gap.file)) gaps.push(reportGap(gap, textOf));
    }
    return { files: only?.size ?? unit.sourceCount, findings, lines, gaps };
  }
}

/** Whether there is anything to read or to tell in these sources: nine of ten folders end here. */
async function mentions(
  files: RecordingFiles,
  sources: readonly Location[],
  relevance: Relevance,
): Promise<"something" | "nothing"> {
  for (const source of sources) {
    const content = await files.read(source);
    if (content.kind === "refused") return "something";
    if (content.kind === "bytes" && (relevance(content.bytes) || refuseBytes(content.bytes) !== undefined))
      return "something";
  }
  return "nothing";
}

function verdictsOf(unit: Unit, finding: Finding, platforms: readonly string[]): Readonly<Record<string, Verdict>> {
  if (platforms.length === 0) return {};
  return Object.fromEntries(unit.session.prove(finding, platforms).map((proof) => [proof.platform, proof.verdict]));
}

/** Whether a value from a worker or from the cache, both written by this very program, is a result. */
export function isUnitResult(value: unknown): value is UnitResult {
  if (typeof value !== "object" || value === null) return false;
  const { files, findings, lines, gaps } = value as Readonly<Record<string, unknown>>;
  return typeof files === "number" && Array.isArray(findings) && Array.isArray(lines) && Array.isArray(gaps);
}
