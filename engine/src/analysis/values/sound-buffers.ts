/**
 * ALSA allocates PCM buffers for the driver: which kind they are is in one call, far from their use.
 * The facts hold for the file of the call; a file without such a call takes those of its unit.
 * Source: linux 6.12.117 sound/core/pcm_memory.c, sound/core/memalloc.c, sound/core/pcm_dmaengine.c.
 */
import type { HandleKind, MemoryKind } from "../../kernel/contract.ts";
import { soundBufferKinds } from "./api-effects.ts";
import type { Site, UnitIndex } from "./unit-index.ts";

export interface SubsystemFact {
  readonly made: MemoryKind | HandleKind;
  readonly site: Site;
  /** Bytes, device and buffer as the call names them: the places of its arguments. */
  readonly note: string;
}

/** Calls that give every substream a buffer of the type in the argument. */
const buffersByType: Readonly<Record<string, number>> = {
  snd_pcm_set_managed_buffer: 1,
  snd_pcm_set_managed_buffer_all: 1,
  snd_pcm_set_fixed_buffer: 1,
  snd_pcm_set_fixed_buffer_all: 1,
  snd_pcm_lib_preallocate_pages: 1,
  snd_pcm_lib_preallocate_pages_for_all: 1,
};
/** soc-generic-dmaengine-pcm.c:260 preallocates SNDRV_DMA_TYPE_DEV_IRAM, which falls back to DEV: coherent by contract. */
const dmaengineCalls = ["snd_dmaengine_pcm_register", "devm_snd_dmaengine_pcm_register"];

/** All calls after which the sound core fills buffers. */
export const soundAllocations: readonly string[] = [...Object.keys(buffersByType), ...dmaengineCalls];

const areaFields = new Set(["snd_pcm_runtime.dma_area", "snd_dma_buffer.area"]);
const addressFields = new Set(["snd_pcm_runtime.dma_addr", "snd_dma_buffer.addr"]);

/** Whether a field is one that ALSA itself fills. */
export function isSoundField(key: string, embedding: string): boolean {
  if (key === "snd_pcm_runtime.dma_area" || key === "snd_pcm_runtime.dma_addr") return true;
  if (key !== "snd_dma_buffer.area" && key !== "snd_dma_buffer.addr") return false;
  return embedding === "snd_pcm_substream.dma_buffer" || embedding === "*snd_pcm_runtime.dma_buffer_p";
}

/** The buffer's field that a field of the runtime is copied from (sound/core/pcm_lib.c, snd_pcm_set_runtime_buffer). */
export function runtimeSource(key: string): string | undefined {
  if (key === "snd_pcm_runtime.dma_area") return "snd_dma_buffer.area";
  return key === "snd_pcm_runtime.dma_addr" ? "snd_dma_buffer.addr" : undefined;
}

export function soundFacts(index: UnitIndex, key: string, file: string): readonly SubsystemFact[] {
  const area = areaFields.has(key);
  if (!area && !addressFields.has(key)) return [];
  const facts: SubsystemFact[] = [];
  for (const [name, argument] of Object.entries(buffersByType))
    for (const site of index.callsTo(name)) {
      const kinds = soundBufferKinds(site.statement.arguments[argument]);
      if (kinds)
        facts.push({ made: area ? kinds.memory : kinds.handle, site, note: `PCM buffer allocated by ${name}() here` });
    }
  for (const name of dmaengineCalls)
    for (const site of index.callsTo(name))
      facts.push({ made: area ? "coherent" : "dma-coherent", site, note: `PCM buffer allocated by ${name}() here` });
  const own = facts.filter((one) => one.site.function.file === file);
  return own.length > 0 ? own : facts;
}
