/** The proofs, by the id that rules name. */
import type { Proof } from "./proof.ts";
import { ownedByDeviceProof } from "./owned-by-device.ts";
import { coherentRemappedProof, mappingErrorProof, stackBufferProof } from "./streaming.ts";
import { userAliasProof } from "./user-alias.ts";
import { userMappingProof } from "./user-mapping.ts";
import { coherentListProof, coherentPageProof, vmallocBufferProof } from "./wrong-page.ts";

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
];

const byId: ReadonlyMap<string, Proof> = new Map(proofs.map((proof) => [proof.id, proof]));

export function proofById(id: string): Proof | undefined {
  return byId.get(id);
}
