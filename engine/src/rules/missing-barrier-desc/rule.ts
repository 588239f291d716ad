/**
 * Looks, in functions that run while the device runs, for a descriptor that is handed over (or taken back) by a word whose order
 * with the descriptor's other words nothing gives. Silent across calls that may hold a barrier.
 */
import { isCoherentMemory, isPointer } from "../../analysis/coherent-uses.ts";
import { type FieldAccess, type OrderingCall, walkOrder } from "../../analysis/device-order.ts";
import type { Facts } from "../../analysis/facts.ts";
import { lastFieldIndex } from "../../analysis/field-keys.ts";
import { makerOf, pathTo } from "../../analysis/finding-path.ts";
import { flowOf } from "../../analysis/flow.ts";
import { forbiddenOrigins, type Verdict } from "../../analysis/judgement.ts";
import { peel } from "../../analysis/local-evaluation.ts";
import { ownershipWords } from "../../analysis/ownership-words.ts";
import { runningFunctions } from "../../analysis/running-device.ts";
import { workingsOf } from "../../analysis/unit-facts.ts";
import type { BlockId, Expression, Place, ProgramFunction, Statement } from "../../program/program.ts";
import { pointersOf } from "../../program/visit.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/missing-barrier-desc",
    group: "ordering",
    severity: "warning",
    stage: "preview",
    summary:
      "A descriptor's words must be written before the word that gives it to the device, and read after the word that gives it back.",
    why: "Coherent memory has no order by itself: a weakly ordered CPU may let the device see the ownership bit before the address and the length, so it transfers to where the descriptor pointed the last time; reading, the CPU may have loaded the length before the device had written it.",
    remedy:
      "Put dma_wmb() before the store that hands the descriptor over, and dma_rmb() after the test that takes it back.",
    basis: [
      "Documentation/memory-barriers.txt:1914-1956 (6.12.117): dma_wmb() and dma_rmb()",
      "Documentation/core-api/dma-api-howto.rst:325-338 (6.12.117)",
    ],
    when: "Where stores or loads may change places: arm, arm64, riscv, powerpc, mips, alpha. Not seen on x86, whose stores stay in order in coherent memory.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  if (!facts.callsWith("allocate").some(({ api }) => api.memory === "coherent" || api.memory === "coherent-wc")) return;
  for (const owner of runningFunctions(facts)) {
    const told = new Set<string>();
    for (const one of [...handedOver(facts, owner), ...takenBack(facts, owner)]) {
      const { access, before } = one;
      // A ring is wrong once: its words are listed in the order of the source, and the first one tells.
      const ring = `${access.kind} ${access.field.split(".")[0] ?? ""} ${access.kind === "store" ? access.field : before.field}`;
      const verdict = told.has(ring) ? undefined : coherent(facts, owner, access);
      if (!verdict) continue;
      told.add(ring);
      yield findingOf(facts, owner, one, verdict);
    }
  }
}

interface Unordered {
  readonly access: FieldAccess;
  readonly before: FieldAccess;
  readonly bit: string;
  /** A barrier between them that does not do it. */
  readonly meant: OrderingCall | undefined;
}

/** Stores of an ownership bit that nothing orders after a store to another word of the record. */
function handedOver(facts: Facts, owner: ProgramFunction): readonly Unordered[] {
  const words = ownershipWords(facts);
  const found: Unordered[] = [];
  if (!someStatement(owner, (statement) => words.handsOver(owner, statement) !== undefined)) return found;
  walkOrder(facts, owner, {
    access(access, before) {
      const bit = access.kind === "store" && access.statement ? words.handsOver(owner, access.statement) : undefined;
      if (bit === undefined) return;
      const bare = before.findLast(
        ({ event, between }) => event.kind === "store" && !between.writes && besides(event, access),
      );
      if (bare) found.push({ access, before: bare.event, bit, meant: bare.between.attempts.at(-1) });
    },
  });
  return found;
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

function findingOf(facts: Facts, owner: ProgramFunction, one: Unordered, { origin }: Verdict): RuleFinding {
  const { access, before, bit, meant } = one;
  const word = facts.textOfPlace(owner, access.place);
  const other = facts.textOfPlace(owner, before.place);
  const handsOver = access.kind === "store";
  const falls = meant ? ` (${meant.name}() does not)` : "";
  const said = handsOver
    ? `${word} hands the descriptor to the device with ${bit}, but nothing orders it after ${other}${falls}`
    : `${word} is read after ${bit} in ${other} was tested, but nothing orders the two loads${falls}`;
  const path = pathTo(
    origin,
    owner,
    access.statement?.id ?? -1,
    access.span,
    handsOver ? "handed over here" : "read here",
  );
  const first = {
    ...before.span,
    function: owner.name,
    statement: before.statement?.id ?? -1,
    role: before.kind,
    note: before.kind === "store" ? `${other} written here` : `${other} tested here`,
  };
  return {
    ...access.span,
    message: `${said}. It lies in memory from ${makerOf(origin)}.`,
    function: owner.name,
    path: [...path.slice(0, -1), first, ...path.slice(-1)],
    subjects: [word, other],
    fixes: [],
  };
}

/** Whether the device may write the field: the driver stores nothing there but constants that clear it or give its size. */
function isDeviceWritten(facts: Facts, field: string): boolean {
  return workingsOf(facts)
    .index.storesTo(field)
    .every(({ statement }) => {
      const value = statement.kind === "assign" ? peel(statement.value) : undefined;
      if (statement.kind === "zero") return true;
      if (statement.kind === "call") return statement.arguments.every((one) => isConstant(peel(one)));
      return value !== undefined && isConstant(value);
    });
}

function isConstant(value: Expression): boolean {
  if (value.kind === "unary") return isConstant(peel(value.operand));
  if (value.kind === "binary") return isConstant(peel(value.left)) && isConstant(peel(value.right));
  return value.kind === "constant" || value.kind === "symbol" || value.kind === "sizeof";
}

function someStatement(owner: ProgramFunction, holds: (statement: Statement) => boolean): boolean {
  return owner.blocks.some((block) => block.statements.some(holds));
}

/** Whether both are words of one record, and not the same word. */
function besides(one: FieldAccess, other: FieldAccess): boolean {
  return one.record === other.record && one.field !== other.field;
}

function coherent(facts: Facts, owner: ProgramFunction, access: FieldAccess): Verdict | undefined {
  const base: Place = { ...access.place, steps: access.place.steps.slice(0, lastFieldIndex(access.place.steps)) };
  const pointer = pointersOf(base).at(-1);
  if (!pointer) return undefined;
  const read: Expression = { ...pointer, kind: "read", place: pointer };
  const value = facts.valueOf({ function: owner, statement: access.statement?.id ?? -1, block: access.block }, read);
  return forbiddenOrigins(value, (origin) => isCoherentMemory(origin) && isPointer(origin))[0];
}
