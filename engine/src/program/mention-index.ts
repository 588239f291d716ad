/**
 * Which functions of a unit can speak of a name, told by their tokens alone, before anything is lowered. The answer may hold too
 * many functions, never too few: the names that macros of the unit put in count, those that they may paste together, and those that
 * guards and clean-ups call without naming them.
 */
import type { Mentions } from "../syntax/c/mentions.ts";
import type { FileDeclarations, Macro } from "./declarations.ts";
import { Answer, isRecording, knownMap, knownValue } from "./dependencies.ts";
import { assignableFields } from "./kernel-macros.ts";
import { LoweredFile } from "./lower-c-file.ts";
import { canPaste, isMadeCall, makesCalls, type Paste, textOfMacro } from "./macro-names.ts";
import type { ProgramFile, ProgramFunction } from "./program.ts";
import { sameStructure } from "./same-structure.ts";

/** Positions in the file's functions, doubled; odd where the name stands without `(` behind it. */
type FileIndex = Map<string, number[]>;

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
    functionsOf(file).forEach(({ mentions }, at) => {
      for (const name of mentions?.called ?? []) add(name, 2 * at);
      for (const name of mentions?.valued ?? []) add(name, 2 * at + 1);
    });
    index = made;
    fileIndexes.set(file, index);
  }
  return index;
}

/** Without a note that somebody asked: which names stand where is noted name by name. */
function functionsOf(file: ProgramFile): readonly ProgramFunction[] {
  return file instanceof LoweredFile ? file.heldFunctions : file.functions;
}

/** For each name the files that hold it: most names that rules ask for are in none. */
function filesByName(files: readonly ProgramFile[]): Map<string, ProgramFile[]> {
  const found = new Map<string, ProgramFile[]>();
  for (const file of files)
    for (const name of indexOf(file).keys()) {
      const list = found.get(name);
      if (list === undefined) found.set(name, [file]);
      else list.push(file);
    }
  return found;
}

/** By name, where it stands in the function at a position. */
function codesOf(mentions: Mentions, at: number): Map<string, number> {
  const codes = new Map<string, number>();
  for (const name of mentions.called) codes.set(name, 2 * at);
  for (const name of mentions.valued) codes.set(name, 2 * at + 1);
  return codes;
}

/** Stand among the names for what no name tells. */
const positionalLists = "{}";
const cleaningNames = "guard()";

export class MentionIndex {
  readonly #files: readonly ProgramFile[];
  readonly #macros = new Map<string, Macro[]>();
  /** For each name the macros whose replacement holds it. */
  #holders: Map<string, string[]> | undefined;
  readonly #makers = new Map<string, readonly string[]>();
  readonly #known = knownMap<string, readonly ProgramFunction[]>();
  /** By name, the answer "these functions hold the name", which an edit may change; empty where nothing is edited. */
  readonly #holding = new Map<string, Answer>();
  #filesWith: Map<string, ProgramFile[]> | undefined;
  readonly #reaching = new Map<string, readonly string[]>();
  #pasting: readonly { readonly name: string; readonly pastes: readonly Paste[] }[] | undefined;
  #unknown: readonly ProgramFunction[] | undefined;
  #all: readonly ProgramFunction[] | undefined;
  #ordinals: Map<ProgramFunction, number> | undefined;
  readonly #positional = knownValue(() => this.#findPositional());
  readonly #cleaning = knownValue(() => this.#findMakingCalls());

  /** The files in the unit's order, and everything that they declare. */
  constructor(files: readonly ProgramFile[], declarations: Iterable<FileDeclarations>) {
    this.#files = files;
    this.#addMacros(declarations);
  }

  #addMacros(declarations: Iterable<FileDeclarations>): void {
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
      if (isMadeCall(name)) found = this.inOrder([...found, ...this.#cleaning()]);
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
    this.#all ??= this.#files.flatMap(functionsOf);
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

  /** A function was edited: it held the names of `before`, and holds others now. */
  edited(target: ProgramFunction, file: ProgramFile, before: Mentions | undefined): void {
    const after = target.mentions;
    if (before === undefined || after === undefined) return;
    const at = functionsOf(file).indexOf(target);
    const old = codesOf(before, at);
    const now = codesOf(after, at);
    const index = indexOf(file);
    for (const name of new Set([...old.keys(), ...now.keys()])) {
      const code = now.get(name);
      const known = old.get(name);
      if (code === known) continue;
      const codes = (index.get(name) ?? []).filter((one) => one !== known);
      if (code !== undefined) codes.push(code);
      index.set(name, codes);
      this.#holds(file, name);
      this.#change(name);
    }
    if (before.positional !== after.positional) this.#change(positionalLists);
  }

  /**
   * A file has other functions now, or some that hold other names: `before` are those that it had, in order, with what they held.
   * `declarations` are those of all files where macros changed, `moved` what `namesMovedBy` tells of that.
   */
  refilled(
    file: ProgramFile,
    before: ReadonlyMap<ProgramFunction, Mentions | undefined>,
    macros?: { readonly declarations: Iterable<FileDeclarations>; readonly moved: ReadonlySet<string> },
  ): void {
    if (macros !== undefined) {
      this.#macros.clear();
      this.#addMacros(macros.declarations);
      this.#holders = undefined;
      this.#makers.clear();
      this.#reaching.clear();
      this.#pasting = undefined;
      for (const name of macros.moved) this.#change(name);
    }
    const after = new Set<ProgramFunction>(functionsOf(file));
    const moved = new Set<string>();
    for (const one of new Set([...before.keys(), ...after])) {
      const old = before.get(one);
      const now = after.has(one) ? one.mentions : undefined;
      if (old === now) continue;
      const codes = old && codesOf(old, 0);
      const others = now && codesOf(now, 0);
      for (const [name, code] of codes ?? []) if (others?.get(name) !== code) moved.add(name);
      for (const [name, code] of others ?? []) if (codes?.get(name) !== code) moved.add(name);
      if ((old?.positional ?? false) !== (now?.positional ?? false)) moved.add(positionalLists);
    }
    if (moved.size === 0 && before.size === after.size) return;
    fileIndexes.delete(file);
    this.#all = undefined;
    this.#ordinals = undefined;
    this.#unknown = undefined;
    if (this.#filesWith !== undefined) for (const name of indexOf(file).keys()) this.#holds(file, name);
    for (const name of moved) this.#change(name);
  }

  /**
   * The names to which macros lead otherwise than before, when these definitions take the place of those: where they stand in functions
   * is to be asked again. Undefined where that cannot be told: they make names of parts.
   */
  namesMovedBy(before: FileDeclarations["macros"], after: FileDeclarations["macros"]): ReadonlySet<string> | undefined {
    const moved = new Set<string>();
    for (const name of new Set([...before.keys(), ...after.keys()])) {
      const old = (before.get(name) ?? []).map(textOfMacro);
      const now = (after.get(name) ?? []).map(textOfMacro);
      if (sameStructure(old, now)) continue;
      if ([...old, ...now].some(({ pastes }) => pastes.length > 0)) return undefined;
      const held = new Set(old.flatMap(({ names }) => names));
      const holds = new Set(now.flatMap(({ names }) => names));
      for (const one of held) if (!holds.has(one)) moved.add(one);
      for (const one of holds) if (!held.has(one)) moved.add(one);
      if (old.some(({ positional }) => positional) !== now.some(({ positional }) => positional))
        moved.add(positionalLists);
    }
    for (const name of moved)
      for (const macro of [...(this.#macros.get(name) ?? []), ...(after.get(name) ?? [])]) {
        const { names, pastes } = textOfMacro(macro);
        if (pastes.length > 0) return undefined;
        for (const held of names) moved.add(held);
      }
    return moved;
  }

  #holds(file: ProgramFile, name: string): void {
    this.#filesWith ??= filesByName(this.#files);
    const files = this.#filesWith.get(name);
    if (files === undefined) this.#filesWith.set(name, [file]);
    else if (!files.includes(file)) files.push(file);
  }

  #change(name: string): void {
    const answer = this.#holding.get(name);
    this.#holding.delete(name);
    answer?.change();
    if (makesCalls(name)) this.#change(cleaningNames);
  }

  /** Whoever asks is made of where the name stands. */
  #read(name: string): void {
    if (!isRecording()) return;
    let answer = this.#holding.get(name);
    if (answer === undefined) {
      answer = new Answer();
      this.#holding.set(name, answer);
    }
    answer.read();
  }

  /** Tells which functions of a file may use any function as a value. `isFunction` knows the names of functions. */
  valuingAny(isFunction: (name: string) => boolean): (one: ProgramFunction) => boolean {
    const verdicts = new Map<string, boolean>();
    const called = new Map<string, boolean>();
    const judge = (name: string): boolean => {
      let verdict = verdicts.get(name);
      if (verdict === undefined) {
        verdict = isFunction(name) || judgeCalled(name);
        verdicts.set(name, verdict);
      }
      return verdict;
    };
    const judgeCalled = (name: string): boolean => {
      let verdict = called.get(name);
      if (verdict === undefined) {
        verdict = this.#expansionOf(name, isFunction);
        called.set(name, verdict);
      }
      return verdict;
    };
    return ({ mentions }) => mentions === undefined || mentions.valued.some(judge) || mentions.called.some(judgeCalled);
  }

  /** Functions in which a brace list may fill members that it does not name. */
  get positional(): ReadonlySet<ProgramFunction> {
    return this.#positional();
  }

  #findPositional(): ReadonlySet<ProgramFunction> {
    this.#read(positionalLists);
    const macros = [...this.#macros].flatMap(([name, list]) =>
      list.some((one) => textOfMacro(one).positional) ? [name] : [],
    );
    const reaching = new Set(macros.flatMap((name) => [name, ...this.#macrosReaching(name)]));
    const found = new Set(this.#gather([...reaching], (code) => code >> 1));
    for (const file of this.#files)
      for (const one of functionsOf(file)) if (one.mentions?.positional !== false) found.add(one);
    return found;
  }

  /** Whether the expansion of a macro may hold a function's name; never for a name that is no macro. */
  #expansionOf(name: string, isFunction: (name: string) => boolean): boolean {
    const found = new Set([name]);
    for (const one of found)
      for (const macro of this.#macros.get(one) ?? []) {
        const { names, pastes } = textOfMacro(macro);
        if (pastes.length > 0 || names.some(isFunction)) return true;
        for (const held of names) found.add(held);
      }
    return false;
  }

  /** Macros whose expansion may hold the name. */
  #macrosReaching(name: string): readonly string[] {
    const known = this.#reaching.get(name);
    if (known !== undefined) return known;
    const found = new Set([name]);
    for (const one of found) for (const holder of this.#makersOf(one)) found.add(holder);
    found.delete(name);
    const list = [...found];
    this.#reaching.set(name, list);
    return list;
  }

  /** Macros whose replacement holds the name or may paste it: asked again for each name that the macro leads to. */
  #makersOf(name: string): readonly string[] {
    let makers = this.#makers.get(name);
    if (makers === undefined) {
      const pasting = this.#pastingMacros().filter(({ pastes }) => pastes.some((paste) => canPaste(paste, name)));
      makers = [...(this.#holdersOfAll().get(name) ?? []), ...pasting.map((macro) => macro.name)];
      this.#makers.set(name, makers);
    }
    return makers;
  }

  #holdersOfAll(): Map<string, string[]> {
    if (this.#holders === undefined) {
      this.#holders = new Map();
      for (const [name, { field }] of assignableFields) this.#holders.set(field, [name]);
      for (const [name, list] of this.#macros)
        for (const macro of list)
          for (const held of textOfMacro(macro).names) {
            const holders = this.#holders.get(held);
            if (holders === undefined) this.#holders.set(held, [name]);
            else if (holders.at(-1) !== name) holders.push(name);
          }
    }
    return this.#holders;
  }

  #pastingMacros(): readonly { readonly name: string; readonly pastes: readonly Paste[] }[] {
    this.#pasting ??= [...this.#macros].flatMap(([name, list]) => {
      const pastes = list.flatMap((macro) => textOfMacro(macro).pastes);
      return pastes.length > 0 ? [{ name, pastes }] : [];
    });
    return this.#pasting;
  }

  /** Functions with guards or clean-ups, which call what they do not name. */
  #findMakingCalls(): ReadonlySet<ProgramFunction> {
    this.#read(cleaningNames);
    const found = new Set<ProgramFunction>();
    this.#filesWith ??= filesByName(this.#files);
    for (const name of [...this.#filesWith.keys(), ...this.#holdersOfAll().keys()])
      if (makesCalls(name)) for (const one of this.mentioning(name)) found.add(one);
    return found;
  }

  /** The functions of all files that hold one of the names, with those of which no names are known. */
  #gather(names: readonly string[], positionOf: (code: number) => number): readonly ProgramFunction[] {
    const found: ProgramFunction[] = [];
    this.#filesWith ??= filesByName(this.#files);
    for (const name of names) {
      this.#read(name);
      for (const file of this.#filesWith.get(name) ?? [])
        for (const code of indexOf(file).get(name) ?? []) {
          const one = functionsOf(file)[positionOf(code)];
          if (one !== undefined) found.push(one);
        }
    }
    this.#unknown ??= this.#files.flatMap((file) => functionsOf(file).filter((one) => one.mentions === undefined));
    return found.length === 0 ? this.#unknown : this.inOrder([...found, ...this.#unknown]);
  }
}
