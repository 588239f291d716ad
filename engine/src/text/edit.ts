import type { FileSpan } from "./span.ts";

/** Replace the span by `newText`. An empty span inserts. */
export interface TextEdit extends FileSpan {
  readonly newText: string;
}

/**
 * Applies the edits that concern one text.
 * Returns undefined when two edits overlap or one lies outside the text: a fix never corrupts a file.
 */
export function applyEdits(text: string, edits: readonly TextEdit[]): string | undefined {
  const ordered = [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
  let result = "";
  let at = 0;
  for (const edit of ordered) {
    if (edit.start < at || edit.end < edit.start || edit.end > text.length) return undefined;
    result += text.slice(at, edit.start) + edit.newText;
    at = edit.end;
  }
  return result + text.slice(at);
}
