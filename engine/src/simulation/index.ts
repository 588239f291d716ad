/** The room's doors. */
export { type ProvenFinding, type ProveOptions, prove, Proving } from "./prove.ts";
export { proofs } from "./proofs/index.ts";
