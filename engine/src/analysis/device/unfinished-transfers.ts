/**
 * Memory that is taken from a device which may still work on it: the driver gave up waiting for the transfer, and unmaps or frees without
 * having stopped anything (Documentation/core-api/dma-api-howto.rst:549-550, 583-584: unmap when the DMA activity is finished; 6.12.117).
 */
import type { ApiFunction, Effect } from "../../kernel/contract.ts";
import { isInert, isMessage } from "../../kernel/inert.ts";
import { givenUp, type GivenUp, waitNames } from "../../kernel/waits.ts";
import type { CallStatement, Expression, ProgramFunction } from "../../program/program.ts";
import type { ApiCall, Facts } from "../facts.ts";
import { freesByHandle } from "../coherent/handle-frees.ts";
import { followWays, type Sign } from "../flow/decided-ways.ts";
import { flowOf } from "../flow/flow.ts";
import { freesPlainly, unmapping } from "../ownership/mapping-ends.ts";
import { partnersOf } from "../ownership/mapping-partners.ts";
import { type Ownership, ownershipOf } from "../ownership/ownership.ts";
import { resultName, textOfValue } from "../ownership/ownership-values.ts";
import { streamingEvents } from "../ownership/streaming-events.ts";
import { peel } from "../values/local-evaluation.ts";

/** Memory that a function lends to a device and takes back itself. */
export interface LentMemory {
  readonly owner: ProgramFunction;
  /** The call that maps or allocates. */
  readonly made: CallStatement;
  readonly is: "mapped" | "allocated";
  /** The memory, as the source calls it. */
  readonly name: string;
  /** The unmaps or frees that certainly get this very memory. */
  readonly ends: readonly CallStatement[];
}

export interface UnfinishedTransfer {
  readonly memory: LentMemory;
  /** The wait that gives up. */
  readonly wait: CallStatement;
  /** How it says so; undefined where nobody looks at its result. */
  readonly answer: "zero" | "negative" | undefined;
  /** The unmap or free that is reached with nothing stopped. */
  readonly end: CallStatement;
}

interface WaitSite {
  readonly function: ProgramFunction;
  readonly statement: CallStatement;
  readonly how: GivenUp;
}

/** All of them, mapped memory first, by function and statement. */
export function unfinishedTransfers(facts: Facts): readonly UnfinishedTransfer[] {
  const sites = waitNames.flatMap((name): readonly WaitSite[] => {
    const how = givenUp(name);
    return how ? facts.callsTo(name).map((site) => ({ ...site, how })) : [];
  });
  if (sites.length === 0) return [];
  const ownership = ownershipOf(facts);
  const waiting = new Set(sites.map((site) => site.function));
  const lent = [
    ...mappedIn(facts, ownership, waiting),
    ...unmappedByHelpers(facts, ownership, waiting),
    ...allocatedIn(facts, ownership, waiting),
  ];
  return lent.flatMap((memory) => {
    const waits = sites.filter(
      ({ function: owner, statement }) =>
        owner === memory.owner &&
        ownership.callees(owner, statement).length === 0 &&
        flowOf(owner).follows(memory.made.id, statement.id),
    );
    // Behind a first wait that came to its end, what a second one waits for need not be the transfer.
    const first = waits.filter(({ function: owner, statement }) =>
      waits.every((one) => one.statement === statement || !flowOf(owner).follows(one.statement.id, statement.id)),
    );
    for (const { statement, how } of first) {
      const found = unfinished(ownership, memory, statement, how);
      if (found) return [found];
    }
    return [];
  });
}

function mappedIn(facts: Facts, ownership: Ownership, owners: ReadonlySet<ProgramFunction>): readonly LentMemory[] {
  return ownership.mappings("map-streaming", "map-sg", "map-resource").flatMap(({ owner, call, buffer, track }) => {
    if (!owners.has(owner) || track.unmaps.length === 0) return [];
    return [{ owner, made: call, is: "mapped" as const, name: nameOf(facts, owner, buffer), ends: track.unmaps }];
  });
}

/**
 * Mappings that a helper ends, or makes and another one ends: the handle that is unmapped comes from that map for certain, and both calls
 * stand in the function that waits.
 */
function unmappedByHelpers(
  facts: Facts,
  ownership: Ownership,
  owners: ReadonlySet<ProgramFunction>,
): readonly LentMemory[] {
  return streamingEvents(facts).flatMap((event): readonly LentMemory[] => {
    if (event.step !== "unmap" || owners.has(event.owner) || !callsOnlyQuiet(ownership, event.owner, 1)) return [];
    const callers = facts.unit.callersOf(event.owner).filter(({ caller }) => owners.has(caller));
    const [partners, ...others] = callers.length === 0 ? [] : partnersOf(facts, event);
    const [map, ...maps] = partners?.complete === true && others.length === 0 ? partners.maps : [];
    if (!map || maps.length > 0) return [];
    const name = nameOf(facts, event.owner, event.handle ?? event.buffer);
    return [...new Set(callers.map(({ caller }) => caller))].flatMap((owner): readonly LentMemory[] => {
      const made = map.owner === owner ? map.call : callTo(facts, owner, map.owner);
      const ends = callers.flatMap(({ caller, statement }) => (caller === owner ? [statement] : []));
      return made ? [{ owner, made, is: "mapped", name, ends }] : [];
    });
  });
}

function nameOf(facts: Facts, owner: ProgramFunction, memory: Expression | undefined): string {
  return memory ? facts.textOf(owner, memory) : "the buffer";
}

/** The only call of a function in another one. */
function callTo(facts: Facts, owner: ProgramFunction, target: ProgramFunction): CallStatement | undefined {
  const [only, ...others] = facts.unit.callersOf(target).filter(({ caller }) => caller === owner);
  return others.length === 0 && only?.statement.callee.kind === "direct" ? only.statement : undefined;
}

function makesCoherent({ effect, handle, managed }: ApiFunction): boolean {
  return effect === "allocate" && handle === "dma-coherent" && managed !== true;
}

/** Coherent memory that a function allocates, tells the device of, and frees. */
function allocatedIn(facts: Facts, ownership: Ownership, owners: ReadonlySet<ProgramFunction>): readonly LentMemory[] {
  const allocations = facts.callsOf(makesCoherent).filter((one) => owners.has(one.function));
  if (allocations.length === 0) return [];
  const frees = facts.callsOf(freesByHandle).filter((one) => owners.has(one.function));
  return allocations.flatMap((made) => {
    const { function: owner, statement } = made;
    const values = ownership.valuesOf(owner);
    if (!values.settled || !statement.result) return [];
    const isSame = (call: ApiCall): boolean => {
      const { statement: free } = call;
      const pointer = call.argument("cpu");
      return (
        pointer !== undefined && textOfValue(values.evaluate(values.before(free), pointer)) === resultName(statement)
      );
    };
    const ends = frees.filter((one) => one.function === owner && isSame(one)).map((one) => one.statement);
    const handle = made.argument("handle-out");
    if (ends.length === 0 || !handle || !isTold(ownership, owner, statement, handle)) return [];
    const buffer = frees.find((one) => one.statement === ends[0])?.argument("cpu");
    return [{ owner, made: statement, is: "allocated" as const, name: nameOf(facts, owner, buffer), ends }];
  });
}

/** The memory's address goes into a call or a store behind the allocation. */
function isTold(ownership: Ownership, owner: ProgramFunction, made: CallStatement, handle: Expression): boolean {
  if (peel(handle).kind !== "address") return false;
  const values = ownership.valuesOf(owner);
  const name = `<A${made.id}:${made.arguments.indexOf(handle)}>`;
  return owner.blocks.some(({ id, statements }) => {
    const environment = values.entryOf(id);
    return statements.some((one) => {
      const said =
        one.kind === "assign"
          ? [one.value]
          : one.kind === "call" && !isFree(ownership, owner, one)
            ? one.arguments
            : [];
      const tells = one !== made && said.some((each) => textOfValue(values.evaluate(environment, each)).includes(name));
      values.step(environment, one);
      return tells;
    });
  });
}

function isFree(ownership: Ownership, owner: ProgramFunction, call: CallStatement): boolean {
  return ownership.api(owner, call)?.effect === "free";
}

function unfinished(
  ownership: Ownership,
  memory: LentMemory,
  wait: CallStatement,
  how: GivenUp,
): UnfinishedTransfer | undefined {
  const { owner, ends } = memory;
  if (!isHandedOver(ownership, memory, wait)) return undefined;
  const values = ownership.valuesOf(owner);
  for (const answer of answersOf(wait, how)) {
    const known = new Map<string, Sign>(answer ? [[resultName(wait), answer]] : []);
    const seen: { end?: CallStatement; stop?: CallStatement } = {};
    const complete = followWays(values, wait, known, (call) => {
      if (ends.includes(call)) {
        seen.end ??= call;
        return "end";
      }
      // Who gives up once gives up again.
      const next = call.callee.kind === "direct" ? givenUp(call.callee.name) : undefined;
      if (next) return next === "zero" ? "zero" : "negative";
      if (isQuiet(ownership, owner, call, 0)) return "on";
      // A way on which the device is stopped shows that something else than the wait decides about it.
      seen.stop = call;
      return "end";
    });
    if (seen.end && complete && !seen.stop) return { memory, wait, answer, end: seen.end };
  }
  return undefined;
}

/** A result that nobody keeps says nothing: the way behind the wait is one. */
function answersOf(wait: CallStatement, how: GivenUp): readonly ("zero" | "negative" | undefined)[] {
  if (!wait.result) return [undefined];
  return how === "zero-or-negative" ? ["zero", "negative"] : [how];
}

/** Between the call and the wait something starts the device: a register is written, or a function that may do so is called. */
function isHandedOver(ownership: Ownership, { owner, made, ends }: LentMemory, wait: CallStatement): boolean {
  // A helper that maps may start the transfer as well.
  if (ownership.callees(owner, made).length > 0 && !isQuiet(ownership, owner, made, 0)) return true;
  return owner.blocks.some(({ statements }) =>
    statements.some(
      (one) =>
        one.kind === "call" &&
        one !== made &&
        one !== wait &&
        !ends.includes(one) &&
        flowOf(owner).follows(made.id, one.id) &&
        flowOf(owner).follows(one.id, wait.id) &&
        !isQuiet(ownership, owner, one, 0),
    ),
  );
}

/** Effects of calls that stop no device. */
const quiet: ReadonlySet<Effect> = new Set<Effect>([
  ...unmapping,
  "sync-for-cpu",
  "sync-for-device",
  "sync-sg-for-cpu",
  "sync-sg-for-device",
  "check-handle",
  "mmio-read",
  "barrier",
  "query",
  "copies",
  "free",
  "sg-read",
  "sg-init",
  "sg-set",
  "user-copy",
  "kernel-unmap",
  "allocate",
]);
/** Not to be told from messages by what they do with memory, but they stop a device or may. */
const stopping = /^(clk_|reset_control_|pm_runtime_|disable_irq|complete)/;

/** Whether a call stops nothing for certain: it prints, reads, frees, unmaps; or a function of the unit that only calls such. */
function isQuiet(ownership: Ownership, owner: ProgramFunction, call: CallStatement, depth: number): boolean {
  if (call.callee.kind !== "direct") return false;
  const { name } = call.callee;
  const api = ownership.api(owner, call);
  if (api) return quiet.has(api.effect);
  const callees = ownership.callees(owner, call);
  if (callees.length > 0) return depth < 3 && callees.every((callee) => callsOnlyQuiet(ownership, callee, depth + 1));
  return isMessage(name) || freesPlainly(name) || (isInert(name) && !stopping.test(name));
}

function callsOnlyQuiet(ownership: Ownership, target: ProgramFunction, depth: number): boolean {
  return target.blocks.every(({ statements }) =>
    statements.every((one) => one.kind !== "opaque" && (one.kind !== "call" || isQuiet(ownership, target, one, depth))),
  );
}
