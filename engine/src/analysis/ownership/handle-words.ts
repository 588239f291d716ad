/** What messages and paths call a handle and the call that made it. */
import type { PathStep } from "../../program/program.ts";
import { isTemporary } from "../../program/visit.ts";
import type { Facts } from "../facts.ts";
import type { Mapping } from "./ownership.ts";

/** How the source calls the handle: the place that it is first kept in. */
export function handleName(facts: Facts, { owner, call, track }: Mapping): string {
  const kept = [call.result, ...track.stores.map((store) => store.place)].find(
    (place) => place !== undefined && !isTemporary(owner, place),
  );
  return kept ? facts.textOfPlace(owner, kept) : "the handle";
}

/** "dma_map_single()", or "foo_map() by dma_map_single()" where a helper maps. */
export function handleMaker({ call, made }: Mapping): string {
  const mapper = `${made.api.name}()`;
  if (call === made.call) return mapper;
  return `${call.callee.kind === "direct" ? call.callee.name : "the helper"}() by ${mapper}`;
}

/** Where a helper maps for the function: the map call itself. */
export function madeSteps({ call, made }: Mapping): readonly PathStep[] {
  if (call === made.call) return [];
  return [
    {
      ...made.call.calleeSpan,
      function: made.owner.name,
      statement: made.call.id,
      role: "map",
      note: "mapped here",
    },
  ];
}
