/** Mappings that end twice, and buffers that are freed before their mapping ends: what the walks saw, where tests by hand do not hide the truth. */
import type { CallStatement } from "../program/program.ts";
import type { Facts } from "./facts.ts";
import { flowOf } from "./flow.ts";
import { testedByHand } from "./mapping-leaks.ts";
import type { Mapping } from "./ownership.ts";
import { ownershipOf } from "./ownership.ts";

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
      const first = mapping.track.unmaps.filter((one) => one !== again && comesBefore(mapping, one, again));
      // One unmap that a loop comes back to: whether the next round maps anew is often the round's own state.
      return first.length > 0 ? [{ mapping, first, again }] : [];
    }),
  );
}

export interface FreedWhileMapped {
  readonly mapping: Mapping;
  readonly free: CallStatement;
}

/** Frees of memory that is still mapped, in the function that maps. */
export function freesWhileMapped(facts: Facts): readonly FreedWhileMapped[] {
  return judged(facts).flatMap((mapping) => mapping.track.earlyFrees.map((free) => ({ mapping, free })));
}

function judged(facts: Facts): readonly Mapping[] {
  return ownershipOf(facts)
    .mappings("map-streaming", "map-sg", "map-resource")
    .filter((mapping) => mapping.made.api.error !== "negative-or-zero" && !testedByHand(facts, mapping));
}

function comesBefore({ owner }: Mapping, one: CallStatement, other: CallStatement): boolean {
  const flow = flowOf(owner);
  const from = flow.locate(one.id);
  const to = flow.locate(other.id);
  if (!from || !to) return false;
  return from.block === to.block ? from.index < to.index : flow.reaches(from.block, to.block);
}
