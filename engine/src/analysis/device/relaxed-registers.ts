/** Relaxed register accesses that stand beside memory shared with the device, with nothing that orders the two. */
import type { CallStatement, Expression, PathStep, ProgramFunction, VariableId } from "../../program/program.ts";
import { readsOf } from "../../program/visit.ts";
import { type Between, type FieldAccess, type OrderingCall, walkOrder } from "./device-order.ts";
import { coherentRecordOf, hasCoherentMemory, isDeviceWritten } from "./device-records.ts";
import type { ApiCall, Facts } from "../facts.ts";
import { pathTo } from "../flow/finding-path.ts";
import { flowOf } from "../flow/flow.ts";
import type { Verdict } from "../values/judgement.ts";
import { runningFunctions } from "./running-device.ts";

/** A relaxed register access and the access to coherent memory that nothing orders with it. */
export interface RelaxedAccess {
  readonly function: ProgramFunction;
  readonly register: OrderingCall;
  readonly memory: FieldAccess;
  readonly between: Between;
  readonly verdict: Verdict;
}

/**
 * Register writes after a store to coherent memory that may overtake it, where no later call of the function orders the two: what
 * rings the doorbell is the last write. One for each write.
 */
export function relaxedDoorbells(facts: Facts): readonly RelaxedAccess[] {
  const found: RelaxedAccess[] = [];
  for (const owner of functionsWith(facts, "mmio-write")) {
    const orderings: OrderingCall[] = [];
    const candidates: Omit<RelaxedAccess, "verdict">[] = [];
    walkOrder(facts, owner, {
      ordering(register, before) {
        orderings.push(register);
        if (register.effect !== "mmio-write" || register.orders !== "nothing" || !isSingle(facts, owner, register))
          return;
        const bare = before.findLast(({ event, between }) => event.kind === "store" && !between.registers);
        if (bare) candidates.push({ function: owner, register, memory: bare.event, between: bare.between });
      },
    });
    const last = candidates.filter(({ register }) => !orderings.some((later) => ordersAfter(owner, register, later)));
    for (const one of last) {
      const verdict = coherentRecordOf(facts, owner, one.memory);
      if (verdict) found.push({ ...one, verdict });
    }
  }
  return found;
}

/** Loads of what the device wrote, which may come before the relaxed read of the status that the driver tested. */
export function relaxedStatusReads(facts: Facts): readonly RelaxedAccess[] {
  const found: RelaxedAccess[] = [];
  for (const owner of functionsWith(facts, "mmio-read")) {
    const told = new Set<CallStatement>();
    const flow = flowOf(owner);
    walkOrder(facts, owner, {
      access(memory, _, reads) {
        if (memory.kind !== "load" || reads.length === 0 || !isDeviceWritten(facts, memory.field)) return;
        for (const { event: register, between } of reads) {
          if (register.orders !== "nothing" || between.reads || told.has(register.call)) continue;
          const tested = flow.edgesTo(memory.block).some(({ from }) => tests(owner, from, register.call));
          const verdict = tested ? coherentRecordOf(facts, owner, memory) : undefined;
          if (!verdict) continue;
          told.add(register.call);
          found.push({ function: owner, register, memory, between, verdict });
        }
      },
    });
  }
  return found;
}

/** A write of one value: memcpy_toio() and its kin fill memory of the device and wake nobody. */
function isSingle(facts: Facts, owner: ProgramFunction, { call }: OrderingCall): boolean {
  const api = facts.apiOf(owner, call);
  return api !== undefined && api.parameters.length === 2 && api.parameters.some(({ role }) => role === "value");
}

/** The path of such a finding: the memory, its access, and the register's as the sink. */
export function pathOfRelaxed(facts: Facts, one: RelaxedAccess, sinkNote: string): readonly PathStep[] {
  const { register, memory, function: owner, verdict } = one;
  const path = pathTo(verdict.origin, owner, register.call.id, register.call.calleeSpan, sinkNote);
  const name = facts.textOfPlace(owner, memory.place);
  const access: PathStep = {
    file: memory.span.file,
    start: memory.span.start,
    end: memory.span.end,
    function: owner.name,
    statement: memory.statement?.id ?? -1,
    role: memory.kind,
    note: memory.kind === "store" ? `${name} written here` : `${name} read here`,
  };
  return [...path.slice(0, -1), access, ...path.slice(-1)];
}

/** Functions that run while the device runs and hold a relaxed access of the kind, in a unit with coherent memory. */
function functionsWith(facts: Facts, effect: ApiCall["api"]["effect"]): readonly ProgramFunction[] {
  const calls = facts.callsWith(effect).filter(({ api }) => api.orders === "nothing");
  if (calls.length === 0 || !hasCoherentMemory(facts)) return [];
  const running = runningFunctions(facts);
  return [...new Set(calls.map((call) => call.function))].filter((owner) => running.has(owner));
}

/** Whether a later call of the function orders what came before it with what a register write after it starts. */
function ordersAfter(owner: ProgramFunction, register: OrderingCall, later: OrderingCall): boolean {
  const orders =
    later.effect === "mmio-write" ? later.orders !== "nothing" : /^device-(write|full)$/.test(later.orders);
  if (!orders || later === register) return false;
  return flowOf(owner).follows(register.call.id, later.call.id);
}

/** Whether the branch at the end of a block tests what the call returned. */
function tests(owner: ProgramFunction, block: number, call: CallStatement): boolean {
  const terminator = owner.blocks[block]?.terminator;
  if (terminator?.kind !== "branch" || call.result?.root.kind !== "variable") return false;
  const carriers = new Set<VariableId>([call.result.root.id]);
  for (const one of owner.blocks)
    for (const statement of one.statements)
      if (
        statement.kind === "assign" &&
        statement.target.root.kind === "variable" &&
        mentions(statement.value, carriers)
      )
        carriers.add(statement.target.root.id);
  return mentions(terminator.condition, carriers);
}

function mentions(expression: Expression, variables: ReadonlySet<VariableId>): boolean {
  return readsOf(expression).some(({ root }) => root.kind === "variable" && variables.has(root.id));
}
