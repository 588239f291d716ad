/**
 * Proves a finding on one platform: executes the driver's own functions along the finding's path on the simulated machine, lets
 * device and application act, and tries what the cache may do in between. The answer is a verdict and a trace that replays.
 */
import type { ProofResult } from "../api.ts";
import type { AgentProgram } from "../machine/action.ts";
import { kernelModelOf } from "../machine/preset-model.ts";
import type { MachineModel } from "../machine/model.ts";
import { platformById } from "../platforms/index.ts";
import type { Platform } from "../platforms/platform.ts";
import type { DriverUnit, PathStep } from "../program/program.ts";
import type { Outcome, Trace, Verdict } from "../trace/trace.ts";
import { type Exploration, replay } from "./explorer.ts";
import { exploreBeliefs } from "./explorer-belief.ts";
import { maximalAttempts } from "./input-solver.ts";
import type { KernelOptions } from "./kernel-options.ts";
import { type PathRun, runPath } from "./path-run.ts";
import { proofById } from "./proofs/index.ts";
import type { Proof } from "./proofs/proof.ts";
import { makeTrace } from "./trace-of-run.ts";
import { Plan, Restart } from "./world.ts";

/** What of a finding the proof needs. */
export interface ProvenFinding {
  readonly rule: string;
  /** Id of the proof, as the rule names it. */
  readonly proof: string;
  readonly path: readonly PathStep[];
  readonly fingerprint?: string;
}

export interface ProveOptions {
  /** DMA goes through a translating IOMMU; the platform's id gets "+iommu". */
  readonly iommu?: boolean;
  /** Streaming mappings go through bounce buffers; the platform's id gets "+swiotlb". */
  readonly bounces?: boolean;
  /** Replays this schedule instead of looking for a harmful one. */
  readonly schedule?: string;
  /** "dma-lens 0.1.0" */
  readonly tool?: string;
  /** Runs that the exploration may take (default 400). */
  readonly maxRuns?: number;
}

/** Never throws; what cannot be executed has the verdict "unknown" and says why. */
export function prove(
  unit: DriverUnit,
  finding: ProvenFinding,
  platform: Platform,
  options: ProveOptions = {},
): ProofResult {
  return new Proving(unit, finding).on(platform, options);
}

/**
 * One finding, proved on several machines. What leads the code to the finding is found out once, on the reference machine, and tried
 * first on all others: it hangs on the driver's text, and hardly ever on the machine. An answer is the same whatever was asked before.
 */
export class Proving {
  readonly #unit: DriverUnit;
  readonly #finding: ProvenFinding;
  #led: Lead | undefined;

  constructor(unit: DriverUnit, finding: ProvenFinding) {
    this.#unit = unit;
    this.#finding = finding;
  }

  on(platform: Platform, options: ProveOptions = {}): ProofResult {
    const id = `${platform.id}${options.iommu === true ? "+iommu" : ""}${options.bounces === true ? "+swiotlb" : ""}`;
    const unknown = (sentence: string): ProofResult => ({ platform: id, verdict: "unknown", sentence });
    const proof = proofById(this.#finding.proof);
    if (proof === undefined) return unknown(`There is no proof "${this.#finding.proof}".`);
    const model = kernelModelOf(platform);
    if (model === undefined) return unknown(`The machine of ${platform.title} is not simulated.`);
    if (this.#finding.path.length === 0) return unknown("The finding has no path to execute.");
    const request = { unit: this.#unit, finding: this.#finding, platform, proof, model, options, id };
    return new Prover(request, this.#lead(proof)).result();
  }

  #lead(proof: Proof): Lead | undefined {
    if (this.#led !== undefined) return this.#led;
    const platform = platformById(reference);
    const model = platform === undefined ? undefined : kernelModelOf(platform);
    if (platform === undefined || model === undefined) return undefined;
    const prover = new Prover({
      unit: this.#unit,
      finding: this.#finding,
      platform,
      proof,
      model,
      options: {},
      id: reference,
    });
    this.#led = prover.lead();
    return this.#led;
  }
}

/** The machine on which inputs are found: the cache is coherent, and there is all that a driver may ask for. */
const reference = "x86_64";

/** Attempts that a run may take, and those that are left to it where the reference machine has found no way in all of its own. */
const attemptsInAll = 120;
const attemptsAfterFailure = 8;
/** Statements of all attempts after which the next one has to do. */
const mostStatements = 100_000;

/** What leads a run to the finding. */
interface Lead {
  readonly reached: boolean;
  readonly inputs: ReadonlyMap<string, bigint | "object">;
  readonly flips: ReadonlyMap<string, boolean>;
}

interface ProofRequest {
  readonly unit: DriverUnit;
  readonly finding: ProvenFinding;
  readonly platform: Platform;
  readonly proof: Proof;
  readonly model: MachineModel;
  readonly options: ProveOptions;
  readonly id: string;
}

/** The first run, and what an exploration found that began with it. */
interface Tried {
  readonly first: PathRun;
  readonly explored?: Exploration | undefined;
}

/** Leaves an exploration whose first run did not get to its end. Made once: a stack is of no use here. */
const incomplete = new Error("the first run did not get to its end");

class Prover {
  readonly #request: ProofRequest;
  readonly #unit: DriverUnit;
  readonly #finding: ProvenFinding;
  readonly #platform: Platform;
  readonly #proof: Proof;
  readonly #model: MachineModel;
  readonly #options: ProveOptions;
  readonly #id: string;
  readonly #lead: Lead | undefined;
  readonly #kernelOptions: KernelOptions;
  #plan = new Plan();
  #last: PathRun | undefined;

  constructor(request: ProofRequest, lead?: Lead, hidesAliasing = false) {
    const { platform, proof, options } = request;
    this.#request = request;
    this.#unit = request.unit;
    this.#finding = request.finding;
    this.#platform = platform;
    this.#proof = proof;
    this.#model = request.model;
    this.#options = options;
    this.#id = request.id;
    this.#lead = lead;
    const iommu = options.iommu === true;
    this.#kernelOptions = {
      iommu,
      bounces: options.bounces === true,
      mappingsFail: proof.options?.mappingsFail === true && canFail(platform, iommu),
      ignoresBytes: proof.options?.mappingsFail === true,
      canFail: canFail(platform, iommu),
      hidesAliasing,
    };
  }

  /** What has led a run from its start to the finding, or as far as it got. */
  lead(): Lead {
    const run = this.#led(() => ({ first: this.#natural() }));
    const { inputs, flips } = this.#plan;
    return { reached: run?.first.reached === true, inputs: new Map(inputs), flips: new Map(flips) };
  }

  result(): ProofResult {
    const tried = this.#led(() =>
      this.#options.schedule === undefined ? this.#explore() : { first: this.#natural() },
    );
    if (tried === undefined) return this.#unknown("No run settles: each attempt asks for another one.");
    const { first, explored } = tried;
    if (first.stopped !== undefined && hasNoMemory(first.stopped)) {
      return { platform: this.#id, verdict: "never", sentence: `${first.stopped}.` };
    }
    if (!first.reached) return this.#unreached(first);
    if (first.stopped !== undefined) return this.#unknown(`The run did not get to its end: ${first.stopped}.`);
    if (first.nothing !== undefined) return this.#unknown(first.nothing);
    if (explored === undefined) return this.#report(undefined, this.#options.schedule ?? "");
    if (explored.verdict === "never") return this.#lazily("never", () => "");
    // The natural run is the shortest of all where it is harmful.
    const schedule = explored.witness?.schedule ?? "";
    return this.#lazily(explored.verdict, () => (this.#isHarmful("") ? "" : this.#shortened(schedule)));
  }

  /** Everything that may happen; nothing more than the first run where that does not get to its end. */
  #explore(): Tried {
    let first: PathRun | undefined;
    const settled = this.#program();
    const program: AgentProgram = (port) => {
      if (first !== undefined) return settled(port);
      const outcome = this.#program(false)(port);
      first = this.#last;
      if (first?.reached !== true || first.stopped !== undefined || first.nothing !== undefined) throw incomplete;
      return outcome;
    };
    let explored: Exploration | undefined;
    try {
      const { iommu } = this.#kernelOptions;
      explored = exploreBeliefs(this.#model, program, { iommu, maxRuns: this.#options.maxRuns ?? 400 });
    } catch (error) {
      if (error !== incomplete) throw error;
    }
    if (first === undefined) throw new Error("an exploration without a run");
    return { first, explored };
  }

  #natural(): PathRun {
    replay(this.#model, this.#program(false), "", { iommu: this.#kernelOptions.iommu, record: false });
    if (this.#last === undefined) throw new Error("a replay without a run");
    return this.#last;
  }

  /** The verdict, with a trace that is made when somebody wants to see it: most are never looked at. */
  #lazily(verdict: Verdict, schedule: () => string): ProofResult {
    let made: ProofResult | undefined;
    const report = (): ProofResult => {
      try {
        made ??= this.#report(verdict, schedule());
      } catch (failure) {
        // Whoever reads a trace expects no exception; a defect is told where the trace would be.
        made = this.#unknown(`The simulator failed: ${failure instanceof Error ? failure.message : String(failure)}.`);
      }
      return made;
    };
    return {
      platform: this.#id,
      verdict,
      get sentence() {
        return report().sentence;
      },
      get trace() {
        return report().trace;
      },
    };
  }

  /** A harmful schedule without the steps and choices that the harm does not need. */
  #shortened(schedule: string): string {
    let parts = schedule.split(" ").filter((part) => part !== "");
    for (let index = parts.length - 1; index >= 0; index--) {
      const fewer = parts.filter((_, at) => at !== index);
      if (this.#isHarmful(fewer.join(" "))) parts = fewer;
    }
    return parts.join(" ");
  }

  /** Whether the statement would run if the code were told that the cache does not alias: then that alone keeps it away. */
  #isRefusedForAliasing(): boolean {
    if (this.#kernelOptions.hidesAliasing === true) return false;
    const other = new Prover(this.#request, this.#lead, true);
    return other.lead().reached;
  }

  #isHarmful(schedule: string): boolean {
    const { iommu } = this.#kernelOptions;
    const played = replay(this.#model, this.#program(), schedule, { iommu, record: false });
    return played?.faithful === true && played.outcome.harm;
  }

  /** Tries with a plan that needs no other: as the reference machine was led, else as this one has to be. */
  #led<T extends Tried>(attempt: () => T): T | undefined {
    const lead = this.#lead;
    if (lead === undefined) return this.#attempts(0, attempt);
    for (const [name, bits] of lead.inputs) this.#plan.inputs.set(name, bits);
    for (const [key, direction] of lead.flips) this.#plan.flips.set(key, direction);
    const led = this.#attempts(lead.reached ? 0 : attemptsInAll - attemptsAfterFailure, attempt);
    const stopped = led?.first.stopped;
    if (led?.first.reached === true || !lead.reached || (stopped !== undefined && hasNoMemory(stopped))) return led;
    this.#plan = new Plan();
    return this.#attempts(0, attempt);
  }

  #attempts<T>(first: number, attempt: () => T): T | undefined {
    for (let number = first; number < attemptsInAll; number++) {
      // Long runs get fewer attempts: towards the end none looks for other inputs.
      this.#plan.attempts = this.#plan.spent > mostStatements ? Math.max(number, maximalAttempts) : number;
      try {
        return attempt();
      } catch (error) {
        if (!(error instanceof Restart)) throw error;
      }
    }
    return undefined;
  }

  /** `settled`: the plan is final, and a run that asks for another one has been led astray by what it read. */
  #program(settled = true): AgentProgram {
    return (port) => {
      const run = runPath(port, {
        unit: this.#unit,
        path: this.#finding.path,
        platform: this.#platform,
        proof: this.#proof,
        options: this.#kernelOptions,
        plan: this.#plan,
        settled,
      });
      this.#last = run;
      return {
        key: run.harm === undefined ? (run.stopped ?? "fine") : `${run.harm.kind}: ${run.harm.sentence}`,
        harm: run.harm !== undefined,
      };
    };
  }

  #unreached(run: PathRun): ProofResult {
    if (run.toldOfAliasing && this.#isRefusedForAliasing()) {
      const sentence =
        "The driver asks whether the data cache aliases. It does on this machine, so the finding's statement does not run.";
      return { platform: this.#id, verdict: "never", sentence };
    }
    const why = run.stopped ?? "the path's functions return before they get to it";
    return this.#unknown(`The finding's statement was not reached: ${why}.`);
  }

  #unknown(sentence: string): ProofResult {
    return { platform: this.#id, verdict: "unknown", sentence };
  }

  #report(verdict: Verdict | undefined, schedule: string): ProofResult {
    const played = replay(this.#model, this.#program(), schedule, { iommu: this.#kernelOptions.iommu });
    const run = this.#last;
    if (played === undefined || run === undefined) return this.#unknown(`"${schedule}" is not a schedule.`);
    if (verdict !== "never" && verdict !== undefined && run.harm === undefined && run.stopped !== undefined) {
      return this.#unknown(`The run did not get to its end: ${run.stopped}.`);
    }
    const shown: Verdict = verdict ?? (run.harm === undefined ? "never" : "sometimes");
    if (run.harm === undefined && run.stopped !== undefined && shown === "never") {
      return this.#unknown(`The run did not get to its end: ${run.stopped}.`);
    }
    const outcome: Outcome =
      run.harm === undefined
        ? { kind: "fine", sentence: this.#proof.fine }
        : {
            kind: "harm",
            harm: run.harm.kind,
            sentence: run.harm.sentence,
            event: played.events.findLastIndex((event) => event.kind === "harm"),
          };
    const trace: Trace = makeTrace({
      unit: this.#unit,
      platform: this.#platform,
      model: this.#model,
      id: this.#id,
      title: this.#proof.title,
      rule: this.#finding.rule,
      fingerprint: this.#finding.fingerprint,
      tool: this.#options.tool ?? "dma-lens",
      schedule,
      outcome,
      verdict: shown,
      path: this.#finding.path,
      events: played.events,
      objects: played.machine.board.objects(),
      assumptions: run.assumptions,
    });
    return { platform: this.#id, verdict: shown, sentence: outcome.sentence, trace };
  }
}

/** The machine has no such memory: what would come after cannot come. */
function hasNoMemory(reason: string): boolean {
  return /no memory on this machine/.test(reason);
}

/** Whether a mapping of ordinary memory can fail: behind an IOMMU, or where buffers bounce. */
function canFail(platform: Platform, iommu: boolean): boolean {
  return iommu || platform.dma.bounce.value !== "never";
}
