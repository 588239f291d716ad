/** Which unmap belongs to a map, as far as names of storage tell. */
import type { ApiCall, Facts } from "../facts.ts";
import { fieldKey } from "../values/field-keys.ts";
import { placesIn } from "../flow/finding-path.ts";
import { flowOf } from "../flow/flow.ts";

/** Whether no unmap in the driver names the field or local that the call's handle goes to. */
export function isNeverUnmapped(facts: Facts, call: ApiCall): boolean {
  const keys = new Set<string>();
  const { function: owner, statement } = call;
  const locals = new Set<number>();
  if (statement.result?.root.kind === "variable") locals.add(statement.result.root.id);
  const note = (key: string | undefined): void => {
    if (key !== undefined) keys.add(key);
  };
  if (statement.result) note(fieldKey(statement.result.steps));
  for (const id of flowOf(owner).order)
    for (const one of owner.blocks[id]?.statements ?? [])
      if (
        one.kind === "assign" &&
        placesIn(one.value).some(
          (place) => place.root.kind === "variable" && place.steps.length === 0 && locals.has(place.root.id),
        )
      ) {
        note(fieldKey(one.target.steps));
        if (one.target.root.kind === "variable" && one.target.steps.length === 0) locals.add(one.target.root.id);
      }
  return facts.callsWith("unmap-streaming").every((other) => {
    const handle = other.argument("handle");
    return !(handle ? placesIn(handle) : []).some((place) => {
      const key = fieldKey(place.steps);
      return (
        (key !== undefined && keys.has(key)) ||
        (other.function === owner && place.root.kind === "variable" && locals.has(place.root.id))
      );
    });
  });
}
