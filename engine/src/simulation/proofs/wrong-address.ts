/** A8, E6 and K3: a device that is given a physical address, where it needs one of its own. */
import { addressText } from "../../machine/address.ts";
import { Stop } from "../world.ts";
import { type Proof, pattern } from "./proof.ts";

export const physicalAddressProof: Proof = {
  id: "physical-address",
  title: "A device that is told a physical address",
  fine: "On this machine the device's addresses are the physical ones, and nothing has to be done to the cache for it.",
  finish(run) {
    const { kernel } = run;
    const { hardware, port, scene } = kernel;
    const taken = scene.physicals.at(-1);
    if (taken === undefined) {
      // The address of a mapping is the device's own.
      if (scene.streaming.length > 0 || scene.buffers.some((buffer) => buffer.handle !== undefined)) return;
      throw new Stop("no physical address was taken");
    }
    if (!port.board.isRam(taken.physical)) {
      throw new Stop("the address is none of memory, and the simulated machine has no device there");
    }
    const linear = hardware.linear(taken.physical);
    kernel.share(linear, 16);
    const name = scene.bufferAt(taken.virtual)?.name || kernel.evaluator.space.describe(taken.virtual);
    run.cpuWrites(linear, pattern(0x11), `The driver has put 11 into ${name}.`);
    run.doorbell(
      `The driver tells the device the address ${addressText(taken.physical)}, which ${taken.call} has made.`,
    );
    const seen = run.deviceReads(BigInt(taken.physical), 4, `The device reads from ${addressText(taken.physical)}.`);
    run.expect(
      seen,
      pattern(0x11),
      "lost-write",
      (got) => `The device reads ${got}: nothing has written the driver's 11 back to memory.`,
    );
  },
};
