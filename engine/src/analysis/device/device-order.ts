/**
 * The order in which a device sees what one function does: accesses to coherent memory and to registers, and what stands between.
 * Only order that the kernel's contract gives counts (Documentation/memory-barriers.txt, 6.12.117): barriers and the ordered
 * register accessors. A call that nobody knows may hold a barrier, so nothing is said across it.
 */
import { knownMap, type KnownMap } from "../../program/dependencies.ts";
import type { Ordering } from "../../kernel/contract.ts";
import { isInert } from "../../kernel/inert.ts";
import type { BlockId, CallStatement, Expression, Place, ProgramFunction, Statement } from "../../program/program.ts";
import { readsOf } from "../../program/visit.ts";
import type { FileSpan } from "../../text/span.ts";
import type { ApiCall, Facts } from "../facts.ts";
import { fieldKey, lastFieldIndex } from "../values/field-keys.ts";
import { flowOf } from "../flow/flow.ts";
import { passesThrough } from "../values/api-effects.ts";

/** A store to, or a load of, a field that a pointer leads to. Whether it lies in coherent memory is for the rule to ask. */
export interface FieldAccess {
  readonly kind: "store" | "load";
  readonly statement: Statement | undefined;
  readonly block: BlockId;
  readonly place: Place;
  readonly span: FileSpan;
  /** "record.field". */
  readonly field: string;
  /** Equal for equal records within the function: the place without its last field. */
  readonly record: string;
}

/** A call that orders something, or a register access. */
export interface OrderingCall {
  readonly call: CallStatement;
  readonly name: string;
  readonly orders: Ordering;
  readonly effect: ApiCall["api"]["effect"];
}

/** What surely stands between an earlier access and here, on every way. */
export interface Between {
  /** Earlier stores to memory come before later ones, for a device. */
  readonly writes: boolean;
  /** Earlier loads from memory come before later ones. */
  readonly reads: boolean;
  /** Earlier stores to memory come before later register writes. */
  readonly registers: boolean;
  /** A barrier that orders processors only, or memory only: the calls that were meant to do it. */
  readonly attempts: readonly OrderingCall[];
}

/** An earlier event that reaches a later one. */
export interface Earlier<T> {
  readonly event: T;
  readonly between: Between;
}

export interface OrderVisitor {
  /** A field access; `before` are the accesses that reach it, `reads` the register reads. */
  access?(access: FieldAccess, before: readonly Earlier<FieldAccess>[], reads: readonly Earlier<OrderingCall>[]): void;
  /** A register access or a barrier; `before` are the accesses that reach it. */
  ordering?(call: OrderingCall, before: readonly Earlier<FieldAccess>[]): void;
}

const nothingBetween: Between = { writes: false, reads: false, registers: false, attempts: [] };

type Event = FieldAccess | OrderingCall | "unknown";
type State = ReadonlyMap<FieldAccess | OrderingCall, Between>;

/** More accesses than this on one way are not followed: the function is no ring handling. */
const widest = 200;

/** Walks a function in an order in which every event is seen once, with all earlier accesses that reach it. */
export function walkOrder(facts: Facts, owner: ProgramFunction, visitor: OrderVisitor): void {
  const flow = flowOf(owner);
  const events = new Map<BlockId, readonly Event[]>();
  for (const id of flow.order) events.set(id, eventsOf(facts, owner, id));
  const exits = new Map<BlockId, State>();
  const entryOf = (id: BlockId): State =>
    meet((flow.predecessors[id] ?? []).map((one) => exits.get(one)).filter((one) => one !== undefined));
  // What is between only shrinks and accesses are finite, so this ends; the cap is for graphs that nobody wrote by hand.
  for (let round = 0, changed = true; changed && round < 8; round++) {
    changed = false;
    for (const id of flow.order) {
      const after = (events.get(id) ?? []).reduce(step, entryOf(id));
      const before = exits.get(id);
      if (before && sameState(before, after)) continue;
      exits.set(id, after);
      changed = true;
    }
  }
  for (const id of flow.order) {
    let state = entryOf(id);
    for (const event of events.get(id) ?? []) {
      if (event !== "unknown") {
        const before: Earlier<FieldAccess>[] = [];
        const reads: Earlier<OrderingCall>[] = [];
        for (const [one, between] of state)
          if ("call" in one) reads.push({ event: one, between });
          else before.push({ event: one, between });
        if ("call" in event) visitor.ordering?.(event, before);
        else visitor.access?.(event, before, reads);
      }
      state = step(state, event);
    }
  }
}

function step(state: State, event: Event): State {
  if (event === "unknown") return new Map();
  if (!("call" in event)) {
    if (state.size >= widest) return state;
    return new Map(state).set(event, nothingBetween);
  }
  const effect = ordered(event);
  const after = new Map([...state].map(([access, between]) => [access, joinUp(between, effect)]));
  return event.effect === "mmio-read" ? after.set(event, effect) : after;
}

function joinUp(a: Between, b: Between): Between {
  return {
    writes: a.writes || b.writes,
    reads: a.reads || b.reads,
    registers: a.registers || b.registers,
    attempts:
      b.attempts.length > 0 ? [...a.attempts.filter((one) => !b.attempts.includes(one)), ...b.attempts] : a.attempts,
  };
}

/** What a call puts between the accesses before and those after it. */
function ordered(event: OrderingCall): Between {
  const gives = (writes: boolean, reads: boolean, registers: boolean): Between => ({
    writes,
    reads,
    registers,
    attempts: [event],
  });
  switch (event.orders) {
    case "memory-write":
      // An ordered register write comes after the stores before it, and what comes after it comes later still.
      return event.effect === "mmio-write" ? gives(true, false, true) : gives(true, false, false);
    case "memory-read":
      return gives(false, true, false);
    case "memory-full":
      return gives(true, true, event.effect === "mmio-write");
    case "device-write":
      return gives(true, false, true);
    case "device-read":
      return gives(false, true, false);
    case "device-full":
      return gives(true, true, true);
    case "smp":
    case "compiler":
    case "nothing":
      return gives(false, false, false);
  }
}

/** An access that some way brings is there; what stands between is what every such way has. */
function meet(states: readonly State[]): State {
  const [first, ...rest] = states;
  if (!first) return new Map();
  if (rest.length === 0) return first;
  const result = new Map(first);
  for (const other of rest)
    for (const [access, between] of other) {
      const known = result.get(access);
      result.set(access, known ? meetBetween(known, between) : between);
    }
  return result;
}

function meetBetween(a: Between, b: Between): Between {
  return {
    writes: a.writes && b.writes,
    reads: a.reads && b.reads,
    registers: a.registers && b.registers,
    attempts: a.attempts.filter((one) => b.attempts.includes(one)),
  };
}

function sameState(a: State, b: State): boolean {
  if (a.size !== b.size) return false;
  for (const [access, one] of a) {
    const other = b.get(access);
    if (!other || one.writes !== other.writes || one.reads !== other.reads || one.registers !== other.registers)
      return false;
    if (one.attempts.length !== other.attempts.length) return false;
  }
  return true;
}

function eventsOf(facts: Facts, owner: ProgramFunction, id: BlockId): readonly Event[] {
  const block = owner.blocks[id];
  if (!block) return [];
  const events: Event[] = [];
  const loads = (expressions: readonly Expression[], statement: Statement | undefined): void => {
    for (const place of expressions.flatMap(readsOf)) {
      const access = accessTo(facts, owner, place, "load", statement, id);
      if (access) events.push(access);
    }
  };
  for (const statement of block.statements) {
    if (statement.kind === "assign") {
      loads([statement.value], statement);
      const access = accessTo(facts, owner, statement.target, "store", statement, id);
      if (access) events.push(access);
    } else if (statement.kind === "call") {
      loads(statement.arguments, statement);
      const orders = orderOf(facts, owner, statement);
      if (orders === "unknown") events.push("unknown");
      else if (orders) events.push(orders);
      const access = statement.result && accessTo(facts, owner, statement.result, "store", statement, id);
      if (access) events.push(access);
    } else if (statement.kind === "evaluate") loads([statement.value], statement);
    else if (statement.kind === "opaque") events.push("unknown");
  }
  if (block.terminator.kind === "branch") loads([block.terminator.condition], undefined);
  if (block.terminator.kind === "switch") loads([block.terminator.value], undefined);
  return events;
}

function accessTo(
  facts: Facts,
  owner: ProgramFunction,
  place: Place,
  kind: FieldAccess["kind"],
  statement: Statement | undefined,
  block: BlockId,
): FieldAccess | undefined {
  const field = fieldKey(place.steps);
  const at = lastFieldIndex(place.steps);
  if (field === undefined || !place.steps.slice(0, at).some((one) => one.kind === "deref")) return undefined;
  const point = { function: owner, statement: statement?.id ?? -1, block };
  const base: Place = { ...place, steps: place.steps.slice(0, at) };
  const indices = base.steps.flatMap((one) => (one.kind === "index" ? [facts.textOf(owner, one.index)] : []));
  return {
    kind,
    statement,
    block,
    place,
    span: place,
    field,
    record: `${facts.identityOf(point, base)}|${indices.join(",")}`,
  };
}

/** What a call orders; undefined when it surely orders nothing that a device sees. */
function orderOf(facts: Facts, owner: ProgramFunction, call: CallStatement): OrderingCall | "unknown" | undefined {
  if (call.callee.kind !== "direct") return "unknown";
  const { name } = call.callee;
  if (isInert(name) || passesThrough(name) !== undefined) return undefined;
  const api = facts.apiOf(owner, call);
  if (api?.orders) return { call, name, orders: api.orders, effect: api.effect };
  if (api && unordered.has(api.effect)) return undefined;
  const target = facts.unit.functionNamed(name, owner.file);
  return target && isSilent(facts, target, new Set()) ? undefined : "unknown";
}

/**
 * Effects of calls whose contract gives no order. A map may hold a barrier where caches are written back, but where the device
 * snoops it holds none.
 */
const unordered: ReadonlySet<string> = new Set([
  "check-handle",
  "query",
  "accessor",
  "map-streaming",
  "unmap-streaming",
  "map-sg",
  "unmap-sg",
  "virt-to-phys",
  "phys-to-virt",
  "virt-to-page",
  "page-to-virt",
]);

const silent = new WeakMap<Facts, KnownMap<ProgramFunction, boolean>>();

/** Whether a function of the unit, and all that it calls, holds nothing that could order anything. */
function isSilent(facts: Facts, target: ProgramFunction, entered: Set<ProgramFunction>): boolean {
  const all = silent.get(facts) ?? knownMap<ProgramFunction, boolean>();
  silent.set(facts, all);
  const known = all.get(target);
  if (known !== undefined) return known;
  if (entered.has(target) || entered.size > 20) return false;
  entered.add(target);
  const result = target.blocks.every((block) =>
    block.statements.every((statement) => {
      if (statement.kind === "opaque") return false;
      if (statement.kind !== "call") return true;
      if (statement.callee.kind !== "direct") return false;
      const { name } = statement.callee;
      if (isInert(name) || passesThrough(name) !== undefined) return true;
      const api = facts.apiOf(target, statement);
      if (api) return unordered.has(api.effect);
      const next = facts.unit.functionNamed(name, target.file);
      return next !== undefined && isSilent(facts, next, entered);
    }),
  );
  all.set(target, result);
  return result;
}
