/** F1: cached memory that the DMA API has made for a device, and that nobody syncs. */
import { bytesText } from "../../machine/address.ts";
import type { Buffer } from "../scene.ts";
import { Stop } from "../world.ts";
import { distinguish } from "./owned-by-device.ts";
import { type Proof, type ProofRun, pattern } from "./proof.ts";

export const noncoherentMemoryProof: Proof = {
  id: "noncoherent-memory",
  title: "Cached memory of the DMA API that is used without a sync",
  fine: "On this machine the device's accesses look into the cache, so no sync has anything to do.",
  after(run) {
    const touched = run.touched.flatMap((touch) => {
      const buffer = run.kernel.scene.bufferAt(touch.address);
      return buffer?.kind === "noncoherent" && buffer.handle !== undefined ? [{ touch, buffer }] : [];
    });
    run.ordered = touched.length > 0;
    run.late = touched.map(({ touch }) => touch);
    distinguish(run);
    for (const { touch, buffer } of touched) {
      const offset = Number(touch.address - buffer.virtual);
      if (touch.kind === "store") showToDevice(run, buffer, offset, touch.size);
      else showToCpu(run, buffer, offset, touch.size);
    }
  },
  finish(run) {
    if (!run.ordered) throw new Stop("the statement touches no such memory");
  },
};

function showToDevice(run: ProofRun, buffer: Buffer, offset: number, size: number): void {
  const name = run.nameOf(buffer);
  run.doorbell("The driver tells the device to go on.");
  const seen = run.deviceReads((buffer.handle ?? 0n) + BigInt(offset), size, `The device reads ${name}.`);
  const newest = run.kernel.port.board.promises.newest(buffer.physical + offset, size);
  if (bytesText(seen.bytes) === bytesText(newest)) return;
  run.harmful(
    "lost-write",
    `The device reads ${bytesText(seen.bytes)}: the driver's ${bytesText(newest)} is in a dirty line of the cache.`,
    buffer.physical + offset,
    newest,
    seen.bytes,
  );
}

function showToCpu(run: ProofRun, buffer: Buffer, offset: number, size: number): void {
  const name = run.nameOf(buffer);
  run.deviceWrites((buffer.handle ?? 0n) + BigInt(offset), pattern(0x77, size), `The device writes 77 to ${name}.`);
  run.interrupt();
  const seen = run.cpuReads(buffer.virtual + BigInt(offset), size, `The driver reads ${name} again.`);
  if (!seen.stale) return;
  run.harmful(
    "stale-read",
    `The driver reads ${bytesText(seen.bytes)}: the line that its first read brought into the cache is still there, and the device's 77 is only in memory.`,
    buffer.physical + offset,
    pattern(0x77, size),
    seen.bytes,
  );
}
