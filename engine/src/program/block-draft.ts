/** Blocks under construction, and the pass that turns them into a function's numbered graph. */
import type { FileSpan } from "../text/span.ts";
import type { Block, BlockId, Statement, Terminator } from "./program.ts";

export class BlockDraft {
  readonly statements: Statement[] = [];
  /** Block numbers in it are placeholders: `targets` has the blocks, in the order of the terminator's fields. */
  terminator: Terminator | undefined;
  targets: readonly BlockDraft[] = [];
  /** Position among the placed blocks; -1 before it is placed. */
  order = -1;
  /** Whether a terminator names it. */
  referenced = false;
}

/**
 * Numbers the blocks in source order, skips blocks that only jump on, joins blocks that always follow each other, and drops
 * empty blocks that nothing leads to. `end` is the function's end, where control goes that had no other place to go.
 */
export function arrangeBlocks(placed: readonly BlockDraft[], end: FileSpan): Block[] {
  const entry = placed[0];
  if (entry === undefined) return [{ id: 0, statements: [], terminator: { kind: "return", ...end } }];
  const all = new Set(placed);
  // A block that was named but never placed (a goto to a label that is not there) ends the function.
  for (const block of [...all]) {
    for (const target of block.targets) if (!all.has(target)) all.add(target);
  }
  for (const block of all) block.terminator ??= { kind: "unreachable", ...end };
  for (const block of all) block.targets = block.targets.map((target) => threaded(target));

  // What control reaches, and statements that it does not reach (code after a return) with all that they lead to.
  const live = new Set([entry]);
  // A Set's iteration sees what is added while it runs.
  for (const block of live) for (const target of block.targets) live.add(target);
  for (const block of all) if (block.statements.length > 0) live.add(block);
  for (const block of live) for (const target of block.targets) live.add(target);

  const predecessors = new Map<BlockDraft, number>();
  for (const block of live) {
    for (const target of block.targets) predecessors.set(target, (predecessors.get(target) ?? 0) + 1);
  }
  const absorbed = new Set<BlockDraft>();
  for (const block of live) {
    if (absorbed.has(block)) continue;
    for (;;) {
      const next: BlockDraft | undefined = block.targets[0];
      if (block.terminator?.kind !== "jump" || next === undefined) break;
      if (next === block || next === entry || predecessors.get(next) !== 1 || absorbed.has(next)) break;
      for (const statement of next.statements) block.statements.push(statement);
      block.terminator = next.terminator;
      block.targets = next.targets;
      absorbed.add(next);
    }
  }
  const position = (block: BlockDraft): number => (block.order < 0 ? Number.MAX_SAFE_INTEGER : block.order);
  const final = [...live].filter((block) => !absorbed.has(block)).sort((a, b) => position(a) - position(b));
  const ids = new Map(final.map((block, i) => [block, i]));
  return final.map((block, id) => ({
    id,
    statements: block.statements,
    terminator: renumbered(
      block.terminator ?? { kind: "unreachable", ...end },
      block.targets.map((target) => ids.get(target) ?? 0),
    ),
  }));
}

/** Follows empty blocks that only jump; a ring of them is left alone. */
function threaded(block: BlockDraft): BlockDraft {
  let at = block;
  for (let i = 0; i < 64; i++) {
    const next = at.targets[0];
    if (at.statements.length > 0 || at.terminator?.kind !== "jump" || next === undefined || next === at) return at;
    at = next;
  }
  return block;
}

function renumbered(terminator: Terminator, targets: readonly BlockId[]): Terminator {
  const at = (i: number): BlockId => targets[i] ?? 0;
  switch (terminator.kind) {
    case "jump":
      return { ...terminator, target: at(0) };
    case "branch":
      return { ...terminator, then: at(0), otherwise: at(1) };
    case "switch":
      return {
        ...terminator,
        cases: terminator.cases.map((one, i) => ({ ...one, target: at(i) })),
        default: at(terminator.cases.length),
      };
    case "choice":
      return { ...terminator, arms: terminator.arms.map((arm, i) => ({ ...arm, target: at(i) })) };
    case "iterate":
      return { ...terminator, body: at(0), exit: at(1) };
    case "return":
    case "unreachable":
      return terminator;
  }
}
