/** Where lines are in a set-associative cache: sets, ways, tags, replacement. The data is not here (line.ts). */
import type { CacheModel } from "./model.ts";

export class TagArray {
  readonly #model: CacheModel;
  readonly #sets: number;
  readonly #ways: number;
  readonly #shift: number;
  /** Line address that an access is compared with, virtual or physical; NaN: the way is empty. */
  readonly #tags: Float64Array;
  readonly #physical: Float64Array;
  readonly #virtual: Float64Array;
  /** LRU: time of the last use; FIFO: time of the fill. */
  readonly #stamps: Uint32Array;
  /** Round-robin: the way that goes next, by set. */
  readonly #next: Uint8Array;
  #clock: number;
  #filled: number;

  constructor(model: CacheModel, from?: TagArray) {
    this.#model = model;
    this.#sets = model.sets;
    this.#ways = model.ways;
    this.#shift = Math.log2(model.lineBytes);
    const places = model.sets * model.ways;
    this.#tags = from === undefined ? new Float64Array(places).fill(Number.NaN) : from.#tags.slice();
    this.#physical = from === undefined ? new Float64Array(places) : from.#physical.slice();
    this.#virtual = from === undefined ? new Float64Array(places) : from.#virtual.slice();
    this.#stamps = from === undefined ? new Uint32Array(places) : from.#stamps.slice();
    this.#next = from === undefined ? new Uint8Array(model.sets) : from.#next.slice();
    this.#clock = from === undefined ? 0 : from.#clock;
    this.#filled = from === undefined ? 0 : from.#filled;
  }

  clone(): TagArray {
    return new TagArray(this.#model, this);
  }

  /** Lines in the cache. */
  get filled(): number {
    return this.#filled;
  }

  setOf(virtual: number, physical: number): number {
    const address = this.#model.index === "virtual" ? virtual : physical;
    return ((address >>> 0) >>> this.#shift) & (this.#sets - 1);
  }

  /** The place (set × ways + way) of the line, or -1. Both addresses are of the line's first byte. */
  find(virtual: number, physical: number): number {
    const first = this.setOf(virtual, physical) * this.#ways;
    const tag = this.#model.tag === "virtual" ? virtual : physical;
    for (let place = first; place < first + this.#ways; place++) if (this.#tags[place] === tag) return place;
    return -1;
  }

  /** Marks a hit. */
  use(place: number): void {
    if (this.#model.replacement === "lru") this.#stamps[place] = ++this.#clock;
  }

  /** The place that a fill of the line would take: an empty one, else the victim's. */
  victim(virtual: number, physical: number): number {
    const set = this.setOf(virtual, physical);
    const first = set * this.#ways;
    for (let place = first; place < first + this.#ways; place++)
      if (Number.isNaN(this.#tags[place] ?? Number.NaN)) return place;
    if (this.#model.replacement === "round-robin") return first + ((this.#next[set] ?? 0) % this.#ways);
    let oldest = first;
    for (let place = first + 1; place < first + this.#ways; place++) {
      if ((this.#stamps[place] ?? 0) < (this.#stamps[oldest] ?? 0)) oldest = place;
    }
    return oldest;
  }

  /** Puts the line at a place that is empty. */
  insert(place: number, virtual: number, physical: number): void {
    this.#tags[place] = this.#model.tag === "virtual" ? virtual : physical;
    this.#physical[place] = physical;
    this.#virtual[place] = virtual;
    this.#stamps[place] = ++this.#clock;
    this.#filled++;
    if (this.#model.replacement === "round-robin") {
      const set = Math.floor(place / this.#ways);
      this.#next[set] = ((place % this.#ways) + 1) % this.#ways;
    }
  }

  remove(place: number): void {
    if (Number.isNaN(this.#tags[place] ?? Number.NaN)) return;
    this.#tags[place] = Number.NaN;
    this.#filled--;
  }

  /** Undefined where the place is empty. */
  at(place: number): { readonly virtual: number; readonly physical: number } | undefined {
    if (Number.isNaN(this.#tags[place] ?? Number.NaN)) return undefined;
    return { virtual: this.#virtual[place] ?? 0, physical: this.#physical[place] ?? 0 };
  }

  /** Physical address of the line at a place that is not empty. */
  physicalAt(place: number): number {
    return this.#physical[place] ?? 0;
  }

  /** The places that are not empty, by set and way. */
  *places(): Iterable<number> {
    if (this.#filled === 0) return;
    for (let place = 0; place < this.#tags.length; place++)
      if (!Number.isNaN(this.#tags[place] ?? Number.NaN)) yield place;
  }
}
