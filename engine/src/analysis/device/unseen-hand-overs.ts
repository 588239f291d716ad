/**
 * Stores that set an ownership bit which the device cannot see yet: it comes to the descriptor by something that is written later
 * and in order, or the descriptor is not finished.
 */
import type { CallStatement, Expression, ProgramFunction } from "../../program/program.ts";
import { targetOf, walkExpression } from "../../program/visit.ts";
import type { Earlier, FieldAccess, OrderingCall } from "./device-order.ts";
import type { Facts } from "../facts.ts";
import { flowOf } from "../flow/flow.ts";
import { indicesOf, tellsRegister } from "./told-indices.ts";
import { workingsOf } from "../unit-facts.ts";
import { lastFieldIndex } from "../values/field-keys.ts";

interface Store {
  readonly access: FieldAccess;
  /** The ownership bit that it sets, if it sets one. */
  readonly bit: string | undefined;
  readonly before: readonly Earlier<FieldAccess>[];
}

/** Is told every store and every ordering call of one function, as `walkOrder` comes to them, and asked afterwards. */
export class UnseenHandOvers {
  readonly #facts: Facts;
  readonly #owner: ProgramFunction;
  readonly #stores: Store[] = [];
  readonly #registers: { readonly call: OrderingCall; readonly before: readonly Earlier<FieldAccess>[] }[] = [];
  readonly #barriers: OrderingCall[] = [];
  #unseen: ReadonlySet<FieldAccess> | undefined;

  constructor(facts: Facts, owner: ProgramFunction) {
    this.#facts = facts;
    this.#owner = owner;
  }

  store(access: FieldAccess, bit: string | undefined, before: readonly Earlier<FieldAccess>[]): void {
    this.#stores.push({ access, bit, before });
  }

  ordering(call: OrderingCall, before: readonly Earlier<FieldAccess>[]): void {
    if (call.effect === "mmio-write" && this.#writesAddress(call)) this.#registers.push({ call, before });
    if (call.effect === "barrier" && /^(memory|device)-(write|full)$/.test(call.orders)) this.#barriers.push(call);
  }

  has(access: FieldAccess): boolean {
    this.#unseen ??= this.#find();
    return this.#unseen.has(access);
  }

  #find(): ReadonlySet<FieldAccess> {
    const unseen = new Set<FieldAccess>();
    const handing = new Set(this.#stores.flatMap(({ access, bit }) => (bit === undefined ? [] : [access])));
    // What hands a record over is the last word that is written: one with words after it is some other flag.
    for (const { access, before } of this.#stores)
      for (const { event } of before) if (besides(event, access)) unseen.add(event);
    for (const access of handing) {
      if (this.#isNew(access) || this.#isToldByIndex(access)) unseen.add(access);
      for (const { access: later } of this.#stores) {
        if (this.#isWithin(access, later)) unseen.add(access);
        if (this.#isSameWord(access, later)) {
          unseen.add(access);
          // A word that has its bit already is the driver's until something else tells the device.
          if (handing.has(later)) unseen.add(later);
        }
        // A chain is the device's with its first record, whose bit is set last and behind a barrier.
        if (handing.has(later) && this.#isLastOfChain(access, later)) unseen.add(access);
      }
    }
    // A register that gets a DMA address hands over all that is written before.
    for (const { call, before } of this.#registers)
      for (const { event } of before) if (handing.has(event) && this.#comesAfter(call.call, event)) unseen.add(event);
    return unseen;
  }

  /** Whether the word is written once more, on a way that is only about this record: `d->ctrl = OWN; d->ctrl |= LAST`. */
  #isSameWord(event: FieldAccess, later: FieldAccess): boolean {
    if (event.field !== later.field || event.statement === later.statement) return false;
    if (!event.statement || !later.statement) return false;
    const text = (access: FieldAccess): string => this.#facts.textOfPlace(this.#owner, access.place);
    if (text(event) !== text(later) || (event.record !== later.record && !this.#staysSame(event))) return false;
    return this.#follows(event, later);
  }

  /** Whether a register gets the index of the record on every way on: it tells the device up to where the ring is its own. */
  #isToldByIndex(event: FieldAccess): boolean {
    const indices = indicesOf(this.#owner, event.place);
    if (indices.size === 0) return false;
    return this.#owner.blocks.some((block) =>
      block.statements.some(
        (call) =>
          call.kind === "call" &&
          this.#comesAfter(call, event) &&
          tellsRegister(this.#facts, this.#owner, call, indices),
      ),
    );
  }

  /** Whether a part of the same record is written after the word, on a way that is only about this record. */
  #isWithin(event: FieldAccess, later: FieldAccess): boolean {
    const base = (access: FieldAccess): string => access.record.slice(0, access.record.indexOf("|"));
    return base(later).startsWith(`${base(event)}.`) && this.#follows(event, later);
  }

  /** Whether another record's word comes behind a barrier that comes behind this one, and never before it. */
  #isLastOfChain(event: FieldAccess, later: FieldAccess): boolean {
    const flow = flowOf(this.#owner);
    const text = (access: FieldAccess): string => this.#facts.textOfPlace(this.#owner, access.place);
    if (event.field !== later.field || text(event) === text(later)) return false;
    const at = later.statement;
    return this.#barriers.some(({ call }) => {
      const block = flow.locate(call.id)?.block;
      if (block === undefined || at === undefined || !flow.reaches(event.block, block)) return false;
      if (flow.reaches(block, event.block)) return false;
      return block === later.block ? call.start < at.start : flow.dominates(block, later.block);
    });
  }

  /** Whether a store comes after another one for certain. */
  #follows(event: FieldAccess, later: FieldAccess): boolean {
    if (!event.statement || !later.statement) return false;
    return event.block === later.block
      ? event.statement.start < later.statement.start
      : flowOf(this.#owner).dominates(event.block, later.block);
  }

  /** Whether the variable through which the record is reached is given one value only. */
  #staysSame({ place: { root } }: FieldAccess): boolean {
    if (root.kind !== "variable") return false;
    const given = this.#owner.blocks
      .flatMap((block) => block.statements)
      .filter((one) => {
        const target = targetOf(one);
        return target?.root.kind === "variable" && target.root.id === root.id && target.steps.length === 0;
      });
    return given.length <= (this.#owner.parameters.includes(root.id) ? 0 : 1);
  }

  /** A record that this function has just got: the device does not know of it before it is linked. */
  #isNew({ place, statement }: FieldAccess): boolean {
    if (!statement) return false;
    const at = lastFieldIndex(place.steps);
    const base = { ...place, steps: place.steps.slice(0, at) };
    const { root } = workingsOf(this.#facts).provenance.localValues(this.#owner).locationAt(statement.id, base);
    if (root.kind !== "symbol") return false;
    return root.symbol.kind === "birth" || (root.symbol.kind === "result" && this.#isAllocation(root.symbol.call));
  }

  /** Whether a function of the unit returns what it has allocated itself. */
  #isAllocation(call: CallStatement): boolean {
    const { index, provenance } = workingsOf(this.#facts);
    return index.callees(this.#owner, call).some((callee) =>
      provenance
        .localValues(callee)
        .returns()
        .some(({ value }) => value?.some((one) => one.symbol.kind === "birth") === true),
    );
  }

  #writesAddress({ call }: OrderingCall): boolean {
    const api = this.#facts.apiOf(this.#owner, call);
    const at = api?.parameters.findIndex(({ role }) => role === "value") ?? -1;
    const value = call.arguments[at];
    return value !== undefined && mentionsAddress(value);
  }

  /** Whether every way from the store comes to the call. */
  #comesAfter(call: CallStatement, event: FieldAccess): boolean {
    const flow = flowOf(this.#owner);
    const block = flow.locate(call.id)?.block;
    if (block === undefined) return false;
    if (block === event.block) return event.statement !== undefined && event.statement.start < call.start;
    return flow.order.every(
      (id) =>
        this.#owner.blocks[id]?.terminator.kind !== "return" ||
        flow.dominates(block, id) ||
        !flow.reaches(event.block, id),
    );
  }
}

/** Whether both are words of one record, and not the same word. */
export function besides(one: FieldAccess, other: FieldAccess): boolean {
  return one.record === other.record && one.field !== other.field;
}

function mentionsAddress(value: Expression): boolean {
  let found = false;
  walkExpression(value, (part) => {
    if (part.kind === "read" && part.place.type.kind === "integer" && part.place.type.bits === "dma") found = true;
  });
  return found;
}
