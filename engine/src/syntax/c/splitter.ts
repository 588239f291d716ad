/**
 * Finds the braces at file scope and where each of them closes, so that a function is parsed between fixed bounds and a
 * broken one never loses the others.
 *
 * A file whose braces balance is matched by depth. In any other file the layout decides: a `}` in column 0 ends what is
 * open at file scope, and so does the beginning of a declaration in column 0.
 */
import type { Tokens } from "./lexer.ts";
import { beginsType, T } from "./tokens.ts";

export interface FileBrace {
  /** Token indices. `close` is the closing brace, or the first token after the stretch when its brace is missing. */
  readonly open: number;
  readonly close: number;
  /** False when the closing brace is missing, or the braces inside do not pair. */
  readonly balanced: boolean;
  readonly missing: boolean;
}

let partners = new Int32Array(1 << 14);
let open = new Int32Array(1 << 10);

/**
 * For every opening bracket the index of the bracket that closes it, -1 when none does. A bracket closes only its own
 * kind; a brace closes what was left open inside it. The array is scratch memory, as the tokens are.
 */
export function pairBrackets(kinds: Uint8Array, count: number): Int32Array {
  if (partners.length <= count) partners = new Int32Array(Math.max(partners.length * 2, kinds.length));
  let depth = 0;
  for (let i = 0; i < count; i++) {
    const kind = kinds[i] ?? 0;
    if (kind < T.lparen || kind > T.rbrace) continue;
    if (kind === T.lparen || kind === T.lbracket || kind === T.lbrace) {
      partners[i] = -1;
      if (depth === open.length) {
        const bigger = new Int32Array(depth * 2);
        bigger.set(open);
        open = bigger;
      }
      open[depth++] = i;
      continue;
    }
    let at = depth - 1;
    if (kind === T.rbrace) while (at >= 0 && kinds[open[at] ?? 0] !== T.lbrace) at--;
    const partner = at < 0 ? -1 : (open[at] ?? -1);
    if (partner < 0 || kinds[partner] !== kind - 1) continue;
    partners[partner] = i;
    depth = at;
  }
  return partners;
}

/** The file-scope braces in order. */
export function splitFile(tokens: Tokens): readonly FileBrace[] {
  return matchByDepth(tokens) ?? matchByLayout(tokens);
}

function matchByDepth(tokens: Tokens): FileBrace[] | undefined {
  const { kinds, braces } = tokens;
  const found: FileBrace[] = [];
  let depth = 0;
  let open = 0;
  for (const i of braces) {
    if (kinds[i] === T.lbrace) {
      if (depth++ === 0) open = i;
    } else {
      if (--depth < 0) return undefined;
      if (depth === 0) found.push({ open, close: i, balanced: true, missing: false });
    }
  }
  return depth === 0 ? found : undefined;
}

function matchByLayout(tokens: Tokens): FileBrace[] {
  const { kinds, count } = tokens;
  const found: FileBrace[] = [];
  let i = 0;
  while (i < count) {
    if ((kinds[i] ?? 0) !== T.lbrace) {
      i++;
      continue;
    }
    const brace = closeByLayout(tokens, i);
    found.push(brace);
    i = brace.missing ? brace.close : brace.close + 1;
    if (i <= brace.open) i = brace.open + 1;
  }
  return found;
}

function closeByLayout(tokens: Tokens, open: number): FileBrace {
  const { kinds, count } = tokens;
  let depth = 1;
  let conditionals = 0;
  /** Where depth alone would close it, while the layout says that it goes on. */
  let early = -1;
  for (let i = open + 1; i < count; i++) {
    const kind = kinds[i] ?? 0;
    if (kind === T.directiveIf) conditionals++;
    else if (kind === T.directiveEndif || kind === T.directiveElse || kind === T.directiveElif) {
      if (conditionals === 0) return { open, close: i, balanced: false, missing: true };
      if (kind === T.directiveEndif) conditionals--;
    } else if (kind === T.lbrace) {
      if (early < 0 && depth > 0 && beginsLine(tokens, i) && kinds[i - 1] === T.rparen) {
        return { open, close: headBefore(tokens, open, i), balanced: false, missing: true };
      }
      depth++;
    } else if (kind === T.rbrace) {
      depth--;
      if (beginsLine(tokens, i)) return { open, close: i, balanced: depth === 0 && early < 0, missing: false };
      if (depth === 0 && early < 0) {
        if (i + 1 >= count || startsFileScope(tokens, i + 1)) return { open, close: i, balanced: true, missing: false };
        early = i;
      }
    } else if (startsDeclaration(tokens, i)) {
      if (early >= 0) return { open, close: early, balanced: true, missing: false };
      return { open, close: i, balanced: false, missing: true };
    }
  }
  if (early >= 0) return { open, close: early, balanced: true, missing: false };
  return { open, close: count, balanced: false, missing: true };
}

function beginsLine(tokens: Tokens, i: number): boolean {
  const start = tokens.starts[i] ?? 0;
  return start === 0 || tokens.text.charCodeAt(start - 1) === 10;
}

/** After a brace that closes at depth 0: does file scope go on here? `;` and `,` end or continue an initialiser. */
function startsFileScope(tokens: Tokens, i: number): boolean {
  const kind = tokens.kinds[i] ?? 0;
  return kind === T.semicolon || kind === T.comma || kind >= T.directiveIf || beginsLine(tokens, i);
}

/** A declaration that begins in column 0 after the end of a statement; a label (`name:`) is none. */
function startsDeclaration(tokens: Tokens, i: number): boolean {
  const { kinds } = tokens;
  const kind = kinds[i] ?? 0;
  if (kind !== T.ident && !beginsType(kind)) return false;
  if (!beginsLine(tokens, i)) return false;
  const before = kinds[i - 1] ?? 0;
  if (before !== T.semicolon && before !== T.rbrace && before !== T.lbrace) return false;
  return kind !== T.ident || kinds[i + 1] !== T.colon;
}

/** The first token of the function head that ends before the brace at `brace`. */
function headBefore(tokens: Tokens, open: number, brace: number): number {
  let i = brace - 1;
  while (i > open) {
    const kind = tokens.kinds[i] ?? 0;
    if (kind === T.semicolon || kind === T.rbrace || kind === T.lbrace || (kind >= T.directiveIf && kind <= T.dead))
      break;
    i--;
  }
  return i + 1;
}
