/**
 * What was found in units, kept on the disk from one start of the server to the next: whoever opens a driver again sees at once what
 * is in it. A report is valid while the program, the options and all texts that it was made of are the same, by content.
 */
import type { AnalysisOptions, Finding, Gap, UnitReport } from "./engine.ts";
import { SourceText } from "./engine.ts";
import type { FileContent, FileSystem } from "./file-system.ts";
import { byCodeUnit } from "./file-system.ts";
import { folderOf, isOnDisk, joinLocation, type Location } from "./location.ts";
import { RecordingFiles } from "./recording-files.ts";
import type { ResultCache } from "./result-cache.ts";
import type { UnitSnapshot } from "./unit-store.ts";
import { isSourceName, type Overlay, type Unit, type UnitHost } from "./unit.ts";

interface KeptReport {
  readonly findings: readonly Finding[];
  readonly gaps: readonly Gap[];
  readonly functions: number;
  readonly sources: number;
  /** Where the files are that are spoken of. */
  readonly files: readonly (readonly [name: string, location: Location])[];
}

export class KeptReports {
  readonly #cache: ResultCache;
  readonly #program: string;
  readonly #host: UnitHost;

  /** `program` names the program's very code in the cache's keys. */
  constructor(cache: ResultCache, program: string, host: UnitHost) {
    this.#cache = cache;
    this.#program = program;
    this.#host = host;
  }

  /** What was found in a unit of just these texts. */
  async get(folder: Location, options: AnalysisOptions): Promise<UnitSnapshot | undefined> {
    if (!isOnDisk(folder)) return undefined;
    const files = this.#filesNow();
    const kept = await this.#cache.get(await this.#keyOf(folder, options, files), (location) =>
      files.digestOf(location),
    );
    if (!isKeptReport(kept)) return undefined;
    const texts = new Map<string, SourceText>();
    const locations = new Map<string, Location>();
    for (const [name, location] of kept.files) {
      const content = await files.read(location);
      if (content.kind === "bytes") texts.set(name, new SourceText(name, new TextDecoder().decode(content.bytes)));
      locations.set(name, location);
    }
    return {
      folder,
      revision: 0,
      findings: kept.findings,
      gaps: kept.gaps,
      functions: kept.functions,
      sources: kept.sources,
      textOf: (name) => texts.get(name),
      locationOf: (name) => locations.get(name),
      versionOf: (name) => this.#host.overlays.get(locations.get(name) ?? "")?.version,
    };
  }

  /** Keeps what was found in a unit, if all of its texts are on the disk as they are. */
  async put(unit: Unit, options: AnalysisOptions, report: UnitReport): Promise<void> {
    const { folder } = unit;
    if (!isOnDisk(folder)) return;
    const onDisk = new RecordingFiles(this.#host.files);
    const files = this.#filesNow();
    const key = await this.#keyOf(folder, options, files);
    if (key !== (await this.#keyOf(folder, options, onDisk))) return;
    const dependencies: [Location, string | null][] = [];
    for (const location of unit.looked) {
      const digest = (await files.digestOf(location)) ?? null;
      if (digest !== ((await onDisk.digestOf(location)) ?? null)) return;
      dependencies.push([location, digest]);
    }
    const gaps = [...unit.gaps, ...report.gaps];
    const result: KeptReport = {
      findings: report.findings,
      gaps,
      functions: report.functions,
      sources: unit.sourceCount,
      files: filesOf(report.findings, gaps).flatMap((name) => {
        const location = unit.locationOf(name);
        return location === undefined ? [] : [[name, location] as const];
      }),
    };
    this.#cache.put(key, { dependencies, result });
  }

  async #keyOf(folder: Location, options: AnalysisOptions, files: RecordingFiles): Promise<string> {
    const sources = (await files.list(folder)).filter(isSourceName).map((name) => joinLocation(folder, name));
    const digests = await Promise.all(
      sources.map(async (one) => [one, this.#host.nameOf(one), await files.digestOf(one)]),
    );
    return JSON.stringify(["editor", this.#program, folder, options, digests], (_, value: unknown) =>
      value instanceof Set ? [...value] : value,
    );
  }

  /** The files as they are now: open documents win over the disk. */
  #filesNow(): RecordingFiles {
    const { files, overlays } = this.#host;
    return new RecordingFiles(new OverlaidFiles(files, overlays));
  }
}

class OverlaidFiles implements FileSystem {
  readonly #files: FileSystem;
  readonly #overlays: ReadonlyMap<Location, Overlay>;

  constructor(files: FileSystem, overlays: ReadonlyMap<Location, Overlay>) {
    this.#files = files;
    this.#overlays = overlays;
  }

  stamp(location: Location): ReturnType<FileSystem["stamp"]> {
    const overlay = this.#overlays.get(location);
    return overlay === undefined ? this.#files.stamp(location) : `open:${overlay.version}`;
  }
  read(location: Location): FileContent | Promise<FileContent> {
    const overlay = this.#overlays.get(location);
    return overlay === undefined ? this.#files.read(location) : { kind: "bytes", bytes: Buffer.from(overlay.text) };
  }
  async list(folder: Location): Promise<readonly string[]> {
    const names = new Set(await this.#files.list(folder));
    for (const { location } of this.#overlays.values())
      if (folderOf(location) === folder) names.add(location.slice(folder.length + 1));
    return [...names].sort(byCodeUnit);
  }
}

function filesOf(findings: readonly Finding[], gaps: readonly Gap[]): readonly string[] {
  const names = new Set(gaps.map((gap) => gap.file));
  for (const { file, functionSpan, path, fixes } of findings) {
    names.add(file);
    if (functionSpan !== undefined) names.add(functionSpan.file);
    for (const step of path) names.add(step.file);
    for (const fix of fixes) for (const edit of fix.edits) names.add(edit.file);
  }
  return [...names].sort(byCodeUnit);
}

/** Whether a value from the cache, which this very program wrote, is a report. */
function isKeptReport(value: unknown): value is KeptReport {
  if (typeof value !== "object" || value === null) return false;
  const { findings, gaps, functions, sources, files } = value as Readonly<Record<string, unknown>>;
  return (
    Array.isArray(findings) &&
    Array.isArray(gaps) &&
    Array.isArray(files) &&
    typeof functions === "number" &&
    typeof sources === "number"
  );
}
