/** Ways through a function: how far a block is from where one wants to get, and from which one never returns. */
import { predecessorsOf } from "../program/graph.ts";
import type { BlockId, ProgramFunction } from "../program/program.ts";

/** Blocks from which the function never returns: BUG(), panic(). */
export function deadEnds(fn: ProgramFunction): ReadonlySet<BlockId> {
  const returns = fn.blocks.filter((block) => block.terminator.kind === "return").map((block) => block.id);
  const alive = distances(fn, new Set(returns));
  return new Set(fn.blocks.flatMap((block) => (alive.has(block.id) ? [] : [block.id])));
}

/** How many blocks lie between a block and the nearest of the goals; those without a way are left out. */
export function distances(fn: ProgramFunction, goals: ReadonlySet<BlockId>): ReadonlyMap<BlockId, number> {
  if (goals.size === 0) return new Map();
  const before = predecessorsOf(fn);
  const found = new Map<BlockId, number>([...goals].map((goal) => [goal, 0]));
  // A map is walked in the order of insertion, so this is breadth first.
  for (const [block, distance] of found) {
    for (const previous of before[block] ?? []) if (!found.has(previous)) found.set(previous, distance + 1);
  }
  return found;
}
