/**
 * Unmaps and syncs of scatterlists by the count that the mapping returned. They take the count that it was given: a driver's list still
 * has all its entries, however few DMA segments they became (Documentation/core-api/dma-api.rst:420-425, 449-451, linux 6.12.117).
 */
import type { Place, Statement } from "../../program/program.ts";
import { placeKey } from "../../program/visit.ts";
import type { ApiCall, Facts } from "../facts.ts";
import { fieldKey } from "../values/field-keys.ts";
import { flowOf } from "../flow/flow.ts";
import { placeOf, shareNames } from "./mapped-counts.ts";
import { listNames } from "./scatter-lists.ts";
import { workingsOf } from "../unit-facts.ts";

export interface MappedCountEnd {
  readonly end: ApiCall;
  readonly map: ApiCall;
  /** The count that the end is given, as the source spells it. */
  readonly count: string;
  /** Whether the result took the place of the count itself, so that nobody knows the original any more. */
  readonly lost: boolean;
}

const counting = new Set(["dma_map_sg", "dma_map_sg_attrs", "ib_dma_map_sg", "pci_map_sg"]);

/** Unmaps and syncs whose count is what dma_map_sg() returned. */
export function mappedCountEnds(facts: Facts): readonly MappedCountEnd[] {
  const maps = [...counting].some((name) => facts.callsTo(name).length > 0)
    ? facts.callsWith("map-sg").filter((call) => counting.has(call.name) && call.statement.result !== undefined)
    : [];
  if (maps.length === 0) return [];
  const found: MappedCountEnd[] = [];
  for (const end of facts.callsWith("unmap-sg", "sync-sg-for-cpu", "sync-sg-for-device")) {
    const argument = end.argument("count");
    const list = end.argument("sg");
    const place = argument && placeOf(argument);
    if (!list || !place || end.statement.macro !== undefined) continue;
    const map = maps.find((one) => countsBy(facts, one, end, place));
    if (!map || !shareNames(facts, map, listNames(facts, end.function, end.statement, list))) continue;
    const given = map.argument("count");
    const givenPlace = given && placeOf(given);
    // A list of one entry has one segment.
    if (given?.kind === "constant" && given.value === 1n) continue;
    const lost = givenPlace !== undefined && sameCount(givenPlace, map, place, end);
    if (!lost && comparesCounts(facts, map)) continue;
    found.push({ end, map, count: facts.textOf(end.function, argument), lost });
  }
  return found;
}

/** Whether the count holds the mapping's result and nothing else since. */
function countsBy(facts: Facts, map: ApiCall, end: ApiCall, count: Place): boolean {
  const results = resultPlaces(map);
  const field = fieldKey(count.steps);
  if (field !== undefined) {
    if (!results.some((place) => fieldKey(place.steps) === field)) return false;
    const given = map.argument("count");
    const givenPlace = given && placeOf(given);
    if (givenPlace && fieldKey(givenPlace.steps) === field) return true;
    return workingsOf(facts)
      .index.storesTo(field)
      .every((store) => stores(facts, store.function, store.statement));
  }
  if (map.function !== end.function || !results.some((place) => placeKey(place) === placeKey(count))) return false;
  const flow = flowOf(map.function);
  const [from, to] = [flow.locate(map.statement.id), flow.locate(end.statement.id)];
  if (!from || !to || !flow.dominates(from.block, to.block) || map.statement.id > end.statement.id) return false;
  // Nothing else is stored there behind the mapping but the result on its way.
  return map.function.blocks.every((block) =>
    block.statements.every((statement) => {
      if (statement.id <= map.statement.id || (statement.kind !== "assign" && statement.kind !== "call")) return true;
      const target = statement.kind === "assign" ? statement.target : statement.result;
      if (!target || placeKey(target) !== placeKey(count)) return true;
      const value = statement.kind === "assign" ? placeOf(statement.value) : undefined;
      return value !== undefined && results.some((place) => placeKey(place) === placeKey(value));
    }),
  );
}

/** Whether a statement stores a mapping's result, or 0, in its target. */
function stores(facts: Facts, owner: ApiCall["function"], statement: Statement): boolean {
  if (statement.kind === "call") return statement.callee.kind === "direct" && counting.has(statement.callee.name);
  if (statement.kind !== "assign") return statement.kind === "zero";
  if (statement.value.kind === "constant" && statement.value.value === 0n) return true;
  const value = placeOf(statement.value);
  return (
    value !== undefined &&
    facts
      .callsWith("map-sg")
      .some(
        (map) =>
          map.function === owner &&
          counting.has(map.name) &&
          resultPlaces(map).some((place) => placeKey(place) === placeKey(value)),
      )
  );
}

/** Where the result goes: by the call itself, and by assignments of it behind the call. */
function resultPlaces(map: ApiCall): readonly Place[] {
  const { result } = map.statement;
  if (!result) return [];
  const places = [result];
  for (const id of flowOf(map.function).order)
    for (const statement of map.function.blocks[id]?.statements ?? []) {
      if (statement.kind !== "assign" || statement.id < map.statement.id) continue;
      const value = placeOf(statement.value);
      if (value && places.some((place) => placeKey(place) === placeKey(value))) places.push(statement.target);
    }
  return places;
}

function sameCount(given: Place, map: ApiCall, count: Place, end: ApiCall): boolean {
  const field = fieldKey(given.steps);
  if (field !== undefined) return field === fieldKey(count.steps);
  return map.function === end.function && placeKey(given) === placeKey(count);
}

/** Whether the driver refuses a list that was joined: it compares the result with what it gave. */
function comparesCounts(facts: Facts, map: ApiCall): boolean {
  const given = map.argument("count");
  if (!given) return true;
  const results = new Set(resultPlaces(map).map(placeKey));
  const text = facts.textOf(map.function, given);
  return map.function.blocks.some(({ terminator }) => {
    if (terminator.kind !== "branch" || terminator.condition.kind !== "binary") return false;
    const { left, right } = terminator.condition;
    const sides = [left, right].map(placeOf);
    const isResult = sides.some((place) => place !== undefined && results.has(placeKey(place)));
    return isResult && [left, right].some((side) => facts.textOf(map.function, side) === text);
  });
}
