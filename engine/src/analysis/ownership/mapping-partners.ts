/**
 * Which maps a handle may come from where it is unmapped or synced: pairs over the whole unit, by values, never by names.
 * A handle's way is provenance's (struct type and field, locals, parameters, results); a scatterlist is the same list where its value is
 * the same within a function, or where it lies in the same field of the same struct type.
 */
import { type KnownMap, knownMap, KnownOf } from "../../program/dependencies.ts";
import type { Expression } from "../../program/program.ts";
import type { Facts, Origin } from "../facts.ts";
import { fieldKey } from "../values/field-keys.ts";
import { placesIn } from "../flow/finding-path.ts";
import { sameSet } from "../../program/body-index.ts";
import { ofBody } from "../flow/of-body.ts";
import { peel } from "../values/local-evaluation.ts";
import { workingsOf } from "../unit-facts.ts";
import { type StreamingEvent, streamingEvent, streamingEvents, streamingValue } from "./streaming-events.ts";

/** The maps that one unmap or sync may belong to, on one way to it. */
export interface Partners {
  readonly maps: readonly [StreamingEvent, ...StreamingEvent[]];
  /** Nothing else can have made the handle on this way. */
  readonly complete: boolean;
}

const known = new WeakMap<Facts, KnownMap<StreamingEvent, readonly Partners[]>>();

/** One entry for each context in which the event's handle or list was mapped in the unit; none where no map is known. */
export function partnersOf(facts: Facts, event: StreamingEvent): readonly Partners[] {
  let all = known.get(facts);
  if (!all) {
    all = knownMap();
    known.set(facts, all);
  }
  let found = all.get(event);
  if (!found) {
    found =
      event.step === "map" ? [] : event.family === "sg" ? listPartners(facts, event) : handlePartners(facts, event);
    all.set(event, found);
  }
  return found;
}

/**
 * The maps that an event may belong to, where every one of them disagrees with it: then whichever map it was, it does not fit.
 * Empty as soon as one fits, or where the handle may come from elsewhere.
 */
export function misfits(
  facts: Facts,
  event: StreamingEvent,
  disagrees: (map: StreamingEvent) => boolean,
): readonly StreamingEvent[] {
  const partners = partnersOf(facts, event);
  // One way on which a map fits shows that the function is shared: which way is taken is then not ours to say.
  if (!partners.every(({ maps, complete }) => complete && maps.every(disagrees))) return [];
  return [...new Set(partners.flatMap(({ maps }) => maps))];
}

/** Origins of the handle that are no calls that map: memory of another kind, or what is not known. */
export function foreignOrigins(facts: Facts, event: StreamingEvent): readonly Origin[] {
  if (!event.handle || event.step === "map") return [];
  const { contexts } = facts.valueOf({ function: event.owner, statement: event.call.id }, event.handle);
  return contexts.flatMap(({ origins }) => origins.filter((one) => mapOf(facts, one) === undefined));
}

function handlePartners(facts: Facts, event: StreamingEvent): readonly Partners[] {
  if (!event.handle) return [];
  const { contexts } = facts.valueOf({ function: event.owner, statement: event.call.id }, event.handle);
  const stored = storedPartners(facts, event.handle);
  // Of an array that is filled here, what was in it before is unknown: only what the unit stores there is ever unmapped.
  const isStored = (one: Origin): boolean => {
    const map = mapOf(facts, one);
    return (
      one.kind === "unknown" || (map !== undefined && stored?.maps.some((other) => other.call === map.call) === true)
    );
  };
  if (stored && contexts.every(({ origins }) => origins.every(isStored))) return [stored];
  const isKept = keysIn(event.handle).some((key) => isAliased(facts, key));
  return contexts.flatMap(({ origins }): readonly Partners[] => {
    // 0 and error values are what a handle is before it is mapped; they are never unmapped on purpose.
    const made = origins.filter((one) => one.kind !== "null");
    const maps = made.flatMap((one) => mapOf(facts, one) ?? []);
    const [first, ...others] = maps;
    return first ? [{ maps: [first, ...others], complete: !isKept && maps.length === made.length }] : [];
  });
}

/**
 * The maps whose results are all that the unit stores to the field that the handle is read from: arrays of handles that were allocated in
 * the function that fills them, where provenance follows the array and not the field.
 */
function storedPartners(facts: Facts, handle: Expression): Partners | undefined {
  const one = peel(handle);
  const key = one.kind === "read" ? fieldKey(one.place.steps) : undefined;
  if (key?.endsWith("*") !== true || isAliased(facts, key)) return undefined;
  const maps: StreamingEvent[] = [];
  for (const { function: owner, statement } of workingsOf(facts).index.storesTo(key)) {
    if (statement.kind === "zero" || (statement.kind === "assign" && peel(statement.value).kind === "constant"))
      continue;
    const api = statement.kind === "call" ? facts.apiOf(owner, statement) : undefined;
    const event = statement.kind === "call" && api ? streamingEvent(facts, owner, statement, api) : undefined;
    if (event?.step !== "map") return undefined;
    maps.push(event);
  }
  const [first, ...others] = maps;
  return first && { maps: [first, ...others], complete: true };
}

/** The fields that an expression reads. */
function keysIn(expression: Expression): readonly string[] {
  return placesIn(expression).flatMap((place) => fieldKey(place.steps) ?? []);
}

const aliased = new KnownOf<Facts, KnownMap<string, boolean>>();

/** Whether the field's address is kept in a pointer: what is stored through it is not seen as a store to the field. */
function isAliased(facts: Facts, key: string): boolean {
  let answers = aliased.get(facts);
  if (answers === undefined) {
    answers = knownMap<string, boolean>();
    aliased.set(facts, answers);
  }
  let answer = answers.get(key);
  if (answer === undefined) {
    const name = key.slice(key.lastIndexOf(".") + 1).replace(/\*+$/, "");
    answer = facts.unit.functionsMentioning(name).some((owner) => aliasedIn(facts, owner).has(key));
    answers.set(key, answer);
  }
  return answer;
}

const aliasedIn = ofBody((owner): ReadonlySet<string> => {
  const found = new Set<string>();
  for (const block of owner.blocks)
    for (const statement of block.statements) {
      if (statement.kind !== "assign") continue;
      const value = peel(statement.value);
      const taken = value.kind === "address" || (value.kind === "read" && value.place.type.kind === "array");
      const key = taken ? fieldKey(value.place.steps) : undefined;
      if (key !== undefined) found.add(key);
    }
  return found;
}, sameSet);

function mapOf(facts: Facts, origin: Origin): StreamingEvent | undefined {
  if (!origin.birth || !origin.api) return undefined;
  const { function: owner, statement } = origin.birth;
  const event = streamingEvent(facts, owner, statement, origin.api);
  return event?.step === "map" ? event : undefined;
}

function listPartners(facts: Facts, event: StreamingEvent): readonly Partners[] {
  if (!event.buffer) return [];
  const maps = streamingEvents(facts).filter((one) => one.step === "map" && one.family === "sg" && one.buffer);
  const value = listValue(facts, event);
  const here = maps.filter((one) => one.owner === event.owner && isSure(value) && listValue(facts, one) === value);
  const key = listKey(event);
  const keyed = key === undefined ? [] : maps.filter((one) => listKey(one) === key);
  const complete = maps.every((one) => one.owner === event.owner || listKey(one) !== undefined);
  const [first, ...others] = [...new Set([...here, ...keyed])];
  return first ? [{ maps: [first, ...others], complete }] : [];
}

function listValue(facts: Facts, event: StreamingEvent): string {
  return event.buffer ? streamingValue(facts, event.owner, event.call, event.buffer) : "";
}
function isSure(value: string): boolean {
  return value !== "" && !/<[JXO]/.test(value);
}

/** The field that is the list, or that points to it. */
function listKey({ buffer }: StreamingEvent): string | undefined {
  const one = buffer && peel(buffer);
  if (one?.kind !== "address" && one?.kind !== "read") return undefined;
  const last = one.place.steps.at(-1);
  return fieldKey(last?.kind === "index" ? one.place.steps.slice(0, -1) : one.place.steps);
}

/**
 * Whether the sizes of a map and of an unmap are certainly not one: two constants; one value and the same with a constant added;
 * a packet's own length against a constant. Sizes that are only written differently may be equal.
 */
export function sizesDiffer(facts: Facts, map: StreamingEvent, event: StreamingEvent): boolean {
  if (!map.size || !event.size) return false;
  const mapped = streamingValue(facts, map.owner, map.call, map.size);
  const unmapped = streamingValue(facts, event.owner, event.call, event.size);
  const isNumber = (text: string): boolean => /^#\d+$/.test(text);
  if (isNumber(mapped) && isNumber(unmapped)) return mapped !== unmapped;
  if (isNumber(unmapped)) return isPacketLength(map.size);
  if (map.owner !== event.owner || !isSure(mapped) || !isSure(unmapped)) return false;
  return isShifted(mapped, unmapped) || isShifted(unmapped, mapped);
}

/** `long` is `(short + constant)` or `(short - constant)`. */
function isShifted(short: string, long: string): boolean {
  if (!long.startsWith(`(${short}`)) return false;
  return /^[+-]#[1-9]\d*\)$/.test(long.slice(short.length + 1));
}

function isPacketLength(size: Expression): boolean {
  const one = peel(size);
  return one.kind === "read" && fieldKey(one.place.steps) === "sk_buff.len";
}
