/** Hashes of token runs: equal for texts that differ in white space and comments only. */
import type { Cursor } from "./cursor.ts";
import { T } from "./tokens.ts";

/** The 32-bit hash of the tokens from index `from` up to (not including) `to`. */
export function tokenHash(p: Cursor, from: number, to: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = from; i < to; i++) {
    // Names, keywords, numbers and character constants have a symbol; only the keyword `static` has symbol 0.
    const symbol = p.symbols[i] ?? 0;
    const kind = p.kinds[i] ?? 0;
    let value = kind;
    if (symbol !== 0) value = p.nameHashes[symbol] ?? 0;
    else if (kind === T.string || (kind >= T.directiveIf && kind < T.dead)) {
      value = textHash(p.text, p.starts[i] ?? 0, p.ends[i] ?? 0);
    }
    hash = Math.imul(hash ^ value, 0x01000193);
    hash ^= hash >>> 15;
  }
  return hash;
}

function textHash(text: string, from: number, to: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
