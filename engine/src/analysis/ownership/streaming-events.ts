/**
 * The event stream of streaming DMA: every call of the unit that hands memory to a device or takes it back, with what rides on it.
 * A clean view for rules over the catalogue's records: who maps, syncs and unmaps what, in which direction, how many bytes.
 * CPU accesses to a mapping are in its track (ownership.ts, `Mapping.track.accesses`), hand-overs by registers in running-device.ts.
 */
import { KnownOf } from "../../program/dependencies.ts";
import type { ApiFunction, Effect, Role } from "../../kernel/contract.ts";
import type { CallStatement, Expression, ProgramFunction } from "../../program/program.ts";
import type { Facts } from "../facts.ts";
import { type Direction, directionOf, ownershipOf } from "./ownership.ts";
import { textOfValue } from "./ownership-values.ts";

/** What a call does to the ownership of the memory. */
export type StreamingStep = "map" | "unmap" | "sync-for-cpu" | "sync-for-device";

/** One such call. Expressions are the arguments as written; undefined where the call has none of that role. */
export interface StreamingEvent {
  readonly step: StreamingStep;
  /** "single" stands for single and page: since 5.x they are one (include/linux/dma-mapping.h:305-345, linux 6.12.117). */
  readonly family: "single" | "sg" | "resource";
  readonly owner: ProgramFunction;
  readonly call: CallStatement;
  readonly api: ApiFunction;
  readonly device: Expression | undefined;
  /** The handle of an unmap or sync; a map's handle is its result. */
  readonly handle: Expression | undefined;
  /** A map's memory (pointer, page or physical address), or the scatterlist or table of any step. */
  readonly buffer: Expression | undefined;
  /** Bytes; of scatterlists undefined. */
  readonly size: Expression | undefined;
  /** Bytes from the handle (sync_single_range) or from the page's start (map_page). */
  readonly offset: Expression | undefined;
  /** Entries of a scatterlist. */
  readonly count: Expression | undefined;
  /** As the constant or the variable's only value says; "unknown" where it is decided elsewhere. */
  readonly direction: Direction;
  readonly directionArgument: Expression | undefined;
  /** Attributes are given, and are not 0: the step may leave the caches alone (DMA_ATTR_SKIP_CPU_SYNC). */
  readonly hasAttributes: boolean;
}

const steps: Partial<Record<Effect, readonly [StreamingStep, StreamingEvent["family"]]>> = {
  "map-streaming": ["map", "single"],
  "unmap-streaming": ["unmap", "single"],
  "sync-for-cpu": ["sync-for-cpu", "single"],
  "sync-for-device": ["sync-for-device", "single"],
  "map-sg": ["map", "sg"],
  "unmap-sg": ["unmap", "sg"],
  "sync-sg-for-cpu": ["sync-for-cpu", "sg"],
  "sync-sg-for-device": ["sync-for-device", "sg"],
  "map-resource": ["map", "resource"],
  "unmap-resource": ["unmap", "resource"],
};

const streams = new KnownOf<Facts, readonly StreamingEvent[]>();

/** All events of the unit, by file and place. */
export function streamingEvents(facts: Facts): readonly StreamingEvent[] {
  const known = streams.get(facts);
  if (known) return known;
  const effects = Object.keys(steps).filter((one): one is keyof typeof steps => Object.hasOwn(steps, one));
  const found = facts
    .callsWith(...effects)
    .flatMap(({ function: owner, statement, api }) => streamingEvent(facts, owner, statement, api) ?? []);
  streams.set(facts, found);
  return found;
}

/** The event that a call is; undefined for calls that change nobody's ownership. */
export function streamingEvent(
  facts: Facts,
  owner: ProgramFunction,
  call: CallStatement,
  api: ApiFunction,
): StreamingEvent | undefined {
  const step = steps[api.effect];
  if (!step) return undefined;
  const argument = (...roles: readonly Role[]): Expression | undefined => {
    const at = api.parameters.findIndex((one) => roles.includes(one.role));
    return at < 0 ? undefined : call.arguments[at];
  };
  const directionArgument = argument("direction");
  const attributes = argument("attrs");
  return {
    step: step[0],
    family: step[1],
    owner,
    call,
    api,
    device: argument("device"),
    handle: argument("handle"),
    buffer: argument("cpu", "data", "page", "phys") ?? argument("sg", "sgt"),
    size: argument("size", "length"),
    offset: argument("offset"),
    count: argument("count"),
    direction: directionArgument ? directionOf(streamingValue(facts, owner, call, directionArgument)) : "unknown",
    directionArgument,
    hasAttributes: attributes !== undefined && streamingValue(facts, owner, call, attributes) !== "#0",
  };
}

/**
 * A text for the value of an expression just before a call: equal texts are equal values on one pass through the function.
 * "#4096" is the constant 4096, "$NAME" a name that nothing in the unit declares.
 */
export function streamingValue(
  facts: Facts,
  owner: ProgramFunction,
  call: CallStatement,
  expression: Expression,
): string {
  const values = ownershipOf(facts).valuesOf(owner);
  return textOfValue(values.evaluate(values.before(call), expression));
}
