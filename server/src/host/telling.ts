/** Which of several runs to show first. */
import type { ProofResult } from "./engine.ts";

/**
 * The run that shows a finding best: one in which a byte goes stale or is lost, for that is what nobody sees on the author's PC; else
 * any that does harm (a fault, another owner's page); else one that could be executed at all; else what says why none could.
 */
export function mostTelling<T extends { readonly proof: ProofResult }>(proven: readonly T[]): T | undefined {
  return (
    proven.find(({ proof }) => harmOf(proof) === "stale-read" || harmOf(proof) === "lost-write") ??
    proven.find(({ proof }) => harmOf(proof) !== undefined) ??
    proven.find(({ proof }) => proof.trace !== undefined) ??
    proven[0]
  );
}

function harmOf({ trace }: ProofResult): string | undefined {
  return trace?.outcome.kind === "harm" ? trace.outcome.harm : undefined;
}

/** A machine's name without what stands in brackets or after a dash: "ARM926EJ-S". */
export function shortTitle(title: string): string {
  const [name = title] = title.replace(/ \([^)]*\)/g, "").split(" - ");
  return name;
}
