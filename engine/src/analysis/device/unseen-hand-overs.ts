/**
 * Stores that set an ownership bit which the device cannot see yet: it comes to the descriptor by something that is written later
 * and in order, or the descriptor is not finished.
 */
import type { CallStatement, Expression, ProgramFunction } from "../../program/program.ts";
import { walkExpression } from "../../program/visit.ts";
import type { Earlier, FieldAccess, OrderingCall } from "./device-order.ts";
import type { Facts } from "../facts.ts";
import { flowOf } from "../flow/flow.ts";
import { workingsOf } from "../unit-facts.ts";
import { lastFieldIndex } from "../values/field-keys.ts";

/** Is told every store and every ordering call of one function, as `walkOrder` comes to them. */
export class UnseenHandOvers {
  readonly #facts: Facts;
  readonly #owner: ProgramFunction;
  readonly #unseen = new Set<FieldAccess>();
  readonly #handing = new Set<FieldAccess>();

  constructor(facts: Facts, owner: ProgramFunction) {
    this.#facts = facts;
    this.#owner = owner;
  }

  /** A store; `bit` is the ownership bit that it sets, if it sets one. */
  store(access: FieldAccess, bit: string | undefined, before: readonly Earlier<FieldAccess>[]): void {
    for (const { event, between } of before) {
      // What hands a record over is the last word that is written: one with words after it is some other flag.
      if (besides(event, access) || this.#isFinished(event, access)) this.#unseen.add(event);
      // A chain is the device's with its first record, whose bit is set last and behind a barrier.
      if (bit !== undefined && between.writes && this.#handing.has(event) && isOther(event, access))
        this.#unseen.add(event);
    }
    if (bit === undefined) return;
    this.#handing.add(access);
    if (this.#isNew(access)) this.#unseen.add(access);
  }

  /** A register that gets a DMA address hands over all that is written before. */
  ordering(call: OrderingCall, before: readonly Earlier<FieldAccess>[]): void {
    if (call.effect !== "mmio-write" || !this.#writesAddress(call)) return;
    for (const { event } of before)
      if (this.#handing.has(event) && this.#comesAfter(call, event)) this.#unseen.add(event);
  }

  has(access: FieldAccess): boolean {
    return this.#unseen.has(access);
  }

  /** Whether the word is written once more, on every way that is about this record: `d->ctrl = OWN; d->ctrl |= LAST`. */
  #isFinished(event: FieldAccess, access: FieldAccess): boolean {
    if (event.record !== access.record || event.field !== access.field || event.statement === access.statement)
      return false;
    if (event.kind !== "store" || !event.statement || !access.statement) return false;
    return event.block === access.block
      ? event.statement.start < access.statement.start
      : flowOf(this.#owner).dominates(event.block, access.block);
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

  /** Whether every way from the store comes to the register. */
  #comesAfter({ call }: OrderingCall, event: FieldAccess): boolean {
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

/** Whether both are the same word of different records. */
function isOther(one: FieldAccess, other: FieldAccess): boolean {
  return one.record !== other.record && one.field === other.field;
}

function mentionsAddress(value: Expression): boolean {
  let found = false;
  walkExpression(value, (part) => {
    if (part.kind === "read" && part.place.type.kind === "integer" && part.place.type.bits === "dma") found = true;
  });
  return found;
}
