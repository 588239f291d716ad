/**
 * Maps and unmaps that leave the caches alone (DMA_ATTR_SKIP_CPU_SYNC) where no sync of the driver does their work: the attribute is a
 * promise to sync by hand (Documentation/core-api/dma-attributes.rst:46-68, linux 6.12.117).
 */
import type { ProgramFunction } from "../program/program.ts";
import { runsOnlyAtTheEnds } from "./driver-phases.ts";
import type { Facts } from "./facts.ts";
import { syncsByOtherMeans } from "./kept-mappings.ts";
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
      !streamingEvents(facts).some((event) => event.step === "sync-for-device" && mayBelong(facts, event, map)),
  );
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
    if (exporters.has(unmap.owner) || runsOnlyAtTheEnds(facts, unmap.owner)) return false;
    return !streamingEvents(facts).some(
      (event) =>
        event !== unmap &&
        event.family === unmap.family &&
        event.direction !== "to-device" &&
        (event.step === "sync-for-cpu" || (event.step === "unmap" && !skipsSync(facts, event))),
    );
  });
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
