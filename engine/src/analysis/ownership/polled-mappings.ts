/** Loops that wait for a word in memory which the device owns: the word is read again and again out of the same cache line. */
import type { BlockId, ProgramFunction } from "../../program/program.ts";
import { unsyncedAccesses } from "./kept-ownership.ts";
import { type KeptMapping, syncsByOtherMeans } from "./kept-mappings.ts";
import type { Facts } from "../facts.ts";
import { flowOf, successors } from "../flow/flow.ts";
import { type Mapping, ownershipOf } from "./ownership.ts";
import type { CpuAccess } from "./ownership-access.ts";

export interface PolledMapping {
  readonly owner: ProgramFunction;
  readonly access: CpuAccess;
  /** The mapping, made in the same function or kept in a field. */
  readonly mapping: Mapping | undefined;
  readonly kept: KeptMapping | undefined;
}

/** Reads of mapped memory that decide whether a loop goes on, of a place that the loop does not change. */
export function polledMappings(facts: Facts): readonly PolledMapping[] {
  const here = ownershipOf(facts)
    .mappings("map-streaming")
    .flatMap((mapping): readonly PolledMapping[] => {
      if (mapping.skipsSync) return [];
      const { owner, track } = mapping;
      const polled = track.accesses.find(({ access, block }) => isPolled(owner, access, block));
      return polled ? [{ owner, access: polled.access, mapping, kept: undefined }] : [];
    });
  const kept = unsyncedAccesses(facts).flatMap(({ kept, owner, kind, accesses }): readonly PolledMapping[] => {
    const polled = kind === "load" ? accesses.find(({ access, block }) => isPolled(owner, access, block)) : undefined;
    return polled ? [{ owner, access: polled.access, mapping: undefined, kept }] : [];
  });
  return here.length > 0 && syncsByOtherMeans(facts) ? [] : [...here, ...kept];
}

/** The block ends with the test that leaves the loop, and what it reads lies at one place in every round. */
function isPolled(owner: ProgramFunction, access: CpuAccess, block: BlockId): boolean {
  if (access.kind !== "load" || access.statement !== -1) return false;
  const flow = flowOf(owner);
  const terminator = owner.blocks[block]?.terminator;
  if (terminator?.kind !== "branch" || !flow.reaches(block, block)) return false;
  const staying = successors(terminator).filter((one) => one === block || flow.reaches(one, block));
  if (staying.length !== 1) return false;
  const text = access.at.object + access.at.path;
  const inLoop = (id: BlockId): boolean => id === block || (flow.reaches(id, block) && flow.reaches(block, id));
  for (const [, made = ""] of text.matchAll(/<[JI](\d+):/g)) if (inLoop(Number(made))) return false;
  for (const [, call = ""] of text.matchAll(/<[RA](\d+)[>:]/g)) {
    const at = flow.locate(Number(call));
    if (!at || inLoop(at.block)) return false;
  }

  return true;
}
