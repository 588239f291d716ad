/**
 * The shape of a function's control flow: predecessors, order, dominators, and where a statement stands.
 * Made once per function; linear in its size but for the dominators, which are nearly so.
 */
import type { Block, BlockId, ProgramFunction, Statement, StatementId, Terminator } from "../../program/program.ts";

/** A condition that holds in a block since every way into it took one edge of a branch. */
export interface Edge {
  readonly from: BlockId;
  readonly to: BlockId;
}

export interface Flow {
  readonly function: ProgramFunction;
  /** Blocks that the entry reaches, in reverse postorder. */
  readonly order: readonly BlockId[];
  readonly predecessors: readonly (readonly BlockId[])[];
  /** The block and index of a statement. */
  locate(id: StatementId): { readonly block: BlockId; readonly index: number } | undefined;
  statement(id: StatementId): Statement | undefined;
  /** Whether every way from the entry to `block` goes through `dominator`. */
  dominates(dominator: BlockId, block: BlockId): boolean;
  /** The edges that every way to `block` takes, outermost first. */
  edgesTo(block: BlockId): readonly Edge[];
  /** Whether a way leads from the end of `from` to `to`. */
  reaches(from: BlockId, to: BlockId): boolean;
  /** Whether the second of two statements of the function may run after the first, on one pass through their block. */
  follows(first: StatementId, second: StatementId): boolean;
}

const flows = new WeakMap<readonly Block[], Flow>();

/** The flow of a function; kept as long as its body is. */
export function flowOf(owner: ProgramFunction): Flow {
  const { blocks } = owner;
  const known = flows.get(blocks);
  if (known) return known;
  const made = makeFlow(owner);
  flows.set(blocks, made);
  return made;
}

/** The blocks that a terminator may go to, each once, in source order. */
export function successors(terminator: Terminator): readonly BlockId[] {
  switch (terminator.kind) {
    case "jump":
      return [terminator.target];
    case "branch":
      return terminator.then === terminator.otherwise ? [terminator.then] : [terminator.then, terminator.otherwise];
    case "switch":
      return [...new Set([...terminator.cases.map((one) => one.target), terminator.default])];
    case "choice":
      return [...new Set(terminator.arms.map((arm) => arm.target))];
    case "iterate":
      return [...new Set([terminator.body, terminator.exit])];
    case "return":
    case "unreachable":
      return [];
  }
}

function makeFlow(owner: ProgramFunction): Flow {
  const { blocks } = owner;
  const predecessors: BlockId[][] = blocks.map(() => []);
  for (const block of blocks) for (const next of successors(block.terminator)) predecessors[next]?.push(block.id);
  const order = reversePostorder(blocks);
  const immediate = immediateDominators(blocks.length, order, predecessors);
  const places = new Map<StatementId, { block: BlockId; index: number }>();
  for (const block of blocks)
    block.statements.forEach((statement, index) => places.set(statement.id, { block: block.id, index }));

  const dominates = (dominator: BlockId, block: BlockId): boolean => {
    let at: BlockId | undefined = block;
    while (at !== undefined) {
      if (at === dominator) return true;
      const above: BlockId | undefined = immediate[at];
      if (above === at) return false;
      at = above;
    }
    return false;
  };
  const reached = new Map<BlockId, ReadonlySet<BlockId>>();
  const reaches = (from: BlockId, to: BlockId): boolean => {
    let set = reached.get(from);
    if (!set) {
      set = reachable(blocks, from);
      reached.set(from, set);
    }
    return set.has(to);
  };
  return {
    function: owner,
    order,
    predecessors,
    locate: (id) => places.get(id),
    statement: (id) => {
      const place = places.get(id);
      return place && blocks[place.block]?.statements[place.index];
    },
    dominates,
    edgesTo: (block) => edgesTo(blocks, predecessors, immediate, dominates, block),
    reaches,
    follows: (first, second) => {
      const [from, to] = [places.get(first), places.get(second)];
      if (!from || !to) return false;
      return from.block === to.block ? from.index < to.index : reaches(from.block, to.block);
    },
  };
}

function reachable(blocks: readonly Block[], from: BlockId): ReadonlySet<BlockId> {
  const seen = new Set<BlockId>();
  const work = [from];
  for (let at = work.pop(); at !== undefined; at = work.pop()) {
    const block = blocks[at];
    if (!block) continue;
    for (const next of successors(block.terminator)) {
      if (seen.has(next)) continue;
      seen.add(next);
      work.push(next);
    }
  }
  return seen;
}

function reversePostorder(blocks: readonly Block[]): BlockId[] {
  const seen = new Set<BlockId>();
  const post: BlockId[] = [];
  const stack: { id: BlockId; next: readonly BlockId[]; at: number }[] = [];
  const enter = (id: BlockId): void => {
    const block = blocks[id];
    if (!block || seen.has(id)) return;
    seen.add(id);
    stack.push({ id, next: successors(block.terminator), at: 0 });
  };
  enter(0);
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const next = top.next[top.at++];
    if (next === undefined) {
      post.push(top.id);
      stack.pop();
    } else enter(next);
  }
  return post.reverse();
}

/** Cooper, Harvey and Kennedy's iteration; blocks that the entry does not reach have none. */
function immediateDominators(
  count: number,
  order: readonly BlockId[],
  predecessors: readonly (readonly BlockId[])[],
): readonly (BlockId | undefined)[] {
  const rank: number[] = new Array<number>(count).fill(-1);
  order.forEach((id, index) => {
    rank[id] = index;
  });
  const immediate: (BlockId | undefined)[] = new Array<BlockId | undefined>(count).fill(undefined);
  if (order.length > 0) immediate[0] = 0;
  const rankOf = (id: BlockId): number => rank[id] ?? -1;
  const meet = (a: BlockId, b: BlockId): BlockId => {
    let left = a;
    let right = b;
    while (left !== right) {
      while (rankOf(left) > rankOf(right)) left = immediate[left] ?? 0;
      while (rankOf(right) > rankOf(left)) right = immediate[right] ?? 0;
    }
    return left;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const id of order) {
      if (id === 0) continue;
      let best: BlockId | undefined;
      for (const before of predecessors[id] ?? []) {
        if (immediate[before] === undefined) continue;
        best = best === undefined ? before : meet(best, before);
      }
      if (best !== undefined && immediate[id] !== best) {
        immediate[id] = best;
        changed = true;
      }
    }
  }
  return immediate;
}

function edgesTo(
  blocks: readonly Block[],
  predecessors: readonly (readonly BlockId[])[],
  immediate: readonly (BlockId | undefined)[],
  dominates: (dominator: BlockId, block: BlockId) => boolean,
  block: BlockId,
): readonly Edge[] {
  const edges: Edge[] = [];
  let at: BlockId = block;
  for (let above = immediate[at]; above !== undefined && above !== at; above = immediate[at]) {
    const from = blocks[above];
    if (from) {
      for (const to of successors(from.terminator)) {
        // An edge is taken for certain when its target dominates the block and has no other way in but from below itself.
        const others = (predecessors[to] ?? []).filter((one) => one !== above && !dominates(to, one));
        if (others.length === 0 && dominates(to, block)) edges.push({ from: above, to });
      }
    }
    at = above;
  }
  return edges.reverse();
}
