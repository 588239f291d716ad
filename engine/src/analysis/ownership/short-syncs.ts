/** Copies out of a received buffer that are longer than what was synced for the CPU before. */
import type { CallStatement, ProgramFunction } from "../../program/program.ts";
import { blocksAhead } from "./early-reads.ts";
import type { Facts } from "../facts.ts";
import { flowOf } from "../flow/flow.ts";
import { bufferBeside, type KeptMapping, keptMappings, mayConcern, placeOfHandle } from "./kept-mappings.ts";
import { accessesIn, type PlacedAccess } from "./kept-ownership.ts";
import { ownershipOf } from "./ownership.ts";
import { sameField } from "./ownership-fields.ts";
import { type StreamingEvent, streamingEvents, streamingValue } from "./streaming-events.ts";

export interface ShortSync {
  readonly kept: KeptMapping;
  readonly sync: StreamingEvent;
  readonly owner: ProgramFunction;
  readonly access: PlacedAccess["access"];
  readonly copy: CallStatement;
}

/** Kernel functions that copy as many bytes as their last argument says (include/linux/string.h, skbuff.h). */
const copies = new Set([
  "memcpy",
  "memmove",
  "skb_copy_to_linear_data",
  "skb_copy_to_linear_data_offset",
  "skb_put_data",
]);

/** Syncs for the CPU behind which more bytes are copied from the buffer's start than the sync names. */
export function shortSyncs(facts: Facts): readonly ShortSync[] {
  const syncs = streamingEvents(facts).filter(
    ({ step, family, offset, size }) => step === "sync-for-cpu" && family === "single" && !offset && size,
  );
  if (syncs.length === 0) return [];
  return syncs.flatMap((sync) => {
    for (const kept of keptMappings(facts)) {
      const found = shortSync(facts, sync, kept);
      if (found) return [found];
    }
    return [];
  });
}

function shortSync(facts: Facts, sync: StreamingEvent, kept: KeptMapping): ShortSync | undefined {
  const { owner, call, handle, size } = sync;
  const values = ownershipOf(facts).valuesOf(owner);
  if (!handle || !size || !values.settled || kept.map.direction !== "from-device") return undefined;
  const environment = values.before(call);
  const place = placeOfHandle(values, environment, handle);
  if (!place || (place.field !== undefined && !sameField(place.field, kept.handleField))) return undefined;
  const buffers = bufferBeside(values, environment, place.key, kept);
  const flow = flowOf(owner);
  const at = flow.locate(call.id);
  if (!at || buffers.length === 0 || !mayConcern(facts, sync, kept)) return undefined;
  // With a second sync or an unmap in the function, which bytes are the CPU's is not this sync's to say.
  const others = streamingEvents(facts).filter((one) => one.owner === owner && one !== sync && one.step !== "map");
  const synced = streamingValue(facts, owner, call, size);
  for (const { access, block, index } of accessesIn(facts, owner)) {
    const copy = flow.statement(access.statement);
    if (access.kind !== "load" || copy?.kind !== "call" || !copies.has(access.by ?? "")) continue;
    if (!buffers.some(({ object, path }) => access.at.object === object && access.at.path === path)) continue;
    const behind = block === at.block ? index > at.index : flow.dominates(at.block, block);
    const ahead = blocksAhead(owner, block);
    const ended = others.some((one) => {
      const where = flow.locate(one.call.id);
      return one.step !== "sync-for-device" && where && ahead.has(where.block) && mayConcern(facts, one, kept);
    });
    const length = copy.arguments.at(-1);
    if (!behind || ended || !length) continue;
    if (isLonger(streamingValue(facts, owner, copy, length), synced)) return { kept, sync, owner, access, copy };
  }
  return undefined;
}

/** Two constants, or the synced length with a constant added. */
function isLonger(copied: string, synced: string): boolean {
  const number = (text: string): number => (/^#\d+$/.test(text) ? Number(text.slice(1)) : Number.NaN);
  if (number(copied) > number(synced)) return true;
  return (
    !/<[XO]/.test(synced) &&
    copied.startsWith(`(${synced}+#`) &&
    /^\+#[1-9]\d*\)$/.test(copied.slice(synced.length + 1))
  );
}
