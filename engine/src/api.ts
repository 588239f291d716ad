/**
 * What the hosts see of the engine: plain data in editor terms. `index.ts` exports these types and the session that makes them.
 */
import type { LitmusSource } from "./program/litmus/litmus-source.ts";
import type { LitmusOptions, LitmusVerdict } from "./simulation/litmus/litmus-verdicts.ts";
import type { FunctionSummary } from "./analysis/values/function-summaries.ts";
import type { ApiFunction } from "./kernel/contract.ts";
import type { Gap, PathStep } from "./program/program.ts";
import type { RuleMeta, Safety, Severity, Stage } from "./rules/rule.ts";
import type { TextEdit } from "./text/edit.ts";
import type { Platform } from "./platforms/index.ts";
import type { PresetRead } from "./platforms/user-preset.ts";
import type { FileSpan } from "./text/span.ts";
import type { Trace, Verdict } from "./trace/trace.ts";

export type Language = "c" | "typescript";

export interface AnalysisOptions {
  /** Rules to run besides the stable ones: all previews, or these ids only (then nothing else runs). */
  readonly preview?: boolean;
  readonly rules?: readonly string[];
  /** Severity overrides; "off" silences a rule. */
  readonly severities?: Readonly<Record<string, Severity | "off">>;
  /** Findings only in these files (an editor's open file); the whole unit is read all the same. */
  readonly only?: ReadonlySet<string>;
  /** What functions of other units do to memory (their `summaries()`); the unit's own functions and the catalogue go first. */
  readonly elsewhere?: readonly FunctionSummary[];
}

export interface Finding extends FileSpan {
  readonly rule: string;
  readonly severity: Severity;
  readonly stage: Stage;
  readonly function: string;
  /** The function's name where it is defined: a code lens goes above it. */
  readonly functionSpan?: FileSpan;
  readonly message: string;
  /** From the memory's birth to the finding; may lead through several files. */
  readonly path: readonly PathStep[];
  readonly fixes: readonly Fix[];
  /** Survives edits elsewhere: made of rule, function, access paths and an ordinal. */
  readonly fingerprint: string;
  /** Whether `replay` can be asked for it. */
  readonly provable: boolean;
}

export interface Fix {
  readonly id: string;
  readonly title: string;
  readonly safety: Safety;
  readonly edits: readonly TextEdit[];
}

/** A call of the DMA API that can be left out, or put in, to see by a run what it is good for. The span is where it is shown. */
export interface CallToggle extends FileSpan {
  /** Made of the function, the call and an ordinal: survives edits elsewhere. */
  readonly id: string;
  readonly kind: "drop" | "add";
  /** Of one that is added: before or after the finding's statement. */
  readonly where?: "before" | "after";
  readonly what: "map" | "unmap" | "sync" | "barrier";
  readonly function: string;
  /** The call on one line. */
  readonly code: string;
  readonly edits: readonly TextEdit[];
}

export interface UnitReport {
  readonly findings: readonly Finding[];
  readonly gaps: readonly Gap[];
  /** Functions read. */
  readonly functions: number;
}

/** What the simulator says of one finding on one platform. */
export interface ProofResult {
  readonly platform: string;
  readonly verdict: Verdict;
  /** One sentence: what goes wrong, or why nothing does, or why it could not be executed. */
  readonly sentence: string;
  /**
   * The shortest harmful run, or the natural run where there is no harm; undefined when it could not be executed. It and the sentence are
   * made when they are first read: ask for the verdict alone where that is enough.
   */
  readonly trace?: Trace | undefined;
}

/** Litmus tests: small programs of cpu, device and user side by side. Plain data in and out; nothing here throws on any text. */
export interface LitmusEngine {
  /** Whether the text is a litmus test at all: it imports "dma-lens/litmus". */
  isLitmus(text: string): boolean;
  read(file: string, text: string): LitmusReading;
  /** Why there is no such machine: "arm926", "x86_64+iommu", "+swiotlb", "+nospec"; undefined where there is one. */
  machineProblem(platform: string, presets?: readonly Platform[]): string | undefined;
  /** A machine of the user's own, from the text of its JSON file. */
  readPreset(text: string): PresetRead;
  /** All outcomes on one machine. */
  run(test: LitmusSource, platform: string, options?: LitmusOptions): LitmusVerdict;
  /** One run, as its schedule says; the empty text is the natural run. Undefined where the text is no schedule. */
  replay(test: LitmusSource, platform: string, schedule: string, options?: LitmusOptions): Trace | undefined;
  /** The verdict that the test expects there; undefined where it expects nothing. */
  expectedOn(test: LitmusSource, platform: string): Verdict | undefined;
}

/** The test, or at least one mistake. */
export interface LitmusReading {
  readonly test: LitmusSource | undefined;
  readonly mistakes: readonly LitmusMistake[];
}

/** Line and column count from 1. */
export interface LitmusMistake {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface PlatformInfo {
  readonly id: string;
  readonly title: string;
  readonly tier: "core" | "expert";
  readonly coherent: boolean;
  /** Whether the simulator runs it now. */
  readonly simulated: boolean;
  readonly summary: string;
}

/**
 * One driver unit, held in memory and re-analysed as its files change. Pure: the host reads files and calls `setFile`.
 * Nothing here throws on any text.
 */
export interface DriverSession {
  /** Adds or replaces a file. `role` "header" means that findings in it are not reported. */
  setFile(name: string, text: string, role?: "source" | "header"): void;
  removeFile(name: string): void;
  /**
   * A moment in which nobody waits: makes ready for edits of these files, and for the next question with these options. Without it the
   * first edit does.
   */
  expectEdits?(files: readonly string[], options?: AnalysisOptions): void;
  readonly files: readonly string[];
  /** Local includes (`#include "x.h"`) of a file as written, so that the host can find them. */
  includesOf(name: string): readonly string[];
  analyse(options?: AnalysisOptions): UnitReport;
  /**
   * What the unit's functions do to memory, for the analysis of units that call them: those that EXPORT_SYMBOL() offers are for
   * every unit, the others for the folders of the same module. Plain data, as small as the unit's exported interface.
   */
  summaries(): readonly FunctionSummary[];
  /**
   * Executes the finding on each platform asked for (default: all that are simulated; those with bounce buffers only where
   * the verdict differs from the same machine without).
   */
  prove(finding: Finding, platforms?: readonly string[]): readonly ProofResult[];
  /** Replays one schedule of a finding on one platform; the schedule string comes from an earlier trace. */
  replay(finding: Finding, platform: string, schedule?: string): ProofResult;
  /** The unit's text with a fix applied, as a session of its own, to prove that the fix heals. Undefined when the edits clash. */
  withFix(fix: Fix): DriverSession | undefined;
  /** The calls along the finding's path that can be left out and put in: their edits, as a fix, go to `withFix`. */
  toggles(finding: Finding): readonly CallToggle[];
}

/** All that a host has of the engine. `index.ts` exports the one value; a test gives a host another. */
export interface Engine {
  /** "0.1.0" */
  readonly version: string;
  /** An empty unit. */
  createSession(): DriverSession;
  /** All rules, in the order of the docs. */
  readonly rules: readonly RuleMeta[];
  /** All platforms, core first; also those that the simulator does not run yet. */
  readonly platforms: readonly PlatformInfo[];
  /** The whole API catalogue, in its own order: for hover texts, and for a host's filter of files that cannot matter. */
  readonly catalogue: readonly ApiFunction[];
  readonly litmus: LitmusEngine;
  /** The same engine that knows these machines as well: a user's own, as `litmus.readPreset` makes them. */
  withPresets(presets: readonly Platform[]): Engine;
}
