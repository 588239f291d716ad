/** Stores on their way to memory, and in which order they may arrive. */

export interface BufferedStore {
  /** Address of the line's first byte, and the store's place in it. */
  readonly line: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** The copy that the store is for, where it waits before the cache. */
  readonly copy?: { readonly key: number; readonly virtual: number };
  /** Keeps its order among all ordered ones; the others are in their line's `pending` too. */
  readonly ordered: boolean;
}

export class WriteBuffer {
  readonly #entries: BufferedStore[];

  constructor(from?: WriteBuffer) {
    this.#entries = from === undefined ? [] : from.#entries.slice();
  }

  clone(): WriteBuffer {
    return new WriteBuffer(this);
  }

  /** Oldest first. */
  get entries(): readonly BufferedStore[] {
    return this.#entries;
  }

  push(entry: BufferedStore): void {
    this.#entries.push(entry);
  }

  has(line: number): boolean {
    return this.#entries.some((entry) => entry.line === line);
  }

  /** Removes the oldest entry of that line, after the ones that must arrive before it; in the order of their arrival. */
  take(line: number): readonly BufferedStore[] {
    const target = this.#entries.find((entry) => entry.line === line);
    if (target === undefined) return [];
    const upTo = this.#entries.indexOf(target);
    const taken = this.#entries.filter(
      (entry, at) => entry === target || (target.ordered && entry.ordered && at < upTo),
    );
    for (const entry of taken) this.#entries.splice(this.#entries.indexOf(entry), 1);
    return taken;
  }

  hasOrdered(): boolean {
    return this.#entries.some((entry) => entry.ordered);
  }

  takeOldestOrdered(): BufferedStore | undefined {
    const at = this.#entries.findIndex((entry) => entry.ordered);
    return at < 0 ? undefined : this.#entries.splice(at, 1)[0];
  }

  takeOldest(): BufferedStore | undefined {
    return this.#entries.shift();
  }
}
