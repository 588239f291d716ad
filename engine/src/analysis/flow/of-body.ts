/** What is told by a function's body alone, for analyses that ask it of every function of a unit. */
import { BodyIndex } from "../../program/body-index.ts";
import type { ProgramFunction } from "../../program/program.ts";
import type { Facts } from "../facts.ts";

/**
 * Makes a question that each function answers by its body. Where an edit leaves the answer the same (`same`), nobody who asked is
 * asked again.
 */
export function ofBody<V>(
  answer: (owner: ProgramFunction) => V,
  same: (a: V, b: V) => boolean,
): (facts: Facts, owner: ProgramFunction) => V {
  const indexes = new WeakMap<Facts, BodyIndex<ProgramFunction, 0, V>>();
  return (facts, owner) => {
    let index = indexes.get(facts);
    if (index === undefined) {
      index = new BodyIndex((one: ProgramFunction) => new Map([[0 as const, answer(one)]]), same);
      indexes.set(facts, index);
    }
    return index.get(owner, 0) ?? answer(owner);
  };
}
