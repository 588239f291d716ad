/** Litmus tests for the hosts: read from text, run on machines, replayed. Joins the front end and the simulation, as session.ts does. */
import type { LitmusEngine, LitmusMistake, LitmusReading } from "./api.ts";
import type { LitmusExpectation, LitmusSource } from "./program/litmus/litmus-source.ts";
import { isLitmus, readLitmus } from "./program/litmus/read-litmus.ts";
import type { TypeScript } from "./syntax/typescript/parse.ts";
import { litmusMachine } from "./simulation/litmus/litmus-machine.ts";
import { litmusTrace, litmusVerdict } from "./simulation/litmus/litmus-verdicts.ts";
import { readPreset } from "./platforms/user-preset.ts";
import { SourceText } from "./text/source.ts";
import { tool } from "./version.ts";
import type { Verdict } from "./trace/trace.ts";

/** `parser` is the TypeScript package's. */
export function litmusEngine(parser: TypeScript): LitmusEngine {
  return {
    isLitmus,
    read: (file, text) => reading(parser, file, text),
    readPreset,
    machineProblem(platform, presets = []) {
      const machine = litmusMachine(platform, presets);
      return typeof machine === "string" ? machine : undefined;
    },
    run(test, platform, options = {}) {
      const machine = litmusMachine(platform, options.presets);
      if (typeof machine === "string") return { platform, verdict: "unknown", note: machine, outcomes: [], runs: 0 };
      return litmusVerdict(test, machine, options);
    },
    replay(test, platform, schedule, options = {}) {
      const machine = litmusMachine(platform, options.presets);
      return typeof machine === "string" ? undefined : litmusTrace(test, machine, schedule, tool, options);
    },
    expectedOn: expectedVerdict,
  };
}

function reading(parser: TypeScript, file: string, text: string): LitmusReading {
  const { source, problems } = readLitmus(parser, file, text);
  const lines = new SourceText(file, text);
  const mistakes = problems.map(({ start, message }): LitmusMistake => ({ ...lines.positionAt(start), message }));
  if (source === undefined) return { test: undefined, mistakes };
  for (const id of [...(source.expected?.sometimes ?? []), ...(source.expected?.always ?? [])]) {
    const why = litmusMachine(id);
    const at = text.indexOf(`"${id}"`);
    if (typeof why === "string") mistakes.push({ ...lines.positionAt(Math.max(at, 0)), message: `expected: ${why}.` });
  }
  return mistakes.length > 0 ? { test: undefined, mistakes } : { test: source, mistakes };
}

/** The verdict that the file expects there; undefined where it expects nothing. */
export function expectedVerdict(
  test: { readonly expected: LitmusExpectation | undefined },
  platform: string,
): Verdict | undefined {
  const { expected } = test;
  if (expected === undefined) return undefined;
  if (expected.always.includes(platform)) return "always";
  return expected.sometimes.includes(platform) ? "sometimes" : "never";
}

export type { LitmusSource };
