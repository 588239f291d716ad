/**
 * A text in which what stands behind an edit keeps its place. Before chosen line starts it has room, a blank line of spaces; an edit
 * takes from the next room or gives to it. Offsets are those of this text ("stable"); `toReal` tells the editor's.
 */

/** Stretches of the two texts that stand for each other: room in the stable one has no counterpart in the real one. */
interface Difference {
  readonly at: number;
  readonly length: number;
  readonly realLength: number;
}

/** What an edit did to the stable text. */
export interface StableChange {
  /** The stretch that was replaced is [start, end) of the old text and [start, newEnd) of the new one. */
  readonly start: number;
  readonly end: number;
  readonly newEnd: number;
  /** From here on everything stands where it stood, in both texts. */
  readonly settled: number;
}

/** Characters of room before each of the places. */
const room = 256;

export class StableText {
  readonly real: string;
  readonly text: string;
  readonly #differences: readonly Difference[];

  private constructor(real: string, text: string, differences: readonly Difference[]) {
    this.real = real;
    this.text = text;
    this.#differences = differences;
  }

  /** Lays out a text with room before the lines in which the items at these offsets begin, if nothing else does there. */
  static of(real: string, items: readonly number[]): StableText {
    const parts: string[] = [];
    const differences: Difference[] = [];
    let from = 0;
    let length = 0;
    for (const item of [...items].sort((a, b) => a - b)) {
      const line = real.lastIndexOf("\n", item - 1) + 1;
      if (line <= from || real.slice(line, item).trim() !== "" || isContinued(real, line)) continue;
      parts.push(real.slice(from, line), blank(room));
      length += line - from;
      differences.push({ at: length, length: room, realLength: 0 });
      length += room;
      from = line;
    }
    parts.push(real.slice(from));
    return new StableText(real, parts.join(""), differences);
  }

  /** The offset in the real text; one in the room is where the line behind it begins. */
  toReal(offset: number): number {
    let shift = 0;
    for (const { at, length, realLength } of this.#differences) {
      if (offset <= at) break;
      if (offset < at + length) return at - shift + Math.min(offset - at, realLength);
      shift += length - realLength;
    }
    return offset - shift;
  }

  /** The text after an edit that made `real` of the old one; undefined where there is not room enough for it. */
  edited(real: string): { readonly text: StableText; readonly change: StableChange } | undefined {
    const found = this.#find(real);
    if (found === undefined) return undefined;
    const { start, end, inserted, next, after } = found;
    const delta = inserted.length - (end - start);
    const slot = this.#differences[after];
    const before = this.text.slice(0, start) + inserted + this.text.slice(end, slot?.at);
    if (slot === undefined) {
      const change = { start, end, newEnd: start + inserted.length, settled: Number.POSITIVE_INFINITY };
      return { text: new StableText(real, before, this.#differences.slice(0, next)), change };
    }
    const left = slot.length - delta;
    if (slot.realLength !== 0 || left < 0 || isContinued(before, before.length)) return undefined;
    const settled = slot.at + slot.length;
    const room = { at: slot.at + delta, length: left, realLength: 0 };
    const differences = [...this.#differences.slice(0, next), room, ...this.#differences.slice(after + 1)];
    return {
      text: new StableText(real, before + blank(left) + this.text.slice(settled), differences),
      change: { start, end, newEnd: start + inserted.length, settled },
    };
  }

  /** The same stable text for a real one of which an edit changed only what does not count, blanks and comments. */
  reread(real: string): StableText | undefined {
    const found = this.#find(real);
    if (found === undefined || found.after !== found.next) return undefined;
    const { start, end, inserted, next } = found;
    const difference = { at: start, length: end - start, realLength: inserted.length };
    const differences = [...this.#differences.slice(0, next), difference, ...this.#differences.slice(next)];
    return new StableText(real, this.text, differences);
  }

  /** Where the real text differs from the old one. Of the differences those from `next` up to, not including, `after` lie within. */
  #find(real: string): { start: number; end: number; inserted: string; next: number; after: number } | undefined {
    const same = commonStart(this.real, real);
    const tail = commonEnd(this.real, real, same);
    const realEnd = this.real.length - tail;
    let shift = 0;
    let next = 0;
    let difference = this.#differences[0];
    while (difference !== undefined && same > difference.at - shift + difference.realLength) {
      shift += difference.length - difference.realLength;
      difference = this.#differences[++next];
    }
    const start = same + shift;
    let after = next;
    while (difference !== undefined && realEnd > difference.at - shift) {
      const at = difference.at - shift;
      if (same > at || realEnd < at + difference.realLength) return undefined;
      shift += difference.length - difference.realLength;
      difference = this.#differences[++after];
    }
    return { start, end: realEnd + shift, inserted: real.slice(same, real.length - tail), next, after };
  }
}

function blank(length: number): string {
  return length === 0 ? "" : `${" ".repeat(length - 1)}\n`;
}

/** Whether the offset is not the start of a line of its own: no line end before it, or one that a backslash takes away. */
function isContinued(text: string, offset: number): boolean {
  if (offset === 0) return false;
  if (text.charCodeAt(offset - 1) !== 10) return true;
  const before = text.charCodeAt(offset - 2) === 13 ? offset - 3 : offset - 2;
  return text.charCodeAt(before) === 92;
}

const chunk = 4096;

function commonStart(a: string, b: string): number {
  const limit = Math.min(a.length, b.length);
  let at = 0;
  while (at + chunk <= limit && a.slice(at, at + chunk) === b.slice(at, at + chunk)) at += chunk;
  while (at < limit && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  return at;
}

function commonEnd(a: string, b: string, after: number): number {
  const limit = Math.min(a.length, b.length) - after;
  let count = 0;
  while (
    count + chunk <= limit &&
    a.slice(a.length - count - chunk, a.length - count) === b.slice(b.length - count - chunk, b.length - count)
  )
    count += chunk;
  while (count < limit && a.charCodeAt(a.length - count - 1) === b.charCodeAt(b.length - count - 1)) count++;
  return count;
}
