/** The names that a stretch of tokens holds: what a function can possibly speak of. */
import type { Cursor } from "./cursor.ts";
import { keywordCount, T } from "./tokens.ts";

/** Names that occur in a function, each once, keywords and numbers left out; those of its head count too. */
export interface Mentions {
  /** Names that stand at least once where no `(` follows: a variable, a member, a function used as a value. */
  readonly valued: readonly string[];
  /** All others: each use is followed by `(`. */
  readonly called: readonly string[];
  /** Whether a brace list in it gives members their values by position, so that their names do not occur. */
  readonly positional: boolean;
}

/** By symbol, the stretch that it was last seen in: never reset, for stretches are counted up. */
let seen = new Int32Array(1 << 12);
let stretch = 0;

/** The mentions of the tokens from index `from` up to (not including) `to`. */
export function mentionsOf(p: Cursor, from: number, to: number, positional: boolean): Mentions {
  if (seen.length < p.names.length) seen = new Int32Array(p.names.length * 2);
  if (stretch > 0x3fff_0000) {
    seen.fill(0);
    stretch = 0;
  }
  const asCall = ++stretch;
  const asValue = ++stretch;
  const { kinds, symbols, names } = p;
  const all: number[] = [];
  for (let i = from; i < to; i++) {
    const symbol = symbols[i] ?? 0;
    if (symbol < keywordCount || kinds[i] !== T.ident) continue;
    const before = seen[symbol];
    if (before === asValue) continue;
    if (before !== asCall) all.push(symbol);
    seen[symbol] = kinds[i + 1] === T.lparen ? asCall : asValue;
  }
  const valued: string[] = [];
  const called: string[] = [];
  for (const symbol of all) (seen[symbol] === asValue ? valued : called).push(names[symbol] ?? "");
  return { valued, called, positional };
}
