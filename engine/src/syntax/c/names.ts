/**
 * The names of a file, each once. A name's symbol is its number: keywords come first, then the known types and annotation
 * words, then what the file holds, in the order of its appearance.
 *
 * Spellings are kept four characters to a word, one after the other, so that two names are compared by a few numbers
 * instead of by their characters. All arrays are scratch memory: `beginNames` forgets what the last file held.
 */
import { annotationWords, keywords, knownTypes } from "./tokens.ts";

const hashSeed = 0x811c9dc5 | 0;

/** Goes on with a hash by the next word of a spelling. */
export const hashWord = (hash: number, word: number): number => {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
};
export { hashSeed };
/** A product leaves its low bits weak; the table takes low bits. */
const hashFinish = (hash: number): number => {
  const mixed = Math.imul(hash, 0x2c1b3c6d);
  return mixed ^ (mixed >>> 13);
};

/** Where spellings are kept. A reader writes the next one at `spellingTop`, and there it stays if the name is new. */
let spellings = new Int32Array(1 << 13);
/** By symbol, where its spelling begins; it ends where the next one begins. */
let places = new Int32Array(1 << 12);
/** By symbol, a hash of its spelling. */
let hashes = new Int32Array(1 << 12);
/** Open addressing; -1 where there is none. */
let table = new Int32Array(1 << 13);
let names: string[] = [];

const seedNames: readonly string[] = [...keywords, ...knownTypes, ...annotationWords];
/** The table with the names that are there from the beginning. */
const seedTable = new Int32Array(table.length).fill(-1);

/** Forgets all names of the last file. The list grows while names are added. */
export function beginNames(): string[] {
  if (table.length === seedTable.length) table.set(seedTable);
  else table = seedTable.slice();
  names = seedNames.slice();
  return names;
}

/** The words of spellings, to write into. Another array after each call of `nameOfSpelling` that made a name. */
export const spellingRoom = (): Int32Array => spellings;
/** Where the next spelling is to be written. */
export const spellingTop = (): number => places[names.length] ?? 0;
export const nameHashes = (): Int32Array => hashes;

/** Makes room for more than `wanted` words. */
export function growSpellings(wanted: number): void {
  while (spellings.length <= wanted) spellings = doubled(spellings);
}

/** The symbol of the name whose spelling was written from `spellingTop()` up to `end`; -1 when it is new. */
export function findSpelling(hash: number, from: number, end: number): number {
  const mask = table.length - 1;
  const words = spellings;
  const count = end - from;
  let slot = hashFinish(hash) & mask;
  for (;;) {
    const symbol = table[slot] ?? -1;
    if (symbol === -1) return -1;
    const place = places[symbol] ?? 0;
    if ((places[symbol + 1] ?? 0) - place === count) {
      let i = 0;
      while (i < count && words[place + i] === words[from + i]) i++;
      if (i === count) return symbol;
    }
    slot = (slot + 1) & mask;
  }
}

/** Makes the name that `findSpelling` did not find. */
export function addName(name: string, hash: number, end: number): number {
  const symbol = names.length;
  names.push(name);
  if (symbol + 1 >= places.length) {
    places = doubled(places);
    hashes = doubled(hashes);
  }
  places[symbol + 1] = end;
  hashes[symbol] = hashFinish(hash);
  if (names.length * 2 > table.length) {
    table = new Int32Array(table.length * 2).fill(-1);
    for (let i = 0; i < symbol; i++) insert(i);
  }
  insert(symbol);
  return symbol;
}

function insert(symbol: number): void {
  const mask = table.length - 1;
  let slot = (hashes[symbol] ?? 0) & mask;
  while (table[slot] !== -1) slot = (slot + 1) & mask;
  table[slot] = symbol;
}

/** The symbol of `text[from, to)`, any characters. */
export function internSlice(text: string, from: number, to: number): number {
  const top = spellingTop();
  // No character takes more than a word.
  growSpellings(top + to - from);
  let at = top;
  let word = 0;
  let shift = 0;
  let hash = hashSeed;
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i);
    if (code === 0 || code > 126) {
      // A word of its own, which no four characters make.
      if (shift > 0) {
        spellings[at++] = word;
        hash = hashWord(hash, word);
      }
      spellings[at++] = code | (127 << 24);
      hash = hashWord(hash, code | (127 << 24));
      word = 0;
      shift = 0;
      continue;
    }
    word |= code << shift;
    shift += 8;
    if (shift < 32) continue;
    spellings[at++] = word;
    hash = hashWord(hash, word);
    word = 0;
    shift = 0;
  }
  if (shift > 0) {
    spellings[at++] = word;
    hash = hashWord(hash, word);
  }
  const known = findSpelling(hash, top, at);
  return known >= 0 ? known : addName(text.slice(from, to), hash, at);
}

function doubled(old: Int32Array): Int32Array<ArrayBuffer> {
  const bigger = new Int32Array(old.length * 2);
  bigger.set(old);
  return bigger;
}

table.fill(-1);
for (const name of seedNames) internSlice(name, 0, name.length);
seedTable.set(table);
