/** Objects by their addresses: which one a byte lies in. Of several it is the one that was added last. */
import { addressOfBits } from "../machine/address.ts";

interface Placed {
  readonly base: bigint;
  /** Bytes. */
  readonly size: number;
}

interface Entry<T> {
  readonly object: T;
  /** The machine's form of the addresses: first byte, and the one behind the last. */
  readonly from: number;
  readonly to: number;
  readonly order: number;
}

/** Bytes of a stretch that has a list of its own. */
const stretchBytes = 256;
/** Objects that cover more stretches than this are in one list of their own. */
const mostStretches = 16;

export class ObjectIndex<T extends Placed> {
  readonly #stretches = new Map<number, Entry<T>[]>();
  readonly #large: Entry<T>[] = [];
  #added = 0;

  add(object: T): void {
    const from = addressOfBits(object.base, 64);
    const entry = { object, from, to: from + object.size, order: this.#added++ };
    const first = Math.floor(from / stretchBytes);
    const last = Math.floor((entry.to - 1) / stretchBytes);
    if (last - first >= mostStretches) {
      this.#large.push(entry);
      return;
    }
    for (let stretch = first; stretch <= last; stretch++) {
      const list = this.#stretches.get(stretch);
      if (list === undefined) this.#stretches.set(stretch, [entry]);
      else list.push(entry);
    }
  }

  remove(object: T): void {
    const from = addressOfBits(object.base, 64);
    const first = Math.floor(from / stretchBytes);
    const last = Math.floor((from + object.size - 1) / stretchBytes);
    if (last - first >= mostStretches) drop(this.#large, object);
    else for (let stretch = first; stretch <= last; stretch++) drop(this.#stretches.get(stretch), object);
  }

  at(address: bigint): T | undefined {
    const at = addressOfBits(address, 64);
    const small = newest(this.#stretches.get(Math.floor(at / stretchBytes)), at);
    if (this.#large.length === 0) return small?.object;
    const large = newest(this.#large, at);
    return small === undefined || (large !== undefined && large.order > small.order) ? large?.object : small.object;
  }
}

function newest<T>(list: readonly Entry<T>[] | undefined, at: number): Entry<T> | undefined {
  if (list === undefined) return undefined;
  for (let index = list.length - 1; index >= 0; index--) {
    const entry = list[index];
    if (entry !== undefined && at >= entry.from && at < entry.to) return entry;
  }
  return undefined;
}

function drop<T>(list: Entry<T>[] | undefined, object: T): void {
  const index = list?.findLastIndex((entry) => entry.object === object) ?? -1;
  if (index >= 0) list?.splice(index, 1);
}
