/** Pages that are mapped by kmap() and kmap_atomic(), and the edits that make a pair of the latter local. */
import type { CallStatement, ProgramFunction } from "../../program/program.ts";
import { expressionsOfTerminator, touchesMemory } from "../../program/visit.ts";
import type { TextEdit } from "../../text/edit.ts";
import type { Facts } from "../facts.ts";
import { workingsOf } from "../unit-facts.ts";
import type { LocalValue } from "../values/symbols.ts";

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

/**
 * Calls of kmap() and kmap_atomic(), unless the driver defines a function of that name itself. kmap() only where its task unmaps the
 * page as well: a local mapping is of no use to others (Documentation/mm/highmem.rst:132-137, linux 6.12.117).
 */
export function oldPageMappings(facts: Facts): readonly AtomicMapping[] {
  const calls = (name: string): ReturnType<Facts["callsTo"]> =>
    facts.callsTo(name).filter((call) => !facts.unit.functionNamed(name, call.function.file));
  const atomic = calls("kmap_atomic");
  const ends = atomic.length > 0 ? calls("kunmap_atomic") : [];
  return [
    ...calls("kmap")
      .filter((call) => calls("kunmap").some((end) => end.function === call.function) && !isHandedOn(facts, call))
      .map((call) => ({ ...call, name: "kmap" as const, edits: [] })),
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

/** Whether the address is returned, or put where another task may find it: a field, a transfer's buffer. */
function isHandedOn(facts: Facts, { function: owner, statement: call }: ReturnType<Facts["callsTo"]>[number]): boolean {
  const values = workingsOf(facts).provenance.localValues(owner);
  const isMapping = (value: LocalValue): boolean =>
    value.some(({ symbol }) => (symbol.kind === "result" || symbol.kind === "birth") && symbol.call === call);
  if (call.result && touchesMemory(call.result)) return true;
  return owner.blocks.some(
    (block) =>
      block.statements.some(
        (one) => one.kind === "assign" && touchesMemory(one.target) && isMapping(values.valueAt(one.id, one.value)),
      ) ||
      (block.terminator.kind === "return" &&
        expressionsOfTerminator(block.terminator).some((one) => isMapping(values.valueAt(-1, one, block.id)))),
  );
}
