/** Machines of the user's own on the command line: `--platform board.json` is a file with a preset. */
import { readFileSync } from "node:fs";
import path from "node:path";
import type { Platform } from "../host/engine.ts";
import { reasonOf } from "../host/file-system.ts";
import { type CommandContext, UsageError } from "./command.ts";

export interface GivenPlatforms {
  /** The words of `--platform`, files replaced by the ids of what is in them. */
  readonly ids: readonly string[];
  readonly presets: readonly Platform[];
}

/** Reads the files among the words. Throws `UsageError` with every mistake of a file, each with the field that it is in. */
export function readPresets(words: readonly string[], { engine, terminal }: CommandContext): GivenPlatforms {
  const presets: Platform[] = [];
  const ids = words.map((word) => {
    if (!word.endsWith(".json")) return word;
    const { platform, problems } = engine.litmus.readPreset(textOf(word, terminal.workingFolder));
    if (platform === undefined) throw new UsageError(problems.map((problem) => `${word}: ${problem}`).join("\n"));
    const other = presets.find(({ id }) => id === platform.id);
    if (other !== undefined) throw new UsageError(`${word}: id: another file is called ${platform.id} as well`);
    presets.push(platform);
    return platform.id;
  });
  return { ids, presets };
}

function textOf(word: string, workingFolder: string): string {
  try {
    return readFileSync(path.resolve(workingFolder, word), "utf8");
  } catch (error) {
    throw new UsageError(`${word}: ${reasonOf(error)}`);
  }
}
