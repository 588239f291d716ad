/**
 * Scatterlists whose device side is used though nobody has mapped them: sg_dma_address() and sg_dma_len() are what dma_map_sg() leaves
 * there, and hold nothing before (include/linux/scatterlist.h:24-36, linux 6.12.117).
 */
import type { Effect } from "../../kernel/contract.ts";
import type { CallStatement, Expression, ProgramFunction } from "../../program/program.ts";
import type { ApiCall, Facts } from "../facts.ts";
import { flowOf, successors } from "../flow/flow.ts";
import { workingsOf } from "../unit-facts.ts";
import { fieldKey } from "../values/field-keys.ts";
import { peel } from "../values/local-evaluation.ts";
import { listNames } from "./scatter-lists.ts";

export interface UnmappedList {
  readonly function: ProgramFunction;
  /** What uses the device's side. */
  readonly use: CallStatement;
  readonly name: string;
  readonly list: Expression;
  /** What made the list, or set one of its entries. */
  readonly made: Pick<ApiCall, "function" | "statement" | "name">;
  readonly how: "read" | "prepare" | "sync";
}

/** Calls that hand the device's side of a list to a DMA engine; the list is the argument at this index. */
const preparing: Readonly<Record<string, number>> = { dmaengine_prep_slave_sg: 1 };
const reading = ["sg_dma_address", "sg_dma_len"];
const syncing: readonly Effect[] = ["sync-sg-for-cpu", "sync-sg-for-device"];

/** Each list once for each function and kind of use. */
export function unmappedLists(facts: Facts): readonly UnmappedList[] {
  const names = [...reading, ...Object.keys(preparing), "dma_sync_sg_for_cpu", "dma_sync_sg_for_device"];
  if (names.every((name) => facts.callsTo(name).length === 0)) return [];
  const fills = facts.callsWith("sg-set", "sg-init").filter(({ name }) => !name.startsWith("dma_get_sgtable"));
  if (fills.length === 0) return [];
  return [...usedBeforeMap(facts, fills), ...syncedUnmapped(facts, fills)];
}

// ---------------------------------------------------------------- in one function

function usedBeforeMap(facts: Facts, fills: readonly ApiCall[]): readonly UnmappedList[] {
  const found: UnmappedList[] = [];
  const told = new Set<string>();
  for (const made of fills) {
    const { function: owner } = made;
    const uses = usesIn(facts, owner);
    if (uses.length === 0 || fillsByHand(facts, owner)) continue;
    const own = namesOf(facts, made);
    if (own.size === 0) continue;
    for (const { use, name, list, how } of uses) {
      const key = `${owner.file}:${owner.name}:${how}:${[...own].sort().join()}`;
      if (told.has(key) || !shares(own, listNames(facts, owner, use, list))) continue;
      if (!arrivesUnmapped(facts, made, use, own)) continue;
      told.add(key);
      found.push({ function: owner, use, name, list, made, how });
    }
  }
  return found;
}

interface Use {
  readonly use: CallStatement;
  readonly name: string;
  readonly list: Expression;
  readonly how: "read" | "prepare";
}

function usesIn(facts: Facts, owner: ProgramFunction): readonly Use[] {
  const found: Use[] = [];
  const add = (name: string, at: number, how: Use["how"]): void => {
    for (const use of facts.callsIn(owner, name)) {
      const list = use.arguments[at];
      // A macro of the driver that reads the address may be one that only prints it.
      if (list && use.macro === undefined && facts.apiOf(owner, use)) found.push({ use, name, list, how });
    }
  };
  for (const name of reading) add(name, 0, "read");
  for (const [name, at] of Object.entries(preparing)) add(name, at, "prepare");
  return found;
}

/** A file that fills in the device's side itself keeps a list of its own. */
function fillsByHand(facts: Facts, { file }: ProgramFunction): boolean {
  const { index } = workingsOf(facts);
  return ["dma_address", "dma_length"].some((field) =>
    index.storesTo(`scatterlist.${field}`).some((store) => store.function.file === file),
  );
}

/** Whether a way leads from the list's making to its use on which nobody can have mapped it. */
function arrivesUnmapped(facts: Facts, made: ApiCall, use: CallStatement, names: ReadonlySet<string>): boolean {
  const { function: owner, statement } = made;
  const home = flowOf(owner).locate(statement.id);
  if (!home) return false;
  const waiting = [{ block: home.block, index: home.index + 1 }];
  const seen = new Set<number>();
  for (const { block, index } of waiting) {
    const at = owner.blocks[block];
    if (!at) continue;
    let ended = false;
    for (const one of at.statements.slice(index)) {
      if (one.id === use.id) return true;
      ended = one.kind === "opaque" || (one.kind === "call" && mayMap(facts, owner, one, names));
      if (ended) break;
    }
    if (ended) continue;
    for (const next of successors(at.terminator))
      if (!seen.has(next)) {
        seen.add(next);
        waiting.push({ block: next, index: 0 });
      }
  }
  return false;
}

/** Calls that get a list and certainly do not map it. */
const passive: readonly Effect[] = ["sg-set", "sg-init", "sg-read", "copies", "query", "free", "none"];

function mayMap(facts: Facts, owner: ProgramFunction, call: CallStatement, names: ReadonlySet<string>): boolean {
  const api = facts.apiOf(owner, call);
  if (api?.effect === "map-sg" || api?.effect === "map-streaming") return true;
  if (api && passive.includes(api.effect)) return false;
  if (call.callee.kind !== "direct") return true;
  const { name } = call.callee;
  if (Object.hasOwn(preparing, name) || /print|^(pr|dev|netdev)_(dbg|info|warn|err)/.test(name)) return false;
  // A function of the driver may map whatever it reaches; one of elsewhere what it is given, or what is in a struct that it is given.
  if (facts.unit.functionNamed(name, owner.file)) return true;
  if (/map/.test(name)) return true;
  return call.arguments.some((argument) => shares(names, listNames(facts, owner, call, argument)));
}

// ---------------------------------------------------------------- over the unit

/** Syncs of lists that the driver builds and nobody maps: not this driver, and nobody whom it gives them to. */
function syncedUnmapped(facts: Facts, fills: readonly ApiCall[]): readonly UnmappedList[] {
  const found: UnmappedList[] = [];
  for (const call of facts.callsWith(...syncing)) {
    const list = call.argument("sg");
    if (!list) continue;
    const names = listNames(facts, call.function, call.statement, list);
    // Over the unit only a field tells one list from another.
    const fields = new Set([...names].filter((name) => !name.includes(":")));
    const made = fills.find((one) => shares(namesOf(facts, one), fields) || fields.has(fieldOf(one) ?? ""));
    if (!made || made.function.file !== call.function.file || isMappedSomewhere(facts, fields)) continue;
    found.push({ function: call.function, use: call.statement, name: call.name, list, made, how: "sync" });
  }
  return found;
}

function isMappedSomewhere(facts: Facts, fields: ReadonlySet<string>): boolean {
  const maps = facts.callsWith("map-sg");
  if (maps.some((map) => shares(namesOf(facts, map), fields) || fields.has(fieldOf(map) ?? ""))) return true;
  // A list that goes to somebody else, or into a struct of somebody else's, may be mapped there.
  const members = new Set([...fields].map((field) => field.slice(field.lastIndexOf(".") + 1).replace(/\W/g, "")));
  for (const member of members)
    for (const owner of facts.unit.functionsMentioning(member))
      for (const block of owner.blocks)
        for (const statement of block.statements) {
          if (statement.kind !== "call") continue;
          const { callee } = statement;
          const api = facts.apiOf(owner, statement);
          if (api && (passive.includes(api.effect) || syncing.includes(api.effect))) continue;
          if (callee.kind === "direct") {
            if (Object.hasOwn(preparing, callee.name) || /^(kfree|kvfree|vfree)$/.test(callee.name)) continue;
            if (facts.unit.functionNamed(callee.name, owner.file)) continue;
          }
          if (statement.arguments.some((argument) => shares(fields, listNames(facts, owner, statement, argument))))
            return true;
        }
  return false;
}

function namesOf(facts: Facts, call: ApiCall): ReadonlySet<string> {
  const list = call.argument("sg") ?? call.argument("sgt");
  return list ? listNames(facts, call.function, call.statement, list) : new Set();
}

/** The field that the argument is written as: just after it was allocated there, the value itself says nothing of it. */
function fieldOf(call: ApiCall): string | undefined {
  const list = call.argument("sg") ?? call.argument("sgt");
  const place = list && peel(list);
  return place?.kind === "read" || place?.kind === "address" ? fieldKey(place.place.steps) : undefined;
}

function shares(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  for (const name of a) if (b.has(name)) return true;
  return false;
}
