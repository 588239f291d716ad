/** The proofs, by the id that rules name. */
import type { Proof } from "./proof.ts";
import { freedUserMappingProof, freedWhileMappedProof } from "./freed-memory.ts";
import { handOverProof } from "./hand-over.ts";
import { linearAliasProof, noPageProof, windowAliasProof } from "./kernel-alias.ts";
import { noncoherentMemoryProof } from "./noncoherent-memory.ts";
import { ownedByDeviceProof } from "./owned-by-device.ts";
import { coherentRemappedProof, mappingErrorProof, stackBufferProof } from "./streaming.ts";
import { sharedLineProof } from "./shared-line.ts";
import { storeOrderProof } from "./store-order.ts";
import { userAliasProof } from "./user-alias.ts";
import { userMappingProof } from "./user-mapping.ts";
import { coherentListProof, coherentPageProof, vmallocBufferProof } from "./wrong-page.ts";
import { physicalAddressProof, unmappedListProof } from "./wrong-address.ts";

export const proofs: readonly Proof[] = [
  coherentPageProof,
  userMappingProof,
  coherentRemappedProof,
  coherentListProof,
  stackBufferProof,
  vmallocBufferProof,
  mappingErrorProof,
  ownedByDeviceProof,
  userAliasProof,
  freedWhileMappedProof,
  freedUserMappingProof,
  linearAliasProof,
  noPageProof,
  windowAliasProof,
  handOverProof,
  sharedLineProof,
  physicalAddressProof,
  unmappedListProof,
  storeOrderProof,
  noncoherentMemoryProof,
];

const byId: ReadonlyMap<string, Proof> = new Map(proofs.map((proof) => [proof.id, proof]));

export function proofById(id: string): Proof | undefined {
  return byId.get(id);
}
