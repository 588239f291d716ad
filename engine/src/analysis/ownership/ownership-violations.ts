/** CPU accesses to memory that the device owns: what the walks saw, less what the driver's syncs make right. */
import type { ProgramFunction, StatementId } from "../../program/program.ts";
import type { Facts } from "../facts.ts";
import { flowOf } from "../flow/flow.ts";
import type { Mapping } from "./ownership.ts";
import { ownershipOf } from "./ownership.ts";
import type { MappedAccess } from "./ownership-track.ts";

export interface AccessViolation {
  readonly mapping: Mapping;
  readonly kind: "load" | "store";
  /** In source order; the first is the finding. */
  readonly accesses: readonly [MappedAccess, ...MappedAccess[]];
}

/** CPU stores to mapped memory, and loads of what the device may write, one entry for each mapping. */
export function accessViolations(facts: Facts): readonly AccessViolation[] {
  const ownership = ownershipOf(facts);
  const direct = ownership.mappings("map-streaming");
  const byHelpers = direct
    .filter((mapping) => ownership.mapsForCaller(mapping))
    .flatMap((mapping) =>
      facts.unit
        .callersOf(mapping.owner)
        .filter(({ caller }) => caller !== mapping.owner)
        .map(({ caller, statement }) => ownership.seenFrom(caller, statement, mapping)),
    );
  return [...direct, ...byHelpers].flatMap((mapping) => {
    if (mapping.skipsSync || asksForCoherence(facts, mapping.owner)) return [];
    const found = (["store", "load"] as const).flatMap((kind) => {
      if (kind === "load" && mapping.direction !== "from-device" && mapping.direction !== "bidirectional") return [];
      const [first, ...others] = mapping.track.accesses
        .filter(({ access }) => access.kind === kind)
        .filter(({ access }) => kind === "load" || !handedBackAfter(mapping, access.statement))
        .sort((a, b) => a.access.span.start - b.access.span.start);
      return first ? [{ mapping, kind, accesses: [first, ...others] } satisfies AccessViolation] : [];
    });
    // One mapping is one mistake: where the CPU writes, that it reads as well adds nothing.
    return found.slice(0, 1);
  });
}

/** A sync_for_device after the store makes it right, wherever it is reached from there. */
function handedBackAfter({ owner, track }: Mapping, store: StatementId): boolean {
  const flow = flowOf(owner);
  const from = flow.locate(store);
  if (!from) return true;
  return track.handBacks.some((call) => {
    const to = flow.locate(call.id);
    if (!to) return false;
    return to.block === from.block && to.index >= from.index ? true : flow.reaches(from.block, to.block);
  });
}

/** A driver that asks whether the device is coherent, or flushes by hand, does the syncs that it needs by other means. */
function asksForCoherence(facts: Facts, owner: ProgramFunction): boolean {
  if (facts.callsWith("cache-op").some((call) => call.function === owner)) return true;
  return ["dma_need_sync", "dev_is_dma_coherent", "dma_dev_need_sync"].some((name) =>
    facts.callsTo(name).some((call) => call.function === owner),
  );
}
