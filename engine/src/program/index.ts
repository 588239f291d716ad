/** The room's doors. */
export { declarationsOf } from "./declarations.ts";
export type { FileDeclarations, Macro } from "./declarations.ts";
export { linkScopes } from "./scope.ts";
export type { LinkedScopes, Scope } from "./scope.ts";
export { lowerCFile } from "./lower-c-file.ts";
export { itemStarts, isBlankInItem } from "./unit-edits.ts";
export { recorded, knownMap, knownValue } from "./dependencies.ts";
export type { KnownMap } from "./dependencies.ts";
export { buildCUnit, buildUnit, UnitBuilder } from "./unit.ts";
export type { CSource } from "./unit.ts";
export { scalarType } from "./scalar-types.ts";
export * from "./visit.ts";
export * from "./graph.ts";
export { printFunction, printStatement, printTerminator } from "./print.ts";
export { coreRecordSource } from "./core-records.ts";
