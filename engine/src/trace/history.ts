/** The values that one thing has in the course of a trace: what was at any event is found by halving, not by replaying. */

/** Counts the entries that were looked at: what a step costs, told without a clock. */
export interface Work {
  looked: number;
}

/** Values by the event that brought them. Events are added in ascending order. */
export class History<T> {
  readonly #events: number[] = [];
  readonly #values: T[] = [];

  /** From that event on the value is this; a second value of the same event replaces the first. */
  set(event: number, value: T): void {
    if (this.#events.at(-1) === event) this.#values[this.#values.length - 1] = value;
    else {
      this.#events.push(event);
      this.#values.push(value);
    }
  }

  /** The value after the event; undefined before the first. */
  at(event: number, work: Work): T | undefined {
    let from = 0;
    let to = this.#events.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      work.looked++;
      if ((this.#events[middle] ?? 0) <= event) from = middle + 1;
      else to = middle;
    }
    return from === 0 ? undefined : this.#values[from - 1];
  }

  get last(): T | undefined {
    return this.#values.at(-1);
  }
}

/** Histories by key, in the order in which the keys came up. */
export class Histories<K, T> {
  readonly #byKey = new Map<K, History<T>>();

  of(key: K): History<T> {
    let history = this.#byKey.get(key);
    if (history === undefined) {
      history = new History();
      this.#byKey.set(key, history);
    }
    return history;
  }

  at(key: K, event: number, work: Work): T | undefined {
    return this.#byKey.get(key)?.at(event, work);
  }

  /** What is there after the event. */
  allAt(event: number, work: Work): Map<K, NonNullable<T>> {
    const all = new Map<K, NonNullable<T>>();
    for (const [key, history] of this.#byKey) {
      const value = history.at(event, work);
      if (value !== undefined && value !== null) all.set(key, value);
    }
    return all;
  }
}
