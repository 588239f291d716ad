/** What the names of one file mean: its own declarations, those of the headers that it includes, then the kernel's core. */
import type { FileDeclarations, Macro } from "./declarations.ts";
import type { FunctionType, RecordDefinition, RecordField, Type } from "./types.ts";

/** Resolves names for one file. Every look-up answers undefined for a name that nothing visible declares. */
export interface Scope {
  readonly file: string;
  /** Equal while nothing that this file can see changed: lowering the same text in an equal scope gives the same program. */
  readonly hash: number;
  typedefNamed(name: string): Type | undefined;
  /** The name under which the unit knows this tag here: the tag, or "tag@file" where two sources define it differently. */
  recordName(tag: string): string;
  /** By the name that `recordName` and record types carry. */
  recordNamed(name: string): RecordDefinition | undefined;
  fieldOf(record: string, field: string): RecordField | undefined;
  /** Value of an enumeration constant. */
  enumeratorNamed(name: string): bigint | undefined;
  /** The macro to expand; undefined also when alternatives under `#if` differ. */
  macroNamed(name: string): Macro | undefined;
  functionNamed(name: string): FunctionType | undefined;
  globalNamed(name: string): Type | undefined;
}

/** The scopes of a set of files, and every record that they define, by name. */
export interface LinkedScopes {
  readonly scopes: ReadonlyMap<string, Scope>;
  readonly records: ReadonlyMap<string, RecordDefinition>;
}

/** Resolves includes among the files and makes a scope for each. */
export function linkScopes(_files: ReadonlyMap<string, FileDeclarations>): LinkedScopes {
  return { scopes: new Map(), records: new Map() };
}
