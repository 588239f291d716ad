/** The shape of a function's control flow: edges, orders, reachability, dominators. */
import type { Block, BlockId, ProgramFunction, Terminator } from "./program.ts";

/** The blocks that control may go to, in the terminator's order; the same block may appear twice. */
export function successorsOf(terminator: Terminator): readonly BlockId[] {
  switch (terminator.kind) {
    case "jump":
      return [terminator.target];
    case "branch":
      return [terminator.then, terminator.otherwise];
    case "switch":
      return [...terminator.cases.map((one) => one.target), terminator.default];
    case "choice":
      return terminator.arms.map((arm) => arm.target);
    case "iterate":
      return [terminator.body, terminator.exit];
    case "return":
    case "unreachable":
      return [];
  }
}

/** For each block the blocks that lead to it, each once, ascending. */
export function predecessorsOf(target: ProgramFunction): readonly (readonly BlockId[])[] {
  const result: BlockId[][] = target.blocks.map(() => []);
  for (const block of target.blocks) {
    for (const next of new Set(successorsOf(block.terminator))) result[next]?.push(block.id);
  }
  return result;
}

/** The blocks that the entry reaches, every block after at least one of its predecessors, loop bodies before loop exits. */
export function reversePostOrder(target: ProgramFunction): readonly BlockId[] {
  const order: BlockId[] = [];
  const state = new Uint8Array(target.blocks.length);
  // An explicit stack: functions with thousands of blocks in a row exist.
  const stack: { block: Block; next: readonly BlockId[]; at: number }[] = [];
  const enter = (id: BlockId): void => {
    const block = target.blocks[id];
    if (block === undefined || state[id] !== 0) return;
    state[id] = 1;
    stack.push({ block, next: [...successorsOf(block.terminator)].reverse(), at: 0 });
  };
  enter(0);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const next = top.next[top.at++];
    if (next !== undefined) enter(next);
    else {
      order.push(top.block.id);
      stack.pop();
    }
  }
  return order.reverse();
}

/** Whether control can come to the block, by id. Code after a `return` is not reachable. */
export function reachableBlocks(target: ProgramFunction): ReadonlySet<BlockId> {
  return new Set(reversePostOrder(target));
}

/** The immediate dominator of each block: -1 for the entry and for blocks that are not reachable (Cooper, Harvey, Kennedy). */
export function immediateDominators(target: ProgramFunction): readonly BlockId[] {
  const order = reversePostOrder(target);
  const position = new Map(order.map((id, i) => [id, i]));
  const predecessors = predecessorsOf(target);
  const idom = new Array<number>(target.blocks.length).fill(-1);
  idom[0] = 0;
  const meet = (a: BlockId, b: BlockId): BlockId => {
    let x = a;
    let y = b;
    while (x !== y) {
      while ((position.get(x) ?? 0) > (position.get(y) ?? 0)) x = idom[x] ?? 0;
      while ((position.get(y) ?? 0) > (position.get(x) ?? 0)) y = idom[y] ?? 0;
    }
    return x;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const id of order) {
      if (id === 0) continue;
      let best = -1;
      for (const before of predecessors[id] ?? []) {
        if (!position.has(before) || idom[before] === -1) continue;
        best = best === -1 ? before : meet(best, before);
      }
      if (idom[id] !== best) {
        idom[id] = best;
        changed = true;
      }
    }
  }
  idom[0] = -1;
  return idom;
}
