import type { ProgramFile } from "./program/program.ts";
import type { RecordDefinition } from "./program/types.ts";

/** Reads one TypeScript snippet into the program. Never throws. */
export type SnippetReader = (
  name: string,
  text: string,
) => { readonly file: ProgramFile; readonly records: readonly RecordDefinition[] };
