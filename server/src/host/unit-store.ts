/**
 * The units of a host, by folder, the least recently used dropped first, and what the engine says of them.
 *
 * This is the seam for worker threads: everything that goes in and comes out of `UnitStore` is plain data and a promise, findings
 * are named by their fingerprint, and no caller holds a session. A store that lives in a worker answers the same questions.
 */
import type {
  AnalysisOptions,
  CallToggle,
  Engine,
  Finding,
  Gap,
  ProofResult,
  SourceText,
  UnitReport,
} from "./engine.ts";
import { folderOf, type Location } from "./location.ts";
import { Unit, type UnitHost } from "./unit.ts";

/** Units that are held at once. A unit of a large driver (amdgpu, 600 files) takes about 200 MB. */
const unitsHeld = 6;
/** Those of which no document is open, beside the one that is asked for: somebody who closes a file may open it again at once. */
const closedUnitsHeld = 1;

/** What is known of one unit at one revision. */
export interface UnitSnapshot {
  readonly folder: Location;
  /** Equal for equal texts of the same unit. */
  readonly revision: number;
  readonly findings: readonly Finding[];
  /** The engine's gaps and the files that could not be read. */
  readonly gaps: readonly Gap[];
  readonly functions: number;
  readonly sources: number;
  textOf(name: string): SourceText | undefined;
  locationOf(name: string): Location | undefined;
  versionOf(name: string): number | undefined;
}

/** Which run to show. Without a schedule it is the most telling one that the engine finds. */
export interface ReplayRequest {
  readonly finding: string;
  readonly platform: string;
  readonly schedule?: string;
  /** Execute with this fix applied in memory. */
  readonly fix?: string;
  /** Execute with these calls left out and put in; the ids are those of `toggles`. */
  readonly toggles?: readonly string[];
}

/** The finding is not there any more, or the fix does not apply: a sentence for people. */
export class NothingToReplay extends Error {}

interface Held {
  readonly unit: Unit;
  report: { readonly key: string; readonly value: UnitReport } | undefined;
  /** Proofs of this revision, by finding, fix, platform and schedule. */
  proofs: Map<string, ProofResult>;
  stale: boolean;
  /** Milliseconds that the last analysis took. */
  cost: number;
}

export class UnitStore {
  readonly #engine: Engine;
  readonly #host: UnitHost;
  /** In the order of use. */
  readonly #held = new Map<Location, Held>();
  /** Refreshes are one at a time: two that run together would read a folder twice. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(engine: Engine, host: UnitHost) {
    this.#engine = engine;
    this.#host = host;
  }

  /** Something on the disk has changed: each unit is scanned again when it is next asked for. */
  diskChanged(): void {
    for (const held of this.#held.values()) held.stale = true;
  }

  /** Milliseconds that the last analysis of the unit took; infinite before the first. */
  costOf(folder: Location): number {
    return this.#held.get(folder)?.cost ?? Number.POSITIVE_INFINITY;
  }

  /** Works on a unit when its turn comes, if it is held and was analysed as its texts are now. */
  protected whenHeld(folder: Location, work: (unit: Unit, report: UnitReport) => void): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#held.has(folder)) return;
      const held = await this.#refreshed(folder);
      if (held.report !== undefined) work(held.unit, held.report.value);
    });
  }

  /** The unit's findings as its texts are now. Rejects when the folder cannot be listed. */
  analyse(folder: Location, options: AnalysisOptions): Promise<UnitSnapshot> {
    return this.#inTurn(async () => {
      const held = await this.#refreshed(folder);
      return snapshotOf(held.unit, reportOf(held, options));
    });
  }

  /** Executes a finding on each of the platforms. Rejects with `NothingToReplay` when the finding is gone. */
  prove(
    folder: Location,
    options: AnalysisOptions,
    finding: string,
    platforms: readonly string[],
    fix?: string,
  ): Promise<readonly ProofResult[]> {
    return this.#inTurn(async () => {
      const held = await this.#refreshed(folder);
      const found = findingOf(held, options, finding);
      const session = fix === undefined ? held.unit.session : fixedSession(held, found, fix);
      const keyOf = (platform: string): string => [finding, fix ?? "", platform].join("\n");
      const wanted = platforms.filter((platform) => !held.proofs.has(keyOf(platform)));
      if (wanted.length > 0) {
        for (const proof of session.prove(found, wanted)) held.proofs.set(keyOf(proof.platform), proof);
      }
      return platforms.map((platform) => held.proofs.get(keyOf(platform))).filter((proof) => proof !== undefined);
    });
  }

  /** Replays one run of a finding. Rejects with `NothingToReplay` when the finding is gone. */
  replay(folder: Location, options: AnalysisOptions, request: ReplayRequest): Promise<ProofResult> {
    return this.#inTurn(async () => {
      const held = await this.#refreshed(folder);
      const found = findingOf(held, options, request.finding);
      const session =
        request.toggles !== undefined
          ? editedSession(held, found, request.toggles)
          : request.fix === undefined
            ? held.unit.session
            : fixedSession(held, found, request.fix);
      return session.replay(found, request.platform, request.schedule);
    });
  }

  /** The calls along a finding's path that can be left out and put in. Rejects with `NothingToReplay` when the finding is gone. */
  toggles(folder: Location, options: AnalysisOptions, finding: string): Promise<readonly CallToggle[]> {
    return this.#inTurn(async () => {
      const held = await this.#refreshed(folder);
      return held.unit.session.toggles(findingOf(held, options, finding));
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async #refreshed(folder: Location): Promise<Held> {
    const held = this.#held.get(folder) ?? {
      unit: new Unit(folder, this.#engine.createSession(), this.#host),
      report: undefined,
      proofs: new Map(),
      stale: true,
      cost: Number.POSITIVE_INFINITY,
    };
    this.#held.delete(folder);
    const before = held.unit.revision;
    const begin = performance.now();
    await held.unit.refresh(held.stale);
    held.stale = false;
    if (held.unit.revision !== before) {
      held.report = undefined;
      held.proofs = new Map();
      held.cost = performance.now() - begin;
    }
    this.#held.set(folder, held);
    this.#dropOthers(folder);
    return held;
  }

  /** Drops the least recently used, of what nobody has open first. */
  #dropOthers(wanted: Location): void {
    const open = new Set([...this.#host.overlays.keys()].map(folderOf));
    const closed = [...this.#held.keys()].filter((folder) => folder !== wanted && !open.has(folder));
    for (const folder of closed.slice(0, Math.max(0, closed.length - closedUnitsHeld))) this.#held.delete(folder);
    const oldest = this.#held.keys().next();
    if (this.#held.size > unitsHeld && oldest.done !== true) this.#held.delete(oldest.value);
  }
}

/** What the engine says of a unit, with the host's own gaps. */
export function snapshotOf(unit: Unit, report: UnitReport): UnitSnapshot {
  return {
    folder: unit.folder,
    revision: unit.revision,
    findings: report.findings,
    gaps: [...unit.gaps, ...report.gaps],
    functions: report.functions,
    sources: unit.sourceCount,
    textOf: (name) => unit.textOf(name),
    locationOf: (name) => unit.locationOf(name),
    versionOf: (name) => unit.versionOf(name),
  };
}

function reportOf(held: Held, options: AnalysisOptions): UnitReport {
  const key = JSON.stringify(options, (_, value: unknown) => (value instanceof Set ? [...value] : value));
  if (held.report?.key !== key) {
    const begin = performance.now();
    held.report = { key, value: held.unit.session.analyse(options) };
    held.cost += performance.now() - begin;
  }
  return held.report.value;
}

function findingOf(held: Held, options: AnalysisOptions, fingerprint: string): Finding {
  const found = reportOf(held, options).findings.find((finding) => finding.fingerprint === fingerprint);
  if (found === undefined) throw new NothingToReplay("This finding is not in the source any more.");
  return found;
}

function fixedSession(held: Held, finding: Finding, id: string): ReturnType<Engine["createSession"]> {
  const fix = finding.fixes.find((candidate) => candidate.id === id);
  if (fix === undefined) throw new NothingToReplay("This fix is not offered any more.");
  const session = held.unit.session.withFix(fix);
  if (session === undefined) throw new NothingToReplay("The fix's edits clash with the text as it is now.");
  return session;
}

function editedSession(held: Held, finding: Finding, ids: readonly string[]): ReturnType<Engine["createSession"]> {
  const offered = held.unit.session.toggles(finding);
  const edits = ids.flatMap((id) => {
    const toggle = offered.find((candidate) => candidate.id === id);
    if (toggle === undefined) throw new NothingToReplay("One of these calls is not in the source any more.");
    return toggle.edits;
  });
  const session = held.unit.session.withFix({ id: "calls", title: "Calls changed", safety: "review", edits });
  if (session === undefined) throw new NothingToReplay("These changes clash with each other.");
  return session;
}
