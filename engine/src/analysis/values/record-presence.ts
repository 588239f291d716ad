/**
 * Where a unit can hold a struct at all: some text must name it, or a struct of the core that holds it, or a function of the core that
 * gives it back. A store to a member of a struct that nothing names needs no search.
 */
import { corePrototypes, coreRecordSources } from "../../program/core-record-data.ts";
import { knownMap } from "../../program/dependencies.ts";
import { textBetween } from "../../program/lower-c-file.ts";
import type { DriverUnit } from "../../program/program.ts";
import { recordsBehindMembers } from "./field-keys.ts";

/** For each struct the names with which it may come into a unit: its own, and those that the core leads to it from. */
const waysTo = new Map<string, readonly string[]>();

/** The types in each text of the core, behind the name that brings the text in: those of members, and of results. */
const coreTexts: readonly (readonly [string, ReadonlySet<string>])[] = [
  ...coreRecordSources.map(({ name, text }) => [name, wordsOf(withoutParameters(text))] as const),
  ...corePrototypes.map(({ text }) => {
    const [, result = "", name = ""] = /^([^(]*?)(\w+)\s*\(/.exec(text) ?? [];
    return [name, wordsOf(result)] as const;
  }),
];

function withoutParameters(text: string): string {
  let at = text;
  for (let before = ""; before !== at; ) {
    before = at;
    at = at.replace(/\([^()]*\)/g, "");
  }
  return at;
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.match(/\w+/g));
}

function namesLeadingTo(record: string): readonly string[] {
  let names = waysTo.get(record);
  if (names === undefined) {
    const found = new Set([record]);
    for (const one of found) for (const [name, words] of coreTexts) if (words.has(one)) found.add(name);
    names = [...found];
    waysTo.set(record, names);
  }
  return names;
}

/** Files by name; undefined: in all of them. */
export type Whereabouts = ReadonlySet<string> | undefined;

/** Where places may have the struct's type: perhaps too many files, never too few. `record` is the name that record types carry. */
export function filesHolding(unit: DriverUnit, record: string): Whereabouts {
  const texts = textsOf(unit);
  if (texts.isOpen || recordsBehindMembers.has(record)) return undefined;
  const definition = unit.records.get(record);
  // A struct that a source defines is that source's; one in a header is everybody's.
  if (definition) return definition.file.endsWith(".c") ? new Set([definition.file]) : undefined;
  const names = namesLeadingTo(record);
  const known = texts.filesNaming(names);
  if (known === undefined) return undefined;
  const found = new Set(known);
  for (const name of names)
    for (const { file } of unit.functionsMentioning(name)) {
      if (!file.endsWith(".c")) return undefined;
      found.add(file);
    }
  return found;
}

const texts = new WeakMap<DriverUnit, UnitTexts>();

function textsOf(unit: DriverUnit): UnitTexts {
  let found = texts.get(unit);
  if (found === undefined) {
    found = new UnitTexts(unit);
    texts.set(unit, found);
  }
  return found;
}

/** What a unit's texts hold. What a function's body says later, its names tell. */
class UnitTexts {
  /** Whether it cannot be told by texts: a snippet gets its structs from the module that it imports, and a source may hold another. */
  readonly isOpen: boolean;
  readonly #unit: DriverUnit;
  readonly #known = knownMap<string, { readonly files: Whereabouts }>();

  constructor(unit: DriverUnit) {
    this.#unit = unit;
    this.isOpen = [...unit.files.values()].some(
      ({ language, includes }) => language !== "c" || includes.some((one) => one.endsWith(".c")),
    );
  }

  /** Sources with one of the names; undefined when a header has it. */
  filesNaming(names: readonly string[]): Whereabouts {
    const key = names.join();
    let known = this.#known.get(key);
    if (known === undefined) {
      for (const name of names) this.#unit.noteWord?.(name);
      const found = [...this.#unit.files.keys()].filter((file) => {
        const text = textBetween(this.#unit, file, 0, Number.POSITIVE_INFINITY);
        return names.some((name) => text.includes(name));
      });
      known = { files: found.every((name) => name.endsWith(".c")) ? new Set(found) : undefined };
      this.#known.set(key, known);
    }
    return known.files;
  }
}
