/** What a function's tokens come to: a hash, and the names that it can possibly speak of. */
import type { Tokens } from "./lexer.ts";
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

/** The tokens of a file after the next one has been lexed: what digests are made of, when somebody asks for one. */
export class KeptTokens {
  readonly kinds: Uint8Array;
  readonly symbols: Int32Array;
  readonly names: readonly string[];
  readonly nameHashes: Int32Array;

  constructor({ kinds, symbols, names, nameHashes, count }: Tokens) {
    this.kinds = kinds.slice(0, count + 1);
    this.symbols = symbols.slice(0, count + 1);
    this.names = names;
    this.nameHashes = nameHashes.slice(0, names.length);
  }
}

/** By symbol, the stretch that it was last seen in: never reset, for stretches are counted up. */
let seen = new Int32Array(1 << 12);
let stretch = 0;

/**
 * A stretch of tokens in short. Nothing is worked out before somebody asks, and the tokens are let go then: of most files that
 * are parsed nobody asks.
 */
export class TokenDigest implements Mentions {
  readonly positional: boolean;
  #tokens: KeptTokens | undefined;
  readonly #from: number;
  readonly #to: number;
  #hash = 0;
  /** The symbols in the order of their first use; those that are valued as their complement. */
  #found: readonly number[] = [];
  readonly #names: readonly string[];

  /** The tokens from index `from` up to, not including, `to`. */
  constructor(tokens: KeptTokens, from: number, to: number, positional: boolean) {
    this.#tokens = tokens;
    this.#from = from;
    this.#to = to;
    this.#names = tokens.names;
    this.positional = positional;
  }

  /** 32 bits: equal tokens give an equal one, whatever white space and comments are between. */
  get hash(): number {
    this.#workOut();
    return this.#hash;
  }
  get valued(): readonly string[] {
    this.#workOut();
    return this.#pick((symbol) => symbol < 0);
  }
  get called(): readonly string[] {
    this.#workOut();
    return this.#pick((symbol) => symbol >= 0);
  }

  #pick(wanted: (symbol: number) => boolean): readonly string[] {
    const result: string[] = [];
    for (const symbol of this.#found) if (wanted(symbol)) result.push(this.#names[symbol < 0 ? ~symbol : symbol] ?? "");
    return result;
  }

  /** Both in one walk, since each token costs. */
  #workOut(): void {
    if (this.#tokens === undefined) return;
    const { kinds, symbols, names, nameHashes } = this.#tokens;
    this.#tokens = undefined;
    if (seen.length < names.length) seen = new Int32Array(names.length * 2);
    if (stretch > 0x3fff_0000) {
      seen.fill(0);
      stretch = 0;
    }
    const asCall = ++stretch;
    const asValue = ++stretch;
    const found: number[] = [];
    let hash = 0x811c9dc5 | 0;
    const to = this.#to;
    for (let i = this.#from; i < to; i++) {
      const symbol = symbols[i] ?? 0;
      const kind = kinds[i] ?? 0;
      // Only the keyword `static` has symbol 0 as the tokens without one; strings and conditions are their hash.
      let value: number = symbol === 0 ? kind : symbol;
      if (symbol > 0) {
        value = nameHashes[symbol] ?? 0;
        if (kind === T.ident && symbol >= keywordCount) {
          const before = seen[symbol];
          if (before !== asValue) {
            if (before !== asCall) found.push(symbol);
            seen[symbol] = kinds[i + 1] === T.lparen ? asCall : asValue;
          }
        }
      }
      hash = Math.imul(hash ^ value, 0x01000193);
      hash ^= hash >>> 15;
    }
    for (let i = 0; i < found.length; i++) {
      const symbol = found[i] ?? 0;
      if (seen[symbol] === asValue) found[i] = ~symbol;
    }
    this.#hash = hash;
    this.#found = found;
  }
}
