/** A3, C1 and D1: memory that was given to the device by a streaming mapping. */
import { addressText, bytesText } from "../../machine/address.ts";
import type { StreamingMapping } from "../scene.ts";
import { Stop } from "../world.ts";
import { type Proof, type ProofRun, pattern } from "./proof.ts";
import { showWrongPage } from "./wrong-page.ts";

/** A refused mapping is the end of the transfer, wherever it happens. */
function showRefusal(run: ProofRun): void {
  const refusal = run.kernel.scene.refusals.at(-1);
  if (refusal === undefined) return;
  run.kernel.narrator.act("cpu", `${refusal.call} has refused the buffer.`);
  run.harmful(
    "fault",
    `${refusal.call} refuses the buffer, so the transfer never happens: ${refusal.reason}.`,
    0,
    new Uint8Array(0),
    new Uint8Array(0),
  );
}

export const coherentRemappedProof: Proof = {
  id: "coherent-remapped",
  title: "Coherent memory that is mapped for streaming a second time",
  fine: "On this machine the second mapping costs time and address space, but the bytes are right.",
  before(run) {
    const buffer = run.kernel.scene.buffers.findLast((item) => item.kind === "coherent" && item.live);
    if (buffer === undefined) return;
    run.cpuWrites(buffer.virtual, pattern(0xb1), `The driver has written b1 to ${run.nameOf(buffer)}.`);
  },
  device(run, handle) {
    const mapping = run.kernel.scene.mappingOfHandle(handle);
    if (mapping !== undefined) useRemapped(run, mapping);
  },
  finish(run) {
    showRefusal(run);
    const mapping = run.kernel.scene.streaming.at(-1);
    if (mapping === undefined) return;
    // A call that has done the whole transfer has had its device's turn.
    if (mapping.live) useRemapped(run, mapping);
    readRemapped(run, mapping);
  },
};

function useRemapped(run: ProofRun, mapping: StreamingMapping): void {
  const buffer = run.kernel.scene.bufferAt(mapping.virtual);
  if (buffer?.kind !== "coherent") return;
  const name = run.nameOf(buffer);
  const size = Math.min(4, mapping.size);
  run.doorbell("The driver starts the transfer.");
  if (mapping.direction !== "from-device") {
    const seen = run.deviceReads(mapping.handle, size, `The device reads ${name} by the second mapping.`);
    if (seen.stale) {
      run.harmful(
        "stale-read",
        `The device reads ${bytesText(seen.bytes)}, not the driver's ${bytesText(seen.expected ?? pattern(0xb1))}.`,
        seen.physical ?? 0,
        seen.expected ?? pattern(0xb1),
        seen.bytes,
      );
    }
  }
  if (mapping.direction === "to-device") return;
  run.deviceWrites(mapping.handle, pattern(0x77, size), `The device writes 77 to ${name} by the second mapping.`);
  run.interrupt();
}

/** The driver reads what the device has written by the second mapping. */
function readRemapped(run: ProofRun, mapping: StreamingMapping): void {
  const buffer = run.kernel.scene.bufferAt(mapping.virtual);
  if (buffer?.kind !== "coherent" || mapping.direction === "to-device") return;
  const name = run.nameOf(buffer);
  run.takeBack(mapping);
  const size = Math.min(4, mapping.size);
  run.expect(
    run.cpuReads(buffer.virtual, size, `The driver reads ${name}.`),
    pattern(0x77, size),
    "stale-read",
    (got) => `The driver reads ${got} from ${name}, not the device's 77.`,
  );
}

/** The device's data arrives in the buffer, and it says so. */
export function deviceFills(run: ProofRun, mapping: StreamingMapping, offset = 0, length = 4): void {
  const size = Math.min(length, mapping.size - offset);
  // What the device has written before is there to be told from what it writes now.
  const { promises } = run.kernel.port.board;
  const before = promises.newest((mapping.bounce ?? mapping.physical) + offset, size);
  const bytes = pattern(before.every((byte) => byte === 0x77) ? 0x88 : 0x77, size);
  run.deviceWrites(
    mapping.handle + BigInt(offset),
    bytes,
    `The device writes ${bytesText(bytes.subarray(0, 1))} to ${mapping.name}.`,
  );
  run.interrupt();
}

/** The driver reads what the device has written, once the memory is its own again. */
export function readBack(run: ProofRun, mapping: StreamingMapping, offset = 0, length = 4): void {
  const size = Math.min(length, mapping.size - offset);
  const seen = run.cpuReads(
    mapping.virtual + BigInt(offset),
    size,
    `The driver reads ${mapping.name}, which is its own again.`,
  );
  if (!seen.stale) return;
  const expected = seen.expected ?? pattern(0x77, size);
  run.harmful(
    "stale-read",
    `The driver reads ${bytesText(seen.bytes)}: a line that came into the cache while the device owned the memory hides the device's ${bytesText(expected)}.`,
    seen.physical ?? 0,
    expected,
    seen.bytes,
  );
}

export const stackBufferProof: Proof = {
  id: "stack-buffer",
  title: "A buffer on the kernel's stack given to the device",
  fine: "On this machine the device reaches the stack, and no line is shared with bytes that the CPU writes meanwhile.",
  device(run, _handle, _size, direction) {
    const mapping = run.kernel.scene.streaming.at(-1);
    if (mapping === undefined || direction === "to-device" || !onStack(run, mapping)) return;
    useNeighbour(run, mapping);
    deviceFills(run, mapping);
  },
  after(run) {
    const mapping = run.kernel.scene.streaming.at(-1);
    if (mapping === undefined || !onStack(run, mapping) || !mapping.live || mapping.direction === "to-device") return;
    useNeighbour(run, mapping);
    deviceFills(run, mapping);
  },
  finish(run) {
    showRefusal(run);
    showWrongPage(run);
    const { scene } = run.kernel;
    const mapping = scene.streaming.at(-1);
    if (mapping === undefined && !scene.copied) throw new Stop("no transfer of the buffer came to be");
    if (mapping === undefined || !onStack(run, mapping) || mapping.direction === "to-device") return;
    run.takeBack(mapping);
    readBack(run, mapping);
  },
};

function onStack(run: ProofRun, mapping: StreamingMapping): boolean {
  return run.kernel.scene.bufferAt(mapping.virtual)?.kind === "stack";
}

/** The CPU goes on using what lies beside the buffer in its line: another local variable, a saved register. */
function useNeighbour(run: ProofRun, mapping: StreamingMapping): void {
  const line = BigInt(run.kernel.port.model.cache.lineBytes);
  const end = mapping.virtual + BigInt(mapping.size);
  const behind = end % line !== 0n;
  const ahead = mapping.virtual % line !== 0n;
  if (!behind && !ahead) return;
  const neighbour = behind ? end : mapping.virtual - 1n;
  const seen = run.cpuReads(neighbour, 1, `The CPU uses the stack beside ${mapping.name}, in the same cache line.`);
  run.kernel.hardware.store(neighbour, seen.bytes);
}

export const mappingErrorProof: Proof = {
  id: "mapping-error",
  title: "The mapping fails, and the device is given what it returned",
  fine: "The driver finds out that the mapping failed, or the mapping cannot fail here.",
  options: { mappingsFail: true },
  finish(run) {
    const { kernel } = run;
    const refusal = kernel.scene.refusals.at(-1);
    if (refusal === undefined || kernel.errorWasSeen) return;
    const handle = (1n << BigInt(kernel.wordBits)) - 1n;
    const where = addressText(handle);
    if (refusal.direction === "from-device") {
      run.deviceWrites(
        handle,
        pattern(0x77),
        `Nobody has asked dma_mapping_error(), so the device writes to ${where}.`,
      );
    } else {
      run.deviceReads(handle, 4, `Nobody has asked dma_mapping_error(), so the device reads from ${where}.`);
    }
  },
};
