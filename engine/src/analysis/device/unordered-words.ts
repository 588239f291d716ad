/** Words of a descriptor that a device may see, or the CPU may read, before the word that says whose the descriptor is. */
import { KnownOf } from "../../program/dependencies.ts";
import type { BlockId, PathStep, ProgramFunction, Statement } from "../../program/program.ts";
import type { FileSpan } from "../../text/span.ts";
import { coherentRecordFinder, hasCoherentMemory, isDeviceWritten } from "./device-records.ts";
import { type FieldAccess, type OrderingCall, walkOrder } from "./device-order.ts";
import type { Facts } from "../facts.ts";
import { pathTo } from "../flow/finding-path.ts";
import { flowOf } from "../flow/flow.ts";
import type { Verdict } from "../values/judgement.ts";
import { type OwnershipWords, ownershipWords } from "./ownership-words.ts";
import { besides, UnseenHandOvers } from "./unseen-hand-overs.ts";
import { runningFunctions } from "./running-device.ts";

export interface Unordered {
  readonly access: FieldAccess;
  readonly before: FieldAccess;
  readonly bit: string;
  /** A barrier between them that does not do it. */
  readonly meant: OrderingCall | undefined;
}

/** One for each word of each ring and function: the first in the source. */
export interface UnorderedWord extends Unordered {
  readonly function: ProgramFunction;
  readonly verdict: Verdict;
}

const known = new KnownOf<Facts, readonly UnorderedWord[]>();

/** What no barrier for devices orders, in functions that run while the device runs, where the record is coherent for certain. */
export function unorderedWords(facts: Facts): readonly UnorderedWord[] {
  const made = known.get(facts);
  if (made) return made;
  const words: UnorderedWord[] = [];
  if (hasCoherentMemory(facts)) {
    const coherent = coherentRecordFinder(facts);
    for (const owner of runningFunctions(facts)) {
      const told = new Set<string>();
      for (const one of [...handedOver(facts, owner), ...takenBack(facts, owner)]) {
        const { access, before } = one;
        const ring = `${access.kind} ${access.field.split(".")[0] ?? ""} ${access.kind === "store" ? access.field : before.field}`;
        const verdict = told.has(ring) ? undefined : coherent(owner, access);
        if (!verdict) continue;
        told.add(ring);
        words.push({ ...one, function: owner, verdict });
      }
    }
  }
  known.set(facts, words);
  return words;
}

/** The path of such a finding, with the earlier word before the sink. */
export function pathOfWords(facts: Facts, word: UnorderedWord, sink: FileSpan, note: string): readonly PathStep[] {
  const { access, before, function: owner, verdict } = word;
  const path = pathTo(verdict.origin, owner, access.statement?.id ?? -1, sink, note);
  const name = facts.textOfPlace(owner, before.place);
  const first: PathStep = {
    file: before.span.file,
    start: before.span.start,
    end: before.span.end,
    function: owner.name,
    statement: before.statement?.id ?? -1,
    role: before.kind,
    note: before.kind === "store" ? `${name} written here` : `${name} tested here`,
  };
  return [...path.slice(0, -1), first, ...path.slice(-1)];
}

/** Stores of an ownership bit that nothing orders after a store to another word of the record. */
function handedOver(facts: Facts, owner: ProgramFunction): readonly Unordered[] {
  const words = ownershipWords(facts);
  const found: Unordered[] = [];
  if (!someStatement(owner, (statement) => words.handsOver(owner, statement) !== undefined)) return found;
  const notYet = new UnseenHandOvers(facts, owner);
  walkOrder(facts, owner, {
    access(access, before) {
      if (access.kind !== "store") return;
      const bit = access.statement ? words.handsOver(owner, access.statement) : undefined;
      notYet.store(access, bit, before);
      if (bit === undefined) return;
      if (before.some(({ event }) => isEarlierStep(words, owner, event, access, bit))) return;
      const bare = before.findLast(
        ({ event, between }) => event.kind === "store" && !between.writes && besides(event, access),
      );
      if (bare) found.push({ access, before: bare.event, bit, meant: bare.between.attempts.at(-1) });
    },
    ordering(call, before) {
      notYet.ordering(call, before);
    },
  });
  return found.filter(({ access }) => !notYet.has(access));
}

/**
 * Whether the word was given another bit on the way here that the driver tests too: where a word is written bit by bit, which of
 * them hands over is not told.
 */
function isEarlierStep(
  words: OwnershipWords,
  owner: ProgramFunction,
  event: FieldAccess,
  access: FieldAccess,
  bit: string,
): boolean {
  if (event.kind !== "store" || event.field !== access.field || event.record !== access.record) return false;
  if (!event.statement || !access.statement || !words.setsTested(owner, event.statement, bit)) return false;
  return event.block === access.block
    ? event.statement.start < access.statement.start
    : flowOf(owner).dominates(event.block, access.block);
}

/** Loads of a record's words that nothing orders after the test of the ownership bit that lets the CPU come to them. */
function takenBack(facts: Facts, owner: ProgramFunction): readonly Unordered[] {
  const words = ownershipWords(facts);
  const flow = flowOf(owner);
  const tests = new Map<BlockId, { readonly field: string; readonly bit: string }>();
  for (const id of flow.order) {
    const terminator = owner.blocks[id]?.terminator;
    const test = terminator?.kind === "branch" ? words.testedBy(owner, terminator.condition) : undefined;
    if (test) tests.set(id, test);
  }
  const found: Unordered[] = [];
  if (tests.size === 0) return found;
  walkOrder(facts, owner, {
    access(access, before) {
      if (access.kind !== "load" || !isDeviceWritten(facts, access.field)) return;
      for (const { from } of flow.edgesTo(access.block)) {
        const test = tests.get(from);
        if (!test || test.field === access.field) continue;
        const bare = before.findLast(
          ({ event, between }) =>
            event.kind === "load" && event.field === test.field && !between.reads && event.record === access.record,
        );
        if (bare) found.push({ access, before: bare.event, bit: test.bit, meant: bare.between.attempts.at(-1) });
      }
    },
  });
  return found;
}

function someStatement(owner: ProgramFunction, holds: (statement: Statement) => boolean): boolean {
  return owner.blocks.some((block) => block.statements.some(holds));
}
