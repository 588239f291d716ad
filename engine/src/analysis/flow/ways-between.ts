/** Whether one statement of a function may run after another with nothing in between that ends what the first began. */
import type { Block, ProgramFunction, Statement, StatementId } from "../../program/program.ts";
import { flowOf, successors } from "./flow.ts";

export interface Ends {
  /** A way ends before such a statement, unless it is the one that is looked for. */
  readonly statement: (one: Statement) => boolean;
  /** A way ends behind such a block. */
  readonly block?: (one: Block) => boolean;
}

/** Whether a way leads from behind `from` to `to`. */
export function leadsTo(owner: ProgramFunction, from: StatementId, to: StatementId, ends: Ends): boolean {
  const home = flowOf(owner).locate(from);
  if (!home) return false;
  const waiting = [{ block: home.block, index: home.index + 1 }];
  const seen = new Set<number>();
  for (const { block, index } of waiting) {
    const at = owner.blocks[block];
    if (!at) continue;
    const stop = at.statements.slice(index).find((one) => one.id === to || ends.statement(one));
    if (stop?.id === to) return true;
    if (stop || ends.block?.(at)) continue;
    for (const next of successors(at.terminator))
      if (!seen.has(next)) {
        seen.add(next);
        waiting.push({ block: next, index: 0 });
      }
  }
  return false;
}
