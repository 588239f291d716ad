/** `dma-lens explain RULE | rules | platforms`: what the tool knows, as text. */
import type { Engine, RuleMeta } from "../host/engine.ts";
import { readArguments, ruleIds } from "./arguments.ts";
import { type CommandContext, type ExitStatus, UsageError } from "./command.ts";
import { type Style, styleFor } from "./style.ts";

export function explain(words: readonly string[], { engine, terminal }: CommandContext): Promise<ExitStatus> {
  const { positionals } = readArguments(words, {});
  const [subject, ...more] = positionals;
  if (subject === undefined || more.length > 0)
    throw new UsageError("explain wants one rule, or the word rules or platforms");
  const style = styleFor(terminal);
  if (subject === "rules") terminal.write(listRules(engine, style));
  else if (subject === "platforms") terminal.write(listPlatforms(engine, style));
  else {
    const [id] = ruleIds(engine, [subject]);
    for (const rule of engine.rules) if (rule.id === id) terminal.write(ruleText(rule, style));
  }
  return Promise.resolve(0);
}

function listRules(engine: Engine, style: Style): string {
  const width = Math.max(...engine.rules.map((rule) => rule.id.length));
  const rows = engine.rules.map(
    (rule) =>
      `${style.bold(rule.id.padEnd(width))}  ${rule.severity.padEnd(7)}  ${rule.stage.padEnd(7)}  ${rule.summary}\n`,
  );
  return rows.join("");
}

function listPlatforms(engine: Engine, style: Style): string {
  const width = Math.max(...engine.platforms.map((platform) => platform.id.length));
  const rows = engine.platforms.map((platform) => {
    const coherence = platform.coherent ? "coherent    " : "non-coherent";
    const note = platform.simulated ? "" : style.faint(" (described, not simulated yet)");
    return `${style.bold(platform.id.padEnd(width))}  ${coherence}  ${platform.title}: ${platform.summary}${note}\n`;
  });
  return rows.join("");
}

function ruleText(rule: RuleMeta, style: Style): string {
  const sections: (readonly [string, readonly string[]])[] = [
    ["Why", [rule.why]],
    ["What to do", [rule.remedy]],
    ["Where it bites", [rule.when]],
    ["Fixes", rule.fixes.map((fix) => `${fix.title}${fix.safety === "review" ? " (to be reviewed)" : ""}`)],
    ["Basis", rule.basis],
  ];
  const body = sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => `${style.cyan(title)}\n${lines.map((line) => `  ${line}\n`).join("")}`);
  return [`${style.bold(rule.id)}  ${style.faint(`${rule.severity}, ${rule.stage}`)}\n${rule.summary}\n`, ...body].join(
    "\n",
  );
}
