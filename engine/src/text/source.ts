/** A place in a text: both count from 1, columns in UTF-16 code units (a tab is one column). */
export interface LineColumn {
  readonly line: number;
  readonly column: number;
}

/** One source text with its line index. Lines end at LF, CRLF or a lone CR, as in an editor. */
export class SourceText {
  readonly name: string;
  readonly text: string;
  #lineStarts: number[] | undefined;

  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
  }

  /** Offsets at which lines begin; the first is always 0. */
  get lineStarts(): readonly number[] {
    this.#lineStarts ??= findLineStarts(this.text);
    return this.#lineStarts;
  }

  /** The line and column of an offset; an offset outside the text is clamped into it. */
  positionAt(offset: number): LineColumn {
    const starts = this.lineStarts;
    const at = Math.max(0, Math.min(offset, this.text.length));
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: at - (starts[low] ?? 0) + 1 };
  }

  /** The offset of a line and column; both are clamped into the text. */
  offsetAt(position: LineColumn): number {
    const starts = this.lineStarts;
    const line = Math.max(1, Math.min(position.line, starts.length));
    const start = starts[line - 1] ?? 0;
    const end = line < starts.length ? (starts[line] ?? this.text.length) : this.text.length;
    return Math.max(start, Math.min(start + position.column - 1, end));
  }

  /** The text of a line (counted from 1) without its line end; empty when there is no such line. */
  lineText(line: number): string {
    const start = this.lineStarts[line - 1];
    if (start === undefined) return "";
    return this.text.slice(start, this.lineStarts[line] ?? this.text.length).replace(/[\r\n]+$/, "");
  }
}

function findLineStarts(text: string): number[] {
  const starts = [0];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 10) starts.push(i + 1);
    else if (code === 13 && text.charCodeAt(i + 1) !== 10) starts.push(i + 1);
  }
  return starts;
}
