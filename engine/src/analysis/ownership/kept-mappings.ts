/**
 * Streaming mappings that outlive the function that makes them: handle and buffer are kept side by side in fields, and other
 * functions sync, unmap and touch them. A kept mapping knows how to get from the place of its handle to the buffer:
 * after `rx->dma = dma_map_single(dev, rx->skb->data, ...)`, the handle in `ring[i].dma` is that of `ring[i].skb->data`.
 */
import { KnownOf } from "../../program/dependencies.ts";
import type { Effect } from "../../kernel/contract.ts";
import type { CallStatement, Expression, ProgramFunction } from "../../program/program.ts";
import type { Facts } from "../facts.ts";
import { flowOf } from "../flow/flow.ts";
import { partnersOf } from "./mapping-partners.ts";
import { ownershipOf } from "./ownership.ts";
import { fieldName, fieldsIn, sameField } from "./ownership-fields.ts";
import { peel } from "../values/local-evaluation.ts";
import {
  type Environment,
  type OwnershipValues,
  plain,
  resultName,
  type SymbolicValue,
  textOfValue,
} from "./ownership-values.ts";
import { type StreamingEvent, streamingEvents } from "./streaming-events.ts";

/** What the buffer's field holds: the pointer, a packet or a page whose memory is mapped, or the mapped bytes themselves. */
export type Holder = "pointer" | "packet" | "page" | "memory";

export interface KeptMapping {
  readonly map: StreamingEvent;
  /** "record.field" that keeps the handle. */
  readonly handleField: string;
  /** Every field that the handle, or a number made of it, goes to: "record.field" or "?.field". */
  readonly fields: ReadonlySet<string>;
  /** "record.field" that leads to the buffer. */
  readonly bufferField: string;
  /** ".dma" and ".skb": how the two places differ. */
  readonly handleName: string;
  readonly bufferName: string;
  readonly holder: Holder;
  /** From what the field holds to the first mapped byte. */
  readonly start: string;
}

const known = new KnownOf<Facts, readonly KeptMapping[]>();

/** The kept mappings of a unit, by file and place of the map. */
export function keptMappings(facts: Facts): readonly KeptMapping[] {
  const before = known.get(facts);
  if (before) return before;
  const found = streamingEvents(facts).flatMap((event) =>
    event.step === "map" && event.family === "single" ? keptBy(facts, event) : [],
  );
  known.set(facts, found);
  return found;
}

function keptBy(facts: Facts, map: StreamingEvent): readonly KeptMapping[] {
  const ownership = ownershipOf(facts);
  const values = ownership.valuesOf(map.owner);
  const mapping = ownership.mappings(map.api.effect).find((one) => one.call === map.call);
  const buffer = mapping?.track.site.buffer;
  if (!mapping || !buffer || !values.settled) return [];
  const flow = flowOf(map.owner);
  const at = flow.locate(map.call.id);
  if (!at) return [];
  const handle = resultName(map.call);
  const found = new Map<string, KeptMapping>();
  const behind = flow.order.filter((id) => id === at.block || flow.reaches(at.block, id));
  for (const id of behind) {
    const environment = values.exitOf(id);
    for (const [key, cell] of environment) {
      if (cell.field === undefined && !key.includes(".")) continue;
      if (textOfValue(cell.value) !== handle) continue;
      const handleField = cell.field ?? fieldByName(map.owner, key);
      if (handleField === undefined) continue;
      for (const place of placesOf(buffer, environment)) {
        const names = namesBetween(key, place.key);
        const bufferField = place.field ?? fieldByName(map.owner, place.key);
        // An offset that only this function knows does not lead another one to the buffer.
        if (!names || bufferField === undefined || place.start.includes("<")) continue;
        const fields = new Set([...mapping.track.fields, handleField]);
        const one = { map, handleField, bufferField, fields, ...names, holder: place.holder, start: place.start };
        found.set(`${handleField} ${names.handleName} ${names.bufferName} ${place.holder} ${place.start}`, one);
      }
    }
  }
  return [...found.values()];
}

/** A place written by an accessor macro: its record is the one that the function's own text gives that member, if it is one. */
function fieldByName(owner: ProgramFunction, key: string): string | undefined {
  const member = /\.(\w+)[^.]*$/.exec(key)?.[1];
  if (member === undefined) return undefined;
  const named = [...fieldsIn(owner)].filter((one) => one.endsWith(`.${member}`));
  return named.length === 1 ? named[0] : `?.${member}`;
}

/** The places from which the buffer can be found again. */
function* placesOf(
  buffer: SymbolicValue,
  environment: Environment,
): Iterable<{
  readonly key: string;
  readonly field?: string | undefined;
  readonly holder: Holder;
  readonly start: string;
}> {
  const { object, path } = buffer;
  for (const [key, { value, field }] of environment) {
    if (!key.includes(".")) continue;
    const text = textOfValue(value);
    if (text.startsWith("#")) continue;
    if (object === value.object && path.startsWith(value.path))
      yield { key, field, holder: "pointer", start: path.slice(value.path.length) };
    else if (isDataOf(object, text)) yield { key, field, holder: "packet", start: path };
    else if (object === `virt(${text})`) yield { key, field, holder: "page", start: path };
  }
  const loaded = /^<L (.*)>$/.exec(object)?.[1];
  const packet = loaded === undefined ? undefined : /^<L (.*)>\.data(@<R\d+>)?$/.exec(loaded)?.[1];
  if (packet !== undefined) yield { key: withoutGeneration(packet), holder: "packet", start: path };
  else if (loaded !== undefined) yield { key: withoutGeneration(loaded), holder: "pointer", start: path };
  const page = /^virt\(<L (.*)>\)$/.exec(object)?.[1];
  if (page !== undefined) yield { key: withoutGeneration(page), holder: "page", start: path };
  if (path.startsWith(".")) yield { key: object + path, holder: "memory", start: "" };
}

function isDataOf(object: string, packet: string): boolean {
  return object === `<L ${packet}.data>` || object.startsWith(`<L ${packet}.data@`);
}
function withoutGeneration(key: string): string {
  return key.replace(/@<R\d+>$/, "");
}

/** How two places differ: in the members behind a common start, with the same index behind them. */
function namesBetween(
  handle: string,
  buffer: string,
): { readonly handleName: string; readonly bufferName: string } | undefined {
  let at = 0;
  while (at < handle.length && handle[at] === buffer[at]) at++;
  at = handle.lastIndexOf(".", at);
  if (at <= 0 || buffer[at] !== "." || handle.slice(0, at) !== buffer.slice(0, at)) return undefined;
  const handleName = members.exec(handle.slice(at))?.[0];
  const bufferName = members.exec(buffer.slice(at))?.[0];
  if (handleName === undefined || bufferName === undefined || handleName === bufferName) return undefined;
  if (handle.slice(at + handleName.length) !== buffer.slice(at + bufferName.length)) return undefined;
  return { handleName, bufferName };
}
const members = /^(\.\w+)+/;

/** The buffer that belongs to a handle which is kept at `key`, as the values at a point name it; both what is there now and before. */
export function bufferBeside(
  values: OwnershipValues,
  environment: Environment,
  key: string,
  kept: KeptMapping,
): readonly SymbolicValue[] {
  const at = key.lastIndexOf(kept.handleName);
  const behind = key.slice(at + kept.handleName.length);
  if (at <= 0 || /^[\w.]/.test(behind)) return [];
  const place = key.slice(0, at) + kept.bufferName + behind;
  if (kept.holder === "memory") return [splitPlace(place)];
  const held = environment.get(place)?.value;
  const pointers = [held, plain(`<L ${place}>`)].filter((one) => one !== undefined);
  return pointers.flatMap((pointer): readonly SymbolicValue[] => {
    if (kept.holder === "pointer") return [{ object: pointer.object, path: pointer.path + kept.start }];
    if (kept.holder === "page") return [{ object: `virt(${textOfValue(pointer)})`, path: kept.start }];
    const data = `${textOfValue(pointer)}.data`;
    const moved = values.read(environment, { object: textOfValue(pointer), path: ".data", field: "sk_buff.data" });
    return [
      { object: `<L ${data}>`, path: kept.start },
      { object: moved.object, path: moved.path + kept.start },
    ];
  });
}

function splitPlace(place: string): SymbolicValue {
  const at = /^(.*>)((?:\.|\+)[^>]*)$/.exec(place);
  return at ? { object: at[1] ?? "", path: at[2] ?? "" } : plain(place);
}

/** The place that keeps the handle which an expression gives, and the field's name where it is written there. */
export function placeOfHandle(
  values: OwnershipValues,
  environment: Environment,
  handle: Expression,
): { readonly key: string; readonly field: string | undefined } | undefined {
  const one = peel(handle);
  if (one.kind === "read" && one.place.steps.length > 0) {
    const storage = values.locate(environment, one.place);
    return { key: textOfValue(storage), field: fieldName(one.place) };
  }
  const loaded = /^<L (.*)>$/.exec(textOfValue(values.evaluate(environment, one)))?.[1];
  return loaded === undefined ? undefined : { key: withoutGeneration(loaded), field: undefined };
}

/** Whether an unmap or a sync may be about the mapping: not where it certainly gets another's handle. */
export function mayConcern(facts: Facts, event: StreamingEvent, kept: KeptMapping): boolean {
  if (event.family !== "single" || !event.handle) return false;
  if (opposite(event, kept)) return false;
  const partners = partnersOf(facts, event);
  if (partners.some(({ maps }) => maps.some((one) => one.call === kept.map.call))) return true;
  if (partners.length > 0 && partners.every(({ complete }) => complete)) return false;
  const one = peel(event.handle);
  const field = one.kind === "read" && one.place.steps.length > 0 ? fieldName(one.place) : undefined;
  if (field === undefined) return true;
  return [...kept.fields].some((other) => sameField(other, field)) || !isKeptField(facts, field);
}

/** Whether the event maps something, and leaves the handle in the mapping's field. */
export function mapsInto(facts: Facts, event: StreamingEvent, kept: KeptMapping): boolean {
  if (event.step !== "map" || event.family !== "single") return false;
  if (event.call === kept.map.call) return true;
  const mapping = ownershipOf(facts)
    .mappings(event.api.effect)
    .find((one) => one.call === event.call);
  if (!mapping) return true;
  return [...mapping.track.fields].some((field) => sameField(field, kept.handleField));
}

function opposite(event: StreamingEvent, kept: KeptMapping): boolean {
  const [a, b] = [event.direction, kept.map.direction];
  return (a === "to-device" && b === "from-device") || (a === "from-device" && b === "to-device");
}

/** Whether some map of the unit stores its handle there: then what is read from it is that map's. */
function isKeptField(facts: Facts, field: string): boolean {
  return keptMappings(facts).some((one) => [...one.fields].some((other) => sameField(other, field)));
}

/** The functions that run when some caller of `owner` runs, `owner` with its own callees included. */
export function runWith(facts: Facts, owner: ProgramFunction): ReadonlySet<ProgramFunction> {
  const callers = new Set([owner]);
  for (const one of callers) for (const { caller } of facts.unit.callersOf(one)) callers.add(caller);
  const all = new Set(callers);
  for (const one of all) for (const { target } of facts.unit.calleesOf(one)) all.add(target);
  return all;
}

/** Effects by which a driver keeps its caches in step without the DMA API's syncs, or asks whether it has to. */
const byHand: readonly Effect[] = ["cache-op", "cpu-access-begin"];

/** A unit that flushes by hand or asks for coherence does the syncs that it needs by other means. */
export function syncsByOtherMeans(facts: Facts): boolean {
  if (facts.callsWith(...byHand).length > 0) return true;
  return asking.some((name) => facts.callsTo(name).length > 0);
}
const asking = ["dma_need_sync", "dev_is_dma_coherent", "dma_dev_need_sync", "page_pool_dma_sync_for_cpu"];

/** Whether a call that nobody knows may sync or unmap. */
export function mayEndByName(call: CallStatement): boolean {
  return call.callee.kind === "direct" && /unmap|unprep|sync|flush|inval/.test(call.callee.name);
}
