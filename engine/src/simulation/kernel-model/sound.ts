/**
 * ALSA's buffers: what snd_pcm_set_managed_buffer*() and the core's hw_params leave in substream->dma_buffer and runtime->dma_*
 * (sound/core/pcm_memory.c, sound/core/memalloc.c of linux 6.12.117).
 */
import type { Kernel } from "../kernel.ts";
import type { Buffer } from "../scene.ts";
import { zeroValue } from "../value.ts";
import { Stop } from "../world.ts";
import { allocateCoherent } from "./coherent.ts";
import { argument, bits, type ModelFunction, type ModelTable, sizeOf, success } from "./model.ts";
import { mapCoherentToUser } from "./user-mapping.ts";

const vmallocType = 7n;
const continuousType = 1n;
const writeCombineType = 5n;

/** The buffer of the run's substream, allocated when it is first needed; its fields are written where the driver reads them. */
export function soundBuffer(
  kernel: Kernel,
  dmaBuffer: bigint | undefined,
  runtime: bigint | undefined,
): Buffer | undefined {
  const buffer = kernel.soundBuffer ?? makeBuffer(kernel, 2n, 4096, "the core");
  if (buffer === undefined) throw new Stop("the sound core gets no memory on this machine, so there is nothing to map");
  kernel.soundBuffer = buffer;
  const substream = kernel.evaluator.space.ofRecord("snd_pcm_substream");
  const inSubstream =
    substream === undefined ? undefined : kernel.field(substream.base, "snd_pcm_substream", "dma_buffer");
  const runtimes = kernel.evaluator.space.ofRecord("snd_pcm_runtime");
  for (const place of new Set([dmaBuffer, inSubstream])) {
    if (place === undefined) continue;
    kernel.writeField(place, "snd_dma_buffer", "area", buffer.virtual);
    kernel.writeField(place, "snd_dma_buffer", "addr", buffer.handle ?? 0n);
    kernel.writeField(place, "snd_dma_buffer", "bytes", BigInt(buffer.size));
  }
  for (const place of new Set([runtime, runtimes?.base])) {
    if (place === undefined) continue;
    kernel.writeField(place, "snd_pcm_runtime", "dma_area", buffer.virtual);
    kernel.writeField(place, "snd_pcm_runtime", "dma_addr", buffer.handle ?? 0n);
    kernel.writeField(place, "snd_pcm_runtime", "dma_bytes", BigInt(buffer.size));
    if (inSubstream !== undefined) kernel.writeField(place, "snd_pcm_runtime", "dma_buffer_p", inSubstream);
  }
  return buffer;
}

function makeBuffer(kernel: Kernel, type: bigint, bytes: number, call: string): Buffer | undefined {
  const name = "the sound buffer";
  if (type === continuousType || type === vmallocType) {
    const { virtual } = kernel.hardware.pages(bytes);
    kernel.evaluator.space.register(virtual, bytes, name, "linear");
    return kernel.buffer("linear", virtual, bytes, kernel.framesOf(virtual, bytes), undefined, name);
  }
  return allocateCoherent(kernel, { size: bytes, atomic: false, writeCombine: type === writeCombineType, name, call });
}

/** Arguments by position: type and size. */
const managed =
  (type: number, bytes: number): ModelFunction =>
  (kernel, call) => {
    const wanted = argument(call, bytes);
    kernel.prefer(wanted, (value) => value > 0n && value <= 1n << 22n, `${call.name}() sets up one page`);
    kernel.soundBuffer ??= makeBuffer(kernel, bits(call, type), sizeOf(wanted.bits) || 4096, `${call.name}()`);
    soundBuffer(kernel, undefined, undefined);
    return zeroValue;
  };

/** snd_dma_alloc_pages(type, dev, size, dmab). */
const allocPages: ModelFunction = (kernel, call) => {
  const wanted = argument(call, 2);
  kernel.prefer(wanted, (value) => value > 0n && value <= 1n << 22n, `${call.name}() allocates one page`);
  const buffer = makeBuffer(kernel, bits(call, 0), sizeOf(wanted.bits) || 4096, `${call.name}()`);
  if (buffer === undefined) throw new Stop(`${call.name}() gives no memory on this machine`);
  const place = bits(call, 3);
  kernel.writeField(place, "snd_dma_buffer", "area", buffer.virtual);
  kernel.writeField(place, "snd_dma_buffer", "addr", buffer.handle ?? 0n);
  kernel.writeField(place, "snd_dma_buffer", "bytes", BigInt(buffer.size));
  return zeroValue;
};

const defaultMap: ModelFunction = (kernel, call) =>
  mapCoherentToUser(kernel, call, soundBuffer(kernel, undefined, undefined), bits(call, 1), false);

export const soundFunctions: ModelTable = {
  snd_pcm_set_managed_buffer: managed(1, 3),
  snd_pcm_set_managed_buffer_all: managed(1, 3),
  snd_pcm_set_fixed_buffer: managed(1, 3),
  snd_pcm_set_fixed_buffer_all: managed(1, 3),
  snd_pcm_lib_preallocate_pages: managed(1, 3),
  snd_pcm_lib_preallocate_pages_for_all: managed(1, 3),
  snd_pcm_lib_malloc_pages: managed(9, 1),
  snd_dma_alloc_pages: allocPages,
  snd_dma_free_pages: success,
  snd_pcm_lib_default_mmap: defaultMap,
  snd_dma_buffer_mmap: (kernel, call) => {
    const area = kernel.readField(bits(call, 0), "snd_dma_buffer", "area").bits;
    return mapCoherentToUser(kernel, call, kernel.scene.bufferAt(area), bits(call, 1), false);
  },
};
