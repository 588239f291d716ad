/**
 * Maps and unmaps that leave the caches alone (DMA_ATTR_SKIP_CPU_SYNC) where no sync of the driver does their work: the attribute is a
 * promise to sync by hand (Documentation/core-api/dma-attributes.rst:46-68, linux 6.12.117).
 */
import type { CallStatement, ProgramFunction } from "../../program/program.ts";
import { runsOnlyAtTheEnds } from "../flow/driver-phases.ts";
import type { Facts } from "../facts.ts";
import { flowOf } from "../flow/flow.ts";
import { syncsByOtherMeans } from "./kept-mappings.ts";
import { blocksOpen } from "./kept-ownership.ts";
import { partnersOf } from "./mapping-partners.ts";
import { type StreamingEvent, streamingEvents, streamingValue } from "./streaming-events.ts";

/** Whether the call says DMA_ATTR_SKIP_CPU_SYNC, alone or with other attributes. */
export function skipsSync(facts: Facts, event: StreamingEvent): boolean {
  if (!event.hasAttributes) return false;
  const at = event.api.parameters.findIndex((one) => one.role === "attrs");
  const argument = event.call.arguments[at];
  if (!argument) return false;
  const text = streamingValue(facts, event.owner, event.call, argument);
  const number = /^#(\d+)$/.exec(text)?.[1];
  // Numbers are what constants of the unit's own headers come to; 32 is the flag (include/linux/dma-mapping.h:37).
  if (number !== undefined) return (Number(number) & 32) !== 0;
  return /^[($|#\w)]*\$DMA_ATTR_SKIP_CPU_SYNC\b[($|#\w)]*$/.test(text);
}

/** Maps that skip the sync in a driver that syncs no such mapping for the device, ever. */
export function neverSyncedMaps(facts: Facts): readonly StreamingEvent[] {
  const maps = streamingEvents(facts).filter(
    (event) => event.step === "map" && event.family !== "resource" && skipsSync(facts, event),
  );
  if (maps.length === 0 || syncsByOtherMeans(facts)) return [];
  const exporters = bufferExporters(facts);
  return maps.filter(
    (map) =>
      !exporters.has(map.owner) &&
      !isZeroPage(facts, map) &&
      !streamingEvents(facts).some((event) => event.step === "sync-for-device" && mayBelong(facts, event, map)),
  );
}

/** Nobody has written to the kernel's page of zeros since it booted: no line of it is dirty. */
function isZeroPage(facts: Facts, { owner, buffer }: StreamingEvent): boolean {
  return buffer !== undefined && facts.textOf(owner, buffer).startsWith("ZERO_PAGE(");
}

/**
 * Unmaps that skip the sync while the device runs, of memory that the device wrote, in a driver where no sync and no other unmap ever
 * makes it visible to the CPU.
 */
export function neverSyncedUnmaps(facts: Facts): readonly StreamingEvent[] {
  const unmaps = streamingEvents(facts).filter(
    (event) =>
      event.step === "unmap" &&
      (event.direction === "from-device" || event.direction === "bidirectional") &&
      skipsSync(facts, event),
  );
  if (unmaps.length === 0 || syncsByOtherMeans(facts)) return [];
  const exporters = bufferExporters(facts);
  return unmaps.filter((unmap) => {
    if (exporters.has(unmap.owner) || runsOnlyAtTheEnds(facts, unmap.owner) || !outlives(unmap)) return false;
    return !streamingEvents(facts).some(
      (event) =>
        event !== unmap &&
        event.family === unmap.family &&
        event.direction !== "to-device" &&
        (event.step === "sync-for-cpu" || (event.step === "unmap" && !skipsSync(facts, event))),
    );
  });
}

/** Whether some way from the unmap leads out of the function without a free: memory that is freed at once is not read any more. */
function outlives({ owner, call }: StreamingEvent): boolean {
  const at = flowOf(owner).locate(call.id);
  if (!at) return false;
  const frees = (one: CallStatement): boolean =>
    one.callee.kind === "direct" && /free|put_page|consume_skb/.test(one.callee.name);
  return blocksOpen(owner, at, frees).some(
    ({ block, until }) => until === Number.MAX_SAFE_INTEGER && owner.blocks[block]?.terminator.kind === "return",
  );
}

/** Whether a sync may be about what the map made. */
function mayBelong(facts: Facts, event: StreamingEvent, map: StreamingEvent): boolean {
  if (event.family !== map.family) return false;
  const partners = partnersOf(facts, event);
  if (partners.length === 0 || !partners.every(({ complete }) => complete)) return true;
  return partners.some(({ maps }) => maps.some((one) => one.call === map.call));
}

/** What a dma_buf exporter maps for an importer is synced by begin_cpu_access and end_cpu_access, and belongs to others. */
function bufferExporters(facts: Facts): ReadonlySet<ProgramFunction> {
  const found = new Set<ProgramFunction>();
  for (const table of facts.unit.opsTables) {
    if (table.record !== "dma_buf_ops") continue;
    for (const { value } of table.entries) {
      const target = facts.unit.functionNamed(value, table.file);
      if (target) found.add(target);
    }
  }
  for (const owner of found) for (const { target } of facts.unit.calleesOf(owner)) found.add(target);
  return found;
}
