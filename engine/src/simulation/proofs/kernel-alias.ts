/** A2, A6, A7, F2, F3 and F5: memory that the kernel reaches by a second address, or by what it takes for an address. */
import { bytesText } from "../../machine/address.ts";
import type { Buffer, KernelAlias, StreamingMapping } from "../scene.ts";
import { pass } from "../kernel-model/streaming.ts";
import { physicalOfPage } from "../kernel-model/pages.ts";
import { Stop } from "../world.ts";
import { deviceFills } from "./streaming.ts";
import { type Proof, type ProofRun, pattern } from "./proof.ts";
import { fillStranger } from "./user-mapping.ts";

export const linearAliasProof: Proof = {
  id: "linear-alias",
  title: "Memory of a device read by a second, cached address",
  fine: "On this machine the second address is one of the same memory, and the cache shows the device's bytes by both.",
  before: countAliases,
  after: noteAlias,
  finish(run) {
    showMissingPage(run);
    const alias = run.alias ?? run.kernel.scene.aliases.at(-1);
    if (alias === undefined) {
      showOwnPointer(run);
      return;
    }
    const meant = meantMemory(run, alias);
    if (meant === undefined)
      throw new Stop("the second address is one of none of the memory that the path gave to a device");
    showReadByAlias(run, alias, meant);
  },
};

function countAliases(run: ProofRun): void {
  run.aliasesBefore = run.kernel.scene.aliases.length;
}

/** The second address that the finding's statement has made. */
function noteAlias(run: ProofRun): void {
  run.alias = run.kernel.scene.aliases.slice(run.aliasesBefore).at(-1);
}

interface Meant {
  readonly name: string;
  /** In the memory, at the alias's own byte. */
  readonly physical: number;
  readonly handle: bigint;
  readonly mapping: StreamingMapping | undefined;
}

/** The memory that the address was meant to be one of. */
function meantMemory(run: ProofRun, alias: KernelAlias): Meant | undefined {
  const { kernel } = run;
  const { scene, hardware } = kernel;
  const ofBuffer = (buffer: Buffer, offset: number): Meant | undefined =>
    buffer.handle === undefined
      ? undefined
      : {
          name: run.nameOf(buffer),
          physical:
            (buffer.frames[Math.floor(offset / hardware.pageBytes)] ?? buffer.physical) + (offset % hardware.pageBytes),
          handle: buffer.handle + BigInt(offset),
          mapping: undefined,
        };
  const byHandle = scene.bufferOfHandle(alias.of);
  if (byHandle?.handle !== undefined) return ofBuffer(byHandle, Number(alias.of - byHandle.handle));
  const mapping = scene.mappingOfHandle(alias.of);
  if (mapping !== undefined) {
    return { name: mapping.name, physical: mapping.physical, handle: mapping.handle, mapping };
  }
  const physical = physicalOfPage(kernel, alias.of);
  const wrong = scene.wrongPages.findLast((page) => hardware.pageOf(page.physical) === physical);
  const buffer =
    (wrong === undefined ? undefined : scene.bufferAt(wrong.virtual)) ??
    scene.buffers.findLast((item) => item.frames.includes(physical) || item.frames.includes(Number(alias.of)));
  return buffer === undefined ? undefined : ofBuffer(buffer, 0);
}

function showReadByAlias(run: ProofRun, alias: KernelAlias, { name, physical, handle, mapping }: Meant): void {
  const { kernel } = run;
  const where = kernel.hardware.walk(alias.virtual)?.physical;
  const isRight = where !== undefined && kernel.hardware.pageOf(where) === kernel.hardware.pageOf(physical);
  const at = isRight ? kernel.hardware.bits(kernel.hardware.address(alias.virtual)) : alias.virtual;
  if (!isRight) {
    fillStranger(run, kernel.hardware.pageOf(where ?? kernel.hardware.linearPhysical(alias.virtual)));
    run.deviceWrites(handle, pattern(0x77), `The device writes 77 to ${name}.`);
    run.interrupt();
    const seen = run.cpuReads(at, 4, `The driver reads by the address that ${alias.call} has made.`);
    run.expect(
      seen,
      pattern(0x77),
      "wrong-page",
      (got) => `The driver reads ${got} from the page of another owner; the device's 77 is in ${name}.`,
    );
    return;
  }
  if (mapping !== undefined) {
    deviceFills(run, mapping);
    run.takeBack(mapping);
  } else {
    run.cpuReads(
      at,
      4,
      `The driver reads ${name} by the address that ${alias.call} has made, before the device writes.`,
    );
    run.deviceWrites(handle, pattern(0x77), `The device writes 77 to ${name}.`);
    run.interrupt();
  }
  const seen = run.cpuReads(at, 4, `The driver reads ${name} by that address again.`);
  if (!seen.stale) return;
  run.harmful(
    "stale-read",
    `The driver reads ${bytesText(seen.bytes)}: the line that its first read brought into the cache is still there, and the device's 77 is only in memory.`,
    physical,
    pattern(0x77),
    seen.bytes,
  );
}

export const noPageProof: Proof = {
  id: "no-page",
  title: "The page that vmalloc_to_page() looks up for coherent memory",
  fine: "On this machine the kernel's page tables hold the address, so the walk finds the buffer's own page.",
  finish(run) {
    showMissingPage(run);
  },
};

/** A walk of the page tables that has found nothing. */
function showMissingPage(run: ProofRun): void {
  const missing = run.kernel.scene.missingPages.at(-1);
  if (missing === undefined) return;
  const buffer = run.kernel.scene.bufferAt(missing.virtual);
  const name = buffer === undefined ? "the memory" : run.nameOf(buffer);
  run.harmful(
    "fault",
    `${missing.call} finds no page for ${name}, whose address is in no page table: what is done with the NULL page takes a fault.`,
    buffer?.physical ?? 0,
    pattern(0),
    new Uint8Array(0),
  );
}

/** The driver reads by the pointer that the allocator returned. */
function showOwnPointer(run: ProofRun): void {
  const buffer = run.kernel.scene.buffers.findLast((item) => item.kind === "coherent" && item.handle !== undefined);
  if (buffer?.handle === undefined) throw new Stop("no second address came to be");
  const name = run.nameOf(buffer);
  run.cpuReads(buffer.virtual, 4, `The driver reads ${name} by its own pointer, before the device writes.`);
  run.deviceWrites(buffer.handle, pattern(0x77), `The device writes 77 to ${name}.`);
  run.interrupt();
  run.expect(
    run.cpuReads(buffer.virtual, 4, `The driver reads ${name} again.`),
    pattern(0x77),
    "stale-read",
    (got) => `The driver reads ${got} from ${name}, not the device's 77.`,
  );
}

export const windowAliasProof: Proof = {
  id: "window-alias",
  title: "Pages that the device works on, used by the kernel through a second address",
  fine: "On this machine the lines of the second address are seen, or written back: device and driver see each other's bytes.",
  before: countAliases,
  after: noteAlias,
  finish(run) {
    const { scene } = run.kernel;
    const mapping = scene.streaming.findLast((item) => aliasOf(run, item) !== undefined);
    const alias = mapping === undefined ? undefined : aliasOf(run, mapping);
    if (mapping === undefined || alias === undefined) {
      throw new Stop("no second address of memory that is mapped for the device came to be");
    }
    showWindow(run, mapping, alias.virtual);
  },
};

/** The second address of the mapping's first page: the one that the statement has made, else the latest. */
function aliasOf(run: ProofRun, mapping: StreamingMapping): KernelAlias | undefined {
  const { hardware, scene } = run.kernel;
  const page = hardware.pageOf(mapping.physical);
  const own = run.alias === undefined ? scene.aliases : [run.alias];
  return own.findLast(
    ({ virtual }) => !hardware.isLinear(virtual) && hardware.pageOf(hardware.walk(virtual)?.physical ?? -1) === page,
  );
}

/** The driver uses the window, and keeps to the streaming contract for the mapping itself. */
function showWindow(run: ProofRun, mapping: StreamingMapping, window: bigint): void {
  const { kernel } = run;
  const at = window + BigInt(mapping.physical % kernel.hardware.pageBytes);
  if (mapping.direction !== "to-device") {
    run.cpuReads(at, 4, `The driver reads ${mapping.name} by its second address, before the device writes.`);
    hand(run, "device", mapping);
    deviceFills(run, mapping);
    hand(run, "cpu", mapping);
    const seen = run.cpuReads(at, 4, "The driver reads by the second address again.");
    if (seen.stale) {
      run.harmful(
        "stale-read",
        `The driver reads ${bytesText(seen.bytes)}: taking the mapping back has treated the lines of the linear address only, and not this one's.`,
        mapping.physical,
        seen.expected ?? pattern(0x77),
        seen.bytes,
      );
    }
  }
  if (mapping.direction === "from-device") return;
  // A cache that takes no line for a store has it from an earlier read.
  run.cpuReads(at, 4, `The driver looks at ${mapping.name} by its second address.`);
  run.cpuWrites(at, pattern(0xab), `The driver writes ab to ${mapping.name} by its second address.`);
  hand(run, "device", mapping);
  run.doorbell("The driver tells the device to go on.");
  const seen = run.deviceReads(mapping.handle, 4, `The device reads ${mapping.name}.`);
  run.expect(
    seen,
    pattern(0xab),
    "lost-write",
    (got) =>
      `The device reads ${got}: the driver's ab is in a dirty line of the second address, and only the linear address's lines were written back.`,
  );
}

function hand(run: ProofRun, to: "cpu" | "device", mapping: StreamingMapping): void {
  const call = to === "cpu" ? "dma_sync_single_for_cpu()" : "dma_sync_single_for_device()";
  run.kernel.narrator.act("cpu", `${call} passes ${mapping.name} to the ${to === "cpu" ? "CPU" : "device"}.`);
  // The copy to a bounce buffer comes after the driver's stores, by whatever address they went.
  run.kernel.perform({ kind: "barrier", barrier: "mb" });
  pass(run.kernel, to, mapping, mapping.direction);
  mapping.owner = to;
  if (to === "device") run.kernel.perform({ kind: "announce", from: "cpu" });
}
