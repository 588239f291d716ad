/**
 * Handles that are kept in fields which no unmap of the unit reads: whoever fails with such a mapping in place has lost it, since nobody
 * can end it any more.
 */
import type { Facts } from "../facts.ts";
import { fieldKey } from "../values/field-keys.ts";
import { placesIn } from "../flow/finding-path.ts";
import { flowOf } from "../flow/flow.ts";
import { partnersOf } from "./mapping-partners.ts";
import type { Mapping } from "./ownership.ts";
import { fieldName, sameField } from "./ownership-fields.ts";
import { peel } from "../values/local-evaluation.ts";
import { type StreamingEvent, streamingEvents } from "./streaming-events.ts";

/** Whether the handle is kept in fields of the unit's own records, and no unmap of the unit can be given it. */
export function isKeptForNobody(facts: Facts, mapping: Mapping): boolean {
  const { track, owner, call } = mapping;
  const fields: string[] = [];
  for (const { place } of track.stores) {
    if (place.root.kind === "variable" && place.steps.length === 0 && owner.variables[place.root.id]?.kind !== "static")
      continue;
    const key = fieldKey(place.steps);
    // What is kept in another subsystem's struct may be unmapped there.
    if (key === undefined || !facts.unit.records.has(key.slice(0, key.indexOf(".")))) return false;
    fields.push(key.replace(/\*+$/, ""));
  }
  if (fields.length === 0 || isMadeOnce(mapping, fields)) return false;
  return streamingEvents(facts).every(
    (event) => event.step !== "unmap" || event.family === "sg" || !mayBeGiven(facts, event, call, fields),
  );
}

/** The map is behind a test of the field: it is made once, and a later try goes on with it. */
function isMadeOnce({ owner, call }: Mapping, fields: readonly string[]): boolean {
  const flow = flowOf(owner);
  const at = flow.locate(call.id);
  if (!at) return true;
  return flow.edgesTo(at.block).some(({ from }) => {
    const terminator = owner.blocks[from]?.terminator;
    if (terminator?.kind !== "branch") return false;
    return placesIn(terminator.condition).some((place) => {
      const name = fieldName(place);
      return name !== undefined && fields.some((field) => sameField(field, name));
    });
  });
}

function mayBeGiven(facts: Facts, event: StreamingEvent, map: Mapping["call"], fields: readonly string[]): boolean {
  const partners = partnersOf(facts, event);
  if (partners.some(({ maps }) => maps.some((one) => one.call === map))) return true;
  if (partners.length > 0 && partners.every(({ complete }) => complete)) return false;
  const handle = event.handle && peel(event.handle);
  const name = handle?.kind === "read" && handle.place.steps.length > 0 ? fieldName(handle.place) : undefined;
  return name === undefined || fields.some((field) => sameField(field, name));
}
