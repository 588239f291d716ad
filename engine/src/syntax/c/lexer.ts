/**
 * The lexer of kernel C: one pass over the UTF-16 text into typed arrays. Comments, white space and line continuations
 * vanish; a directive is one token. Names, numbers and character constants are interned per call, so that comparing two
 * names is comparing two integers and no text is cut out twice.
 */
import { commentEnd, continuationEnd, lineCommentEnd, literalEnd, logicalLineEnd } from "./line-ends.ts";
import {
  addName,
  beginNames,
  findSpelling,
  growSpellings,
  hashSeed,
  hashWord,
  internSlice,
  nameHashes,
  spellingRoom,
  spellingTop,
} from "./names.ts";
import { operatorAt } from "./operators.ts";
import { keywordCount, T } from "./tokens.ts";

/** What the lexer found. The arrays are scratch memory: they are overwritten by the next call of `lex`. */
export interface Tokens {
  readonly text: string;
  count: number;
  readonly kinds: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /**
   * The interned symbol of a name, keyword, number or character constant. Below 0 for strings and conditions of `#if`: a
   * hash of their text. 0 for other tokens.
   */
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

let kinds = new Uint8Array(1 << 14);
let starts = new Int32Array(1 << 14);
let ends = new Int32Array(1 << 14);
let symbols = new Int32Array(1 << 14);

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
 * Lexes `given[from, to)`. Never throws; a character that begins no token becomes a token of kind `other`.
 * With `directives` off, `#` is an ordinary token: that is how the body of a macro is read.
 */
export function lex(given: string, from = 0, to: number = given.length, directives = true): Tokens {
  // A word is read up to the character that ends it, which must be there.
  const text = isCutWord(given, from, to) ? `${given.slice(0, to)}\n` : given;
  const names = beginNames();
  // Local names of the scratch arrays: the compiler keeps them in registers.
  let k = kinds;
  let s = starts;
  let e = ends;
  let y = symbols;
  let room = k.length;
  let words = spellingRoom();
  let top = spellingTop();
  const directiveList: number[] = [];
  const braces: number[] = [];
  let count = 0;
  /** The first token of the line. */
  let first = 0;
  let i = from;
  while (i < to) {
    const code = text.charCodeAt(i);
    const cls = classes[code] ?? C_OTHER;
    if (cls === C_SPACE) {
      i++;
      continue;
    }
    if (cls === C_NEWLINE) {
      first = count;
      i++;
      // Indentation.
      while (i < to && text.charCodeAt(i) === 9) i++;
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
      let word = code;
      let hash = hashSeed;
      let at = top;
      let next = 0;
      for (;;) {
        next = text.charCodeAt(++i);
        if (wordParts[next] === 0) break;
        word |= next << 8;
        next = text.charCodeAt(++i);
        if (wordParts[next] === 0) break;
        word |= next << 16;
        next = text.charCodeAt(++i);
        if (wordParts[next] === 0) break;
        words[at++] = word | (next << 24);
        hash = hashWord(hash, word | (next << 24));
        word = 0;
        next = text.charCodeAt(++i);
        if (wordParts[next] === 0) break;
        word = next;
      }
      if (word !== 0) {
        words[at++] = word;
        hash = hashWord(hash, word);
      }
      if (at > words.length) {
        // What is written beyond an array's end is lost.
        growSpellings(at);
        words = spellingRoom();
        i = start;
        continue;
      }
      if ((next === 34 || next === 39) && i < to && isLiteralPrefix(text, start, i)) {
        if (next === 34) {
          i = stringEnd(text, i, to);
          k[count] = T.string;
          y[count] = stringHash;
        } else {
          i = literalEnd(text, i, to);
          k[count] = T.char;
          y[count] = internSlice(text, start, i);
          words = spellingRoom();
          top = spellingTop();
        }
      } else {
        let symbol = findSpelling(hash, top, at);
        if (symbol < 0) {
          symbol = addName(text.slice(start, i), hash, at);
          top = at;
        }
        k[count] = symbol < keywordCount ? T.keyword + symbol : T.ident;
        y[count] = symbol;
      }
      s[count] = start;
      e[count++] = i;
      continue;
    }
    const single = singles[code] ?? 0;
    if (single !== 0) {
      if (code === 123 || code === 125) braces.push(count);
      k[count] = single;
      y[count] = 0;
      s[count] = start;
      e[count++] = ++i;
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
    if (code === 34) {
      i = stringEnd(text, i, to);
      k[count] = T.string;
      y[count] = stringHash;
    } else if (code === 39) {
      i = literalEnd(text, i, to);
      k[count] = T.char;
      y[count] = internSlice(text, start, i);
      words = spellingRoom();
      top = spellingTop();
    } else if (cls === C_DIGIT || (code === 46 && classOf(text.charCodeAt(i + 1)) === C_DIGIT)) {
      i = numberEnd(text, i, to);
      k[count] = T.number;
      y[count] = internSlice(text, start, i);
      words = spellingRoom();
      top = spellingTop();
    } else if (code === 35 && directives && first === count) {
      i = logicalLineEnd(text, i, to);
      const kind = directiveKind(text, start, i);
      k[count] = kind;
      y[count] = kind <= T.directiveElif ? textHash(text, start, i) : 0;
      directiveList.push(count);
    } else {
      const packed = operatorAt(text, i, code);
      k[count] = packed & 0xff;
      y[count] = 0;
      i += packed >> 8;
    }
    s[count] = start;
    e[count++] = i;
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
    nameHashes: nameHashes(),
    directives: directiveList,
    braces,
  };
}

/** Hash of the string that `stringEnd` read last. Below 0, as no symbol is. */
let stringHash = -1;

/** The end of the string literal whose opening quote is at `at`; its hash is left in `stringHash`. */
function stringEnd(text: string, at: number, to: number): number {
  let hash = hashSeed;
  let i = at + 1;
  while (i < to) {
    const code = text.charCodeAt(i);
    hash = Math.imul(hash ^ code, 0x01000193);
    if (code === 34) {
      i++;
      break;
    }
    if (code === 10) break;
    i++;
    if (code !== 92) continue;
    const next = continuationEnd(text, i - 1);
    const behind = Math.min(next > 0 ? next : i + 1, to);
    for (; i < behind; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  stringHash = (hash ^ (hash >>> 15)) | -0x8000_0000;
  return i;
}

function textHash(text: string, from: number, to: number): number {
  let hash = hashSeed;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) | -0x8000_0000;
}

/** Whether no character within the text tells that the word ends which ends at `to`. */
function isCutWord(text: string, from: number, to: number): boolean {
  if (to <= from || wordParts[text.charCodeAt(to - 1)] === 0) return false;
  return to >= text.length || wordParts[text.charCodeAt(to)] !== 0;
}

function isLiteralPrefix(text: string, from: number, to: number): boolean {
  const code = text.charCodeAt(from);
  if (to - from === 1) return code === 76 || code === 117 || code === 85;
  return to - from === 2 && code === 117 && text.charCodeAt(from + 1) === 56;
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
