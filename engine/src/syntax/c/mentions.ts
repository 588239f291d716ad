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
/** The symbols of the stretch at hand, in the order of their first use. */
let order = new Int32Array(1 << 10);

export interface TokenDigest {
  /** 32-bit hash: equal tokens give an equal one, whatever white space and comments are between. */
  readonly hash: number;
  readonly mentions: Mentions;
}

/** What the tokens from index `from` up to (not including) `to` come to: one walk for both, since each token costs. */
export function digestOf(p: Cursor, from: number, to: number, positional: boolean): TokenDigest {
  if (seen.length < p.names.length) seen = new Int32Array(p.names.length * 2);
  if (order.length < p.names.length) order = new Int32Array(p.names.length * 2);
  if (stretch > 0x3fff_0000) {
    seen.fill(0);
    stretch = 0;
  }
  const asCall = ++stretch;
  const asValue = ++stretch;
  const { kinds, symbols, names, nameHashes } = p;
  let count = 0;
  let hash = 0x811c9dc5 | 0;
  for (let i = from; i < to; i++) {
    // Names, keywords, numbers and character constants have a symbol; only the keyword `static` has symbol 0.
    const symbol = symbols[i] ?? 0;
    const kind = kinds[i] ?? 0;
    let value: number = kind;
    if (symbol !== 0) {
      value = nameHashes[symbol] ?? 0;
      if (kind === T.ident && symbol >= keywordCount) {
        const before = seen[symbol];
        if (before !== asValue) {
          if (before !== asCall) order[count++] = symbol;
          seen[symbol] = kinds[i + 1] === T.lparen ? asCall : asValue;
        }
      }
    } else if (kind === T.string || (kind >= T.directiveIf && kind < T.dead)) {
      value = textHash(p.text, p.starts[i] ?? 0, p.ends[i] ?? 0);
    }
    hash = Math.imul(hash ^ value, 0x01000193);
    hash ^= hash >>> 15;
  }
  // A plain list: a typed one of its own for each function costs more than all that is in it.
  const found: number[] = [];
  for (let i = 0; i < count; i++) {
    const symbol = order[i] ?? 0;
    found.push(seen[symbol] === asValue ? ~symbol : symbol);
  }
  return { hash, mentions: new SymbolMentions(found, names, positional) };
}

function textHash(text: string, from: number, to: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}

/** Keeps numbers until somebody asks: most files that are parsed are never asked what their functions speak of. */
class SymbolMentions implements Mentions {
  readonly positional: boolean;
  /** The symbols; those that are valued as their complement. */
  readonly #found: readonly number[];
  readonly #names: readonly string[];

  constructor(found: readonly number[], names: readonly string[], positional: boolean) {
    this.#found = found;
    this.#names = names;
    this.positional = positional;
  }

  get valued(): readonly string[] {
    return this.#pick((symbol) => symbol < 0);
  }
  get called(): readonly string[] {
    return this.#pick((symbol) => symbol >= 0);
  }

  #pick(wanted: (symbol: number) => boolean): readonly string[] {
    const result: string[] = [];
    for (const symbol of this.#found) if (wanted(symbol)) result.push(this.#names[symbol < 0 ? ~symbol : symbol] ?? "");
    return result;
  }
}
