/** The server's one door to the engine. */
export type {
  AnalysisOptions,
  DriverSession,
  Engine,
  Finding,
  Fix,
  PlatformInfo,
  ProofResult,
  UnitReport,
} from "../../../engine/src/api.ts";
export type { ApiFunction } from "../../../engine/src/kernel/contract.ts";
export type { Gap, PathStep } from "../../../engine/src/program/program.ts";
export type { RuleMeta, Safety, Severity } from "../../../engine/src/rules/rule.ts";
export type { TextEdit } from "../../../engine/src/text/edit.ts";
export { applyEdits } from "../../../engine/src/text/edit.ts";
export { SourceText } from "../../../engine/src/text/source.ts";
export type { FileSpan } from "../../../engine/src/text/span.ts";
export type { Outcome, Trace, TraceEvent, Verdict } from "../../../engine/src/trace/trace.ts";
