/** Litmus tests as text and JSON: the outcomes of one test, or a table of many. */
import type { LitmusOutcome, LitmusSource, LitmusVerdict, Verdict } from "../../host/engine.ts";
import type { Style } from "../style.ts";

export interface LitmusResult {
  readonly test: LitmusSource;
  /** `expected`: the verdict that the test expects there. */
  readonly verdicts: readonly (LitmusVerdict & { readonly expected?: Verdict })[];
}

/** The JSON of `dma-lens litmus`; its shape is a contract. */
export function litmusJson(results: readonly LitmusResult[], tool: string): string {
  const tests = results.map(({ test, verdicts }) => ({
    file: test.file,
    name: test.name,
    about: test.about,
    verdicts: verdicts.map(({ platform, verdict, expected, note, outcomes }) => ({
      platform,
      verdict,
      ...(expected !== undefined && { expected }),
      ...(note !== undefined && { note }),
      outcomes,
    })),
  }));
  return `${JSON.stringify({ version: 1, tool, tests }, undefined, 2)}\n`;
}

/** One test: for each set of outcomes the machines that have it, the states, and a schedule for each bad one. */
export function formatLitmusTest({ test, verdicts }: LitmusResult, style: Style): string {
  const lines = [`${style.bold(test.name)}  ${test.about}`];
  const condition = test.text.slice(test.bad.start, test.bad.end).replace(/\s+/g, " ");
  if (condition !== "") lines.push(style.faint(`bad: ${condition}`));
  const groups = new Map<string, (typeof verdicts)[number][]>();
  for (const one of verdicts) {
    const states = one.outcomes.map(({ state, bad }) => `${state}${bad ? "!" : ""}`);
    const key = [one.verdict, one.note ?? "", one.expected ?? "", ...states].join("\n");
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  for (const group of groups.values()) {
    const [first] = group;
    if (first === undefined) continue;
    lines.push("", `${verdictText(first.verdict, style)}  ${group.map(({ platform }) => platform).join(", ")}`);
    if (first.note !== undefined) lines.push(`  ${style.faint(`${first.note}.`)}`);
    if (first.expected !== undefined && first.expected !== first.verdict) {
      lines.push(style.yellow(`  The test expects: ${first.expected}.`));
    }
    const width = Math.max(0, ...first.outcomes.map(({ state }) => state.length));
    for (const outcome of first.outcomes) lines.push(outcomeLine(outcome, width, first.platform, style));
  }
  const source = test.expected?.source;
  if (source !== undefined) lines.push("", style.faint(`Expected from: ${source}`));
  return `${lines.join("\n")}\n`;
}

function outcomeLine({ state, bad, schedule }: LitmusOutcome, width: number, platform: string, style: Style): string {
  if (!bad) return `  ${state === "" ? "(no registers)" : state}`;
  const how = schedule === "" ? "without any help" : schedule;
  return `  ${style.red(`${state.padEnd(width)}  bad`)}  ${style.faint(`on ${platform}: ${how}`)}`;
}

/** Many tests: a row for each, a column for each machine. A verdict that is not the expected one is marked. */
export function formatLitmusTable(results: readonly LitmusResult[], style: Style): string {
  const platforms = [...new Set(results.flatMap(({ verdicts }) => verdicts.map(({ platform }) => platform)))];
  const width = Math.max(...results.map(({ test }) => test.name.length));
  const lines = platforms.map((platform, index) => `${String(index + 1).padStart(3)} ${platform}`);
  lines.push("", `${"".padEnd(width)} ${platforms.map((_, index) => String(index + 1).padStart(3)).join("")}`);
  let wrong = 0;
  let judged = 0;
  for (const { test, verdicts } of results) {
    const cells = platforms.map((platform) => {
      const one = verdicts.find((verdict) => verdict.platform === platform);
      if (one === undefined) return "   ";
      const isWrong = one.expected !== undefined && one.expected !== one.verdict;
      if (one.expected !== undefined) judged++;
      if (isWrong) wrong++;
      const letter = one.outcomes.length === 0 && one.note !== undefined ? "." : letters[one.verdict];
      const text = `${isWrong ? "!" : " "}${letter}`.padStart(3);
      return one.verdict === "never"
        ? style.faint(text)
        : one.verdict === "unknown"
          ? style.yellow(text)
          : style.red(text);
    });
    lines.push(`${test.name.padEnd(width)} ${cells.join("")}`);
  }
  lines.push(
    "",
    "-  never   S  sometimes   A  always   ?  not known   .  there is no such memory there   !  not as expected",
  );
  const tests = `${results.length} tests`;
  lines.push(
    judged === 0
      ? `${tests}; nothing is expected of them.`
      : wrong === 0
        ? style.green(`${tests}, ${judged} verdicts: all as expected.`)
        : style.red(`${tests}, ${judged} verdicts: ${wrong} other than expected.`),
  );
  return `${lines.join("\n")}\n`;
}

const letters: Readonly<Record<Verdict, string>> = { never: "-", sometimes: "S", always: "A", unknown: "?" };

function verdictText(verdict: Verdict, style: Style): string {
  const text = { never: "Never    ", sometimes: "Sometimes", always: "Always   ", unknown: "Not known" }[verdict];
  return verdict === "never" ? style.green(text) : verdict === "unknown" ? style.yellow(text) : style.red(text);
}
