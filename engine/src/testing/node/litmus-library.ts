/** The shipped litmus tests, read from their files. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import type { LitmusSource } from "../../program/litmus/litmus-source.ts";
import { readLitmus } from "../../program/litmus/read-litmus.ts";

export const litmusFolder = join(import.meta.dirname, "../../../litmus");

/** All of `engine/litmus`, by name. */
export const litmusLibrary: readonly LitmusSource[] = readdirSync(litmusFolder)
  .filter((file) => file.endsWith(".ts"))
  .sort()
  .map((file) => readSource(file, readFileSync(join(litmusFolder, file), "utf8")));

export function libraryTest(name: string): LitmusSource {
  const found = litmusLibrary.find((test) => test.name === name);
  if (found === undefined) throw new Error(`no litmus test ${name}`);
  return found;
}

/** A test from its text, which must be one. */
export function readSource(file: string, text: string): LitmusSource {
  const { source, problems } = readLitmus(ts, file, text);
  if (source === undefined) throw new Error(`${file}: ${JSON.stringify(problems)}`);
  return source;
}
