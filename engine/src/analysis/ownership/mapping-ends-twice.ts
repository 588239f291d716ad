/** Mappings that end twice, and buffers that are freed before their mapping ends: what the walks saw, where tests by hand do not hide the truth. */
import type { CallStatement, ProgramFunction } from "../../program/program.ts";
import { freesWithFragments } from "./earlier-rounds.ts";
import type { Facts } from "../facts.ts";
import { afterFailure, failureOf } from "../flow/failure-ways.ts";
import { flowOf } from "../flow/flow.ts";
import { freesPlainly } from "./mapping-ends.ts";
import { isFailure, mayUnmap, testedByHand } from "./mapping-leaks.ts";
import type { Mapping } from "./ownership.ts";
import { ownershipOf } from "./ownership.ts";
import type { MappedExit } from "./ownership-track.ts";
import { textOfValue } from "./ownership-values.ts";

export interface UnmappedTwice {
  readonly mapping: Mapping;
  /** The unmaps that may have come before. */
  readonly first: readonly CallStatement[];
  readonly again: CallStatement;
}

/** Unmaps of what has been unmapped already, in the function that maps. */
export function unmapsTwice(facts: Facts): readonly UnmappedTwice[] {
  return judged(facts).flatMap((mapping) =>
    mapping.track.doubleUnmaps.flatMap((again) => {
      const first = mapping.track.unmaps.filter(
        (one) => one !== again && flowOf(mapping.owner).follows(one.id, again.id),
      );
      // One unmap that a loop comes back to: whether the next round maps anew is often the round's own state.
      return first.length > 0 ? [{ mapping, first, again }] : [];
    }),
  );
}

export interface FreedWhileMapped {
  readonly mapping: Mapping;
  /** The function that frees: the one that maps, or its caller after the failure. */
  readonly owner: ProgramFunction;
  readonly free: CallStatement;
  /** The return with the mapping in place that leads to the free of a caller. */
  readonly exit: MappedExit | undefined;
  /** What is still mapped are the fragments of earlier rounds. */
  readonly earlierRounds: boolean;
}

/** Frees of memory that is still mapped, in the function that maps and in callers that it tells of its failure. */
export function freesWhileMapped(facts: Facts): readonly FreedWhileMapped[] {
  const whole = judged(facts).flatMap((mapping) => {
    const { owner, track } = mapping;
    const here = track.earlyFrees.map((free) => ({ mapping, owner, free, exit: undefined, earlierRounds: false }));
    return [...here, ...freedByCallers(facts, mapping)];
  });
  const known = new Set(whole.map(({ free }) => free));
  const rounds = freesWithFragments(facts)
    .filter(({ free }) => !known.has(free))
    .map(({ mapping, free }) => ({ mapping, owner: mapping.owner, free, exit: undefined, earlierRounds: true }));
  return [...whole, ...rounds];
}

/** The first free of each caller that gets told of a failure, and has the buffer still mapped. */
function freedByCallers(facts: Facts, mapping: Mapping): readonly FreedWhileMapped[] {
  const { owner, track } = mapping;
  if (track.returned) return [];
  const held = holderOf(mapping);
  if (!held) return [];
  const startOf = ({ block }: MappedExit): number => owner.blocks[block]?.terminator.start ?? 0;
  const exits = track.exits.filter((one) => isFailure(facts, mapping, one)).sort((a, b) => startOf(a) - startOf(b));
  if (exits.length === 0) return [];
  const ownership = ownershipOf(facts);
  return facts.unit.callersOf(owner).flatMap(({ caller, statement }): readonly FreedWhileMapped[] => {
    const values = ownership.valuesOf(caller);
    const given = statement.arguments[held.parameter];
    if (caller === owner || statement.callee.kind !== "direct" || !given || !values.settled) return [];
    const buffer = textOfValue(values.evaluate(values.before(statement), given));
    if (/<[JXO]/.test(buffer)) return [];
    for (const exit of exits) {
      let free: CallStatement | undefined;
      afterFailure(values, statement, failureOf(exit.value), (call, environment) => {
        if (mayUnmap(facts, caller, call)) return "end";
        const frees = call.callee.kind === "direct" && freesPlainly(call.callee.name);
        if (!frees || ownership.callees(caller, call).length > 0) return "on";
        const isOurs = call.arguments.some((one) => textOfValue(values.evaluate(environment, one)) === buffer);
        if (isOurs) free ??= call;
        return isOurs ? "end" : "on";
      });
      if (free) return [{ mapping, owner: caller, free, exit, earlierRounds: false }];
    }
    return [];
  });
}

/** The parameter whose memory, or whose packet's memory, is mapped from its start. */
function holderOf({ owner, track }: Mapping): { readonly parameter: number } | undefined {
  const { buffer } = track.site;
  if (buffer?.path !== "") return undefined;
  const variable = /^(?:<P(\d+)>|<L <P(\d+)>\.data(?:@<R\d+>)?>)$/.exec(buffer.object);
  const parameter = variable ? owner.parameters.indexOf(Number(variable[1] ?? variable[2])) : -1;
  return parameter < 0 ? undefined : { parameter };
}

function judged(facts: Facts): readonly Mapping[] {
  return ownershipOf(facts)
    .mappings("map-streaming", "map-sg", "map-resource")
    .filter((mapping) => mapping.made.api.error !== "negative-or-zero" && !testedByHand(facts, mapping));
}
