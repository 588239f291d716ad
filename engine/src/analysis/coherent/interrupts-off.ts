/**
 * Where interrupts are certainly disabled: on every way to a statement the code took a lock with irq in its name, or disabled interrupts, and
 * did not enable them again; and in handlers of hard interrupts. Calls within the unit are followed a few levels, callers too where all
 * of them are known. What is not known counts as enabled.
 */
import { type KnownMap, knownMap, KnownOf } from "../../program/dependencies.ts";
import type { CallStatement, Expression, ProgramFunction, Statement, StatementId } from "../../program/program.ts";
import { directName, expressionsOf } from "../../program/visit.ts";
import type { FileSpan } from "../../text/span.ts";
import type { Facts } from "../facts.ts";
import { flowOf } from "../flow/flow.ts";
import { peel } from "../values/local-evaluation.ts";

/** Why interrupts are off at a point. */
export interface InterruptsOff {
  /** The function in which they went off, and the place: the lock's call, or the handler's registration. */
  readonly function: ProgramFunction;
  readonly statement: StatementId;
  readonly span: FileSpan;
  /** "spin_lock_irqsave()", "the interrupt handler rx_interrupt()". */
  readonly by: string;
}

/** Calls that disable interrupts until they are undone, and so may nest (include/linux/spinlock.h, rwlock.h, seqlock.h, irqflags.h). */
const disables =
  /^((raw_)?spin_lock_irq(save)?(_nested)?|(raw_)?(read|write)_lock_irq(save)?|write_seqlock_irq(save)?|local_irq_(save|disable))$/;
const restores = /unlock_irqrestore$|^local_irq_restore$/;
/** These enable interrupts whatever was before. */
const enables = /unlock_irq$|^local_irq_enable$/;

/** The argument that is run with interrupts off (linux 6.12.117). A handler's thread, the next argument, runs with them on. */
const hardHandlers: Readonly<Record<string, number>> = {
  request_irq: 1, // include/linux/interrupt.h:171
  request_threaded_irq: 1, // include/linux/interrupt.h:153
  devm_request_irq: 2, // include/linux/interrupt.h:217
  devm_request_threaded_irq: 2, // include/linux/interrupt.h:211
  pci_request_irq: 2, // include/linux/pci.h:1444
};

/** Deeper nesting of calls and callers is not followed. */
const deepest = 3;
const deepestNesting = 4;

/** What disabled interrupts for certain before the statement runs; undefined where they may be on. */
export function interruptsOffAt(
  facts: Facts,
  owner: ProgramFunction,
  statement: StatementId,
): InterruptsOff | undefined {
  return causeAt(facts, owner, statement, deepest);
}

function causeAt(
  facts: Facts,
  owner: ProgramFunction,
  statement: StatementId,
  levels: number,
): InterruptsOff | undefined {
  const inside = depthBefore(facts, owner, statement, 0);
  if (inside > 0) return causeInside(facts, owner, statement);
  const handler = handlersOf(facts).get(owner);
  // The function must not enable them on the way either: they are off from its beginning.
  if (depthBefore(facts, owner, statement, 1) === 0) return undefined;
  if (handler) return handler;
  if (levels === 0 || !owner.isStatic || isUsedAsValue(facts, owner)) return undefined;
  const callers = facts.unit.callersOf(owner);
  let cause: InterruptsOff | undefined;
  for (const { caller, statement: call } of callers) {
    const found = caller === owner ? undefined : causeAt(facts, caller, call.id, levels - 1);
    if (!found) return undefined;
    cause ??= found;
  }
  return cause;
}

/** The last call that disables interrupts and that every way to the statement passes. */
function causeInside(facts: Facts, owner: ProgramFunction, statement: StatementId): InterruptsOff | undefined {
  const flow = flowOf(owner);
  const at = flow.locate(statement);
  if (!at) return undefined;
  let cause: InterruptsOff | undefined;
  for (const id of flow.order)
    for (const one of owner.blocks[id]?.statements ?? []) {
      const isBefore = id === at.block ? (flow.locate(one.id)?.index ?? 0) < at.index : flow.dominates(id, at.block);
      if (one.kind !== "call" || !isBefore || change(facts, one, 0, 2) === 0) continue;
      cause = { function: owner, statement: one.id, span: one.calleeSpan, by: `${directName(one)}()` };
    }
  return cause;
}

/** How often interrupts are disabled at least before the statement, when they are disabled `entry` times at the beginning. */
function depthBefore(facts: Facts, owner: ProgramFunction, statement: StatementId, entry: number): number {
  const at = flowOf(owner).locate(statement);
  const start = at && depths(facts, owner, entry, 2)[at.block];
  if (!at || start === undefined) return 0;
  return through(facts, owner.blocks[at.block]?.statements.slice(0, at.index) ?? [], start, 2);
}

/** The least depth at the beginning of each block, over all ways there; undefined for blocks that nothing reaches. */
function depths(facts: Facts, owner: ProgramFunction, entry: number, levels: number): readonly (number | undefined)[] {
  const flow = flowOf(owner);
  const before: (number | undefined)[] = owner.blocks.map(() => undefined);
  const after: (number | undefined)[] = owner.blocks.map(() => undefined);
  // The depth of a block only falls from round to round, and it has few values: the rounds are bounded by the blocks.
  for (let round = 0, changed = true; changed && round <= owner.blocks.length * deepestNesting; round++) {
    changed = false;
    for (const id of flow.order) {
      const ways = (flow.predecessors[id] ?? []).flatMap((one) => after[one] ?? []);
      const start = Math.min(...(id === 0 ? [entry] : []), ...ways);
      if (!Number.isFinite(start)) continue;
      const end = before[id] === start ? after[id] : through(facts, owner.blocks[id]?.statements ?? [], start, levels);
      if (before[id] !== start || after[id] !== end) changed = true;
      before[id] = start;
      after[id] = end;
    }
  }
  return before;
}

function through(facts: Facts, statements: readonly Statement[], start: number, levels: number): number {
  let depth = start;
  for (const one of statements) if (one.kind === "call") depth += change(facts, one, depth, levels);
  return depth;
}

/** By how much a call changes the depth. */
function change(facts: Facts, call: CallStatement, depth: number, levels: number): number {
  const name = directName(call);
  if (name === "") return 0;
  const target = facts.unit.functionNamed(name, call.file);
  if (target) return depthAfter(facts, target, depth, levels) - depth;
  if (disables.test(name)) return depth < deepestNesting ? 1 : 0;
  if (enables.test(name)) return -depth;
  return restores.test(name) && depth > 0 ? -1 : 0;
}

const known = new WeakMap<Facts, Map<ProgramFunction, KnownMap<number, number>>>();

/** The least depth with which the function returns. */
function depthAfter(facts: Facts, owner: ProgramFunction, entry: number, levels: number): number {
  if (levels === 0) return entry;
  const all = known.get(facts) ?? new Map<ProgramFunction, KnownMap<number, number>>();
  known.set(facts, all);
  const key = entry * 8 + levels;
  const mine = all.get(owner) ?? knownMap<number, number>();
  all.set(owner, mine);
  const before = mine.get(key);
  if (before !== undefined) return before;
  mine.assume(key, entry);
  const starts = depths(facts, owner, entry, levels - 1);
  const ends = owner.blocks.flatMap(({ id, statements, terminator }) => {
    const start = starts[id];
    return start === undefined || terminator.kind !== "return" ? [] : [through(facts, statements, start, levels - 1)];
  });
  const least = ends.length === 0 ? entry : Math.min(...ends);
  mine.set(key, least);
  return least;
}

const registered = new KnownOf<Facts, ReadonlyMap<ProgramFunction, InterruptsOff>>();

/** The unit's hard interrupt handlers, each with its first registration. */
function handlersOf(facts: Facts): ReadonlyMap<ProgramFunction, InterruptsOff> {
  const before = registered.get(facts);
  if (before) return before;
  const found = new Map<ProgramFunction, InterruptsOff>();
  for (const [name, at] of Object.entries(hardHandlers))
    for (const { function: owner, statement } of facts.callsTo(name)) {
      const given = statement.arguments[at];
      const handler = given && peel(given);
      const target = handler?.kind === "function" ? facts.unit.functionNamed(handler.name, statement.file) : undefined;
      if (target && !found.has(target))
        found.set(target, {
          function: owner,
          statement: statement.id,
          span: statement.calleeSpan,
          by: `the interrupt handler ${target.name}()`,
        });
    }
  registered.set(facts, found);
  return found;
}

/** Whether somebody outside of the unit may call the function. */
function isUsedAsValue(facts: Facts, owner: ProgramFunction): boolean {
  let known = usedAsValue.get(facts);
  if (!known) {
    known = knownMap();
    usedAsValue.set(facts, known);
  }
  let isUsed = known.get(owner.name);
  if (isUsed === undefined) {
    isUsed = findsUseAsValue(facts, owner);
    known.set(owner.name, isUsed);
  }
  return isUsed;
}

const usedAsValue = new WeakMap<Facts, KnownMap<string, boolean>>();

function findsUseAsValue(facts: Facts, owner: ProgramFunction): boolean {
  const { unit } = facts;
  // What functions put into tables is among the uses below.
  const inTable = [...unit.files.values()].some((file) =>
    (file.globalTables ?? file.opsTables).some(({ entries }) => entries.some(({ value }) => value === owner.name)),
  );
  if (inTable) return true;
  return unit
    .functionsMentioning(owner.name)
    .some(({ blocks }) =>
      blocks.some(({ statements }) =>
        statements.some((statement) => expressionsOf(statement).some((one) => namesFunction(one, owner.name))),
      ),
    );
}

function namesFunction(expression: Expression, name: string): boolean {
  const one = peel(expression);
  if (one.kind === "binary") return namesFunction(one.left, name) || namesFunction(one.right, name);
  return one.kind === "function" && one.name === name;
}
