/** Hashes of token runs: equal for texts that differ in white space and comments only. */
import type { Cursor } from "./cursor.ts";
import { T } from "./tokens.ts";

/** The 32-bit hash of the tokens from index `from` up to (not including) `to`. */
export function tokenHash(p: Cursor, from: number, to: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = from; i < to; i++) {
    const kind = p.kinds[i] ?? 0;
    let value = kind;
    const named = kind === T.ident || kind === T.number || kind === T.char || kind >= T.keyword;
    if (named) value = p.nameHashes[p.symbols[i] ?? 0] ?? 0;
    else if (kind === T.string || kind >= T.directiveIf) value = textHash(p.text, p.starts[i] ?? 0, p.ends[i] ?? 0);
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
