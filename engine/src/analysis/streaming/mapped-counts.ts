/**
 * Which of a scatterlist's two counts a loop and a call go by. Mapping may join entries, so that dma_map_sg() returns fewer than it was
 * given: the device gets as many as were returned, while unmapping and syncing take the count that was given
 * (Documentation/core-api/dma-api.rst:379-425, linux 6.12.117).
 */
import type { Expression, Place, ProgramFunction, Terminator } from "../../program/program.ts";
import { expressionsOf, expressionsOfTerminator, placeKey, targetOf, walkExpression } from "../../program/visit.ts";
import type { ApiCall, Facts } from "../facts.ts";
import { fieldKey } from "../values/field-keys.ts";
import { flowOf } from "../flow/flow.ts";
import { peel } from "../values/local-evaluation.ts";
import { type EntryLoop, entryLoopOver, listNames } from "./scatter-lists.ts";

/** A loop over DMA addresses that goes by the count of the CPU's side. */
export interface OriginalCountLoop {
  /** The call of sg_dma_address() or sg_dma_len() in the loop. */
  readonly use: ApiCall;
  readonly loop: Terminator & { readonly kind: "iterate" };
  /** The count as the source spells it; undefined where the loop macro takes it from the table. */
  readonly count: string | undefined;
  /** The mapping that was given the count, where it is in the unit. */
  readonly map: ApiCall | undefined;
}

/** Counts that fields of the kernel's structs keep of the list before it is mapped; the mapped count has a field of its own. */
const originalCounts = new Set([
  "sg_table.orig_nents", // include/linux/scatterlist.h:42
  "urb.num_sgs", // include/linux/usb.h:1628, beside num_mapped_sgs
  "usb_request.num_sgs", // include/linux/usb/gadget.h:110, beside num_mapped_sgs
]);

const dmaSide = ["sg_dma_address", "sg_dma_len"];

/** Loops over entries by the original count that use the DMA side of each entry; each loop once. */
export function originalCountLoops(facts: Facts): readonly OriginalCountLoop[] {
  if (dmaSide.every((name) => facts.callsTo(name).length === 0)) return [];
  const found: OriginalCountLoop[] = [];
  const seen = new Set<Terminator>();
  for (const use of facts.callsWith("sg-read")) {
    const pointer = use.statement.arguments[0];
    if (!dmaSide.includes(use.name) || !pointer || use.statement.macro !== undefined) continue;
    const at = entryLoopOver(use.function, use.statement.id, peel(pointer));
    if (!at || seen.has(at.terminator)) continue;
    seen.add(at.terminator);
    const one = misjudged(facts, use, pointer, at.terminator, at.block);
    if (one && !dumpsForCpu(facts, use.function, at)) found.push(one);
  }
  return found;
}

function misjudged(
  facts: Facts,
  use: ApiCall,
  pointer: Expression,
  loop: OriginalCountLoop["loop"],
  block: number,
): OriginalCountLoop | undefined {
  if (loop.macro === "for_each_sgtable_sg") {
    const names = listNames(facts, use.function, use.statement, pointer);
    const map = mapsOf(facts).find((one) => shareNames(facts, one, names));
    return map ? { use, loop, count: undefined, map } : undefined;
  }
  const count = loop.macro === "for_each_sg" ? loop.arguments[2] : undefined;
  const place = count && placeOf(count);
  if (!count || !place) return undefined;
  const key = fieldKey(place.steps);
  const text = facts.textOf(use.function, count);
  if (key !== undefined && originalCounts.has(key)) return { use, loop, count: text, map: undefined };
  const names = listNames(facts, use.function, use.statement, pointer);
  for (const map of mapsOf(facts)) {
    const given = map.argument("count");
    const givenPlace = given && placeOf(given);
    // Every driver has its own use of a field of the kernel's structs.
    if (!sharesRecords(facts, use, map, place)) continue;
    if (!givenPlace || !sameCount(use.function, place, map, givenPlace, block)) continue;
    if (!shareNames(facts, map, names) || learnsCount(facts, map, givenPlace)) continue;
    return { use, loop, count: text, map };
  }
  return undefined;
}

/** Whether the two calls can mean one object by the count's field: they are in one file, or the struct is the driver's own. */
function sharesRecords(facts: Facts, use: ApiCall, map: ApiCall, count: Place): boolean {
  if (use.function.file === map.function.file) return true;
  const key = fieldKey(count.steps);
  const record = key === undefined ? undefined : facts.unit.records.get(key.slice(0, key.lastIndexOf(".")));
  return record !== undefined && facts.unit.files.has(record.file);
}

/** Whether the loop is the CPU's: it looks at the entries' pages, and takes the DMA side's length for want of the other. */
function dumpsForCpu(facts: Facts, owner: ProgramFunction, loop: EntryLoop): boolean {
  let address = false;
  let cpu = false;
  for (const { function: home, statement, name } of facts.callsWith("sg-read", "page-to-virt")) {
    const pointer = statement.arguments[0];
    if (home !== owner || !pointer || !["sg_dma_address", "sg_virt", "sg_page"].includes(name)) continue;
    if (entryLoopOver(owner, statement.id, peel(pointer))?.block !== loop.block) continue;
    if (name === "sg_dma_address") address = true;
    else cpu = true;
  }
  return cpu && !address;
}

function mapsOf(facts: Facts): readonly ApiCall[] {
  return facts.callsWith("map-sg").filter((call) => (call.argument("sg") ?? call.argument("sgt")) !== undefined);
}

/** Whether the mapping's list is one of the names. */
export function shareNames(facts: Facts, map: ApiCall, names: ReadonlySet<string>): boolean {
  const list = map.argument("sg") ?? map.argument("sgt");
  return list !== undefined && [...listNames(facts, map.function, map.statement, list)].some((name) => names.has(name));
}

/** The place that a value is read from, where it is one. */
export function placeOf(expression: Expression): Place | undefined {
  const one = peel(expression);
  return one.kind === "read" ? one.place : undefined;
}

/**
 * Whether the loop's count is the one that the mapping was given: one field over the unit, or one local that the mapping dominates
 * and that is not written after it.
 */
function sameCount(owner: ProgramFunction, count: Place, map: ApiCall, given: Place, block: number): boolean {
  const key = fieldKey(count.steps);
  if (key !== undefined) return key === fieldKey(given.steps);
  if (map.function !== owner || placeKey(count) !== placeKey(given)) return false;
  const flow = flowOf(owner);
  const at = flow.locate(map.statement.id);
  if (!at || !flow.dominates(at.block, block)) return false;
  return !owner.blocks.some((one) =>
    one.statements.some((statement) => {
      if (statement.id <= map.statement.id || (statement.kind !== "assign" && statement.kind !== "call")) return false;
      const target = targetOf(statement);
      return target !== undefined && placeKey(target) === placeKey(count);
    }),
  );
}

/**
 * Whether the driver makes the two counts one: it keeps the result in the count's own place, or compares the two, as those do that
 * refuse a list that was joined.
 */
export function learnsCount(facts: Facts, map: ApiCall, given: Place): boolean {
  const { result } = map.statement;
  if (!result) return false;
  const { function: owner } = map;
  const key = placeKey(given);
  const field = fieldKey(given.steps);
  const results = new Set([placeKey(result)]);
  const isCount = (place: Place): boolean =>
    placeKey(place) === key || (field !== undefined && fieldKey(place.steps) === field);
  const isResult = (expression: Expression): boolean => {
    const place = placeOf(expression);
    return place !== undefined && results.has(placeKey(place));
  };
  if (isCount(result)) return true;
  const comparisons: Expression[] = [];
  const look = (expression: Expression): void => {
    walkExpression(expression, (part) => {
      if (part.kind !== "binary" || !["==", "!=", "<", ">", "<=", ">="].includes(part.operator)) return;
      const [left, right] = [placeOf(part.left), placeOf(part.right)];
      if ((left && isCount(left) && isResult(part.right)) || (right && isCount(right) && isResult(part.left)))
        comparisons.push(part);
    });
  };
  for (const id of flowOf(owner).order) {
    const block = owner.blocks[id];
    for (const statement of block?.statements ?? []) {
      if (statement.kind === "assign" && isResult(statement.value)) {
        if (isCount(statement.target)) return true;
        results.add(placeKey(statement.target));
      }
      expressionsOf(statement).forEach(look);
    }
    if (block) expressionsOfTerminator(block.terminator).forEach(look);
  }
  return comparisons.length > 0 || keptInField(facts, map, results, field);
}

/** Whether a field takes the result by way of the field's other name; only a result in the very field counts. */
function keptInField(facts: Facts, map: ApiCall, results: ReadonlySet<string>, field: string | undefined): boolean {
  if (field === undefined) return false;
  // `nents = map(...)`, stored in the field by whoever called: that caller's store is of what the function gives back.
  return facts.unit.callersOf(map.function).some(({ caller, statement }) => {
    const { result } = statement;
    return returnsResult(map.function, results) && result !== undefined && storesResult(caller, result, field);
  });
}

function returnsResult(owner: ProgramFunction, results: ReadonlySet<string>): boolean {
  return owner.blocks.some(({ terminator }) => {
    const place = terminator.kind === "return" && terminator.value ? placeOf(terminator.value) : undefined;
    return place !== undefined && results.has(placeKey(place));
  });
}

function storesResult(caller: ProgramFunction, result: Place, field: string): boolean {
  if (fieldKey(result.steps) === field) return true;
  return caller.blocks.some((block) =>
    block.statements.some((statement) => {
      if (statement.kind !== "assign" || fieldKey(statement.target.steps) !== field) return false;
      const value = placeOf(statement.value);
      return value !== undefined && placeKey(value) === placeKey(result);
    }),
  );
}
