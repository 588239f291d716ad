/** Where literals, comments and logical lines end: what the lexer and the readers of macros skip as a whole. */

/** The end of the line break that begins after the backslash at `at`, or -1 when the backslash continues no line. */
export function continuationEnd(text: string, at: number): number {
  let i = at + 1;
  while (text.charCodeAt(i) === 32 || text.charCodeAt(i) === 9) i++;
  const code = text.charCodeAt(i);
  if (code === 10) return i + 1;
  if (code === 13) return text.charCodeAt(i + 1) === 10 ? i + 2 : i + 1;
  return -1;
}

/** The end of the literal whose opening quote is at `at`: after its closing quote, or at the line's end when it has none. */
export function literalEnd(text: string, at: number, to: number): number {
  const quote = text.charCodeAt(at);
  let i = at + 1;
  while (i < to) {
    const code = text.charCodeAt(i);
    if (code === quote) return i + 1;
    if (code === 10) return i;
    if (code === 92) {
      const next = continuationEnd(text, i);
      i = next > 0 ? next : i + 2;
    } else i++;
  }
  return to;
}

/** The end of the block comment that begins at `at`. */
export function commentEnd(text: string, at: number, to: number): number {
  const close = text.indexOf("*/", at + 2);
  return close < 0 || close + 2 > to ? to : close + 2;
}

/** The end of the comment that begins at `at` and ends with its line: the offset of the line break. */
export function lineCommentEnd(text: string, at: number, to: number): number {
  let i = at;
  while (i < to) {
    const code = text.charCodeAt(i);
    if (code === 10) return i;
    if (code === 92) {
      const next = continuationEnd(text, i);
      i = next > 0 ? next : i + 1;
    } else i++;
  }
  return to;
}

/**
 * The end of the logical line that holds `from`: the offset of its line break, or `to`.
 * Continued lines and block comments belong to the line.
 */
export function logicalLineEnd(text: string, from: number, to: number = text.length): number {
  let i = from;
  while (i < to) {
    const code = text.charCodeAt(i);
    if (code === 10) return i;
    if (code === 92) {
      const next = continuationEnd(text, i);
      i = next > 0 ? next : i + 1;
    } else if (code === 47 && text.charCodeAt(i + 1) === 42) i = commentEnd(text, i, to);
    else if (code === 47 && text.charCodeAt(i + 1) === 47) i = lineCommentEnd(text, i, to);
    else if (code === 34 || code === 39) i = literalEnd(text, i, to);
    else i++;
  }
  return to;
}
