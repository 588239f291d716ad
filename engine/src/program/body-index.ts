/** What the bodies of functions hold, where bodies are edited in place. */
import { Answer, isRecording, makingAlone } from "./dependencies.ts";

/** What can be edited in place. */
export interface Editable {
  /** The body as something that answers are made of; absent where it never changes. */
  readonly body?: EditableBody | undefined;
}

/** The body of a function as an answer, and the indexes that were made of it. */
export class EditableBody {
  #answer = new Answer();
  readonly #indexes = new Set<IndexedBody>();

  /** Changes with the body; another one takes its place then. */
  get answer(): Answer {
    return this.#answer;
  }
  read(): void {
    this.#answer.read();
  }

  /** The body is another one now. Of the indexes that were made of it only what is different counts as changed. */
  change(): void {
    const old = this.#answer;
    this.#answer = new Answer();
    for (const index of [...this.#indexes]) index.refresh();
    old.change();
  }

  /** There is no such body any more: all that was made of it changes. */
  drop(): void {
    for (const index of [...this.#indexes]) index.drop();
    this.#answer.change();
  }

  add(index: IndexedBody): void {
    this.#indexes.add(index);
  }
  remove(index: IndexedBody): void {
    this.#indexes.delete(index);
  }
}

interface IndexedBody {
  refresh(): void;
  drop(): void;
}

/**
 * What each function's body holds, by a key; every part is an answer of its own. After an edit of a body only those parts have
 * changed that are no longer the same.
 */
export class BodyIndex<Owner extends Editable, K, V> {
  readonly #make: (owner: Owner) => ReadonlyMap<K, V>;
  readonly #same: (a: V, b: V) => boolean;
  readonly #parts = new Map<Owner, { get(key: K): V | undefined }>();

  /** `same` says whether a part is what it was; without it any part that was there before, or is there now, has changed. */
  constructor(make: (owner: Owner) => ReadonlyMap<K, V>, same: (a: V, b: V) => boolean = () => false) {
    this.#make = make;
    this.#same = same;
  }

  get(owner: Owner, key: K): V | undefined {
    let parts = this.#parts.get(owner);
    if (parts === undefined) {
      parts = isRecording()
        ? new Parts(
            owner.body,
            () => this.#make(owner),
            this.#same,
            () => this.#parts.delete(owner),
          )
        : this.#make(owner);
      this.#parts.set(owner, parts);
    }
    return parts.get(key);
  }
}

class Parts<K, V> implements IndexedBody {
  readonly #body: EditableBody | undefined;
  readonly #make: () => ReadonlyMap<K, V>;
  readonly #same: (a: V, b: V) => boolean;
  readonly #forget: () => void;
  readonly #answers = new Map<K, Answer>();
  #made: Answer;
  #found: ReadonlyMap<K, V>;

  constructor(
    body: EditableBody | undefined,
    make: () => ReadonlyMap<K, V>,
    same: (a: V, b: V) => boolean,
    forget: () => void,
  ) {
    this.#body = body;
    this.#make = make;
    this.#same = same;
    this.#forget = forget;
    [this.#made, this.#found] = this.#build();
    body?.add(this);
  }

  get(key: K): V | undefined {
    let answer = this.#answers.get(key);
    if (answer === undefined) {
      answer = new Answer();
      this.#answers.set(key, answer);
    }
    answer.read();
    return this.#found.get(key);
  }

  refresh(): void {
    const old = this.#made;
    const before = this.#found;
    old.forget = undefined;
    [this.#made, this.#found] = this.#build();
    old.change();
    for (const [key, answer] of this.#answers) {
      const a = before.get(key);
      const b = this.#found.get(key);
      if (a === undefined ? b === undefined : b !== undefined && this.#same(a, b)) continue;
      this.#answers.delete(key);
      answer.change();
    }
  }

  drop(): void {
    this.#made.change();
  }

  /** What the index is made of beside the body: when that changes, all of it goes. */
  #build(): [Answer, ReadonlyMap<K, V>] {
    const made = new Answer();
    made.ignored = this.#body?.answer;
    const found = makingAlone(made, this.#make);
    made.forget = () => {
      this.#body?.remove(this);
      this.#forget();
      for (const answer of this.#answers.values()) answer.change();
    };
    return [made, found];
  }
}

/** Whether two sets have the same members: an answer that an edit has left alone. */
export function sameSet<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): boolean {
  return a.size === b.size && [...a].every((one) => b.has(one));
}
