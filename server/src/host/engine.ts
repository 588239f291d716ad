/** The server's one door to the engine: its types. The engine itself comes from `loadEngine`. */
export type {
  AnalysisOptions,
  ApiFunction,
  CallToggle,
  DriverSession,
  Engine,
  FileSpan,
  Finding,
  Fix,
  Gap,
  LitmusOptions,
  LitmusOutcome,
  LitmusSource,
  LitmusVerdict,
  Outcome,
  PathStep,
  Platform,
  PlatformInfo,
  ProofResult,
  RuleMeta,
  Safety,
  Severity,
  TextEdit,
  Trace,
  TraceEvent,
  UnitReport,
  Verdict,
} from "@dma-lens/engine";
// The text room alone: the door as a value would load rules, machines and the TypeScript parser for a line index.
export { applyEdits } from "../../../engine/src/text/edit.ts";
export { SourceText } from "../../../engine/src/text/source.ts";
