/**
 * Handles that stand for no mapping any more, or never did, and that are unmapped all the same: the handle of a map that failed
 * (DMA_MAPPING_ERROR, all bits set), and the one that a function unmapped before it failed and left in its field for the caller.
 */
import { KnownOf } from "../../program/dependencies.ts";
import type { BlockId, CallStatement, ProgramFunction } from "../../program/program.ts";
import type { Facts } from "../facts.ts";
import { afterFailure, failureOf } from "../flow/failure-ways.ts";
import { flowOf } from "../flow/flow.ts";
import { unmapping } from "./mapping-ends.ts";
import { isFailureText, testedByHand } from "./mapping-leaks.ts";
import type { Mapping } from "./ownership.ts";
import { ownershipOf } from "./ownership.ts";
import { conditionOf, outcomes, truthOf } from "./ownership-conditions.ts";
import { type Environment, type OwnershipValues, resultName, textOfValue } from "./ownership-values.ts";

export interface DeadHandle {
  readonly mapping: Mapping;
  /** The map failed, or its mapping has been unmapped by `before`. */
  readonly why: "failed" | "unmapped";
  /** The test that said so, or the unmap. */
  readonly before: CallStatement;
  /** The function that unmaps, and the call. */
  readonly owner: ProgramFunction;
  readonly unmap: CallStatement;
  /** The call by which a caller got there after the failure. */
  readonly by: { readonly caller: ProgramFunction; readonly call: CallStatement } | undefined;
}

const known = new KnownOf<Facts, readonly DeadHandle[]>();

/** Unmaps of dead handles, each once; by file and place of the map. */
export function deadHandles(facts: Facts): readonly DeadHandle[] {
  const before = known.get(facts);
  if (before) return before;
  const found = new Map<CallStatement, DeadHandle>();
  for (const mapping of ownershipOf(facts).mappings("map-streaming", "map-resource")) {
    if (testedByHand(facts, mapping) || mapping.call !== mapping.made.call) continue;
    for (const one of deadBy(facts, mapping)) if (!found.has(one.unmap)) found.set(one.unmap, one);
  }
  const all = [...found.values()];
  known.set(facts, all);
  return all;
}

function* deadBy(facts: Facts, mapping: Mapping): Iterable<DeadHandle> {
  const { track, owner } = mapping;
  const values = ownershipOf(facts).valuesOf(owner);
  if (!values.settled) return;
  const handle = resultName(mapping.call);
  for (const [why, calls] of [
    ["failed", track.checks],
    ["unmapped", track.unmaps],
  ] as const)
    for (const before of calls) {
      // The walk takes each test that may be about the handle; here it has to be about this very one.
      const tested = handleOf(facts, owner, before);
      if (!tested || (why === "failed" && textOfValue(values.evaluate(values.before(before), tested)) !== handle))
        continue;
      const way = straightWay(facts, values, before, handle, why);
      if (way.unmap && why === "failed") yield { mapping, why, before, owner, unmap: way.unmap, by: undefined };
      if (way.returned === undefined || !isFailureText(way.returned)) continue;
      for (const key of way.keys) yield* unmappedByCallers(facts, mapping, why, before, way.returned, key);
    }
}

interface Way {
  /** The unmap of the very handle that the way leads to. */
  readonly unmap?: CallStatement;
  /** The value that is returned at its end. */
  readonly returned?: string;
  /** Storage that holds the handle there, by its name. */
  readonly keys: readonly string[];
}

/** Blocks on a way; longer ones end nowhere. */
const longest = 200;

/** The way behind a call, as long as every branch on it is decided: by the call's result, by constants, by the handle not being 0. */
function straightWay(
  facts: Facts,
  values: OwnershipValues,
  from: CallStatement,
  handle: string,
  why: DeadHandle["why"],
): Way {
  const ownership = ownershipOf(facts);
  const start = flowOf(values.owner).locate(from.id);
  let at: { readonly block: BlockId; readonly index: number } | undefined = start;
  const truths = new Map<string, boolean>([[handle, true]]);
  if (why === "failed") truths.set(resultName(from), true);
  const names = new Set([handle]);
  const given = handleOf(facts, values.owner, from);
  // At the unmap the handle may have a join's name: it is this very handle, the walk has seen it come.
  if (given) names.add(textOfValue(values.evaluate(values.before(from), given)));
  const seen = new Set<BlockId>();
  for (let steps = 0; at && steps < longest; steps++) {
    const body = values.owner.blocks[at.block];
    if (!body || seen.has(at.block)) return { keys: [] };
    seen.add(at.block);
    const environment = values.entryOf(at.block);
    for (const [index, statement] of body.statements.entries()) {
      if ((at.block !== start?.block || index > at.index) && statement.kind === "call") {
        if (endsWith(ownership.api(values.owner, statement)?.effect)) {
          const argument = handleOf(facts, values.owner, statement);
          if (argument && names.has(textOfValue(values.evaluate(environment, argument))))
            return { unmap: statement, keys: [] };
        }
      }
      values.step(environment, statement);
    }
    const { terminator }: { terminator: (typeof body)["terminator"] } = body;
    if (terminator.kind === "return") {
      const returned = terminator.value ? textOfValue(values.evaluate(environment, terminator.value)) : "";
      const held = [...environment].filter(([key, { value }]) => key.includes(".") && names.has(textOfValue(value)));
      return { returned, keys: held.map(([key]) => key) };
    }
    const ways = outcomes(values, environment, terminator, truths);
    const [only, ...others] = ways;
    if (!only || others.length > 0 || terminator.kind === "iterate") return { keys: [] };
    for (const { name, key } of values.joinsOf(only.target)) {
      const coming = values.heldAtExit(at.block, key);
      const text = textOfValue(coming);
      names.delete(name);
      if (names.has(text)) names.add(name);
      const truth = names.has(text) ? true : truthOf(truths, coming);
      if (truth === undefined) truths.delete(name);
      else truths.set(name, truth);
    }
    at = { block: only.target, index: -1 };
  }
  return { keys: [] };
}

function endsWith(effect: string | undefined): boolean {
  return effect !== undefined && [...unmapping].some((one) => one === effect);
}

function handleOf(
  facts: Facts,
  owner: ProgramFunction,
  call: CallStatement,
): CallStatement["arguments"][number] | undefined {
  const at = ownershipOf(facts)
    .api(owner, call)
    ?.parameters.findIndex((one) => one.role === "handle");
  return at === undefined || at < 0 ? undefined : call.arguments[at];
}

/** What callers do with an object that a failed call left a dead handle in: hand it to a function that unmaps it. */
function* unmappedByCallers(
  facts: Facts,
  mapping: Mapping,
  why: DeadHandle["why"],
  before: CallStatement,
  returned: string,
  key: string,
): Iterable<DeadHandle> {
  const ownership = ownershipOf(facts);
  const place = /^<P(\d+)>((?:\.\w+)+)$/.exec(key);
  const parameter = place ? mapping.owner.parameters.indexOf(Number(place[1])) : -1;
  if (!place || parameter < 0) return;
  for (const { caller, statement } of facts.unit.callersOf(mapping.owner)) {
    const values = ownership.valuesOf(caller);
    const given = statement.arguments[parameter];
    if (caller === mapping.owner || statement.callee.kind !== "direct" || !given || !values.settled) continue;
    const object = textOfValue(values.evaluate(values.before(statement), given));
    if (/<[XO]/.test(object)) continue;
    const found: DeadHandle[] = [];
    afterFailure(values, statement, failureOf(returned), (call, environment) => {
      for (const callee of ownership.callees(caller, call))
        for (const [index, argument] of call.arguments.entries()) {
          if (textOfValue(values.evaluate(environment, argument)) !== object) continue;
          const unmap = unmapsField(facts, callee, index, place[2] ?? "");
          if (unmap) found.push({ mapping, why, before, owner: callee, unmap, by: { caller, call } });
        }
      // Whoever gets the object may renew its handle; the unmap itself ends the question.
      return call.arguments.some((one) => textOfValue(values.evaluate(environment, one)) === object) ? "end" : "on";
    });
    yield* found.slice(0, 1);
  }
}

/** The unmap of a parameter's field, where nothing decides over it but whether the field is 0. */
function unmapsField(facts: Facts, owner: ProgramFunction, parameter: number, path: string): CallStatement | undefined {
  const ownership = ownershipOf(facts);
  const values = ownership.valuesOf(owner);
  const variable = owner.parameters[parameter];
  if (variable === undefined || !values.settled) return undefined;
  const held = `<L <P${variable}>${path}>`;
  for (const block of owner.blocks)
    for (const statement of block.statements) {
      if (statement.kind !== "call" || !endsWith(ownership.api(owner, statement)?.effect)) continue;
      const handle = handleOf(facts, owner, statement);
      if (!handle || textOfValue(values.evaluate(values.before(statement), handle)) !== held) continue;
      if (
        flowOf(owner)
          .edgesTo(block.id)
          .every((edge) => asksForZero(values, edge, held))
      )
        return statement;
    }
  return undefined;
}

function asksForZero(
  values: OwnershipValues,
  edge: { readonly from: BlockId; readonly to: BlockId },
  held: string,
): boolean {
  const terminator = values.owner.blocks[edge.from]?.terminator;
  if (terminator?.kind !== "branch") return false;
  const environment: Environment = values.exitOf(edge.from);
  const { name } = conditionOf(values, environment, terminator.condition);
  if (name !== held) return false;
  return outcomes(values, environment, terminator, new Map([[held, true]])).some(({ target }) => target === edge.to);
}
