/** The catalogue of the kernel's API: what the analyser, the simulator, the hover texts and the snippets' module share. */
import { addressConversion } from "./address-conversion.ts";
import { barriers } from "./barriers.ts";
import { cacheMaintenance } from "./cache-maintenance.ts";
import { coherentAllocation } from "./coherent-alloc.ts";
import { cpuAccess } from "./cpu-access.ts";
import { dmaBuf } from "./dma-buf.ts";
import { highmem } from "./highmem.ts";
import { ioMap } from "./io-map.ts";
import { isa } from "./isa.ts";
import { mapUser } from "./map-user.ts";
import { masks } from "./masks.ts";
import { memorySources } from "./memory-sources.ts";
import { mmio } from "./mmio.ts";
import { powerpcIo } from "./powerpc-io.ts";
import { networkBuffers } from "./network-buffers.ts";
import { noncoherentAllocation } from "./noncoherent-alloc.ts";
import { queries } from "./queries.ts";
import { scatterlist } from "./scatterlist.ts";
import { streaming } from "./streaming.ts";
import { transfers } from "./transfers.ts";
import { unmapState } from "./unmap-state.ts";
import type { ApiFunction } from "./contract.ts";

export type * from "./contract.ts";

/** Every function and macro that is known, by topic. Facts are from linux 6.12.117 unless a record says otherwise. */
export const apiFunctions: readonly ApiFunction[] = [
  ...coherentAllocation,
  ...noncoherentAllocation,
  ...streaming,
  ...mapUser,
  ...addressConversion,
  ...scatterlist,
  ...memorySources,
  ...highmem,
  ...ioMap,
  ...mmio,
  ...powerpcIo,
  ...cacheMaintenance,
  ...barriers,
  ...dmaBuf,
  ...transfers,
  ...isa,
  ...masks,
  ...unmapState,
  ...cpuAccess,
  ...networkBuffers,
  ...queries,
];

const byName: ReadonlyMap<string, ApiFunction> = new Map(apiFunctions.map((record) => [record.name, record]));

/** The record of that name, or undefined when the catalogue does not know it: nothing may then be assumed of the call. */
export function apiFunction(name: string): ApiFunction | undefined {
  return byName.get(name);
}
