/**
 * Which functions of a unit can speak of a name, told by their tokens alone, before anything is lowered. The answer may hold too
 * many functions, never too few: the names that macros of the unit put in count, and a function in which names can come about that
 * are written nowhere (pasted tokens, the clean-ups of guards) is among the answers for every name.
 */
import type { FileDeclarations, Macro } from "./declarations.ts";
import { assignableFields } from "./kernel-macros.ts";
import type { ProgramFile, ProgramFunction } from "./program.ts";

/** Positions in the file's functions, doubled; odd where the name stands without `(` behind it. */
type FileIndex = ReadonlyMap<string, readonly number[]>;

const fileIndexes = new WeakMap<ProgramFile, FileIndex>();

function indexOf(file: ProgramFile): FileIndex {
  let index = fileIndexes.get(file);
  if (index === undefined) {
    const made = new Map<string, number[]>();
    const add = (name: string, code: number): void => {
      const list = made.get(name);
      if (list === undefined) made.set(name, [code]);
      else list.push(code);
    };
    file.functions.forEach(({ mentions }, at) => {
      for (const name of mentions?.called ?? []) add(name, 2 * at);
      for (const name of mentions?.valued ?? []) add(name, 2 * at + 1);
    });
    index = made;
    fileIndexes.set(file, index);
  }
  return index;
}

/** For each name the files that hold it: most names that rules ask for are in none. */
function filesByName(files: readonly ProgramFile[]): ReadonlyMap<string, readonly ProgramFile[]> {
  const found = new Map<string, ProgramFile[]>();
  for (const file of files)
    for (const name of indexOf(file).keys()) {
      const list = found.get(name);
      if (list === undefined) found.set(name, [file]);
      else list.push(file);
    }
  return found;
}

/** Names that a macro's replacement holds: those of its parameters do not count. */
interface MacroText {
  readonly names: readonly string[];
  /** It pastes tokens, or holds what makes names out of nothing. */
  readonly wild: boolean;
  /** It may give members their values by position. */
  readonly positional: boolean;
}

const macroTexts = new WeakMap<Macro, MacroText>();
const noNames: readonly string[] = [];
const plain: MacroText = { names: noNames, wild: false, positional: false };

function textOf(macro: Macro): MacroText {
  let text = macroTexts.get(macro);
  if (text === undefined) {
    const { body, parameters } = macro;
    const found = body.match(/(?<![\w$])[A-Za-z_$][\w$]*/g);
    if (found === null) text = plain;
    else {
      const names = new Set(found);
      for (const parameter of parameters ?? []) names.delete(parameter);
      // A member keeps the parameter's name where the argument is more than a name (read_roothub() of drivers/usb/host/ohci.h).
      if (parameters !== undefined)
        for (const [, member = ""] of body.matchAll(/(?:\.|->)\s*([A-Za-z_$][\w$]*)/g)) names.add(member);
      text = {
        names: [...names],
        wild: body.includes("##") || found.some(makesNames),
        positional: /[=)]\s*\{/.test(body),
      };
    }
    macroTexts.set(macro, text);
  }
  return text;
}

/** Words from which lowering makes calls whose names are not written: include/linux/cleanup.h and loops with `_scoped`. */
function makesNames(word: string): boolean {
  return (
    word === "__free" ||
    word === "guard" ||
    word === "CLASS" ||
    word === "scoped_guard" ||
    word === "scoped_cond_guard" ||
    word.endsWith("_scoped")
  );
}

export class MentionIndex {
  readonly #files: readonly ProgramFile[];
  readonly #macros = new Map<string, Macro[]>();
  /** For each name the macros whose replacement holds it. */
  #holders: Map<string, string[]> | undefined;
  readonly #known = new Map<string, readonly ProgramFunction[]>();
  #filesWith: ReadonlyMap<string, readonly ProgramFile[]> | undefined;
  readonly #reaching = new Map<string, readonly string[]>();
  #wild: readonly (readonly number[])[] | undefined;
  #wildFunctions: readonly ProgramFunction[] | undefined;
  #all: readonly ProgramFunction[] | undefined;
  #ordinals: Map<ProgramFunction, number> | undefined;
  #positional: ReadonlySet<ProgramFunction> | undefined;

  /** The files in the unit's order, and everything that they declare. */
  constructor(files: readonly ProgramFile[], declarations: Iterable<FileDeclarations>) {
    this.#files = files;
    for (const { macros } of declarations)
      for (const [name, list] of macros) {
        const known = this.#macros.get(name);
        if (known === undefined) this.#macros.set(name, [...list]);
        else known.push(...list);
      }
  }

  /** In the unit's order. */
  mentioning(name: string): readonly ProgramFunction[] {
    let found = this.#known.get(name);
    if (found === undefined) {
      const names = [name, ...this.#macrosReaching(name)];
      found = this.#gather(names, (code) => code >> 1);
      this.#known.set(name, found);
    }
    return found;
  }

  /** Functions that may use the function of the name as a value, in the unit's order. */
  valuing(name: string): readonly ProgramFunction[] {
    const direct = this.#gather([name], (code) => (code & 1 ? code >> 1 : -1));
    const macros = this.#macrosReaching(name);
    return macros.length === 0 ? direct : this.inOrder([...direct, ...this.#gather(macros, (code) => code >> 1)]);
  }

  /** Each once, in the unit's order. */
  inOrder(functions: Iterable<ProgramFunction>): readonly ProgramFunction[] {
    this.#all ??= this.#files.flatMap((file) => file.functions);
    this.#ordinals ??= new Map(this.#all.map((one, at) => [one, at]));
    const chosen: number[] = [];
    let isSorted = true;
    let last = -1;
    for (const one of functions) {
      const position = this.#ordinals.get(one) ?? 0;
      if (position === last) continue;
      if (position < last) isSorted = false;
      chosen.push(position);
      last = position;
    }
    const positions = isSorted ? chosen : Uint32Array.from(chosen).sort();
    const sorted: ProgramFunction[] = [];
    last = -1;
    for (const position of positions) {
      const one = this.#all[position];
      if (position !== last && one !== undefined) sorted.push(one);
      last = position;
    }
    return sorted;
  }

  /** Functions of a file that may use any function as a value, in order. `isFunction` knows the names of functions. */
  valuingAny(file: ProgramFile, isFunction: (name: string) => boolean): readonly ProgramFunction[] {
    const at = this.#files.indexOf(file);
    const wild = new Set(this.#wildOf(at));
    const verdicts = new Map<string, boolean>();
    const called = new Map<string, boolean>();
    const judge = (name: string): boolean => {
      let verdict = verdicts.get(name);
      if (verdict === undefined) {
        verdict = isFunction(name) || this.#expansionOf(name).some(isFunction);
        verdicts.set(name, verdict);
      }
      return verdict;
    };
    const judgeCalled = (name: string): boolean => {
      let verdict = called.get(name);
      if (verdict === undefined) {
        verdict = this.#expansionOf(name).some(isFunction);
        called.set(name, verdict);
      }
      return verdict;
    };
    return file.functions.filter(({ mentions }, position) => {
      if (mentions === undefined || wild.has(position)) return true;
      return mentions.valued.some(judge) || mentions.called.some(judgeCalled);
    });
  }

  /** Functions in which a brace list may fill members that it does not name. */
  get positional(): ReadonlySet<ProgramFunction> {
    if (this.#positional === undefined) {
      const macros = [...this.#macros].flatMap(([name, list]) =>
        list.some((one) => textOf(one).positional) ? [name] : [],
      );
      const reaching = new Set(macros.flatMap((name) => [name, ...this.#macrosReaching(name)]));
      const found = new Set(this.#gather([...reaching], (code) => code >> 1));
      for (const file of this.#files)
        for (const one of file.functions) if (one.mentions?.positional !== false) found.add(one);
      this.#positional = found;
    }
    return this.#positional;
  }

  /** All names that the expansion of a macro may hold; none for a name that is no macro. */
  #expansionOf(name: string): readonly string[] {
    const first = this.#macros.get(name);
    if (first === undefined) return noNames;
    const found = new Set(first.flatMap((macro) => textOf(macro).names));
    for (const one of found)
      for (const macro of this.#macros.get(one) ?? []) for (const held of textOf(macro).names) found.add(held);
    return [...found];
  }

  /** Macros whose expansion may hold the name. */
  #macrosReaching(name: string): readonly string[] {
    const known = this.#reaching.get(name);
    if (known !== undefined) return known;
    const holders = this.#holdersOfAll();
    const found = new Set<string>(holders.get(name));
    for (const one of found) for (const holder of holders.get(one) ?? []) found.add(holder);
    found.delete(name);
    const list = [...found];
    this.#reaching.set(name, list);
    return list;
  }

  #holdersOfAll(): Map<string, string[]> {
    if (this.#holders === undefined) {
      this.#holders = new Map();
      for (const [name, { field }] of assignableFields) this.#holders.set(field, [name]);
      for (const [name, list] of this.#macros)
        for (const macro of list)
          for (const held of textOf(macro).names) {
            const holders = this.#holders.get(held);
            if (holders === undefined) this.#holders.set(held, [name]);
            else if (holders.at(-1) !== name) holders.push(name);
          }
    }
    return this.#holders;
  }

  /** Positions, for the file at `at`, of the functions that count for every name. */
  #wildOf(at: number): readonly number[] {
    this.#wild ??= this.#findWild();
    return this.#wild[at] ?? [];
  }

  #findWild(): readonly (readonly number[])[] {
    const macros = new Set<string>();
    for (const [name, list] of this.#macros) if (list.some((one) => textOf(one).wild)) macros.add(name);
    for (const name of macros) for (const holder of this.#holdersOfAll().get(name) ?? []) macros.add(holder);
    return this.#files.map((file) => {
      const positions = new Set<number>();
      file.functions.forEach(({ mentions }, position) => {
        if (mentions === undefined) positions.add(position);
      });
      for (const [name, codes] of indexOf(file))
        if (makesNames(name) || macros.has(name)) for (const code of codes) positions.add(code >> 1);
      return [...positions];
    });
  }

  /** The functions of all files that hold one of the names, with those that count for every name. */
  #gather(names: readonly string[], positionOf: (code: number) => number): readonly ProgramFunction[] {
    const found: ProgramFunction[] = [];
    this.#filesWith ??= filesByName(this.#files);
    for (const name of names)
      for (const file of this.#filesWith.get(name) ?? [])
        for (const code of indexOf(file).get(name) ?? []) {
          const one = file.functions[positionOf(code)];
          if (one !== undefined) found.push(one);
        }
    this.#wildFunctions ??= this.#files.flatMap((file, at) =>
      [...this.#wildOf(at)].sort((a, b) => a - b).flatMap((position) => file.functions[position] ?? []),
    );
    return found.length === 0 ? this.#wildFunctions : this.inOrder([...found, ...this.#wildFunctions]);
  }
}
