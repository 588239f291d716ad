/**
 * The lexer of kernel C: one pass over the UTF-16 text into typed arrays. Comments, white space and line continuations
 * vanish; a directive is one token. Names, numbers and character constants are interned per call, so that comparing two
 * names is comparing two integers and no text is cut out twice.
 */
import { operatorAt } from "./operators.ts";
import { annotationWords, keywordCount, keywords, knownTypes, T } from "./tokens.ts";

/** What the lexer found. The arrays are scratch memory: they are overwritten by the next call of `lex`. */
export interface Tokens {
  readonly text: string;
  count: number;
  readonly kinds: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** The interned symbol of a name, keyword, number or character constant; 0 for other tokens. */
  readonly symbols: Int32Array;
  readonly names: readonly string[];
  /** Content hash per symbol. */
  readonly nameHashes: Int32Array;
  /** Indices of the directives, before any token is taken out. */
  readonly directives: readonly number[];
  /** Indices of the braces, open and closed, in order. */
  braces: readonly number[];
}

// Character classes.
const C_OTHER = 0;
const C_IDENT = 1;
const C_DIGIT = 2;
const C_SPACE = 3;
const C_NEWLINE = 4;

/** Classes of all UTF-16 code units, so that a look-up is never out of bounds. */
const classes = new Uint8Array(1 << 16);
for (let c = 0; c < 128; c++) {
  const letter = (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95 || c === 36;
  if (letter) classes[c] = C_IDENT;
  else if (c >= 48 && c <= 57) classes[c] = C_DIGIT;
  else if (c === 32 || c === 9 || c === 11 || c === 12 || c === 13) classes[c] = C_SPACE;
  else if (c === 10) classes[c] = C_NEWLINE;
}
const classOf = (code: number): number => classes[code] ?? C_OTHER;

/** 1 for the code units that go on with a name or number. */
const wordParts = new Uint8Array(1 << 16);
for (let c = 0; c < 128; c++) if (classes[c] === C_IDENT || classes[c] === C_DIGIT) wordParts[c] = 1;

/** Punctuators of one character. */
const singles = new Uint8Array(1 << 16);
for (const [text, kind] of [
  ["(", T.lparen],
  [")", T.rparen],
  ["[", T.lbracket],
  ["]", T.rbracket],
  ["{", T.lbrace],
  ["}", T.rbrace],
  [";", T.semicolon],
  [",", T.comma],
  ["?", T.question],
  [":", T.colon],
  ["~", T.tilde],
] as const) {
  singles[text.charCodeAt(0)] = kind;
}

const hashStep = (hash: number, code: number): number => Math.imul(hash ^ code, 0x01000193);
/** The multiplicative hash leaves its low bits weak; the table takes low bits. */
const hashFinish = (hash: number): number => {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return mixed ^ (mixed >>> 13);
};
const hashSeed = 0x811c9dc5 | 0;

const seedNames: readonly string[] = [...keywords, ...knownTypes, ...annotationWords];
const seedHashes = Int32Array.from(seedNames, (name) => {
  let hash = hashSeed;
  for (let i = 0; i < name.length; i++) hash = hashStep(hash, name.charCodeAt(i));
  return hashFinish(hash);
});

let kinds = new Uint8Array(1 << 14);
let starts = new Int32Array(1 << 14);
let ends = new Int32Array(1 << 14);
let symbols = new Int32Array(1 << 14);
let nameHashes = new Int32Array(1 << 12);
/** Where in the text a name of the file stands first; -1 for the names that are there from the beginning. */
let firstPlaces = new Int32Array(1 << 12);
let nameLengths = new Int32Array(1 << 12);
let table = new Int32Array(1 << 13);

function growTokens(): void {
  const bigger = new Uint8Array(kinds.length * 2);
  bigger.set(kinds);
  kinds = bigger;
  starts = doubled(starts);
  ends = doubled(ends);
  symbols = doubled(symbols);
}

function doubled(old: Int32Array): Int32Array<ArrayBuffer> {
  const bigger = new Int32Array(old.length * 2);
  bigger.set(old);
  return bigger;
}

function insert(hash: number, symbol: number): void {
  const mask = table.length - 1;
  let slot = hash & mask;
  while (table[slot] !== -1) slot = (slot + 1) & mask;
  table[slot] = symbol;
}

/** The table with the names that are there from the beginning. */
const seedTable = new Int32Array(1 << 13).fill(-1);
seedHashes.forEach((hash, symbol) => {
  const mask = seedTable.length - 1;
  let slot = hash & mask;
  while (seedTable[slot] !== -1) slot = (slot + 1) & mask;
  seedTable[slot] = symbol;
  nameHashes[symbol] = hash;
  firstPlaces[symbol] = -1;
  nameLengths[symbol] = seedNames[symbol]?.length ?? 0;
});

function resetNames(): string[] {
  if (table.length === seedTable.length) table.set(seedTable);
  else table = seedTable.slice();
  return seedNames.slice();
}

/** The symbol of `text[from, to)`, whose hash is given. */
function intern(text: string, from: number, to: number, hash: number, names: string[]): number {
  const mask = table.length - 1;
  const length = to - from;
  let slot = hash & mask;
  for (;;) {
    const symbol = table[slot] ?? -1;
    if (symbol === -1) break;
    if (nameHashes[symbol] === hash && nameLengths[symbol] === length) {
      const first = firstPlaces[symbol] ?? -1;
      let i = 0;
      if (first < 0) {
        const name = names[symbol] ?? "";
        while (i < length && name.charCodeAt(i) === text.charCodeAt(from + i)) i++;
      } else {
        // Comparing within the text is faster than with the name that was cut out of it.
        while (i < length && text.charCodeAt(first + i) === text.charCodeAt(from + i)) i++;
      }
      if (i === length) return symbol;
    }
    slot = (slot + 1) & mask;
  }
  const symbol = names.length;
  names.push(text.slice(from, to));
  if (symbol >= nameHashes.length) {
    nameHashes = doubled(nameHashes);
    firstPlaces = doubled(firstPlaces);
    nameLengths = doubled(nameLengths);
  }
  firstPlaces[symbol] = from;
  nameLengths[symbol] = length;
  nameHashes[symbol] = hash;
  if (names.length * 2 > table.length) {
    table = new Int32Array(table.length * 2);
    table.fill(-1);
    for (let i = 0; i < names.length; i++) insert(nameHashes[i] ?? 0, i);
  } else {
    table[slot] = symbol;
  }
  return symbol;
}

/** The end of the line break that begins after the backslash at `at`, or -1 when the backslash continues no line. */
function continuationEnd(text: string, at: number): number {
  let i = at + 1;
  while (text.charCodeAt(i) === 32 || text.charCodeAt(i) === 9) i++;
  const code = text.charCodeAt(i);
  if (code === 10) return i + 1;
  if (code === 13) return text.charCodeAt(i + 1) === 10 ? i + 2 : i + 1;
  return -1;
}

/** The end of the literal whose opening quote is at `at`: after its closing quote, or at the line's end when it has none. */
function literalEnd(text: string, at: number, to: number): number {
  const quote = text.charCodeAt(at);
  let i = at + 1;
  while (i < to) {
    const code = text.charCodeAt(i);
    if (code === quote) return i + 1;
    if (code === 10) return i;
    if (code === 92) {
      const next = continuationEnd(text, i);
      i = next > 0 ? next : i + 2;
    } else i++;
  }
  return to;
}

/** The end of the block comment that begins at `at`. */
function commentEnd(text: string, at: number, to: number): number {
  const close = text.indexOf("*/", at + 2);
  return close < 0 || close + 2 > to ? to : close + 2;
}

function lineCommentEnd(text: string, at: number, to: number): number {
  let i = at;
  while (i < to) {
    const code = text.charCodeAt(i);
    if (code === 10) return i;
    if (code === 92) {
      const next = continuationEnd(text, i);
      i = next > 0 ? next : i + 1;
    } else i++;
  }
  return to;
}

/**
 * The end of the logical line that holds `from`: the offset of its line break, or `to`.
 * Continued lines and block comments belong to the line.
 */
export function logicalLineEnd(text: string, from: number, to: number = text.length): number {
  let i = from;
  while (i < to) {
    const code = text.charCodeAt(i);
    if (code === 10) return i;
    if (code === 92) {
      const next = continuationEnd(text, i);
      i = next > 0 ? next : i + 1;
    } else if (code === 47 && text.charCodeAt(i + 1) === 42) i = commentEnd(text, i, to);
    else if (code === 47 && text.charCodeAt(i + 1) === 47) i = lineCommentEnd(text, i, to);
    else if (code === 34 || code === 39) i = literalEnd(text, i, to);
    else i++;
  }
  return to;
}

const directiveKinds: ReadonlyMap<string, number> = new Map([
  ["if", T.directiveIf],
  ["ifdef", T.directiveIf],
  ["ifndef", T.directiveIf],
  ["elif", T.directiveElif],
  ["elifdef", T.directiveElif],
  ["elifndef", T.directiveElif],
  ["else", T.directiveElse],
  ["endif", T.directiveEndif],
  ["define", T.directiveDefine],
  ["include", T.directiveInclude],
]);

function directiveKind(text: string, hash: number, to: number): number {
  let i = hash + 1;
  while (i < to && (text.charCodeAt(i) === 32 || text.charCodeAt(i) === 9)) i++;
  const from = i;
  while (i < to && classOf(text.charCodeAt(i)) === C_IDENT) i++;
  return directiveKinds.get(text.slice(from, i)) ?? T.directiveOther;
}

/**
 * Lexes `text[from, to)`. Never throws; a character that begins no token becomes a token of kind `other`.
 * With `directives` off, `#` is an ordinary token: that is how the body of a macro is read.
 */
export function lex(text: string, from = 0, to: number = text.length, directives = true): Tokens {
  const names = resetNames();
  // Local names of the scratch arrays: the compiler keeps them in registers.
  let k = kinds;
  let s = starts;
  let e = ends;
  let y = symbols;
  let room = k.length;
  const directiveList: number[] = [];
  const braces: number[] = [];
  let count = 0;
  let i = from;
  let lineBegins = true;
  while (i < to) {
    const code = text.charCodeAt(i);
    const cls = classes[code] ?? C_OTHER;
    if (cls === C_SPACE) {
      i++;
      continue;
    }
    if (cls === C_NEWLINE) {
      lineBegins = true;
      i++;
      // Indentation.
      while (text.charCodeAt(i) === 9) i++;
      continue;
    }
    if (count + 2 >= room) {
      growTokens();
      k = kinds;
      s = starts;
      e = ends;
      y = symbols;
      room = k.length;
    }
    const start = i;
    if (cls === C_IDENT) {
      let hash = hashStep(hashSeed, code);
      i++;
      let next = 0;
      while (i < to) {
        next = text.charCodeAt(i);
        if (wordParts[next] === 0) break;
        hash = hashStep(hash, next);
        i++;
      }
      if ((next === 34 || next === 39) && i < to && isLiteralPrefix(text, start, i)) {
        const end = literalEnd(text, i, to);
        k[count] = next === 34 ? T.string : T.char;
        y[count] = next === 34 ? 0 : internSlice(text, start, end, names);
        i = end;
      } else {
        const symbol = intern(text, start, i, hashFinish(hash), names);
        k[count] = symbol < keywordCount ? T.keyword + symbol : T.ident;
        y[count] = symbol;
      }
      s[count] = start;
      e[count++] = i;
      lineBegins = false;
      continue;
    }
    const single = singles[code] ?? 0;
    if (single !== 0) {
      if (code === 123 || code === 125) braces.push(count);
      k[count] = single;
      y[count] = 0;
      s[count] = start;
      e[count++] = ++i;
      lineBegins = false;
      continue;
    }
    if (code === 47) {
      const next = text.charCodeAt(i + 1);
      if (next === 42) {
        i = commentEnd(text, i, to);
        continue;
      }
      if (next === 47) {
        i = lineCommentEnd(text, i, to);
        continue;
      }
    }
    if (code === 92) {
      const next = continuationEnd(text, i);
      if (next > 0) {
        i = next;
        continue;
      }
    }
    if (code === 34 || code === 39) {
      i = literalEnd(text, i, to);
      k[count] = code === 34 ? T.string : T.char;
      y[count] = code === 34 ? 0 : internSlice(text, start, i, names);
    } else if (cls === C_DIGIT || (code === 46 && classOf(text.charCodeAt(i + 1)) === C_DIGIT)) {
      i = numberEnd(text, i, to);
      k[count] = T.number;
      y[count] = internSlice(text, start, i, names);
    } else if (code === 35 && directives && lineBegins) {
      i = logicalLineEnd(text, i, to);
      k[count] = directiveKind(text, start, i);
      directiveList.push(count);
      y[count] = 0;
    } else {
      const packed = operatorAt(text, i, code);
      k[count] = packed & 0xff;
      y[count] = 0;
      i += packed >> 8;
    }
    s[count] = start;
    e[count++] = i;
    lineBegins = false;
  }
  k[count] = T.eof;
  s[count] = to;
  e[count] = to;
  y[count] = 0;
  return {
    text,
    count,
    kinds: k,
    starts: s,
    ends: e,
    symbols: y,
    names,
    nameHashes,
    directives: directiveList,
    braces,
  };
}

function isLiteralPrefix(text: string, from: number, to: number): boolean {
  const code = text.charCodeAt(from);
  if (to - from === 1) return code === 76 || code === 117 || code === 85;
  return to - from === 2 && code === 117 && text.charCodeAt(from + 1) === 56;
}

function internSlice(text: string, from: number, to: number, names: string[]): number {
  let hash = hashSeed;
  for (let i = from; i < to; i++) hash = hashStep(hash, text.charCodeAt(i));
  return intern(text, from, to, hashFinish(hash), names);
}

/** A preprocessing number: digits, letters, dots, and a sign after an exponent letter of a decimal or hexadecimal float. */
function numberEnd(text: string, from: number, to: number): number {
  const hex = text.charCodeAt(from) === 48 && (text.charCodeAt(from + 1) | 32) === 120;
  let i = from + 1;
  while (i < to) {
    const code = text.charCodeAt(i);
    const cls = classOf(code);
    if (cls === C_IDENT || cls === C_DIGIT) {
      const lower = code | 32;
      const sign = text.charCodeAt(i + 1);
      // `0xe+1` is a sum in all that the kernel writes, though one preprocessing number by the letter of the standard.
      const exponent = hex ? lower === 112 : lower === 101;
      i += exponent && (sign === 43 || sign === 45) ? 2 : 1;
    } else if (code === 46 && text.charCodeAt(i + 1) !== 46) i++;
    else break;
  }
  return Math.min(i, to);
}
