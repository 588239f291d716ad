/**
 * Bounce buffers (kernel/dma/swiotlb.c of linux 6.12.117): the device gets other memory, and the kernel copies. Mapping copies the
 * original into it whatever the direction (swiotlb_tbl_map_single(), lines 1454-1462: the device need not write all of it);
 * passing it on copies again where the device reads; taking it back copies into the original where the device writes.
 */
import { addressText } from "../../machine/address.ts";
import type { Direction } from "../../machine/model.ts";
import type { Kernel } from "../kernel.ts";
import type { StreamingMapping } from "../scene.ts";

/** Takes bounce pages for a mapping that begins at `inPage` of its first page; the physical address of its first byte. */
export function takeBounce(kernel: Kernel, inPage: number, bytes: number): number {
  const { pageBytes } = kernel.hardware;
  const pages = Math.min(64, Math.max(1, Math.ceil((inPage + bytes) / pageBytes)));
  return kernel.port.board.allocatePages(pages * pageBytes) + inPage;
}

/** A stretch of a mapping whose device works on a bounce buffer. */
export interface Bounced {
  readonly name: string;
  /** Physical addresses of the first bytes of both. */
  readonly physical: number;
  readonly bounce: number;
  readonly size: number;
}

/** The bytes that the CPU copies; only those of the machine can differ, so only those are copied. */
export function copyBounce(kernel: Kernel, to: "bounce" | "original", stretch: Bounced): void {
  const { hardware, narrator } = kernel;
  const { name, physical, bounce, size } = stretch;
  const where = `the bounce buffer at ${addressText(bounce)}`;
  narrator.driver(to === "bounce" ? `swiotlb copies ${name} into ${where}.` : `swiotlb copies ${where} into ${name}.`);
  const original = hardware.linear(physical);
  for (const { from, to: end } of rangesOf(kernel, original, size)) {
    const offset = Number(from - original);
    const other = hardware.linear(bounce + offset);
    const [source, target] = to === "bounce" ? [from, other] : [other, from];
    hardware.store(target, hardware.load(source, Number(end - from)).bytes);
  }
}

/** Passing a bounced mapping on, or taking it back, without the cache's part of it. */
export function passBounce(
  kernel: Kernel,
  to: "device" | "cpu",
  mapping: StreamingMapping,
  direction: Direction,
  offset: number,
  bytes: number,
): void {
  if (mapping.bounce === undefined) return;
  const stretch = {
    name: mapping.name,
    physical: mapping.physical + offset,
    bounce: mapping.bounce + offset,
    size: Math.min(bytes, mapping.size - offset),
  };
  if (to === "device" && direction !== "from-device") copyBounce(kernel, "bounce", stretch);
  if (to === "cpu" && direction !== "to-device") copyBounce(kernel, "original", stretch);
}

/** The machine's lines of a stretch, and what the finding's statement touches of it; parts that overlap are copied once. */
function rangesOf(kernel: Kernel, from: bigint, size: number): readonly { from: bigint; to: bigint }[] {
  const end = from + BigInt(size);
  const ranges = [...kernel.windows(from, size), ...kernel.plan.touches]
    .map((range) => ({ from: range.from > from ? range.from : from, to: range.to < end ? range.to : end }))
    .filter((range) => range.from < range.to)
    .sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
  const joined: { from: bigint; to: bigint }[] = [];
  for (const range of ranges) {
    const last = joined.at(-1);
    if (last !== undefined && range.from <= last.to) last.to = range.to > last.to ? range.to : last.to;
    else joined.push({ ...range });
  }
  return joined;
}
