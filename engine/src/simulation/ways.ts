/** Ways through a function: how far a block is from where one wants to get, and from which one never returns. */
import type { BlockId, ProgramFunction, Terminator } from "../program/program.ts";

/** Blocks from which the function never returns: BUG(), panic(). */
export function deadEnds(fn: ProgramFunction): ReadonlySet<BlockId> {
  const returns = fn.blocks.filter((block) => block.terminator.kind === "return").map((block) => block.id);
  const alive = distances(fn, new Set(returns));
  return new Set(fn.blocks.flatMap((block) => (alive.has(block.id) ? [] : [block.id])));
}

/** How many blocks lie between a block and the nearest of the goals; those without a way are left out. */
export function distances(fn: ProgramFunction, goals: ReadonlySet<BlockId>): ReadonlyMap<BlockId, number> {
  const before = new Map<BlockId, BlockId[]>();
  for (const block of goals.size === 0 ? [] : fn.blocks) {
    for (const next of successors(block.terminator)) {
      const list = before.get(next);
      if (list === undefined) before.set(next, [block.id]);
      else list.push(block.id);
    }
  }
  const found = new Map<BlockId, number>([...goals].map((goal) => [goal, 0]));
  // A map is walked in the order of insertion, so this is breadth first.
  for (const [block, distance] of found) {
    for (const previous of before.get(block) ?? []) if (!found.has(previous)) found.set(previous, distance + 1);
  }
  return found;
}

function successors(terminator: Terminator): readonly BlockId[] {
  switch (terminator.kind) {
    case "jump":
      return [terminator.target];
    case "branch":
      return [terminator.then, terminator.otherwise];
    case "switch":
      return [...terminator.cases.map((item) => item.target), terminator.default];
    case "choice":
      return terminator.arms.map((arm) => arm.target);
    case "iterate":
      return [terminator.body, terminator.exit];
    case "return":
    case "unreachable":
      return [];
  }
}
