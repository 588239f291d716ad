/** Seeded mutations of a text: the same seed gives the same mutant. */

/** A small deterministic generator of numbers (mulberry32); `next(n)` is in [0, n). */
export function generator(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below);
  };
}

const inserts = "(){}[];,:?.#\\\"'/*=+-<>&|!~\n"
  .split("")
  .concat([
    "/*",
    "*/",
    "//",
    "#if X\n",
    "\n#else\n",
    "\n#endif\n",
    "\n#define M(x) \\\n",
    "\n#if 0\n",
    " struct ",
    " enum {",
    " for ",
    " if (",
    " else ",
    " do ",
    " while ",
    " case ",
    " sizeof(",
    " typeof(",
    " (u8)(",
    "({",
    "})",
    "->",
    "...",
    "__attribute__((",
    "asm(",
    "\u0000",
    "é",
  ]);

/** One to four mutations: delete, insert, duplicate or move a stretch; delete, double or insert a token; cut; splice in `other`. */
export function mutate(text: string, other: string, seed: number): string {
  const next = generator(seed);
  let result = text;
  for (let rounds = 1 + next(4); rounds > 0; rounds--) {
    const at = next(result.length + 1);
    const length = 1 + next(next(4) === 0 ? 400 : 12);
    const stretch = result.slice(at, at + length);
    const rest = result.slice(at + length);
    switch (next(9)) {
      case 0:
        result = result.slice(0, at) + rest;
        break;
      case 1:
        result = result.slice(0, at) + stretch + stretch + rest;
        break;
      case 2:
        result = result.slice(0, at);
        break;
      case 3: {
        const from = next(other.length + 1);
        result = result.slice(0, at) + other.slice(from, from + length * 3) + result.slice(at);
        break;
      }
      case 4: {
        const to = next(rest.length + 1);
        result = result.slice(0, at) + rest.slice(0, to) + stretch + rest.slice(to);
        break;
      }
      case 5:
      case 6: {
        const token = tokenAt(result, at);
        result = result.slice(0, token.start) + result.slice(token.end);
        break;
      }
      default:
        result = result.slice(0, at) + (inserts[next(inserts.length)] ?? "") + result.slice(at);
    }
  }
  return result;
}

/** The word or single character around an offset. */
function tokenAt(text: string, at: number): { readonly start: number; readonly end: number } {
  const word = (i: number): boolean => /\w/.test(text.charAt(i));
  let start = at;
  let end = at + 1;
  if (word(at)) {
    while (start > 0 && word(start - 1)) start--;
    while (end < text.length && word(end)) end++;
  }
  return { start, end };
}
