/** How findings about kept mappings speak: the map's step, and an access in the source's own words. */
import type { PathStep, ProgramFunction } from "../../program/program.ts";
import type { Facts } from "../facts.ts";
import type { KeptMapping } from "./kept-mappings.ts";
import type { CpuAccess } from "./ownership-access.ts";
import type { StreamingEvent } from "./streaming-events.ts";

/** "mapped DMA_FROM_DEVICE here": where the kept mapping is made. */
export function mapStep({ map }: KeptMapping): PathStep {
  const direction = {
    "to-device": "DMA_TO_DEVICE",
    "from-device": "DMA_FROM_DEVICE",
    bidirectional: "DMA_BIDIRECTIONAL",
  };
  const word = map.direction === "unknown" ? "" : ` ${direction[map.direction]}`;
  return {
    ...map.call.calleeSpan,
    function: map.owner.name,
    statement: map.call.id,
    role: "map",
    note: `mapped${word} here`,
  };
}

/** The step of a call that unmaps or syncs. */
export function eventStep(event: StreamingEvent, note: string): PathStep {
  return {
    ...event.call.calleeSpan,
    function: event.owner.name,
    statement: event.call.id,
    role: event.step === "unmap" ? "unmap" : event.step === "map" ? "map" : "sync",
    note,
  };
}

export function accessStep(owner: ProgramFunction, access: CpuAccess): PathStep {
  const note = access.kind === "store" ? "written here" : "read here";
  return { ...access.span, function: owner.name, statement: access.statement, role: "sink", note };
}

/** "the CPU reads rx->buf[0]", or "memcpy() writes foo->cmd" where a function touches the memory. */
export function accessWords(facts: Facts, owner: ProgramFunction, access: CpuAccess, kept: KeptMapping): string {
  const verb = access.kind === "store" ? "writes" : "reads";
  const member = kept.bufferField.slice(kept.bufferField.lastIndexOf(".") + 1);
  const what = access.place ? facts.textOfPlace(owner, access.place) : `the memory of ${member}`;
  return `${access.by !== undefined ? `${access.by}()` : "the CPU"} ${verb} ${what}`;
}

/** " (and 2 more below)" where one finding stands for several accesses. */
export function moreBelow(others: readonly unknown[]): string {
  return others.length > 0 ? ` (and ${others.length} more below)` : "";
}
