/**
 * Joins the rooms of the engine: text to program, program to findings, findings to proofs. `analysis` and `simulation` do not
 * know each other; here a finding's proof id becomes a run on a machine.
 */
import { type FunctionSummary, summariesOf, withSummaries } from "./analysis/values/function-summaries.ts";
import { createFacts } from "./analysis/unit-facts.ts";
import type { AnalysisOptions, CallToggle, DriverSession, Finding, Fix, ProofResult, UnitReport } from "./api.ts";
import { callToggles } from "./call-toggles.ts";
import { apiFunction } from "./kernel/catalogue.ts";
import { namesOfDma } from "./kernel/dma-names.ts";
import { type Platform, platformById, platforms } from "./platforms/index.ts";
import type { DriverUnit, Gap, PathStep } from "./program/program.ts";
import { type AnalysisReport, EditedUnit } from "./edited-session.ts";
import { UnitBuilder } from "./program/index.ts";
import { relocatePath } from "./program/relocate.ts";
import { rules } from "./rules/registry.ts";
import { runRules } from "./rules/run.ts";
import { Proving } from "./simulation/index.ts";
import type { TranslationUnit } from "./syntax/c/ast.ts";
import { parseC } from "./syntax/c/parse.ts";
import { applyEdits, type TextEdit } from "./text/edit.ts";
import type { SnippetReader } from "./snippet-reader.ts";
import { tool } from "./version.ts";

export interface SessionOptions {
  /** Reads TypeScript snippets; without it they are gaps. */
  readonly snippets?: SnippetReader;
  /** Machines of the user's own, beside those that are shipped. */
  readonly presets?: readonly Platform[];
}

/** An empty driver unit. */
export const createSession = (options: SessionOptions = {}): DriverSession => new Session(options, new Map(), []);

const iommuSuffix = "+iommu";
const bounceSuffix = "+swiotlb";

/** Ids of the machines that a proof runs on when none is asked for: each preset, and the PC behind an IOMMU as well. */
export const provingPlatforms: readonly string[] = platforms.flatMap((platform) =>
  platform.tier === "core" ? variantsOf(platform) : [],
);

/**
 * A platform's id, and those of the same machine behind a translating IOMMU and with bounce buffers, where it may have them.
 * What bounces on a machine without coherent DMA goes wrong there without bouncing already, so that variant has to be asked for.
 */
export function variantsOf(platform: Platform): readonly string[] {
  const { iommu, bounce, coherent } = platform.dma;
  return [
    platform.id,
    ...(iommu.value ? [`${platform.id}${iommuSuffix}`] : []),
    ...(bounce.value !== "never" && coherent.value ? [`${platform.id}${bounceSuffix}`] : []),
  ];
}

/** A machine with bounce buffers is told of only where it differs from the same machine without. */
function tellingSomethingNew(results: readonly ProofResult[]): readonly ProofResult[] {
  const verdicts = new Map(results.map((one) => [one.platform, one.verdict]));
  return results.filter(
    ({ platform, verdict }) =>
      !platform.endsWith(bounceSuffix) || verdicts.get(platform.slice(0, -bounceSuffix.length)) !== verdict,
  );
}

interface HeldFile {
  readonly text: string;
  readonly role: "source" | "header";
}

class Session implements DriverSession {
  readonly #options: SessionOptions;
  readonly #files: Map<string, HeldFile>;
  readonly #builder = new UnitBuilder();
  /** Gaps of files that have no program at all. */
  readonly #unread = new Map<string, Gap>();
  readonly #includes = new Map<string, readonly string[]>();
  /** Edits that were applied to the unit that findings speak of; empty for a unit of its own. */
  readonly #edits: readonly TextEdit[];
  #unit: DriverUnit | undefined;
  /** The finding that was proved last: what leads a run to it holds for all machines. */
  #proving: { readonly unit: DriverUnit; readonly path: readonly PathStep[]; readonly of: Proving } | undefined;
  /** Answers from the first change of a file on. */
  #edited: EditedUnit | undefined;

  constructor(options: SessionOptions, files: ReadonlyMap<string, HeldFile>, edits: readonly TextEdit[]) {
    this.#options = options;
    this.#files = new Map();
    this.#edits = edits;
    for (const [name, file] of files) this.setFile(name, file.text, file.role);
  }

  get files(): readonly string[] {
    return [...this.#files.keys()];
  }

  setFile(name: string, text: string, role: "source" | "header" = "source"): void {
    const known = this.#files.get(name);
    this.#files.set(name, { text, role });
    if (known?.text === text) return;
    this.#unit = undefined;
    this.#unread.delete(name);
    if (isTypeScript(name)) {
      this.#edited?.forget(name);
      this.#readSnippet(name, text);
    } else if (known !== undefined) {
      // Whoever changes a file once will do it again.
      this.#edited ??= new EditedUnit(this.#builder);
      this.#includes.set(name, includesIn(this.#edited.setC(name, text)));
    } else {
      this.#edited?.forget(name);
      this.#readC(name, text);
    }
  }

  expectEdits(files: readonly string[], options: AnalysisOptions = {}): void {
    const own = files.filter((name) => this.#files.has(name) && !isTypeScript(name));
    if (own.length === 0) return;
    this.#edited ??= new EditedUnit(this.#builder);
    if (this.#edited.expect(own)) this.analyse(options);
  }

  removeFile(name: string): void {
    if (!this.#files.delete(name)) return;
    this.#unit = undefined;
    this.#edited?.forget(name);
    this.#builder.remove(name);
    this.#unread.delete(name);
    this.#includes.delete(name);
  }

  includesOf(name: string): readonly string[] {
    return this.#includes.get(name) ?? [];
  }

  analyse(options: AnalysisOptions = {}): UnitReport {
    const sources = [...this.#files].flatMap(([name, file]) => (file.role === "source" ? [name] : []));
    const only = new Set(options.only ? sources.filter((name) => options.only?.has(name)) : sources);
    const report =
      this.#edited && options.elsewhere === undefined
        ? this.#edited.analyse({ ...options, only })
        : this.#analyseOnce({ ...options, only });
    const gaps = [...report.gaps, ...this.#unread.values(), ...report.failures];
    return {
      findings: report.findings,
      gaps: gaps.filter((gap) => only.has(gap.file)),
      functions: report.functions,
    };
  }

  #analyseOnce(options: AnalysisOptions): AnalysisReport {
    const unit = this.#build();
    const facts = createFacts(unit, withSummaries({ lookup: apiFunction }, options.elsewhere ?? []));
    const { findings, gaps } = runRules(facts, rules, options);
    return { findings, gaps: unit.gapsAround(namesOfDma), failures: gaps, functions: unit.functions.length };
  }

  summaries(): readonly FunctionSummary[] {
    return summariesOf(createFacts(this.#build(), { lookup: apiFunction }));
  }

  prove(finding: Finding, asked?: readonly string[]): readonly ProofResult[] {
    const results = (asked ?? provingPlatforms).map((platform) => this.replay(finding, platform));
    return asked === undefined ? tellingSomethingNew(results) : results;
  }

  replay(finding: Finding, platform: string, schedule?: string): ProofResult {
    const iommu = platform.endsWith(iommuSuffix);
    const bounces = platform.endsWith(bounceSuffix);
    const id = platform.replace(/\+(iommu|swiotlb)$/, "");
    const preset = this.#options.presets?.find((own) => own.id === id) ?? platformById(id);
    const unknown = (sentence: string): ProofResult => ({ platform, verdict: "unknown", sentence });
    if (preset === undefined) return unknown(`There is no platform "${platform}".`);
    if (iommu && !preset.dma.iommu.value) return unknown(`${preset.title} has no IOMMU.`);
    if (bounces && preset.dma.bounce.value === "never") return unknown(`${preset.title} has no bounce buffers.`);
    const proof = rules.find((rule) => rule.meta.id === finding.rule)?.meta.proof;
    if (proof === undefined) return unknown(`The harm of ${finding.rule} is not a byte that a run could show.`);
    const unit = this.#build();
    const path = this.#pathHere(finding.path, unit);
    if (path === undefined) return unknown("The function of the finding is gone.");
    try {
      let proving = this.#proving;
      if (proving?.unit !== unit || proving.path !== finding.path) {
        const proven = { rule: finding.rule, proof, path, fingerprint: finding.fingerprint };
        proving = { unit, path: finding.path, of: new Proving(unit, proven) };
        this.#proving = proving;
      }
      return proving.of.on(preset, {
        iommu,
        bounces,
        tool,
        ...(schedule !== undefined && { schedule }),
      });
    } catch (failure) {
      // A defect of the simulator must not take the editor's other answers with it; it is told, and tests look for it.
      return unknown(`The simulator failed: ${failure instanceof Error ? failure.message : String(failure)}.`);
    }
  }

  withFix(fix: Fix): DriverSession | undefined {
    const files = new Map<string, HeldFile>();
    for (const [name, file] of this.#files) {
      const own = fix.edits.filter((edit) => edit.file === name);
      const text = own.length === 0 ? file.text : applyEdits(file.text, own);
      if (text === undefined) return undefined;
      files.set(name, { ...file, text });
    }
    if (fix.edits.some((edit) => !files.has(edit.file))) return undefined;
    return new Session(this.#options, files, fix.edits);
  }

  toggles(finding: Finding): readonly CallToggle[] {
    return callToggles(this.#build(), finding.path);
  }

  #pathHere(path: readonly PathStep[], unit: DriverUnit): readonly PathStep[] | undefined {
    return this.#edits.length === 0 ? path : relocatePath(path, this.#edits, unit);
  }

  #readC(name: string, text: string): void {
    const syntax = parseC(text);
    this.#includes.set(name, includesIn(syntax));
    this.#builder.setC({ name, text, syntax });
  }

  #readSnippet(name: string, text: string): void {
    const read = this.#options.snippets?.(name, text);
    if (read) this.#builder.setLowered(read.file, read.records);
    else {
      this.#builder.remove(name);
      this.#unread.set(name, { file: name, start: 0, end: 0, reason: "TypeScript snippets are not read here" });
    }
  }

  #build(): DriverUnit {
    this.#unit ??= (this.#edited ? this.#edited.withRealTexts() : this.#builder).build();
    return this.#unit;
  }
}

/** Local includes as written, at file scope: also those within `#if`, as all of a header's are behind its guard. */
function includesIn({ items }: TranslationUnit): readonly string[] {
  const found = new Set<string>();
  const waiting = [...items].reverse();
  for (let item = waiting.pop(); item; item = waiting.pop()) {
    if (item.kind === "include" && item.local) found.add(item.path);
    if (item.kind === "conditional-group")
      for (const arm of [...item.arms].reverse()) waiting.push(...[...arm.body].reverse());
  }
  return [...found];
}

const isTypeScript = (name: string): boolean => /\.m?ts$/.test(name);
