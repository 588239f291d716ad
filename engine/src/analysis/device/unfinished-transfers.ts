/**
 * Mappings that are ended while the device may still work on them: the driver gave up waiting for the transfer, and unmaps without having
 * stopped anything (Documentation/core-api/dma-api-howto.rst:549-550, 583-584: unmap when the DMA activity is finished; 6.12.117).
 */
import type { Effect } from "../../kernel/contract.ts";
import { isInert, isMessage } from "../../kernel/inert.ts";
import { givenUp, type GivenUp, waitNames } from "../../kernel/waits.ts";
import type { CallStatement, ProgramFunction } from "../../program/program.ts";
import type { Facts } from "../facts.ts";
import { followWays, type Sign } from "../flow/decided-ways.ts";
import { flowOf } from "../flow/flow.ts";
import { freesPlainly, unmapping } from "../ownership/mapping-ends.ts";
import { type Mapping, type Ownership, ownershipOf } from "../ownership/ownership.ts";
import { resultName } from "../ownership/ownership-values.ts";

export interface UnfinishedTransfer {
  readonly mapping: Mapping;
  /** The wait that gives up. */
  readonly wait: CallStatement;
  /** How it says so; undefined where nobody looks at its result. */
  readonly answer: "zero" | "negative" | undefined;
  /** The unmap that is reached with nothing stopped. */
  readonly unmap: CallStatement;
}

/** All of them, by wait, function and statement. */
export function unfinishedTransfers(facts: Facts): readonly UnfinishedTransfer[] {
  const sites = waitNames.flatMap((name) => {
    const how = givenUp(name);
    return how ? facts.callsTo(name).map((site) => ({ ...site, how })) : [];
  });
  if (sites.length === 0) return [];
  const ownership = ownershipOf(facts);
  const waiting = new Set(sites.map((site) => site.function));
  const mappings = ownership
    .mappings("map-streaming", "map-sg", "map-resource")
    .filter(({ owner, track }) => waiting.has(owner) && track.unmaps.length > 0);
  return mappings.flatMap((mapping) => {
    const waits = sites.filter(
      ({ function: owner, statement }) =>
        owner === mapping.owner &&
        ownership.callees(owner, statement).length === 0 &&
        isBehind(owner, mapping.call, statement),
    );
    // Behind a first wait that came to its end, what a second one waits for need not be the transfer.
    const first = waits.filter(({ function: owner, statement }) =>
      waits.every((one) => one.statement === statement || !isBehind(owner, one.statement, statement)),
    );
    for (const { statement, how } of first) {
      const found = unfinished(ownership, mapping, statement, how);
      if (found) return [found];
    }
    return [];
  });
}

function unfinished(
  ownership: Ownership,
  mapping: Mapping,
  wait: CallStatement,
  how: GivenUp,
): UnfinishedTransfer | undefined {
  const { owner, track } = mapping;
  if (!isHandedOver(ownership, mapping, wait)) return undefined;
  const values = ownership.valuesOf(owner);
  for (const answer of answersOf(wait, how)) {
    const known = new Map<string, Sign>(answer ? [[resultName(wait), answer]] : []);
    const seen: { unmap?: CallStatement; stop?: CallStatement } = {};
    const complete = followWays(values, wait, known, (call) => {
      if (track.unmaps.includes(call)) {
        seen.unmap ??= call;
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
    if (seen.unmap && complete && !seen.stop) return { mapping, wait, answer, unmap: seen.unmap };
  }
  return undefined;
}

/** A result that nobody keeps says nothing: the way behind the wait is one. */
function answersOf(wait: CallStatement, how: GivenUp): readonly ("zero" | "negative" | undefined)[] {
  if (!wait.result) return [undefined];
  return how === "zero-or-negative" ? ["zero", "negative"] : [how];
}

function isBehind(owner: ProgramFunction, first: CallStatement, second: CallStatement): boolean {
  const flow = flowOf(owner);
  const [from, to] = [flow.locate(first.id), flow.locate(second.id)];
  if (!from || !to) return false;
  return from.block === to.block ? from.index < to.index : flow.reaches(from.block, to.block);
}

/** Between the map and the wait something starts the device: a register is written, or a function that may do so is called. */
function isHandedOver(ownership: Ownership, { owner, call: map, track }: Mapping, wait: CallStatement): boolean {
  return owner.blocks.some(({ statements }) =>
    statements.some(
      (one) =>
        one.kind === "call" &&
        one !== map &&
        one !== wait &&
        !track.unmaps.includes(one) &&
        isBehind(owner, map, one) &&
        isBehind(owner, one, wait) &&
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
