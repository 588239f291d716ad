/** Calls of kernel functions that are gone, and the edits that put today's call in their place. */
import type { CallStatement, ProgramFunction } from "../program/program.ts";
import type { TextEdit } from "../text/edit.ts";
import type { Facts } from "./facts.ts";

export interface RemovedFunction {
  readonly name: string;
  /** What stands in its place today, with the same arguments. */
  readonly successor: string;
  /** The first release without it: "5.18". */
  readonly gone: string;
}

export interface RemovedCall {
  readonly function: ProgramFunction;
  readonly statement: CallStatement;
  readonly removed: RemovedFunction;
}

/** Calls to the functions, unless the driver defines one of that name itself. */
export function removedCalls(facts: Facts, table: readonly RemovedFunction[]): readonly RemovedCall[] {
  const found: RemovedCall[] = [];
  for (const removed of table)
    for (const { function: owner, statement } of facts.callsTo(removed.name))
      if (!facts.unit.functionNamed(removed.name, owner.file)) found.push({ function: owner, statement, removed });
  return found;
}

/** Puts the successor's name over the old one; undefined where a macro wrote the call. */
export function renameCall({ statement, removed }: RemovedCall): TextEdit | undefined {
  if (statement.macro !== undefined) return undefined;
  const { file, start, end } = statement.calleeSpan;
  return { file, start, end, newText: removed.successor };
}
