/** Things that answers are made of, by key: only those that somebody asked for while answers were recorded are kept. */
import { Answer, isRecording } from "./dependencies.ts";

export class Noted<Key> {
  readonly #answers = new Map<Key, Answer>();

  /** The answer in the making is made of what the key stands for. */
  read(key: Key): void {
    if (!isRecording()) return;
    let answer = this.#answers.get(key);
    if (answer === undefined) {
      answer = new Answer();
      this.#answers.set(key, answer);
    }
    answer.read();
  }

  /** What the key stands for is another now. */
  change(key: Key): void {
    const answer = this.#answers.get(key);
    this.#answers.delete(key);
    answer?.change();
  }
}

/** A map whose readers are made of the entries that they looked for. Whoever walks through all of it is made of none. */
export class ReadMap<Key, Value> extends Map<Key, Value> {
  // Not there yet while the constructor of `Map` fills it.
  readonly #noted = new Noted<Key>();

  override get(key: Key): Value | undefined {
    this.#noted.read(key);
    return super.get(key);
  }
  override has(key: Key): boolean {
    this.#noted.read(key);
    return super.has(key);
  }

  /** Puts another value in the place of one, or takes it out. */
  replace(key: Key, value: Value | undefined): void {
    if (value === undefined) this.delete(key);
    else this.set(key, value);
    this.#noted.change(key);
  }
}
