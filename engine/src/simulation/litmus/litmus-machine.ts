/** The machines that litmus tests run on: the presets, and variants of them by a suffix. */
import type { MachineModel } from "../../machine/model.ts";
import { withSpeculation } from "../../machine/model.ts";
import { kernelModelOf } from "../../machine/preset-model.ts";
import type { Platform } from "../../platforms/index.ts";
import { platformById } from "../../platforms/index.ts";

export interface LitmusMachine {
  /** As it was asked for: "x86_64+iommu". */
  readonly id: string;
  readonly platform: Platform;
  readonly model: MachineModel;
  readonly iommu: boolean;
  readonly bounces: boolean;
}

/**
 * The machine of that id: a preset's, with "+iommu" behind a translating IOMMU, with "+swiotlb" with bounce buffers, with "+nospec"
 * without speculative fills, with "+specstore" with speculative stores that the kernel's compiler did not bar. `presets` are a user's own. A text says why there is none.
 */
export function litmusMachine(id: string, presets: readonly Platform[] = []): LitmusMachine | string {
  const [name = "", ...variants] = id.split("+");
  const platform = presets.find((preset) => preset.id === name) ?? platformById(name);
  const model = platform === undefined ? undefined : kernelModelOf(platform);
  if (platform === undefined || model === undefined) return `there is no platform "${name}"`;
  let iommu = false;
  let bounces = false;
  let machine = model;
  for (const variant of variants) {
    if (variant === "iommu" && platform.dma.iommu.value) iommu = true;
    else if (variant === "swiotlb" && platform.dma.bounce.value !== "never") bounces = true;
    else if (variant === "nospec" && model.speculation.loadFill) machine = withSpeculation(model, false);
    else if (variant === "specstore" && platform.speculation.storeDirty.value) {
      machine = { ...machine, speculation: { ...machine.speculation, storeDirty: true } };
    } else return `${platform.title} has no variant "+${variant}"`;
  }
  return { id, platform, model: machine, iommu, bounces };
}
