/** The engine's one door: text in, plain data out. */
// A default import, so that the bundler can put the parser into a file of its own that is read with the first snippet.
import ts from "typescript";
import type { Engine, PlatformInfo } from "./api.ts";
import { apiFunctions } from "./kernel/catalogue.ts";
import { type Platform, platforms } from "./platforms/index.ts";
import { litmusEngine } from "./litmus.ts";
import { lowerSnippet } from "./program/typescript/lower-snippet.ts";
import { rules } from "./rules/registry.ts";
import { createSession, variantsOf } from "./session.ts";
import { version } from "./version.ts";

export type * from "./api.ts";
export type { FunctionSummary } from "./analysis/values/function-summaries.ts";
export type { LitmusSource } from "./program/litmus/litmus-source.ts";
export type { LitmusOptions, LitmusOutcome, LitmusVerdict } from "./simulation/litmus/litmus-verdicts.ts";
export type { Platform } from "./platforms/index.ts";
export type { ApiFunction } from "./kernel/contract.ts";
export type { Gap, PathStep } from "./program/program.ts";
export type { RuleMeta, Safety, Severity, Stage } from "./rules/rule.ts";
export { applyEdits, type TextEdit } from "./text/edit.ts";
export { SourceText } from "./text/source.ts";
export type { FileSpan } from "./text/span.ts";
export type { Outcome, Trace, TraceEvent, Verdict } from "./trace/trace.ts";

export const engine: Engine = engineWith([]);

function engineWith(presets: readonly Platform[]): Engine {
  return {
    version,
    createSession: () => createSession({ snippets: (name, text) => lowerSnippet(ts, name, text), presets }),
    rules: rules.map((rule) => rule.meta),
    platforms: [...platforms, ...presets].flatMap((platform) =>
      variantsOf(platform).map((id) => platformInfo(platform, id)),
    ),
    catalogue: apiFunctions,
    litmus: litmusEngine(ts),
    withPresets: (more) => engineWith([...presets, ...more]),
  };
}

function platformInfo(platform: Platform, id: string): PlatformInfo {
  const behindIommu = id.endsWith("+iommu");
  const bounces = id.endsWith("+swiotlb");
  return {
    id,
    title: behindIommu
      ? `${platform.title}, behind an IOMMU`
      : bounces
        ? `${platform.title}, with bounce buffers`
        : platform.title,
    tier: platform.tier,
    coherent: platform.dma.coherent.value,
    simulated: true,
    summary: behindIommu
      ? "Device addresses are translated: a DMA address is no physical address."
      : bounces
        ? "The device works on copies (swiotlb=force, or a guest whose memory is encrypted): bytes cross over when a mapping is made, synced or ended."
        : platform.summary,
  };
}
