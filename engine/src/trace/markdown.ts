/** A run as text for a mail or an issue: what happens, step by step, and the picture of the step that tells most. */
import {
  type Access,
  agentNames,
  type ByteCell,
  memoryRows,
  rowsOfStep,
  type RowView,
  spellBytes,
  viewRow,
} from "./picture.ts";
import { Replay } from "./state.ts";
import { type TimelineStep, timelineOf } from "./timeline.ts";
import type { Trace } from "./trace.ts";

export interface MarkdownOptions {
  /** Index of the step whose picture is drawn; default: the run's harm, else its last step. */
  readonly step?: number;
  /** The finding's own words, where the trace proves one. */
  readonly message?: string;
  /** Opens the replay at this step. */
  readonly link?: string;
}

export function markdownOf(trace: Trace, options: MarkdownOptions = {}): string {
  const steps = timelineOf(trace);
  const shown = options.step ?? tellingStep(steps);
  const schedule = trace.schedule === "" ? "natural: nothing but what the program asks for" : `\`${trace.schedule}\``;
  const facts = [
    `- Machine: ${trace.platform.title}`,
    `- Verdict: **${trace.verdict}** harmful. ${trace.outcome.sentence}`,
    ...(trace.rule === undefined ? [] : [`- Rule: \`${trace.rule}\``]),
    `- Schedule: ${schedule}`,
  ];
  const lines = [
    `**${options.message ?? trace.title}**`,
    "",
    ...facts,
    "",
    ...storyOf(steps, shown),
    "",
    `Step ${shown + 1}, cache and memory:`,
    "",
    "```text",
    ...pictureOf(trace, steps[shown]),
    "```",
    "",
    ...(options.link === undefined ? [] : [`Replay: <${options.link}>`, ""]),
    `Simulated by ${trace.tool}.`,
  ];
  return `${lines.join("\n")}\n`;
}

/** The step of the harm, else the last. */
export function tellingStep(steps: readonly TimelineStep[]): number {
  const harm = steps.findLastIndex((step) => step.harm !== undefined);
  return harm >= 0 ? harm : Math.max(0, steps.length - 1);
}

/** A mail does not take thousands of lines: of a long run the stale steps and their neighbours. */
const mostSteps = 60;
const neighbours = 2;

function storyOf(steps: readonly TimelineStep[], shown: number): string[] {
  const told = (index: number): boolean =>
    steps.length <= mostSteps ||
    index < neighbours ||
    index >= steps.length - neighbours ||
    Math.abs(index - shown) <= neighbours ||
    steps.slice(Math.max(0, index - neighbours), index + neighbours + 1).some((step) => step.stale);
  const lines: string[] = [];
  let skipped = 0;
  for (const step of steps) {
    if (!told(step.index) || lines.length >= 2 * mostSteps) {
      skipped++;
      continue;
    }
    if (skipped > 0) lines.push(`   … ${skipped} steps …`);
    skipped = 0;
    lines.push(stepLine(step));
    const stale = step.stale ? step.sentences.filter((sentence) => /stale|not the newest/.test(sentence)) : [];
    for (const sentence of stale.slice(0, 2)) lines.push(`   - ${sentence}`);
  }
  if (skipped > 0) lines.push(`   … ${skipped} steps …`);
  return lines;
}

function stepLine(step: TimelineStep): string {
  const where = step.source === undefined ? "" : ` (${step.source.file}:${step.source.line})`;
  const code = step.code === undefined ? "" : ` \`${step.code.replaceAll("`", "'")}\``;
  const flag = step.stale ? " **≠ stale**" : "";
  return `${step.index + 1}. ${agentNames[step.agent]}:${code} ${step.sentences[0] ?? ""}${where}${flag}`;
}

/** Lines of fixed width; a stale byte has a "!" before it. */
export function pictureOf(trace: Trace, step: TimelineStep | undefined): string[] {
  const replay = new Replay(trace);
  const rows = memoryRows(trace);
  const events = step === undefined ? [] : trace.events.slice(step.first, step.last + 1);
  const state = replay.at(step?.last ?? -1);
  const before = replay.at((step?.first ?? 0) - 1);
  const views = [...rows, ...rowsOfStep(trace, rows, events)].map((row) => viewRow(row, state, before, events));
  const width = Math.max(0, ...views.map((view) => view.row.name.length));
  return views.flatMap((view) => {
    const lines = rowLines(view);
    return lines.map((line, i) => `${(i === 0 ? view.row.name : "").padEnd(width)}  ${line}`.trimEnd());
  });
}

function rowLines(view: RowView): string[] {
  const copies = view.copies.map(
    ({ cells, dirty, stale }) => `cache  ${bytes(cells)}  ${dirty ? "dirty" : "clean"}${stale ? ", STALE" : ""}`,
  );
  return [
    ...(copies.length > 0 ? copies : ["cache  not cached"]),
    ...(view.pending === undefined ? [] : [`buffer ${bytes(view.pending)}  on its way to RAM`]),
    `RAM    ${bytes(view.memory)}${view.memoryStale ? "  older" : ""}`,
    ...view.accesses.map(accessLine),
  ];
}

const bytes = (cells: readonly ByteCell[]): string =>
  cells.map((cell) => `${cell.stale ? "!" : " "}${cell.text}`).join(" ");

function accessLine(access: Access): string {
  const wanted = access.stale
    ? `, the newest is ${access.expected === undefined ? "?" : spellBytes(access.expected)}`
    : "";
  return `       ${agentNames[access.agent]} ${access.verb} ${spellBytes(access.value)}${wanted}`;
}
