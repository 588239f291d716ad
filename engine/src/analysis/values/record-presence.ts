/**
 * Whether a unit can hold a struct of the kernel at all: some text must name it, or a struct of the core that holds it, or a function
 * of the core that gives it back. A store to a member of a struct that nothing names needs no search.
 */
import { corePrototypes, coreRecordSources } from "../../program/core-record-data.ts";
import type { DriverUnit } from "../../program/program.ts";
import { recordsBehindMembers } from "./field-keys.ts";

/** For each struct the names with which it may come into a unit: its own, and those that the core leads to it from. */
const waysTo = new Map<string, readonly string[]>();

/** The names in each text of the core, behind the name that brings the text in. */
const coreTexts: readonly (readonly [string, ReadonlySet<string>])[] = [
  ...coreRecordSources.map(({ name, text }) => [name, wordsOf(text)] as const),
  ...corePrototypes.map(({ text }) => [/(\w+)\s*\(/.exec(text)?.[1] ?? "", wordsOf(text)] as const),
];

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

const declared = new WeakMap<DriverUnit, Map<string, boolean>>();

/** Never false where a place of the unit has the struct's type. `record` is the name that record types carry. */
export function mayHoldRecord(unit: DriverUnit, record: string): boolean {
  if (unit.records.has(record) || recordsBehindMembers.has(record)) return true;
  // A snippet gets its structs from the module that it imports.
  if ([...unit.files.values()].some((file) => file.language !== "c")) return true;
  return namesLeadingTo(record).some((name) => isInTexts(unit, name) || unit.functionsMentioning(name).length > 0);
}

/** Whether a text of the unit held the name when that was first asked: what a function's body says later, its names tell. */
function isInTexts(unit: DriverUnit, name: string): boolean {
  let known = declared.get(unit);
  if (known === undefined) {
    known = new Map();
    declared.set(unit, known);
  }
  let isThere = known.get(name);
  if (isThere === undefined) {
    isThere = [...unit.files.values()].some(({ text }) => text.includes(name));
    known.set(name, isThere);
  }
  return isThere;
}
