/**
 * Sets of a file's names, by symbol. A set is a number that its members carry in an array which all files use in turn, so
 * that neither making nor emptying one costs anything.
 */

const arrays: Int32Array[] = [];
let lastStamp = 0;

export class SymbolSet {
  readonly #stamps: Int32Array;
  #stamp: number;
  #isEmpty = true;

  /** `place` tells sets that are in use at the same time from each other; `symbols` is how many there are. */
  constructor(place: number, symbols: number) {
    let stamps = arrays[place];
    if (stamps === undefined || stamps.length < symbols) {
      stamps = new Int32Array(Math.max(1 << 12, symbols * 2));
      arrays[place] = stamps;
    }
    this.#stamps = stamps;
    this.#stamp = nextStamp();
  }

  get isEmpty(): boolean {
    return this.#isEmpty;
  }
  has(symbol: number): boolean {
    return this.#stamps[symbol] === this.#stamp;
  }
  add(symbol: number): void {
    this.#stamps[symbol] = this.#stamp;
    this.#isEmpty = false;
  }
  clear(): void {
    if (this.#isEmpty) return;
    this.#stamp = nextStamp();
    this.#isEmpty = true;
  }
}

function nextStamp(): number {
  if (lastStamp >= 0x7fff_fff0) {
    // A set that is alive now would forget its members: after two thousand million sets.
    for (const stamps of arrays) stamps.fill(0);
    lastStamp = 0;
  }
  return ++lastStamp;
}
