/**
 * Which scatterlist a pointer belongs to. A list in an sg_table is named by the table, whether the driver hands over the table or
 * its `sgl`; an entry that a for_each_sg() loop stands on is named by the loop's list.
 */
import type {
  BlockId,
  CallStatement,
  Expression,
  ProgramFunction,
  Statement,
  Terminator,
} from "../../program/program.ts";
import type { Facts } from "../facts.ts";
import { fieldKey, recordAt } from "../values/field-keys.ts";
import { placesIn } from "../flow/finding-path.ts";
import { flowOf, successors } from "../flow/flow.ts";
import { peel } from "../values/local-evaluation.ts";
import { type Location, makeLocation, type Symbol } from "../values/symbols.ts";
import { workingsOf } from "../unit-facts.ts";

/** Loops over entries; the list is their first argument (include/linux/scatterlist.h:195-212, linux 6.12.117). */
const entryLoops = new Set(["for_each_sg", "for_each_sgtable_sg", "for_each_sgtable_dma_sg"]);

/** Callers to look through for a list that is handed down as a parameter. */
const deepest = 3;

/**
 * Names of the list behind a pointer to an entry or to an sg_table, just before `call`. Two pointers with a name in common mean one
 * list: the field that holds it, over the unit, or its storage in a function.
 */
export function listNames(
  facts: Facts,
  owner: ProgramFunction,
  call: CallStatement,
  pointer: Expression,
): ReadonlySet<string> {
  const names = new Set<string>();
  collect(facts, owner, call.id, undefined, pointer, names, 0);
  return names;
}

/** The names of `pointer` before a statement, or before the terminator of `block` where the statement is -1. */
function collect(
  facts: Facts,
  owner: ProgramFunction,
  statement: number,
  block: BlockId | undefined,
  pointer: Expression,
  names: Set<string>,
  depth: number,
): void {
  const one = peel(pointer);
  const loop = statement >= 0 ? entryLoopOver(owner, statement, one) : undefined;
  const list = loop?.terminator.arguments[0];
  if (loop && list) {
    collect(facts, owner, -1, loop.block, list, names, depth);
    return;
  }
  const values = workingsOf(facts).provenance.localValues(owner);
  const value = values.valueAt(statement, pointer, block);
  const locations = value.map(({ symbol }) => locationOf(symbol));
  // Only where nobody knows what a variable holds is it the variable that names the list.
  if (value.length === 0 || locations.includes(undefined))
    for (const place of one.kind === "address" ? [one.place] : placesIn(pointer))
      locations.push(values.locationAt(statement, place, block));
  for (const location of locations) {
    if (!location) continue;
    const base = listAt(location);
    addNames(owner, base, names);
    const parameter =
      base.root.kind === "variable" && base.steps.length === 0 ? owner.parameters.indexOf(base.root.id) : -1;
    if (parameter < 0 || depth >= deepest) continue;
    for (const { caller, statement: site } of facts.unit.callersOf(owner)) {
      const argument = site.arguments[parameter];
      if (argument) collect(facts, caller, site.id, undefined, argument, names, depth + 1);
    }
  }
}

/** What a symbol says about the storage: where the pointer was held, what it is the address of, or the call that made it. */
function locationOf(symbol: Symbol): Location | undefined {
  switch (symbol.kind) {
    case "entry":
    case "address":
    case "after":
      return symbol.location;
    case "result":
    case "birth":
      return makeLocation({ kind: "symbol", symbol }, [], { kind: "unknown" });
    default:
      return undefined;
  }
}

/** The table that holds the list where it is the `sgl` of one; dereferences and indices at the end do not count. */
function listAt(location: Location): Location {
  let { steps } = location;
  for (;;) {
    const last = steps.at(-1);
    if (!last || (last.kind === "field" && !isTableList(location, steps.length - 1))) break;
    steps = steps.slice(0, -1);
  }
  return makeLocation(location.root, steps, { kind: "unknown" });
}

function isTableList({ steps }: Location, at: number): boolean {
  const step = steps[at];
  return step?.kind === "field" && step.name === "sgl" && recordAt(steps, at) === "sg_table";
}

function addNames(owner: ProgramFunction, list: Location, names: Set<string>): void {
  const key = fieldKey(list.steps);
  if (key !== undefined) names.add(key);
  names.add(list.root.kind === "global" ? `${owner.file}:${list.key}` : `${owner.file}:${owner.name}:${list.key}`);
}

/** A loop over entries, and the block that it starts from. */
export interface EntryLoop {
  readonly block: BlockId;
  readonly terminator: Terminator & { readonly kind: "iterate" };
}

/** The loop whose entry the variable is at a statement: reached from the body before anything else moves the variable on. */
export function entryLoopOver(owner: ProgramFunction, statement: number, pointer: Expression): EntryLoop | undefined {
  if (pointer.kind !== "read" || pointer.place.root.kind !== "variable" || pointer.place.steps.length > 0)
    return undefined;
  const { id } = pointer.place.root;
  const flow = flowOf(owner);
  const at = flow.locate(statement);
  const moves = ({ terminator }: { readonly terminator: Terminator }): boolean =>
    terminator.kind === "iterate" &&
    terminator.assigns.some((one) => one.root.kind === "variable" && one.root.id === id && one.steps.length === 0);
  for (const block of flow.order) {
    const header = owner.blocks[block];
    if (!at || !header || header.terminator.kind !== "iterate" || !moves(header)) continue;
    if (!entryLoops.has(header.terminator.macro)) continue;
    const seen = new Set<BlockId>([header.terminator.body]);
    for (const next of seen) {
      const body = owner.blocks[next];
      if (!body) continue;
      const end = next === at.block ? at.index : body.statements.length;
      const assigned = body.statements.slice(0, end).some((one) => writes(one, id));
      if (next === at.block && !assigned) return { block, terminator: header.terminator };
      if (assigned || moves(body)) continue;
      for (const successor of successors(body.terminator)) seen.add(successor);
    }
  }
  return undefined;
}

function writes(statement: Statement, id: number): boolean {
  const target =
    statement.kind === "assign" ? statement.target : statement.kind === "call" ? statement.result : undefined;
  return target?.root.kind === "variable" && target.root.id === id && target.steps.length === 0;
}
