/** The machines that findings are proved on: 13 presets, each field with its source. */
import { arm64Coherent } from "./arm64-coh.ts";
import { arm64NonCoherent } from "./arm64-nc.ts";
import { arm926 } from "./arm926.ts";
import { arm1136 } from "./arm1136.ts";
import { coldfire } from "./coldfire.ts";
import { cortexA9 } from "./cortex-a9.ts";
import { mips24k } from "./mips24k.ts";
import { mipsR10000 } from "./mips-r10000-ip28.ts";
import { pa7300lc } from "./pa7300lc.ts";
import type { Platform } from "./platform.ts";
import { ppc440 } from "./ppc440.ts";
import { riscvZicbom } from "./riscv-zicbom.ts";
import { sh4 } from "./sh4.ts";
import { x8664 } from "./x86-64.ts";

export type { Confidence, Fact } from "./fact.ts";
export { granulesOf, setsOf, speculates, wayBytesOf } from "./geometry.ts";
export { platformNotes } from "./notes.ts";
export type * from "./platform.ts";

/** All presets, the core ones first, in the order of their presentation. */
export const platforms: readonly Platform[] = [
  x8664,
  ppc440,
  arm926,
  arm1136,
  cortexA9,
  arm64NonCoherent,
  arm64Coherent,
  mips24k,
  sh4,
  riscvZicbom,
  coldfire,
  mipsR10000,
  pa7300lc,
];

const byId: ReadonlyMap<string, Platform> = new Map(platforms.map((platform) => [platform.id, platform]));

/** The preset of that id ("arm926"), or undefined. */
export function platformById(id: string): Platform | undefined {
  return byId.get(id);
}
