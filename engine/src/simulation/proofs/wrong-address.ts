/** A8, E6, E7 and K3: a device that is given a physical address, or one that no mapping has made, where it needs one of its own. */
import { addressText } from "../../machine/address.ts";
import { physicalOfPage } from "../kernel-model/pages.ts";
import { readEntry } from "../kernel-model/scatterlist.ts";
import { Stop } from "../world.ts";
import { type Proof, type ProofRun, pattern } from "./proof.ts";
import { fillStranger } from "./user-mapping.ts";

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

export const unmappedListProof: Proof = {
  id: "unmapped-list",
  title: "A device that is told the address of a list entry that nobody has mapped",
  fine: "The entry was mapped before its address was taken.",
  finish(run) {
    const { kernel } = run;
    const { hardware, port, scene } = kernel;
    const taken = scene.listReads.at(-1) ?? orderedEntry(run);
    if (taken === undefined) throw new Stop("no entry's address was taken");
    if (scene.mappingOfHandle(taken.handle) !== undefined) return;
    const { page, offset } = readEntry(kernel, taken.sg);
    const physical = physicalOfPage(kernel, page) + offset;
    if (!port.board.isRam(physical)) throw new Stop("the entry holds no memory");
    const linear = hardware.linear(physical);
    kernel.share(linear, 16);
    run.cpuWrites(linear, pattern(0x11), "The driver has put 11 into the entry's memory.");
    fillStranger(run, Number(BigInt.asUintN(51, taken.handle)));
    run.doorbell(
      `The driver tells the device ${addressText(taken.handle)}: what the entry held before anybody mapped it.`,
    );
    const seen = run.deviceReads(taken.handle, 4, `The device reads from ${addressText(taken.handle)}.`);
    run.expect(
      seen,
      pattern(0x11),
      "wrong-page",
      (got) =>
        `The device reads ${got} from there; the driver's 11 is in the entry's memory at ${addressText(physical)}.`,
    );
  },
};

/** The entry that a call like dmaengine_prep_slave_sg() has told the device. */
function orderedEntry(run: ProofRun): { readonly sg: bigint; readonly handle: bigint } | undefined {
  const { scene } = run.kernel;
  const order = scene.orders.at(-1);
  const sg = [...scene.lists.keys()].at(-1);
  return order === undefined || sg === undefined ? undefined : { sg, handle: order.handle };
}
