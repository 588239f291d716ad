/** A run as a story: one line for each step, with the source line that it stands for. */
import type { PlatformInfo, ProofResult, Trace, TraceEvent } from "../../host/engine.ts";
import type { Style } from "../style.ts";

/** The verdict of each platform, one line each. */
export function formatVerdicts(
  proofs: readonly ProofResult[],
  platforms: readonly PlatformInfo[],
  style: Style,
): string {
  const width = Math.max(0, ...proofs.map((proof) => proof.platform.length));
  const rows = proofs.map((proof) => {
    const verdict = proof.verdict.padEnd(9);
    const paint = proof.verdict === "never" ? style.green : proof.verdict === "unknown" ? style.faint : style.red;
    const title = platforms.find((platform) => platform.id === proof.platform)?.title ?? "";
    return `${style.bold(proof.platform.padEnd(width))}  ${paint(verdict)}  ${proof.sentence} ${style.faint(title)}\n`;
  });
  return rows.join("");
}

/** The narrated run. Events without a step of their own belong to the step before them. */
export function formatTrace(trace: Trace, style: Style): string {
  const lines = [
    style.bold(trace.title),
    `${trace.platform.title}${trace.schedule === "" ? "" : `, schedule ${trace.schedule}`}`,
    "",
  ];
  let step = -1;
  // Several events of a step may tell the same: it is told once.
  const told = new Set<string>();
  for (const event of trace.events) {
    if (event.step !== step) {
      step = event.step;
      told.clear();
      lines.push(stepLine(event, style));
      if (event.kind === "step" && event.code === undefined) told.add(event.sentence);
    }
    if (event.sentence === "" || told.has(event.sentence)) continue;
    told.add(event.sentence);
    const sentence = `       ${event.sentence}`;
    const alarming = event.kind === "harm" || event.kind === "fault" || (event.kind === "load" && event.stale);
    lines.push(alarming ? style.red(sentence) : sentence);
  }
  const { outcome } = trace;
  lines.push("", outcome.kind === "harm" ? style.red(outcome.sentence) : style.green(outcome.sentence));
  return `${lines.join("\n")}\n`;
}

function stepLine(event: TraceEvent, style: Style): string {
  const number = String(event.step + 1).padStart(4);
  const who = style.cyan(event.agent.padEnd(11));
  if (event.kind !== "step") return `${number}  ${who}`;
  const where = event.source === undefined ? "" : style.faint(`  ${event.source.file}:${event.source.line}`);
  return `${number}  ${who}  ${event.code ?? event.sentence}${where}`;
}
