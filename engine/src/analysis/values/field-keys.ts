/**
 * Names of fields over the driver unit: (struct type, field), never a bare field name. "foo_dev.ring" is the field itself,
 * "foo_dev.ring*" what the pointer in it points to (`dev->ring[i]`); indices do not count.
 */
import type { Place, Step } from "../../program/program.ts";
import type { LocationStep } from "./symbols.ts";

/** Types of kernel structs' fields, for access paths through structs whose definition no driver has at hand. */
const kernelFieldTypes: Readonly<Record<string, string>> = {
  "snd_pcm_substream.runtime": "snd_pcm_runtime", // include/sound/pcm.h:459
  "snd_pcm_substream.dma_buffer": "snd_dma_buffer", // include/sound/pcm.h:455
  "snd_pcm_runtime.dma_buffer_p": "snd_dma_buffer", // include/sound/pcm.h:415
  "snd_compr_stream.dma_buffer": "snd_dma_buffer", // include/sound/compress_driver.h:81
  "snd_compr_runtime.dma_buffer_p": "snd_dma_buffer", // include/sound/compress_driver.h:55
  "vm_fault.vma": "vm_area_struct", // include/linux/mm.h:539
  "fb_info.fix": "fb_fix_screeninfo", // include/linux/fb.h:467
  "uio_info.mem": "uio_mem", // include/linux/uio_driver.h:114
};

/**
 * Members that only one of the kernel's structs has, within a member of that name: they tell the struct where a driver's own
 * struct is defined out of sight (`dlfb->info->fix.smem_start`).
 */
const tellingMembers: Readonly<Record<string, string>> = {
  "fix.smem_start": "fb_fix_screeninfo", // include/uapi/linux/fb.h:161
  "fix.smem_len": "fb_fix_screeninfo",
};

/** Structs that a place can have although no text names them: told by their members, or behind members of other structs. */
export const recordsBehindMembers: ReadonlySet<string> = new Set([
  ...Object.values(kernelFieldTypes),
  ...Object.values(tellingMembers),
]);

type AnyStep = Step | LocationStep;

/** The record of the field step at `at`: as the program resolved it, or from the kernel's own structs. */
export function recordAt(steps: readonly AnyStep[], at: number): string | undefined {
  const step = steps[at];
  if (step?.kind !== "field") return undefined;
  if (step.record !== undefined) return step.record;
  for (let i = at - 1; i >= 0; i--) {
    const before = steps[i];
    if (before?.kind !== "field") continue;
    const record = recordAt(steps, i);
    const known = record === undefined ? undefined : kernelFieldTypes[`${record}.${before.name}`];
    return known ?? tellingMembers[`${before.name}.${step.name}`];
  }
  return undefined;
}

/** The key of the storage that the steps lead to; undefined when it is no field, or one of an unknown struct. */
export function fieldKey(steps: readonly AnyStep[]): string | undefined {
  const at = lastFieldIndex(steps);
  const step = steps[at];
  if (step?.kind !== "field") return undefined;
  const record = recordAt(steps, at);
  if (record === undefined) return undefined;
  const derefs = steps.slice(at + 1).filter((one) => one.kind === "deref").length;
  return `${record}.${step.name}${"*".repeat(derefs)}`;
}

/** The fields that hold the last one as a part of themselves: "chip.bdl" for `chip->bdl.area`; empty behind a pointer. */
export function embeddingOf(steps: readonly AnyStep[]): string {
  const parts: string[] = [];
  for (let i = lastFieldIndex(steps) - 1; i >= 0; i--) {
    const step = steps[i];
    if (step?.kind === "deref") break;
    if (step?.kind === "field") parts.push(`${recordAt(steps, i) ?? "?"}.${step.name}`);
  }
  return parts.reverse().join("/");
}

export function lastFieldIndex(steps: readonly AnyStep[]): number {
  for (let i = steps.length - 1; i >= 0; i--) if (steps[i]?.kind === "field") return i;
  return -1;
}

export function placeKey(place: Place): string | undefined {
  return fieldKey(place.steps);
}
