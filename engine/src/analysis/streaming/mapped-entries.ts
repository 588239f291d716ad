/**
 * Which words of a mapped scatterlist a driver gives its device. Mapping may join entries: the DMA addresses and lengths then stand
 * in the first entries, as many as dma_map_sg() returned, and `length` keeps what the CPU's side of each entry has
 * (include/linux/scatterlist.h:11-43, drivers/iommu/dma-iommu.c: __finalise_sg(), linux 6.12.117).
 */
import { isMessage } from "../../kernel/inert.ts";
import type { Block, Expression, Place, ProgramFunction, Statement } from "../../program/program.ts";
import { expressionsOf, placeKey, targetOf, walkExpression, walkPlace } from "../../program/visit.ts";
import type { ApiCall, Facts } from "../facts.ts";
import { type Ends, leadsTo } from "../flow/ways-between.ts";
import { peel } from "../values/local-evaluation.ts";
import { listNames } from "./scatter-lists.ts";
import { workingsOf } from "../unit-facts.ts";

/** An entry whose DMA address is used together with its CPU-side length. */
export interface LengthBesideAddress {
  /** The call of sg_dma_address(). */
  readonly address: ApiCall;
  /** The statement that reads the length, and the expression that does. */
  readonly statement: Statement;
  readonly read: Expression & { readonly kind: "read" };
}

/** Reads of `sg->length` in a run of code that also takes sg_dma_address() of the same entry; each read once. */
export function lengthsBesideAddresses(facts: Facts): readonly LengthBesideAddress[] {
  if (facts.callsTo("sg_dma_address").length === 0) return [];
  const { index } = workingsOf(facts);
  const stores = ["dma_address", "dma_length"].flatMap((field) => index.storesTo(`scatterlist.${field}`));
  // A file that fills in the DMA addresses itself says what the lengths mean.
  const fillers = new Set(stores.map((store) => store.function.file));
  const found: LengthBesideAddress[] = [];
  const seen = new Set<Expression>();
  for (const address of entryCalls(facts, "sg_dma_address")) {
    const entry = entryKey(address.statement.arguments[0]);
    if (
      entry === undefined ||
      fillers.has(address.function.file) ||
      mappedAlone(facts, address) ||
      asksForLength(facts, address, entry)
    )
      continue;
    for (const one of lengthReads(address.function, entry)) {
      if (seen.has(one.read) || !sameEntry(address, one)) continue;
      seen.add(one.read);
      found.push({ address, ...one });
    }
  }
  return found;
}

/** Calls of a macro of scatterlist.h that the driver has not written itself, outside of its own macros. */
function entryCalls(facts: Facts, name: string): readonly ApiCall[] {
  return facts.callsWith("sg-read").filter((call) => call.name === name && call.statement.macro === undefined);
}

/** A key for the entry that a pointer leads to: `sg` and `&list[i]`; undefined for what is no plain place. */
function entryKey(pointer: Expression | undefined): string | undefined {
  if (!pointer) return undefined;
  const one = peel(pointer);
  if (one.kind === "address") return placeKey(one.place);
  return one.kind === "read" ? `${placeKey(one.place)}*` : undefined;
}

interface LengthRead {
  readonly statement: Statement;
  readonly read: Expression & { readonly kind: "read" };
}

/** Where the length of the entry is read to be stored or handed on; what is only compared is not among them. */
function lengthReads(owner: ProgramFunction, entry: string): readonly LengthRead[] {
  const reads: LengthRead[] = [];
  for (const block of owner.blocks)
    for (const statement of block.statements) {
      if (!handsOn(statement)) continue;
      for (const expression of expressionsOf(statement))
        walkExpression(expression, (part) => {
          if (part.kind === "read" && lengthOf(part.place) === entry) reads.push({ statement, read: part });
        });
    }
  return reads;
}

/** The entry whose `length` the place is. */
function lengthOf(place: Place): string | undefined {
  const last = place.steps.at(-1);
  if (last?.kind !== "field" || last.name !== "length" || (last.record ?? "scatterlist") !== "scatterlist")
    return undefined;
  return placeKey({ ...place, steps: place.steps.slice(0, -1) });
}

/** Calls that work on the CPU's side of an entry. */
const cpuSide =
  /^(mem(cpy|set|move|dup)|get_order|free_pages|__free_pages|clflush|flush_|invalidate_|arch_|dma_(un)?map_|dma_sync_|min|max|sg_|copy_|kmap|dev_name|netif_|IS_ALIGNED|BUG)/;

function handsOn(statement: Statement): boolean {
  if (statement.kind === "assign") return true;
  if (statement.kind !== "call" || statement.callee.kind !== "direct") return false;
  const { name } = statement.callee;
  return !isMessage(name) && !cpuSide.test(name);
}

/** Whether the function asks for the DMA length of the entry as well: then it knows the two apart. */
function asksForLength(facts: Facts, address: ApiCall, entry: string): boolean {
  return entryCalls(facts, "sg_dma_len").some(
    (call) => call.function === address.function && entryKey(call.statement.arguments[0]) === entry,
  );
}

/** Whether the list is mapped one entry at a time somewhere: nothing is joined then, and the two lengths are one. */
function mappedAlone(facts: Facts, address: ApiCall): boolean {
  const pointer = address.statement.arguments[0];
  const maps = facts.callsWith("map-sg").filter((call) => isOne(call.argument("count")));
  if (maps.length === 0 || !pointer) return false;
  const names = listNames(facts, address.function, address.statement, pointer);
  return maps.some((map) => {
    const list = map.argument("sg");
    return list && [...listNames(facts, map.function, map.statement, list)].some((name) => names.has(name));
  });
}

function isOne(count: Expression | undefined): boolean {
  return count?.kind === "constant" && count.value === 1n;
}

/** Whether a way leads from the one to the other on which the pointer to the entry stays the same. */
function sameEntry(address: ApiCall, { statement, read }: LengthRead): boolean {
  const roots = variablesOf(read.place);
  const { function: owner } = address;
  const [one, other] = [address.statement.id, statement.id];
  const moving: Ends = { statement: (each) => moves(each, roots), block: (each) => movesAtEnd(each, roots) };
  return one === other || leadsTo(owner, one, other, moving) || leadsTo(owner, other, one, moving);
}

function variablesOf(place: Place): ReadonlySet<number> {
  const ids = new Set<number>();
  if (place.root.kind === "variable") ids.add(place.root.id);
  walkPlace(place, (part) => {
    if ((part.kind === "read" || part.kind === "address") && part.place.root.kind === "variable")
      ids.add(part.place.root.id);
  });
  return ids;
}

function moves(statement: Statement, variables: ReadonlySet<number>): boolean {
  if (statement.kind === "opaque") return true;
  const target = targetOf(statement);
  return target?.root.kind === "variable" && target.steps.length === 0 && variables.has(target.root.id);
}

function movesAtEnd({ terminator }: Block, variables: ReadonlySet<number>): boolean {
  return (
    terminator.kind === "iterate" &&
    terminator.assigns.some((place) => place.root.kind === "variable" && variables.has(place.root.id))
  );
}
