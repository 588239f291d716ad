/** Where lines are in a set-associative cache: sets, ways, tags, replacement. The data is not here (line.ts). */
import type { CacheModel } from "./model.ts";

/** One set. Made when its first line comes, so that an empty cache costs nothing to make or copy. */
interface CacheSet {
  /** Line address that an access is compared with, virtual or physical; NaN: the way is empty. */
  readonly tags: Float64Array;
  readonly physical: Float64Array;
  readonly virtual: Float64Array;
  /** LRU: time of the last use; FIFO: time of the fill. */
  readonly stamps: Uint32Array;
  /** Round-robin: the way that goes next. */
  next: number;
}

export class TagArray {
  readonly #model: CacheModel;
  readonly #ways: number;
  readonly #shift: number;
  readonly #mask: number;
  readonly #sets: (CacheSet | undefined)[];
  #clock: number;

  constructor(model: CacheModel, from?: TagArray) {
    this.#model = model;
    this.#ways = model.ways;
    this.#shift = Math.log2(model.lineBytes);
    this.#mask = model.sets - 1;
    this.#sets = [];
    this.#sets.length = model.sets;
    if (from !== undefined) {
      // forEach passes over the sets that were never made.
      from.#sets.forEach((set, index) => {
        if (set !== undefined) this.#sets[index] = copyOf(set);
      });
    }
    this.#clock = from === undefined ? 0 : from.#clock;
  }

  clone(): TagArray {
    return new TagArray(this.#model, this);
  }

  setOf(virtual: number, physical: number): number {
    const address = this.#model.index === "virtual" ? virtual : physical;
    return ((address >>> 0) >>> this.#shift) & this.#mask;
  }

  /** The place (set × ways + way) of the line, or -1. Both addresses are of the line's first byte. */
  find(virtual: number, physical: number): number {
    const index = this.setOf(virtual, physical);
    const tags = this.#sets[index]?.tags;
    if (tags === undefined) return -1;
    const tag = this.#model.tag === "virtual" ? virtual : physical;
    for (let way = 0; way < tags.length; way++) if (tags[way] === tag) return index * this.#ways + way;
    return -1;
  }

  /** Marks a hit. */
  use(place: number): void {
    if (this.#model.replacement !== "lru") return;
    const set = this.#setAt(place);
    if (set !== undefined) set.stamps[place % this.#ways] = ++this.#clock;
  }

  /** The place that a fill of the line would take: an empty one, else the victim's. */
  victim(virtual: number, physical: number): number {
    const index = this.setOf(virtual, physical);
    const first = index * this.#ways;
    const set = this.#sets[index];
    if (set === undefined) return first;
    for (let way = 0; way < this.#ways; way++) if (isEmpty(set, way)) return first + way;
    if (this.#model.replacement === "round-robin") return first + set.next;
    let oldest = 0;
    for (let way = 1; way < this.#ways; way++) if ((set.stamps[way] ?? 0) < (set.stamps[oldest] ?? 0)) oldest = way;
    return first + oldest;
  }

  /** Puts the line at a place that is empty. */
  insert(place: number, virtual: number, physical: number): void {
    const index = Math.floor(place / this.#ways);
    const way = place % this.#ways;
    let set = this.#sets[index];
    if (set === undefined) {
      set = emptySet(this.#ways);
      this.#sets[index] = set;
    }
    set.tags[way] = this.#model.tag === "virtual" ? virtual : physical;
    set.physical[way] = physical;
    set.virtual[way] = virtual;
    set.stamps[way] = ++this.#clock;
    set.next = (way + 1) % this.#ways;
  }

  remove(place: number): void {
    const set = this.#setAt(place);
    if (set !== undefined) set.tags[place % this.#ways] = Number.NaN;
  }

  /** Undefined where the place is empty. */
  at(place: number): { readonly virtual: number; readonly physical: number } | undefined {
    const set = this.#setAt(place);
    const way = place % this.#ways;
    if (set === undefined || isEmpty(set, way)) return undefined;
    return { virtual: set.virtual[way] ?? 0, physical: set.physical[way] ?? 0 };
  }

  /** The places that are not empty, by set and way. */
  places(): number[] {
    const found: number[] = [];
    this.#sets.forEach((set, index) => {
      for (let way = 0; way < this.#ways; way++) {
        if (set !== undefined && !isEmpty(set, way)) found.push(index * this.#ways + way);
      }
    });
    return found;
  }

  #setAt(place: number): CacheSet | undefined {
    return this.#sets[Math.floor(place / this.#ways)];
  }
}

function emptySet(ways: number): CacheSet {
  return {
    tags: new Float64Array(ways).fill(Number.NaN),
    physical: new Float64Array(ways),
    virtual: new Float64Array(ways),
    stamps: new Uint32Array(ways),
    next: 0,
  };
}

function copyOf(set: CacheSet): CacheSet {
  return {
    tags: set.tags.slice(),
    physical: set.physical.slice(),
    virtual: set.virtual.slice(),
    stamps: set.stamps.slice(),
    next: set.next,
  };
}

function isEmpty(set: CacheSet, way: number): boolean {
  return Number.isNaN(set.tags[way] ?? Number.NaN);
}
