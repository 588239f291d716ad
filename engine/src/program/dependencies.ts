/**
 * What a kept answer was made of. While a unit that is being edited is analysed, every answer that is kept notes which other
 * answers and which function bodies were read to make it. After an edit those that read something changed are forgotten, with all
 * that were made of them; the rest is kept. Where nothing is edited (the command line) nothing is noted and nothing costs.
 *
 * Whoever keeps an answer keeps it in `knownMap()` or `KnownOf`, and asks as one asks a map: a `get` that finds nothing begins
 * the answer, the `set` of the same key ends it. What is read between the two is what it is made of.
 *
 * This is the only state of the engine beside scratch memory: it is empty whenever no analysis runs.
 */

/** An answer, as something that others are made of. It is used up when something under it changes; another takes its place. */
export class Answer {
  isStale = false;
  /** Takes the answer out of where it is kept. */
  forget: (() => void) | undefined;
  /** What the answer looks after by itself: see `BodyIndex`. */
  ignored: Answer | undefined;
  /** The answer that this one became a part of. */
  part: Answer | undefined;
  #readers: Answer[] = [];
  /** Number of readers at which those that are gone are looked for. */
  #limit = 16;
  #last: Answer | undefined;

  /** Notes that the answer in the making, if there is one, is made of this one. */
  read(): void {
    if (current !== undefined) this.readBy(current);
  }

  readBy(reader: Answer): void {
    // Most answers are read many times in a row by the same one.
    if (this.#last === reader || reader === this || reader.ignored === this) return;
    this.#last = reader;
    if (this.#readers.length >= this.#limit) {
      this.#readers = [...new Set(this.#readers.map(whole))].filter((one) => !one.isStale);
      this.#limit = Math.max(16, this.#readers.length * 2);
    }
    this.#readers.push(reader);
  }

  /** What it was made of has changed: it is forgotten, and so is all that was made of it. */
  change(): void {
    const work: Answer[] = [this];
    for (let one = work.pop(); one !== undefined; one = work.pop()) {
      if (one.isStale) continue;
      one.isStale = true;
      const { forget } = one;
      one.forget = undefined;
      forget?.();
      for (const reader of one.#readers) work.push(whole(reader));
      one.#readers = [];
      one.#last = undefined;
    }
  }
}

/** The answer itself, or the one that it is a part of. */
function whole(answer: Answer): Answer {
  let at = answer;
  while (at.part !== undefined) at = at.part;
  return at;
}

/** An answer in the making. */
interface Frame {
  readonly answer: Answer;
  readonly map: unknown;
  readonly key: unknown;
}

let recording = false;
/** Answers that are part of no other: nobody knows what they are made of, so they do not outlive the run. */
let loose: Answer[] = [];
const frames: Frame[] = [];
let current: Answer | undefined;

/** Runs `work` so that all that is kept in it notes what it is made of. */
export function recorded<T>(work: () => T): T {
  if (recording) return work();
  recording = true;
  try {
    return work();
  } finally {
    recording = false;
    frames.length = 0;
    current = undefined;
    for (const one of loose) one.change();
    loose = [];
  }
}

/** Makes `answer`, or goes on making it: what `work` reads counts for it, and whoever asks is made of it. */
export function making<T>(answer: Answer | undefined, work: () => T): T {
  if (answer === undefined || !recording) return work();
  answer.read();
  return makingAlone(answer, work);
}

/** The same, but whoever asks is not made of it. */
export function makingAlone<T>(answer: Answer, work: () => T): T {
  const depth = begin(answer, undefined, undefined);
  try {
    return work();
  } finally {
    close(depth, answer);
  }
}

/** Whether what is made now notes what it is made of. */
export function isRecording(): boolean {
  return recording;
}

/** An answer for `making`, where answers are recorded. */
export function newAnswer(): Answer | undefined {
  return recording ? new Answer() : undefined;
}

function begin(answer: Answer, map: unknown, key: unknown): number {
  current = answer;
  return frames.push({ answer, map, key }) - 1;
}

/** What was begun within and never kept counts for the answer that is closed. */
function close(depth: number, answer: Answer): void {
  for (let i = depth + 1; i < frames.length; i++) {
    const frame = frames[i];
    // What goes on by itself (`making`) stays what it is.
    if (frame === undefined || frame.answer === answer) continue;
    if (frame.map === undefined) frame.answer.readBy(answer);
    else frame.answer.part = answer;
  }
  frames.length = depth;
  current = frames[depth - 1]?.answer;
}

/** Ends the making of the answer to `key`. Without a beginning it is made of whatever the answer around it is made of. */
function end(map: unknown, key: unknown): Answer {
  for (let depth = frames.length - 1; depth >= 0; depth--) {
    const frame = frames[depth];
    if (frame === undefined || frame.map !== map || frame.key !== key) continue;
    close(depth, frame.answer);
    frame.answer.read();
    return frame.answer;
  }
  const answer = new Answer();
  if (current === undefined) loose.push(answer);
  else current.readBy(answer);
  return answer;
}

/** The part of a map that keeping answers needs. */
export interface KnownMap<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): unknown;
  /** What a recursion that comes back here may take for the answer while it is in the making. */
  assume(key: K, value: V): unknown;
}

/** A map of answers. Those that an edit touches vanish from it. */
export function knownMap<K, V>(): KnownMap<K, V> {
  return recording ? new RecordingMap<K, V>() : new PlainMap<K, V>();
}

class PlainMap<K, V> extends Map<K, V> {
  assume(key: K, value: V): void {
    this.set(key, value);
  }
}

class RecordingMap<K, V> {
  readonly #entries = new Map<K, { readonly value: V; readonly answer: Answer }>();

  get(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      entry.answer.read();
      return entry.value;
    }
    if (recording) begin(new Answer(), this, key);
    return undefined;
  }

  assume(key: K, value: V): void {
    const frame = frames.findLast((one) => one.map === this && one.key === key);
    if (frame !== undefined) this.#put(key, value, frame.answer);
  }

  set(key: K, value: V): void {
    this.#put(key, value, end(this, key));
  }

  #put(key: K, value: V, answer: Answer): void {
    this.#entries.set(key, { value, answer });
    answer.forget = () => {
      if (this.#entries.get(key)?.answer === answer) this.#entries.delete(key);
    };
  }
}

/** One answer for each object (a unit's facts), as a weak map of them. */
export class KnownOf<Owner extends object, V> {
  readonly #maps = new WeakMap<Owner, KnownMap<0, V>>();

  get(owner: Owner): V | undefined {
    return this.#of(owner).get(0);
  }

  set(owner: Owner, value: V): void {
    this.#of(owner).set(0, value);
  }

  #of(owner: Owner): KnownMap<0, V> {
    let map = this.#maps.get(owner);
    if (map === undefined) {
      map = knownMap<0, V>();
      this.#maps.set(owner, map);
    }
    return map;
  }
}

/** A value that is made when it is first asked for, and again when what it was made of has changed. */
export function knownValue<T>(make: () => T): () => T {
  const map = knownMap<0, { readonly value: T }>();
  return () => {
    let known = map.get(0);
    if (known === undefined) {
      known = { value: make() };
      map.set(0, known);
    }
    return known.value;
  };
}
