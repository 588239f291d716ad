import type { Tokens } from "./lexer.ts";
import { T } from "./tokens.ts";

/** Takes the tokens that are marked dead out of the arrays, run by run. */
export function squeeze(tokens: Tokens): void {
  const { kinds, starts, ends, symbols, count, braces: before } = tokens;
  let to = kinds.indexOf(T.dead);
  let from = to;
  const braces: number[] = [];
  let brace = 0;
  while (from <= count) {
    if (kinds[from] === T.dead) {
      from++;
      continue;
    }
    let end = kinds.indexOf(T.dead, from);
    if (end < 0 || end > count) end = count + 1;
    for (; brace < before.length && (before[brace] ?? 0) < end; brace++) {
      const at = before[brace] ?? 0;
      if (at < to) braces.push(at);
      else if (at >= from) braces.push(at - from + to);
    }
    for (const array of [kinds, starts, ends, symbols]) array.copyWithin(to, from, end);
    to += end - from;
    from = end;
  }
  tokens.braces = braces;
  tokens.count = to - 1;
}
