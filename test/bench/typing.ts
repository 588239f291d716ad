/**
 * What a person does to a driver's source in an editor, as the changes that the editor sends: statements, declarations, heads,
 * macros, includes, comments and whole functions typed character by character, typed back, pasted, cut and undone. Half of what is
 * typed has its closing brackets put in by the editor, as is the default; the other half is unbalanced until its end is typed.
 */

/** Replaces [start, end) of the text, in UTF-16 units. */
export interface Change {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** What the person is at. */
  readonly kind: Kind;
}

export type Kind =
  | "statement"
  | "block"
  | "local"
  | "comment"
  | "name"
  | "delete"
  | "paste"
  | "undo"
  | "head"
  | "struct"
  | "define"
  | "include"
  | "function"
  | "global";

/** How often a person begins each of them, in a hundred. A new function has ten times the letters of a name. */
const shares: readonly (readonly [Kind, number])[] = [
  ["statement", 34],
  ["block", 9],
  ["local", 7],
  ["comment", 8],
  ["name", 10],
  ["delete", 8],
  ["paste", 5],
  ["undo", 5],
  ["head", 4],
  ["struct", 2],
  ["define", 3],
  ["include", 1],
  ["function", 2],
  ["global", 2],
];

/** A small congruential generator: the same numbers on every run. */
export function generator(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    // The low bits of such a generator alternate.
    return Math.floor((state / 2 ** 32) * limit);
  };
}

const statements = [
  "ret = readl(base + 4);",
  "if (ret < 0)\n\t\treturn ret;",
  "mutex_lock(&dev->lock);",
  'dev_dbg(dev, "state %d\\n", state);',
  "dma_sync_single_for_cpu(dev, handle, 64, DMA_FROM_DEVICE);",
  "buf = kmalloc(64, GFP_KERNEL);",
  "count++;",
  "priv->flags &= ~0x10;",
  "handle = dma_map_single(dev, buf, 64, DMA_TO_DEVICE);",
];
const blocks = [
  "if (count > 4) {\n\t\tcount = 0;\n\t\tret = -EIO;\n\t}",
  "for (i = 0; i < 4; i++) {\n\t\twritel(i, base + i);\n\t}",
  "switch (state) {\n\tcase 0:\n\t\tbreak;\n\tdefault:\n\t\treturn;\n\t}",
];
const locals = ["int extra = 0;", "struct device *owner;", "dma_addr_t handle;", "unsigned long flags, more;"];
const comments = [
  "/* Wait until the ring is empty. */",
  "// not needed any more",
  "/*\n\t * Two lines\n\t * of it.\n\t */",
];
const defines = ["#define EXTRA_SIZE 128", "#define IS_READY(x) ((x)->state == 1)"];
const includes = ["#include <linux/delay.h>", '#include "local.h"'];
const records = [
  "struct extra_state {\n\tu32 flags;\n\tvoid *cpu;\n};\n",
  "enum extra_kind {\n\tEXTRA_ONE,\n\tEXTRA_TWO,\n};\n",
];
const globals = ["static int extra_debug;", 'static const char extra_name[] = "extra";'];
const functions = [
  "static int extra_check(struct device *dev, int what)\n{\n\tif (!dev)\n\t\treturn -EINVAL;\n\n\treturn what;\n}\n",
];

/** The changes, without end: each is told the text as it is, and must be made before the next is asked for. */
export function* typing(textNow: () => string, seed: number): Generator<Change, never> {
  const random = generator(seed);
  const pick = <T>(list: readonly T[]): T | undefined => list[random(list.length)];
  /** What was done, for undoing: the stretch that replaced, and what it replaced. */
  let done: { readonly start: number; readonly length: number; readonly old: string }[] = [];
  const change = (start: number, end: number, text: string, kind: Kind): Change => {
    done.push({ start, length: text.length, old: textNow().slice(start, end) });
    return { start, end, text, kind };
  };
  function* type(at: number, text: string, kind: Kind): Generator<Change, void> {
    const closes = random(2) === 0;
    let offset = at;
    /** Closing brackets that the editor has put in already. */
    let ahead = "";
    for (const letter of text) {
      if (ahead !== "" && ahead.startsWith(letter)) {
        // Typed over.
        ahead = ahead.slice(1);
        offset++;
        continue;
      }
      const pair = closes ? { "(": ")", "[": "]", '"': '"' }[letter] : undefined;
      yield change(offset, offset, letter + (pair ?? ""), kind);
      if (pair !== undefined) ahead = pair + ahead;
      offset++;
    }
  }
  for (;;) {
    let left = random(100);
    const kind = shares.find(([, share]) => (left -= share) < 0)?.[0] ?? "statement";
    const text = textNow();
    const places = placesIn(text);
    if (kind !== "undo") done = [];
    switch (kind) {
      case "statement":
      case "block":
      case "comment": {
        const at = pick(places.statements);
        const what = pick({ statement: statements, block: blocks, comment: comments }[kind]);
        if (at === undefined || what === undefined) break;
        yield change(at, at, "\n\t", kind);
        yield* type(at + 2, what, kind);
        // Half of it is taken back, a word at a time.
        if (random(3) === 0) yield* undone("undo");
        break;
      }
      case "local": {
        const at = pick(places.bodies);
        if (at === undefined) break;
        yield change(at, at, "\n\t", kind);
        yield* type(at + 2, pick(locals) ?? "", kind);
        break;
      }
      case "name": {
        const at = pick(places.words);
        if (at === undefined) break;
        yield* type(at, pick(["x", "_new", "2"]) ?? "", kind);
        if (random(2) === 0) yield* undone(kind);
        break;
      }
      case "delete": {
        const at = pick(places.statements);
        if (at === undefined) break;
        const from = text.lastIndexOf("\n", at - 1);
        if (random(2) === 0) {
          yield change(from, at, "", kind);
          break;
        }
        for (let i = 0; i < 12 && at - i > from; i++) yield change(at - i - 1, at - i, "", kind);
        if (random(2) === 0) yield* undone("undo");
        break;
      }
      case "paste": {
        const at = pick(places.statements);
        const from = pick(places.statements);
        if (at === undefined || from === undefined) break;
        const start = text.lastIndexOf("\n", from - 1);
        yield change(at, at, text.slice(start, from), kind);
        if (random(2) === 0) yield* undone("undo");
        break;
      }
      case "head": {
        const at = pick(places.heads);
        if (at === undefined) break;
        yield* type(at, pick([", int extra", ", struct device *owner", " __maybe_unused"]) ?? "", kind);
        if (random(2) === 0) yield* undone("undo");
        break;
      }
      case "struct": {
        const inside = pick(places.members);
        if (inside !== undefined && random(2) === 0) {
          yield change(inside, inside, "\n\t", kind);
          yield* type(inside + 2, "u32 extra;", kind);
          break;
        }
        yield* above(pick(records), kind);
        break;
      }
      case "function":
        yield* above(pick(functions), kind);
        break;
      case "global":
        yield* above(pick(globals), kind);
        break;
      case "define":
      case "include": {
        const at = places.lastInclude;
        yield change(at, at, "\n", kind);
        yield* type(at + 1, pick(kind === "define" ? defines : includes) ?? "", kind);
        break;
      }
      case "undo":
        yield* undone(kind);
        break;
    }
  }

  /** Types something above a function. */
  function* above(what: string | undefined, kind: Kind): Generator<Change, void> {
    const at = pick(placesIn(textNow()).functions);
    if (at === undefined || what === undefined) return;
    yield change(at, at, "\n", kind);
    yield* type(at, what, kind);
  }

  /** Takes back half of what was done, in steps of several letters. */
  function* undone(kind: Kind): Generator<Change, void> {
    const steps = done.splice(done.length >> 1);
    for (let last = steps.pop(); last !== undefined; last = steps.pop()) {
      const { old } = last;
      let { start, length } = last;
      for (let before = steps.at(-1); before !== undefined && length < 6 && old === ""; before = steps.at(-1)) {
        if (before.start + before.length !== start || before.old !== "") break;
        start = before.start;
        length += before.length;
        steps.pop();
      }
      yield { start, end: start + length, text: old, kind };
    }
  }
}

interface Places {
  /** Ends of lines in bodies behind which a statement may stand. */
  readonly statements: readonly number[];
  /** Behind the brace that begins a function's body. */
  readonly bodies: readonly number[];
  /** Ends of names in statements. */
  readonly words: readonly number[];
  /** Before the bracket that closes a function's parameters. */
  readonly heads: readonly number[];
  /** Line starts at which a function begins. */
  readonly functions: readonly number[];
  /** Ends of lines in the records of the file. */
  readonly members: readonly number[];
  /** The end of the last `#include`. */
  readonly lastInclude: number;
}

/** Told by the kernel's layout: what begins in the first column begins something, and its braces stand there too. */
function placesIn(text: string): Places {
  const statements: number[] = [];
  const bodies: number[] = [];
  const words: number[] = [];
  const heads: number[] = [];
  const functions: number[] = [];
  const members: number[] = [];
  let lastInclude = 0;
  let inBody = false;
  let inRecord = false;
  let begin = 0;
  let at = 0;
  for (const line of text.split("\n")) {
    const end = at + line.length;
    if (line.startsWith("#include")) lastInclude = end;
    if (/^[a-z]/.test(line) && !inBody && !inRecord) begin = at;
    if (line === "{") {
      inBody = true;
      bodies.push(end);
      functions.push(begin);
      if (text.startsWith(")", at - 2)) heads.push(at - 2);
    } else if (/^struct \w+ \{$/.test(line)) inRecord = true;
    else if (line.startsWith("}")) {
      inBody = false;
      inRecord = false;
    } else if (inBody && /^\t\w.*;$/.test(line)) {
      statements.push(end);
      const word = /(\w+)\W*$/.exec(line);
      if (word?.[1] !== undefined) words.push(at + word.index + word[1].length);
    } else if (inRecord && /^\t\w.*;$/.test(line)) members.push(end);
    at = end + 1;
  }
  return { statements, bodies, words, heads, functions, members, lastInclude };
}
