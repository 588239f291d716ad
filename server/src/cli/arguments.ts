/** Reads a command's words, and turns every mistake into a sentence that names it. */
import { type ParseArgsConfig, parseArgs } from "node:util";
import type { Engine } from "../host/engine.ts";
import { UsageError } from "./command.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** The options and words of one command. Throws `UsageError` at an unknown option, a missing or a needless value. */
export function readArguments<const T extends Options>(
  words: readonly string[],
  options: T,
): ReturnType<typeof parseArgs<{ options: T; allowPositionals: true; strict: true }>> {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
  } catch (error) {
    // parseArgs adds a hint about `--` that helps nobody who mistyped an option.
    const message = error instanceof Error ? error.message : String(error);
    const [first = message] = message.split(". ");
    throw new UsageError(first.replace(/\.$/, ""));
  }
}

/** One of a few words. */
export function oneOf<const T extends string>(what: string, given: string, known: readonly T[]): T {
  const found = known.find((word) => word === given);
  if (found === undefined) throw new UsageError(`Unknown ${what} '${given}'; known are ${known.join(", ")}`);
  return found;
}

/** Full ids of rules; the part after the slash is enough to name one. */
export function ruleIds(engine: Engine, given: readonly string[]): readonly string[] {
  return given.map((word) => {
    const found = engine.rules.find((rule) => rule.id === word || rule.id === `dma/${word}`);
    if (found !== undefined) return found.id;
    throw new UsageError(
      `Unknown rule '${word}'${nearest(
        word,
        engine.rules.map((rule) => rule.id),
      )}; dma-lens explain rules lists them`,
    );
  });
}

/** Ids of platforms that the simulator runs; "all" stands for all of them. */
export function platformIds(engine: Engine, given: readonly string[]): readonly string[] {
  const simulated = engine.platforms.filter((platform) => platform.simulated).map((platform) => platform.id);
  const ids = given.flatMap((word) => {
    if (word === "all") return simulated;
    if (simulated.includes(word)) return [word];
    if (engine.platforms.some((platform) => platform.id === word)) {
      throw new UsageError(`Platform '${word}' is described, but this version does not simulate it`);
    }
    throw new UsageError(
      `Unknown platform '${word}'${nearest(word, simulated)}; dma-lens explain platforms lists them`,
    );
  });
  return [...new Set(ids)];
}

/** ", did you mean 'x'?" for the known word that differs least, if it differs little. */
function nearest(word: string, known: readonly string[]): string {
  const short = (id: string): string => id.replace(/^dma\//, "");
  const ranked = known
    .map((id) => ({ id, distance: editDistance(short(word), short(id)) }))
    .sort((a, b) => a.distance - b.distance)[0];
  // Three slips in a long name are slips; three in a name of three letters are another name.
  const most = Math.min(3, Math.floor(short(word).length / 2));
  return ranked !== undefined && ranked.distance <= most ? ` (did you mean '${ranked.id}'?)` : "";
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
