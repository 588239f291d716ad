/**
 * Mappings that stay behind when a function fails: error returns which are reached with the mapping in place, where nobody else can
 * still end it. What a function maps on success belongs to whoever gets the handle; what it maps before it fails is its own.
 */
import { directName } from "../../program/visit.ts";
import type { CallStatement, ProgramFunction } from "../../program/program.ts";
import type { Facts } from "../facts.ts";
import { afterFailure, type Failure, failureOf } from "../flow/failure-ways.ts";
import { flowOf } from "../flow/flow.ts";
import { isKeptForNobody } from "./kept-nowhere.ts";
import { freesPlainly, mayUnmapByName, unmapping } from "./mapping-ends.ts";
import type { Mapping } from "./ownership.ts";
import { ownershipOf } from "./ownership.ts";
import { peel } from "../values/local-evaluation.ts";
import { resultName, textOfValue } from "./ownership-values.ts";
import type { MappedExit } from "./ownership-track.ts";

export interface Leak {
  readonly mapping: Mapping;
  /** The return that is reached with the mapping in place; in source order the first. */
  readonly exit: MappedExit;
  /**
   * Why it is the function's own: it unmaps the same handle on another way, it keeps the handle in a local that ends here or in a
   * field that no unmap of the unit reads, or nothing was submitted (the transfer could not be prepared), or all its callers are known and none unmaps anything after the failure.
   */
  readonly because: "unmapped-elsewhere" | "local-handle" | "nobody-unmaps" | "not-prepared" | "callers-do-not";
  /** The unmap on the other way. */
  readonly unmap: CallStatement | undefined;
}

/** Every mapping of the unit that an error return leaves behind; by file, function and statement. */
export function leaks(facts: Facts): readonly Leak[] {
  const ownership = ownershipOf(facts);
  return ownership
    .mappings("map-streaming", "map-sg", "map-resource")
    .flatMap((mapping) => leakOf(facts, mapping) ?? []);
}

function leakOf(facts: Facts, mapping: Mapping): Leak | undefined {
  const { track, owner, made } = mapping;
  if (owner.result.kind === "void" || made.api.error === "negative-or-zero") return undefined;
  // A handle that is tested by hand, or a count that is tested for being negative: which way is the failed one is not known.
  if (testedByHand(facts, mapping) || track.returned) return undefined;
  const exits = track.exits
    .filter((one) => isFailure(facts, mapping, one))
    .sort((a, b) => startOf(owner, a) - startOf(owner, b));
  for (const exit of exits) {
    const because = reasonFor(facts, mapping, exit);
    if (because) return { mapping, exit, because, unmap: track.unmaps[0] };
  }
  return undefined;
}

function reasonFor(facts: Facts, mapping: Mapping, exit: MappedExit): Leak["because"] | undefined {
  const { track, owner } = mapping;
  const isLocal = mapping.made.api.effect !== "map-sg" && staysLocal(facts, mapping);
  if (isLocal) return "local-handle";
  if (mapping.made.api.effect !== "map-sg" && goesNowhere(facts, mapping) && isKeptForNobody(facts, mapping))
    return "nobody-unmaps";
  if (callersUnmap(facts, owner) && callersUnmapAfter(facts, owner, failureOf(exit.value))) return undefined;
  if (track.unmaps.length > 0) return "unmapped-elsewhere";
  if (wasNotPrepared(facts, mapping, exit)) return "not-prepared";
  return mapping.made.api.effect === "map-sg" && calledDirectly(facts, owner) ? "callers-do-not" : undefined;
}

/** The unit's own functions call it, by its name. */
function calledDirectly(facts: Facts, owner: ProgramFunction): boolean {
  const callers = facts.unit.callersOf(owner);
  return owner.isStatic && callers.length > 0 && callers.every(({ statement }) => statement.callee.kind === "direct");
}

/** The handle is in locals only, and went to nobody who could keep it. */
function staysLocal(facts: Facts, mapping: Mapping): boolean {
  const { track, owner } = mapping;
  const kept = track.stores.some(
    ({ place }) =>
      place.root.kind === "global" || place.steps.length > 0 || owner.variables[place.root.id]?.kind === "static",
  );
  return !kept && goesNowhere(facts, mapping);
}

/** The handle is given to nobody who could keep it. */
function goesNowhere(facts: Facts, { track, owner }: Mapping): boolean {
  const ownership = ownershipOf(facts);
  return track.passes.every(({ call }) => {
    if (ownership.callees(owner, call).length > 0) return false;
    const api = ownership.api(owner, call);
    return api !== undefined && quiet.has(api.effect);
  });
}
/** Effects of calls that take a number and keep nothing of it that an unmap could be made from. */
const quiet: ReadonlySet<string> = new Set([
  ...unmapping,
  "check-handle",
  "sync-for-cpu",
  "sync-for-device",
  "mmio-write",
  "accessor",
]);

/** The transfer could not be prepared: a dmaengine call that gets the mapped memory gave NULL. */
function wasNotPrepared(facts: Facts, { owner, track }: Mapping, exit: MappedExit): boolean {
  const flow = flowOf(owner);
  const values = ownershipOf(facts).valuesOf(owner);
  for (const id of flow.order)
    for (const statement of owner.blocks[id]?.statements ?? []) {
      if (statement.kind !== "call" || statement.callee.kind !== "direct") continue;
      if (!/^dmaengine_prep_/.test(statement.callee.name) || exit.truths.get(resultName(statement)) !== false) continue;
      const environment = values.before(statement);
      const gets = statement.arguments.some((argument) => {
        const value = values.evaluate(environment, argument);
        const text = textOfValue(value);
        return (
          track.site.handles.includes(text) ||
          (track.site.buffer !== undefined && text === textOfValue(track.site.buffer))
        );
      });
      if (gets) return true;
    }
  return false;
}

/** How far callers are asked whether they end what the function left. */
const deepest = 3;

/** Whether a caller, or its caller, may unmap after the call. */
function callersUnmap(facts: Facts, owner: ProgramFunction, depth = 0): boolean {
  if (depth >= deepest) return false;
  const ownership = ownershipOf(facts);
  return facts.unit.callersOf(owner).some(({ caller, statement }) => {
    if (isFramework(facts, statement)) return false;
    if (caller === owner) return true;
    const flow = flowOf(caller);
    const from = flow.locate(statement.id);
    if (!from) return true;
    for (const id of flow.order) {
      const isSame = id === from.block;
      if (!isSame && !flow.reaches(from.block, id)) continue;
      const repeats = isSame && flow.reaches(from.block, id);
      for (const [index, one] of (caller.blocks[id]?.statements ?? []).entries()) {
        if (one.kind !== "call" || one === statement || (isSame && !repeats && index < from.index)) continue;
        const api = ownership.api(caller, one);
        if (api && unmapping.has(api.effect)) return true;
        if (ownership.callees(caller, one).some((callee) => callee !== owner && ownership.unmaps(callee))) return true;
      }
    }
    return callersUnmap(facts, caller, depth + 1);
  });
}

/** Whether a caller, or its caller, may unmap on the ways that it takes when the call has failed. */
function callersUnmapAfter(facts: Facts, owner: ProgramFunction, failure: Failure, depth = 0): boolean {
  if (depth >= deepest) return true;
  const ownership = ownershipOf(facts);
  return facts.unit.callersOf(owner).some(({ caller, statement }) => {
    if (isFramework(facts, statement)) return false;
    const values = ownership.valuesOf(caller);
    if (caller === owner || !values.settled) return true;
    const unmaps: CallStatement[] = [];
    const returned = afterFailure(values, statement, failure, (call) => {
      if (!mayUnmap(facts, caller, call)) return "on";
      unmaps.push(call);
      return "end";
    });
    return unmaps.length > 0 || returned.some((value) => callersUnmapAfter(facts, caller, failureOf(value), depth + 1));
  });
}

/** Whether a call may unmap: one of the unit that does somewhere in it, and one that nobody knows by its name. */
export function mayUnmap(facts: Facts, caller: ProgramFunction, call: CallStatement): boolean {
  const ownership = ownershipOf(facts);
  const api = ownership.api(caller, call);
  if (api) return unmapping.has(api.effect);
  const callees = ownership.callees(caller, call);
  if (callees.length > 0) return callees.some((callee) => ownership.unmaps(callee));
  return call.callee.kind !== "direct" || (!freesPlainly(call.callee.name) && mayUnmapByName(call.callee.name));
}

/** Whether a returned constant says that the function failed. */
export function isFailureText(value: string): boolean {
  if (/\$E(INPROGRESS|IOCBQUEUED)\)$/.test(value)) return false; // Accepted, and on its way.
  return /^(-\(\$E[A-Z0-9]+\)|#-\d+|\$(NETDEV_TX_BUSY|SCSI_MLQUEUE_\w+_BUSY|BLK_STS_(IOERR|RESOURCE|DEV_RESOURCE)))$/.test(
    value,
  );
}

/** The returned value says that the function failed. */
export function isFailure(facts: Facts, { owner, track, call }: Mapping, exit: MappedExit): boolean {
  const { value, truth } = exit;
  if (isFailureText(value)) return true;
  const result = /^<R(\d+)>$/.exec(value);
  if (!result) return false;
  if (track.site.handles.includes(value) || value === resultName(call)) return false;
  const from = flowOf(owner).statement(Number(result[1]));
  if (from?.kind !== "call") return false;
  const name = directName(from);
  if (name === "ERR_PTR" || name === "ERR_CAST") return true;
  // The result of a call that gives 0 or a negative errno, returned where it is not 0.
  return truth === true && owner.result.kind === "integer" && owner.result.signed && isErrno(facts, owner, from);
}

function isErrno(facts: Facts, owner: ProgramFunction, call: CallStatement): boolean {
  const ownership = ownershipOf(facts);
  const api = ownership.api(owner, call);
  if (api) return api.error === "errno";
  const callees = ownership.callees(owner, call);
  if (callees.length === 0) return false;
  return callees.every(
    (callee) =>
      callee.result.kind === "integer" &&
      callee.result.signed &&
      callee.blocks.some(({ terminator }) => {
        const value = terminator.kind === "return" && terminator.value ? peel(terminator.value) : undefined;
        return value?.kind === "constant" && value.value === 0n;
      }),
  );
}

function startOf(owner: ProgramFunction, exit: MappedExit): number {
  return owner.blocks[exit.block]?.terminator.start ?? 0;
}

/** A call through the ops table of a subsystem: its core knows nothing of what a driver mapped, also where it is in the same folder. */
function isFramework(facts: Facts, { callee }: CallStatement): boolean {
  const target = callee.kind === "indirect" ? peel(callee.target) : undefined;
  if (target?.kind !== "read") return false;
  const field = target.place.steps.findLast((step) => step.kind === "field");
  return field?.kind === "field" && (field.record === undefined || !facts.unit.records.has(field.record));
}

/** Whether the function compares the handle itself, or asks whether a count is negative: the walk then cannot tell failure. */
export function testedByHand(facts: Facts, { owner, made, track }: Mapping): boolean {
  if (made.api.effect !== "map-sg") return track.comparisons.length > 0;
  if (made.api.error !== "zero") return false;
  const values = ownershipOf(facts).valuesOf(owner);
  return owner.blocks.some(({ id, terminator }) => {
    if (terminator.kind !== "branch") return false;
    const at = peel(terminator.condition);
    if (at.kind !== "binary" || (at.operator !== "<" && at.operator !== "<=")) return false;
    return track.site.handles.includes(textOfValue(values.evaluate(values.exitOf(id), at.left)));
  });
}
