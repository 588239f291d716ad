/** The units of an editor: what was found before is told at once, and what will be wanted next is made ready while nobody waits. */
import type { AnalysisOptions, Engine } from "./engine.ts";
import type { KeptReports } from "./kept-reports.ts";
import type { Location } from "./location.ts";
import type { UnitHost } from "./unit.ts";
import { type UnitSnapshot, UnitStore } from "./unit-store.ts";

/** Milliseconds without a question after which nobody waits. */
const idleTime = 700;

export class EditorUnits extends UnitStore {
  readonly #kept: KeptReports | undefined;
  /** The revision of each unit at which its report was kept last. */
  readonly #written = new Map<Location, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(engine: Engine, host: UnitHost, kept?: KeptReports) {
    super(engine, host);
    this.#kept = kept;
  }

  override async analyse(folder: Location, options: AnalysisOptions): Promise<UnitSnapshot> {
    // Texts that were analysed here are the session's business, also while they are edited.
    const isNew = this.costOf(folder) === Number.POSITIVE_INFINITY;
    const known = isNew ? await this.#kept?.get(folder, options) : undefined;
    const snapshot = known ?? (await super.analyse(folder, options));
    this.#whenIdle(folder, options);
    return snapshot;
  }

  #whenIdle(folder: Location, options: AnalysisOptions): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      // What fails here fails again, and is told, when somebody asks.
      this.#makeReady(folder, options).catch(() => undefined);
    }, idleTime);
    this.#timer.unref();
  }

  async #makeReady(folder: Location, options: AnalysisOptions): Promise<void> {
    await super.analyse(folder, options);
    let writing: Promise<void> | undefined;
    await this.whenHeld(folder, (unit, report) => {
      if (options.only !== undefined) unit.session.expectEdits?.([...options.only], options);
      if (this.#written.get(folder) === unit.revision) return;
      this.#written.set(folder, unit.revision);
      writing = this.#kept?.put(unit, options, report);
    });
    await writing;
  }
}
