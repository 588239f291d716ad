/**
 * memset() calls that clear memory which its allocator has cleared just before: nobody can have written to it in between.
 * Anything in between that could have (a call that gets the memory, a function of the driver, a store through the pointer) makes it silent.
 */
import type { ApiFunction } from "../../kernel/contract.ts";
import type { BlockId, CallStatement, Expression, Place, ProgramFunction, Statement } from "../../program/program.ts";
import { expressionsOf, isZero } from "../../program/visit.ts";
import type { ApiCall, Facts } from "../facts.ts";
import { placesIn } from "../flow/finding-path.ts";
import { flowOf } from "../flow/flow.ts";
import { workingsOf } from "../unit-facts.ts";
import { peel } from "../values/local-evaluation.ts";

export interface ClearedTwice {
  readonly allocation: ApiCall;
  readonly clear: CallStatement;
  /** The pointer that memset() gets. */
  readonly memory: Expression;
}

/** Allocations for a device that come zeroed: dma_alloc_coherent(), dmam_alloc_coherent(), dma_pool_zalloc() and kin. */
export function zeroedAllocations(facts: Facts): readonly ApiCall[] {
  return facts.callsOf(allocatesZeroed);
}

function allocatesZeroed({ effect, zeroes, parameters }: ApiFunction): boolean {
  return effect === "allocate" && zeroes === true && parameters.some(({ role }) => role === "handle-out");
}

export function memoryClearedTwice(facts: Facts): readonly ClearedTwice[] {
  const found: ClearedTwice[] = [];
  const allocations = zeroedAllocations(facts);
  if (allocations.length === 0) return found;
  const clears = [...new Set(allocations.map((one) => one.function))].flatMap((owner) =>
    facts.callsIn(owner, "memset").map((statement) => ({ owner, clear: statement })),
  );
  for (const { owner, clear } of clears) {
    const here = allocations.filter((one) => one.function === owner && leadsTo(owner, one.statement, clear));
    const [memory, value] = clear.arguments;
    if (here.length === 0 || !memory || !value || !isZero(peel(value))) continue;
    // Nothing may have come between, so the function itself knows what it clears.
    const known = workingsOf(facts).provenance.localValues(owner).valueAt(clear.id, memory);
    if (!known.some(({ symbol }) => symbol.kind === "birth" && here.some((one) => one.statement === symbol.call)))
      continue;
    const { contexts } = facts.valueOf({ function: owner, statement: clear.id }, memory);
    const births = new Set(contexts.flatMap(({ origins }) => origins.map(({ birth }) => birth?.statement)));
    const plain = contexts.every(({ origins }) => origins.every(({ conversions }) => conversions.length === 0));
    const allocation = here.find(({ statement }) => births.size === 1 && births.has(statement));
    if (allocation && plain && isUntouchedBetween(facts, owner, allocation.statement, clear))
      found.push({ allocation, clear, memory });
  }
  return found;
}

/** Whether every way to the second call comes by the first. */
function leadsTo(owner: ProgramFunction, first: CallStatement, second: CallStatement): boolean {
  const flow = flowOf(owner);
  const from = flow.locate(first.id);
  const to = flow.locate(second.id);
  if (!from || !to || !flow.dominates(from.block, to.block)) return false;
  return from.block !== to.block || from.index < to.index;
}

/** Whether every way to `clear` comes straight from `made`, without anything that could have written to the memory. */
function isUntouchedBetween(facts: Facts, owner: ProgramFunction, made: CallStatement, clear: CallStatement): boolean {
  const flow = flowOf(owner);
  const from = flow.locate(made.id);
  const to = flow.locate(clear.id);
  if (!from || !to) return false;
  const statements = (id: BlockId): readonly Statement[] => owner.blocks[id]?.statements ?? [];
  if (from.block === to.block)
    return statements(from.block)
      .slice(from.index + 1, to.index)
      .every((one) => isHarmless(facts, owner, one, made));
  // Backwards from the clearing to the allocation: a loop around the clearing alone comes back to its own block.
  const seen = new Set<BlockId>();
  const work: BlockId[] = [...(flow.predecessors[to.block] ?? [])];
  for (let id = work.pop(); id !== undefined; id = work.pop()) {
    if (id === to.block) return false;
    if (seen.has(id)) continue;
    seen.add(id);
    const part = id === from.block ? statements(id).slice(from.index + 1) : statements(id);
    if (!part.every((one) => isHarmless(facts, owner, one, made))) return false;
    if (id !== from.block) work.push(...(flow.predecessors[id] ?? []));
  }
  return statements(to.block)
    .slice(0, to.index)
    .every((one) => isHarmless(facts, owner, one, made));
}

/** Statements that cannot write to the new memory, nor show it to anybody. */
function isHarmless(facts: Facts, owner: ProgramFunction, statement: Statement, made: CallStatement): boolean {
  switch (statement.kind) {
    case "declare":
    case "evaluate":
      return true;
    case "zero":
      return !statement.target.steps.some(({ kind }) => kind === "deref");
    case "assign":
      return !writesThrough(facts, owner, statement.target, statement, made);
    case "call": {
      if (statement.callee.kind === "indirect" || facts.unit.functionNamed(statement.callee.name, statement.file))
        return false;
      return !expressionsOf(statement).some((one) =>
        placesIn(one).some((place) => isMemory(facts, owner, { kind: "read", place, ...span(place) }, statement, made)),
      );
    }
    case "opaque":
      return false;
  }
}

/** Whether a store's pointer, up to its last dereference, is the memory itself. */
function writesThrough(
  facts: Facts,
  owner: ProgramFunction,
  target: Place,
  statement: Statement,
  made: CallStatement,
): boolean {
  return target.steps.some(({ kind }, at) => {
    if (kind !== "deref") return false;
    const pointer: Place = { ...target, steps: target.steps.slice(0, at) };
    return isMemory(facts, owner, { kind: "read", place: pointer, ...span(target) }, statement, made);
  });
}

function isMemory(
  facts: Facts,
  owner: ProgramFunction,
  expression: Expression,
  statement: Statement,
  made: CallStatement,
): boolean {
  return facts
    .valueOf({ function: owner, statement: statement.id }, expression)
    .contexts.some(({ origins }) => origins.some(({ birth }) => birth?.statement === made));
}

function span({ file, start, end }: Place): { file: string; start: number; end: number } {
  return { file, start, end };
}
