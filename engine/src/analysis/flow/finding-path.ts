/** The path of a finding: from the memory's birth to the sink, and how the sink's function calls what arrives. */
import type { Expression, PathStep, Place, ProgramFunction, StatementId } from "../../program/program.ts";
import { isTemporary } from "../../program/visit.ts";
import type { FileSpan } from "../../text/span.ts";
import type { Facts, Origin } from "../facts.ts";
import { flowOf } from "./flow.ts";
import { peel } from "../values/local-evaluation.ts";
import { workingsOf } from "../unit-facts.ts";

/** The origin's path with the sink as its last step. */
export function pathTo(
  origin: Origin,
  owner: ProgramFunction,
  statement: StatementId,
  span: FileSpan,
  note: string,
): readonly PathStep[] {
  const before = origin.path.filter(
    (step) =>
      !(
        step.file === span.file &&
        step.statement === statement &&
        step.function === owner.name &&
        step.role !== "allocate"
      ),
  );
  return [
    ...before,
    { file: span.file, start: span.start, end: span.end, function: owner.name, statement, role: "sink", note },
  ];
}

/** "dma_alloc_coherent()" for memory that a call made. */
export function makerOf(origin: Origin): string {
  const call = origin.birth?.statement.callee;
  return call?.kind === "direct" ? `${call.name}()` : "the driver";
}

/** How the source calls what arrives at a point: the place that the value is read from there, else where it was last seen. */
export function subjectAt(
  facts: Facts,
  owner: ProgramFunction,
  statement: StatementId,
  subject: Expression,
  origin: Origin,
): string {
  const place = placeRead(facts, owner, statement, subject);
  if (!place) return origin.name;
  const text = facts.textOfPlace(owner, place);
  // A parameter is somebody else's memory: each caller's is a fact of its own.
  const passed = place.steps.length === 0 && place.root.kind === "variable" && owner.parameters.includes(place.root.id);
  return passed && origin.name !== "" && origin.name !== text ? `${origin.name} (as ${text})` : text;
}

/** The place in the function from which the value of `subject` comes, if it is one named place. */
export function placeRead(
  facts: Facts,
  owner: ProgramFunction,
  statement: StatementId,
  subject: Expression,
): Place | undefined {
  const direct = peel(subject);
  const named = direct.kind === "read" && !isTemporary(owner, direct.place) ? direct.place : undefined;
  if (named && named.steps.length > 0) return named;
  const values = workingsOf(facts).provenance.localValues(owner);
  const value = values.valueAt(statement, subject);
  const symbol = value.length === 1 ? value[0]?.symbol : undefined;
  if (symbol?.kind !== "entry") return named;
  for (const id of flowOf(owner).order)
    for (const one of owner.blocks[id]?.statements ?? []) {
      if (one.id > statement || (one.kind !== "call" && one.kind !== "assign")) continue;
      const expressions = one.kind === "call" ? one.arguments : [one.value];
      for (const place of expressions.flatMap(placesIn))
        if (!isTemporary(owner, place) && values.locationAt(one.id, place).key === symbol.location.key) return place;
    }
  return named;
}

export function placesIn(expression: Expression): readonly Place[] {
  const one = peel(expression);
  switch (one.kind) {
    case "read":
      return [one.place];
    case "binary":
      return [...placesIn(one.left), ...placesIn(one.right)];
    case "unary":
      return placesIn(one.operand);
    default:
      return [];
  }
}
