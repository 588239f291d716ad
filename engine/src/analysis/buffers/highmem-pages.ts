/** Pages that may lie in highmem, and their addresses: page_address() is NULL for them (Documentation/mm/highmem.rst, 6.12.117). */
import type { CallStatement, Expression, PathStep, ProgramFunction } from "../../program/program.ts";
import { textBetween } from "../../program/lower-c-file.ts";
import { userPagesAt } from "../aliases/user-page-names.ts";
import type { Facts, Origin } from "../facts.ts";
import { makerOf, pathTo } from "../flow/finding-path.ts";
import { flowOf } from "../flow/flow.ts";
import { listNames } from "../streaming/scatter-lists.ts";
import { forbiddenOrigins } from "../values/judgement.ts";

export interface HighmemAddress {
  readonly function: ProgramFunction;
  readonly call: CallStatement;
  /** "page_address" */
  readonly name: string;
  /** The page, or the entry of a list, as the source has it. */
  readonly subject: string;
  /** Where the page comes from: "alloc_page()", "a page of user space, pin_user_pages_fast()". */
  readonly source: string;
  readonly path: readonly PathStep[];
}

/** Addresses taken of pages that were allocated with a highmem mask, or that user space brought; and of list entries that hold one. */
export function highmemAddresses(facts: Facts): readonly HighmemAddress[] {
  const found: HighmemAddress[] = [];
  for (const call of facts.callsWith("page-to-virt")) {
    const { function: owner, statement, name } = call;
    const page = call.argument("page");
    const source = page && sourceOf(facts, owner, statement, page);
    if (source) found.push(addressAt(owner, statement, name, facts.textOf(owner, page), source));
  }
  for (const { function: owner, statement } of facts.callsTo("sg_virt")) {
    const entry = statement.arguments[0];
    const source = entry && sourceOfEntry(facts, owner, statement, entry);
    if (source) found.push(addressAt(owner, statement, "sg_virt", `the page of ${facts.textOf(owner, entry)}`, source));
  }
  return found;
}

interface Source {
  readonly text: string;
  /** The steps to the address, without it. */
  readonly path: readonly PathStep[];
}

function addressAt(
  owner: ProgramFunction,
  call: CallStatement,
  name: string,
  subject: string,
  source: Source,
): HighmemAddress {
  const step: PathStep = {
    ...call.calleeSpan,
    function: owner.name,
    statement: call.id,
    role: "sink",
    note: "address taken here",
  };
  const { text, path } = source;
  return { function: owner, call, name, subject, source: text, path: [...path, step] };
}

/** Where a page comes from, if it may lie in highmem. */
function sourceOf(facts: Facts, owner: ProgramFunction, call: CallStatement, page: Expression): Source | undefined {
  const value = facts.valueOf({ function: owner, statement: call.id }, page);
  const origin = forbiddenOrigins(value, (one) => isHighmem(facts, one))[0]?.origin;
  if (origin) return { text: makerOf(origin), path: pathTo(origin, owner, call.id, call.calleeSpan, "").slice(0, -1) };
  const user = userPagesAt(facts, owner, call, page);
  if (!user) return undefined;
  const step = { ...user.get.calleeSpan, function: owner.name, statement: user.get.id };
  return {
    text: `a page of user space, ${user.name}()`,
    path: [{ ...step, role: "allocate", note: "taken from user space here" }],
  };
}

/** Functions that put a page, or an array of pages, into a list, and which argument that is (include/linux/scatterlist.h, 6.12.117). */
const fillers: Readonly<Record<string, number>> = {
  sg_set_page: 1,
  sg_assign_page: 1,
  sg_alloc_table_from_pages: 1,
  sg_alloc_table_from_pages_segment: 1,
};

/** The page that the same function has put into the list before, where every page that it puts in may lie in highmem. */
function sourceOfEntry(
  facts: Facts,
  owner: ProgramFunction,
  call: CallStatement,
  entry: Expression,
): Source | undefined {
  let names: ReadonlySet<string> | undefined;
  let first: Source | undefined;
  for (const [name, at] of Object.entries(fillers))
    for (const filler of facts.callsIn(owner, name)) {
      const [list] = filler.arguments;
      const page = filler.arguments[at];
      if (!list || !page || !flowOf(owner).follows(filler.id, call.id)) continue;
      names ??= listNames(facts, owner, call, entry);
      const known = names;
      if (![...listNames(facts, owner, filler, list)].some((one) => known.has(one))) continue;
      const source = sourceOf(facts, owner, filler, page);
      if (!source) return undefined;
      first ??= source;
    }
  return first;
}

function isHighmem(facts: Facts, origin: Origin): boolean {
  const { birth, api } = origin;
  // The page of alloc_pages() itself: nothing was made of it yet.
  if (api?.handle !== "page" || origin.conversions.length > 0) return false;
  const at = api.parameters.findIndex((one) => one.role === "gfp");
  const mask = birth?.statement.arguments[at];
  if (!birth || !mask) return false;
  const text = textBetween(facts.unit, mask.file, mask.start, mask.end);
  return /\bGFP_HIGHUSER|\b__GFP_HIGHMEM/.test(text) && !/~\s*__GFP_HIGHMEM/.test(text);
}
