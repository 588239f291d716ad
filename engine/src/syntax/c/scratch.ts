/**
 * A stack on which the parts of a list are gathered before the list is made in its exact size. An array that grows by
 * `push` takes room for 17 at its first part; most lists of a tree have one to four, so that would be most of its memory.
 */
export class Scratch<Item> {
  readonly #items: Item[] = [];
  #top = 0;

  /** The mark to give to `take` for all that is pushed from now on. */
  get mark(): number {
    return this.#top;
  }
  push(item: Item): void {
    this.#items[this.#top++] = item;
  }
  /** The parts that were pushed since the mark; they are off the stack then. */
  take(mark: number): Item[] {
    const items = this.#items;
    const top = this.#top;
    this.#top = mark;
    // The short ones as literals, which are made without a call.
    if (top === mark) return [];
    const first = items[mark];
    if (top === mark + 1 && first !== undefined) return [first];
    return items.slice(mark, top);
  }
}

/** The list with the part at its end: a new one with room for that part alone when there is none yet. */
export function appended<Item>(list: Item[] | undefined, item: Item): Item[] {
  if (list === undefined) return [item];
  list.push(item);
  return list;
}
