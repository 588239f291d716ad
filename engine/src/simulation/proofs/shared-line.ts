/** C6 and J5: a buffer for the device whose cache line holds other bytes, too. */
import { bytesText } from "../../machine/address.ts";
import type { StreamingMapping } from "../scene.ts";
import { Stop } from "../world.ts";
import { type Proof, type ProofRun, pattern } from "./proof.ts";
import { deviceFills, readBack } from "./streaming.ts";

export const sharedLineProof: Proof = {
  id: "shared-line",
  title: "A buffer for the device that shares its cache line with what the CPU writes",
  fine: "On this machine the buffer has its lines to itself, or the device's accesses look into the cache.",
  device(run, handle) {
    const mapping = run.kernel.scene.mappingOfHandle(handle);
    if (mapping !== undefined && mapping.direction !== "to-device") share(run, mapping);
  },
  after(run) {
    const mapping = run.kernel.scene.streaming.at(-1);
    if (mapping?.live === true && mapping.owner === "device" && mapping.direction !== "to-device") share(run, mapping);
  },
  finish(run) {
    const mapping = run.kernel.scene.streaming.findLast((item) => item.direction !== "to-device");
    if (mapping === undefined) throw new Stop("no memory was mapped for the device to write");
    run.takeBack(mapping);
    readBack(run, mapping);
    const neighbour = neighbourOf(run, mapping);
    if (neighbour === undefined || !run.neighbourWritten) return;
    const seen = run.cpuReads(neighbour, 1, "The driver reads the byte that it has stored beside the buffer.");
    if (bytesText(seen.bytes) === bytesText(pattern(0x66, 1))) return;
    run.harmful(
      "lost-write",
      `The driver reads ${bytesText(seen.bytes)} beside the buffer: taking the buffer back has thrown the line away with the driver's 66.`,
      seen.physical ?? 0,
      pattern(0x66, 1),
      seen.bytes,
    );
  },
};

/** The device's turn, and the CPU's store to the same line while it lasts. */
function share(run: ProofRun, mapping: StreamingMapping): void {
  const neighbour = neighbourOf(run, mapping);
  if (neighbour !== undefined) {
    // The line is in the cache already, as that of a member that is in use is.
    run.cpuReads(neighbour, 1, `The CPU uses a member beside ${mapping.name}, in the same cache line.`);
    run.cpuWrites(
      neighbour,
      pattern(0x66, 1),
      `The CPU stores 66 beside ${mapping.name}, in the same cache line, while the device owns the buffer.`,
    );
    run.neighbourWritten = true;
  }
  deviceFills(run, mapping);
}

/** A byte of another member of the struct, in one of the lines that the buffer lies in. */
function neighbourOf(run: ProofRun, { virtual, size }: StreamingMapping): bigint | undefined {
  const { space, layouts } = run.kernel.evaluator;
  const line = BigInt(run.kernel.port.model.cache.lineBytes);
  const owner = space.at(virtual);
  if (owner?.record === undefined || !layouts.isDeclared(owner.record)) return undefined;
  const end = virtual + BigInt(size);
  const first = (virtual / line) * line;
  const last = ((end + line - 1n) / line) * line;
  const members = [...layouts.fieldsOf(owner.record)].map(([, field]) => field);
  for (const field of members) {
    const from = owner.base + BigInt(field.offset);
    const to = from + BigInt(field.size);
    if (from >= end && from < last) return from;
    if (to <= virtual && to > first) return to - 1n;
  }
  return undefined;
}
