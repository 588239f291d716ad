/**
 * Cookies that are used as addresses. With DMA_ATTR_NO_KERNEL_MAPPING dma_alloc_attrs() returns no kernel address but a word that only
 * frees and maps for user space understand: on some machines it is the struct page (kernel/dma/direct.c:237-246, linux 6.12.117).
 */
import type {
  BlockId,
  CallStatement,
  Expression,
  Place,
  ProgramFunction,
  Statement,
  StatementId,
} from "../../program/program.ts";
import {
  directName,
  expressionsOf,
  expressionsOfTerminator,
  pointersOf,
  readsOf,
  targetOf,
} from "../../program/visit.ts";
import type { FileSpan } from "../../text/span.ts";
import type { ApiCall, Facts, Origin, Point } from "../facts.ts";
import { flowOf } from "../flow/flow.ts";
import { touchedArguments } from "../ownership/ownership-access.ts";
import { workingsOf } from "../unit-facts.ts";
import { fieldKey } from "../values/field-keys.ts";
import { birthKey, forbiddenOrigins } from "../values/judgement.ts";
import { peel } from "../values/local-evaluation.ts";
import { isPointer } from "./coherent-uses.ts";

export interface CookieUse {
  readonly function: ProgramFunction;
  /** -1 for the condition or the returned value at the end of a block. */
  readonly statement: StatementId;
  readonly span: FileSpan;
  readonly origin: Origin;
  /** The cookie, as the source calls it there. */
  readonly name: string;
  /** The function that takes it for an address; undefined where the code itself follows it. */
  readonly by: string | undefined;
}

const attribute = "DMA_ATTR_NO_KERNEL_MAPPING";

/** Calls that take their argument for a kernel address: conversions, lists, maps, syncs by pointer, frees of other families. */
const addressing = [
  "virt-to-page",
  "virt-to-phys",
  "vmalloc-to-page",
  "map-streaming",
  "sg-set",
  "copies",
  "user-copy",
  "does-dma",
] as const;

/** One for each allocation, whose attribute is the mistake: the first place, in the order of the unit. */
export function cookieUses(facts: Facts): readonly CookieUse[] {
  const births = ["dma_alloc_attrs", "dmam_alloc_attrs"]
    .flatMap((name) => facts.callsTo(name))
    .filter(({ statement }) => statement.arguments.some((argument) => namesAttribute(argument)));
  if (births.length === 0) return [];
  const fields = fieldsHolding(facts, births);
  const found: CookieUse[] = [];
  const told = new Set<string>();
  const tell = (
    owner: ProgramFunction,
    at: { readonly statement: StatementId; readonly block: BlockId },
    span: FileSpan,
    pointer: Expression,
    by: string | undefined,
  ): void => {
    const point = at.statement < 0 ? { function: owner, ...at } : { function: owner, statement: at.statement };
    if (!mayHold(facts, point, pointer, fields)) return;
    const value = facts.valueOf(point, pointer);
    const [verdict] = forbiddenOrigins(value, (origin) => origin.kind === "cookie" && isPointer(origin));
    if (!verdict) return;
    const key = birthKey(verdict.origin);
    if (told.has(key)) return;
    told.add(key);
    found.push({
      function: owner,
      statement: at.statement,
      span,
      origin: verdict.origin,
      name: facts.textOf(owner, pointer),
      by,
    });
  };
  const calls = callsByFunction(facts.callsWith(...addressing));
  for (const owner of facts.unit.functions)
    for (const id of flowOf(owner).order) {
      const block = owner.blocks[id];
      if (!block) continue;
      const follow = (statement: StatementId, places: readonly Place[]): void => {
        for (const place of places)
          for (const pointer of pointersOf(place)) {
            const { file, start, end } = place;
            tell(owner, { statement, block: id }, place, { kind: "read", place: pointer, file, start, end }, undefined);
          }
      };
      for (const statement of block.statements) {
        follow(statement.id, placesOf(statement));
        if (statement.kind !== "call" || statement.callee.kind !== "direct") continue;
        for (const argument of addressesOf(statement, calls.get(statement)))
          tell(owner, { statement: statement.id, block: id }, statement.calleeSpan, argument, statement.callee.name);
      }
      follow(-1, expressionsOfTerminator(block.terminator).flatMap(readsOf));
    }
  return found;
}

function namesAttribute(expression: Expression): boolean {
  const one = peel(expression);
  if (one.kind === "binary") return namesAttribute(one.left) || namesAttribute(one.right);
  return (one.kind === "symbol" || one.kind === "constant") && one.name === attribute;
}

function callsByFunction(calls: readonly ApiCall[]): ReadonlyMap<CallStatement, ApiCall> {
  return new Map(calls.map((call) => [call.statement, call]));
}

/** The arguments of a call that must be addresses. */
function addressesOf(statement: CallStatement, call: ApiCall | undefined): readonly Expression[] {
  const name = directName(statement);
  const touched = touchedArguments(name).flatMap((at) => statement.arguments[at] ?? []);
  if (touched.length > 0 || !call || name.startsWith("dma_get_sgtable")) return touched;
  const argument = call.argument("cpu") ?? call.argument("data") ?? call.argument("address");
  return argument ? [argument] : [];
}

/** Places that a statement loads from or stores to. */
function placesOf(statement: Statement): readonly Place[] {
  const places = expressionsOf(statement).flatMap(readsOf);
  const target = targetOf(statement);
  return target ? [...places, target] : places;
}

/** Fields that the allocations' results are kept in, by their own statement or from a local of the same function. */
function fieldsHolding(
  facts: Facts,
  births: readonly { readonly function: ProgramFunction; readonly statement: CallStatement }[],
): ReadonlySet<string> {
  const fields = new Set<string>();
  for (const { function: owner, statement: birth } of births) {
    const values = workingsOf(facts).provenance.localValues(owner);
    for (const block of owner.blocks)
      for (const statement of block.statements) {
        const target = targetOf(statement);
        const key = target && fieldKey(target.steps);
        if (key === undefined) continue;
        if (statement === birth) fields.add(key);
        else if (statement.kind === "assign") {
          const held = values.valueAt(statement.id, statement.value);
          if (held.some(({ symbol }) => symbol.kind === "birth" && symbol.call === birth)) fields.add(key);
        }
      }
  }
  return fields;
}

/** Whether it is worth asking where the pointer comes from: it was read from such a field, is such a result, or was handed in. */
function mayHold(
  facts: Facts,
  { function: owner, statement, block }: Point,
  pointer: Expression,
  fields: ReadonlySet<string>,
): boolean {
  const values = workingsOf(facts).provenance.localValues(owner).valueAt(statement, pointer, block);
  return values.some(({ symbol }) => {
    if (symbol.kind === "birth") return symbol.made === "cookie";
    if (symbol.kind !== "entry" && symbol.kind !== "address" && symbol.kind !== "after")
      return symbol.kind === "result";
    const { root, steps } = symbol.location;
    const key = fieldKey(steps.filter((step) => step.kind !== "index"));
    if (key !== undefined && fields.has(key)) return true;
    return root.kind === "variable" && steps.length === 0 && owner.parameters.includes(root.id);
  });
}
