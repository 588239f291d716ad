/**
 * What the device has written where the driver reads: a status word, a length, an OWN bit. Its value is open, so it is an input of
 * the run. When the path needs another one than memory holds, the device writes that by DMA before the driver looks, while it may.
 */
import type { Kernel } from "./kernel.ts";
import type { StreamingMapping } from "./scene.ts";

export class DeviceInputs {
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** The driver is about to read these bytes. The input's name, where a device can have written them. */
  offer(address: bigint, size: number): string | undefined {
    const { scene } = this.#kernel;
    if (size > 8) return undefined;
    const buffer = scene.bufferAt(address);
    if (buffer?.kind === "coherent" && buffer.handle !== undefined) {
      const offset = address - buffer.virtual;
      const name = nameOf(buffer.name || buffer.id, offset);
      this.#write(name, buffer.handle + offset, buffer.physical + Number(offset), size);
      return name;
    }
    const mapping = scene.streaming.findLast(
      (item) => item.direction !== "to-device" && isWithin(item, address, BigInt(size)),
    );
    if (mapping === undefined) return undefined;
    const offset = address - mapping.virtual;
    const name = nameOf(mapping.name, offset);
    if (mapping.live && mapping.owner === "device") this.#into(mapping, name, Number(offset), size);
    else this.#kernel.plan.given.set(name, { mapping: mapping.name, offset: Number(offset), size });
    return name;
  }

  /** The device's last chance to write to a mapping. */
  complete(mapping: StreamingMapping): void {
    if (mapping.direction === "to-device") return;
    for (const [name, bytes] of this.#kernel.plan.given) {
      if (bytes.mapping === mapping.name && bytes.offset + bytes.size <= mapping.size) {
        this.#into(mapping, name, bytes.offset, bytes.size);
      }
    }
  }

  #into(mapping: StreamingMapping, name: string, offset: number, size: number): void {
    const physical = (mapping.bounce ?? mapping.physical) + offset;
    this.#write(name, mapping.handle + BigInt(offset), physical, size);
  }

  #write(name: string, handle: bigint, physical: number, size: number): void {
    const { evaluator, hardware, narrator, plan, port } = this.#kernel;
    const planned = plan.inputs.get(name);
    if (typeof planned !== "bigint" || !port.board.isRam(physical, size)) return;
    const bytes = hardware.bytesOf(planned, size);
    if (evaluator.inputs.get(name) === BigInt.asUintN(size * 8, planned)) return;
    narrator.act("device", `The device writes ${bytes.length === 1 ? "a byte" : "a word"} that the driver waits for.`);
    this.#kernel.perform({ kind: "dma-write", bus: Number(handle), bytes });
    // What the driver reads next tells it that the device has written.
    this.#kernel.perform({ kind: "announce", from: "device" });
  }
}

function nameOf(memory: string, offset: bigint): string {
  return `what the device writes to byte ${String(offset)} of ${memory}`;
}

function isWithin(mapping: StreamingMapping, address: bigint, size: bigint): boolean {
  return address >= mapping.virtual && address + size <= mapping.virtual + BigInt(mapping.size);
}
