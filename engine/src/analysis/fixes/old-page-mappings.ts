/** Pages that are mapped by kmap() and kmap_atomic(), and the edits that make a pair of the latter local. */
import type { CallStatement, ProgramFunction } from "../../program/program.ts";
import type { TextEdit } from "../../text/edit.ts";
import type { Facts } from "../facts.ts";

export interface AtomicMapping {
  readonly function: ProgramFunction;
  readonly statement: CallStatement;
  readonly name: "kmap" | "kmap_atomic";
  /**
   * Renames the call and what unmaps it; empty for kmap(), whose kunmap() takes the page, and where a function maps more than once or
   * unmaps elsewhere.
   */
  readonly edits: readonly TextEdit[];
}

/** Calls of kmap() and kmap_atomic(), unless the driver defines a function of that name itself. */
export function oldPageMappings(facts: Facts): readonly AtomicMapping[] {
  const calls = (name: string): ReturnType<Facts["callsTo"]> =>
    facts.callsTo(name).filter((call) => !facts.unit.functionNamed(name, call.function.file));
  const atomic = calls("kmap_atomic");
  const ends = atomic.length > 0 ? calls("kunmap_atomic") : [];
  return [
    ...calls("kmap").map((call) => ({ ...call, name: "kmap" as const, edits: [] })),
    ...atomic.map((call) => {
      const own = ends.filter((end) => end.function === call.function);
      const alone = atomic.filter((other) => other.function === call.function).length === 1;
      const pair = [call, ...own];
      const fixable = alone && own.length > 0 && pair.every((one) => one.statement.macro === undefined);
      const edits = pair.map(({ statement: { calleeSpan } }, index) => ({
        file: calleeSpan.file,
        start: calleeSpan.start,
        end: calleeSpan.end,
        newText: index === 0 ? "kmap_local_page" : "kunmap_local",
      }));
      return { ...call, name: "kmap_atomic" as const, edits: fixable ? edits : [] };
    }),
  ];
}
