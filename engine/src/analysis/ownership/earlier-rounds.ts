/**
 * Fragments of a packet that are mapped round by round: when one cannot be mapped, those of the rounds before are still mapped, and
 * the packet that holds them must not be freed.
 */
import { directName } from "../../program/visit.ts";
import type { CallStatement } from "../../program/program.ts";
import { afterFailure } from "../flow/failure-ways.ts";
import type { Facts } from "../facts.ts";
import { flowOf } from "../flow/flow.ts";
import { freesPlainly, unmapping } from "./mapping-ends.ts";
import { mayUnmap, testedByHand } from "./mapping-leaks.ts";
import type { Mapping } from "./ownership.ts";
import { ownershipOf } from "./ownership.ts";
import { type OwnershipValues, textOfValue } from "./ownership-values.ts";

export interface FreedWithFragments {
  readonly mapping: Mapping;
  readonly free: CallStatement;
}

/** Frees of a packet behind the failed map of a fragment, where nothing on any way from there may unmap the fragments before it. */
export function freesWithFragments(facts: Facts): readonly FreedWithFragments[] {
  if (facts.callsTo("skb_frag_dma_map").length === 0) return [];
  return ownershipOf(facts)
    .mappings("map-streaming")
    .flatMap((mapping) => {
      const { owner, call, made, track } = mapping;
      const place = flowOf(owner).locate(call.id);
      if (made.api.name !== "skb_frag_dma_map" || !place || !flowOf(owner).reaches(place.block, place.block)) return [];
      const values = ownershipOf(facts).valuesOf(owner);
      const packet = values.settled && !testedByHand(facts, mapping) ? packetOf(values, mapping) : undefined;
      if (packet === undefined) return [];
      for (const check of track.checks) {
        const free = freeAfter(facts, values, mapping, check, packet);
        if (free) return [{ mapping, free }];
      }
      return [];
    });
}

function freeAfter(
  facts: Facts,
  values: OwnershipValues,
  { owner, call: map, track }: Mapping,
  check: CallStatement,
  packet: string,
): CallStatement | undefined {
  const at = values.before(check);
  // Of all tests that may be about the handle, the one that certainly is.
  const isOurs = check.arguments.some((one) => track.site.handles.includes(textOfValue(values.evaluate(at, one))));
  if (!isOurs) return undefined;
  const frees: CallStatement[] = [];
  const unmaps: CallStatement[] = [];
  afterFailure(values, check, { value: undefined, negative: true }, (call, environment) => {
    if (call === map) return "end";
    const texts = call.arguments.map((one) => textOfValue(values.evaluate(environment, one)));
    const api = ownershipOf(facts).api(owner, call);
    if (mayUnmap(facts, owner, call)) {
      const isOther = api && unmapping.has(api.effect) && texts.some((text) => isOtherMap(facts, values, map, text));
      if (!isOther) unmaps.push(call);
      return isOther ? "on" : "end";
    }
    const name = directName(call);
    if (!freesPlainly(name) || !texts.includes(packet)) return "on";
    frees.push(call);
    return "end";
  });
  return unmaps.length > 0 ? undefined : frees[0];
}

/** The handle that another map of the function gave. */
function isOtherMap(facts: Facts, values: OwnershipValues, map: CallStatement, text: string): boolean {
  const made = /^<R(\d+)>$/.exec(text);
  const from = made && flowOf(values.owner).statement(Number(made[1]));
  if (from?.kind !== "call" || from === map) return false;
  return ownershipOf(facts).api(values.owner, from)?.effect === "map-streaming";
}

/** The packet whose fragment is mapped: what skb_shinfo() was asked about. */
function packetOf(values: OwnershipValues, { call }: Mapping): string | undefined {
  const fragment = call.arguments[1];
  const made = fragment && /^<R(\d+)>$/.exec(values.evaluate(values.before(call), fragment).object);
  const from = made && flowOf(values.owner).statement(Number(made[1]));
  if (from?.kind !== "call" || from.callee.kind !== "direct" || from.callee.name !== "skb_shinfo") return undefined;
  const [packet] = from.arguments;
  const text = packet && textOfValue(values.evaluate(values.before(from), packet));
  return text !== undefined && /^<[PRL]/.test(text) && !/<[JXOA]/.test(text) ? text : undefined;
}
