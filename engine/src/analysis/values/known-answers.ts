/** Answers about values that were given already: many rules ask for the same pointer at the same place. */
import { knownMap, type KnownMap } from "../../program/dependencies.ts";
import type { Expression, Place, ProgramFunction, StatementId } from "../../program/program.ts";
import type { Value } from "../facts.ts";
import type { Location } from "./symbols.ts";

/** An expression itself, or what `readKey` makes of one that reads storage. */
export type AnswerKey = Expression | string;

/** The answers about one unit. */
export class KnownAnswers {
  readonly #known = new Map<ProgramFunction, Map<string, KnownMap<AnswerKey, Value>>>();

  /** Those for one point, to look into and to add to. */
  at(owner: ProgramFunction, statement: StatementId, block: number | undefined): KnownMap<AnswerKey, Value> {
    let points = this.#known.get(owner);
    if (!points) {
      points = new Map();
      this.#known.set(owner, points);
    }
    const point = `${statement} ${block ?? ""}`;
    let answers = points.get(point);
    if (!answers) {
      answers = knownMap();
      points.set(point, answers);
    }
    return answers;
  }
}

/** Equal for reads of the same storage as the same kind of thing: rules make up expressions of their own for what they ask. */
export function readKey(location: Location, place: Place): string {
  let key = `${place.type.kind} ${location.key}`;
  for (const step of location.steps) if (step.kind === "field") key += ` ${step.record ?? ""}`;
  return key;
}
