/** Which bytes of a buffer live on the machine: its first lines, and the first line of its second page. */
import type { Hardware } from "./hardware.ts";

/** Virtual addresses, from the first byte up to the one behind the last. */
export interface Window {
  readonly from: bigint;
  readonly to: bigint;
}

const firstLines = 2;

/** The windows of a buffer of `size` bytes; whole lines of `lineBytes`. */
export function windowsOf(hardware: Hardware, lineBytes: number, virtual: bigint, size: number): readonly Window[] {
  const line = BigInt(lineBytes);
  const from = hardware.lineOf(virtual);
  const end = hardware.lineOf(virtual + BigInt(Math.max(1, size)) - 1n) + line;
  const head = from + line * BigInt(firstLines);
  const ranges = [{ from, to: head < end ? head : end }];
  const page = BigInt(hardware.pageBytes);
  const second = (virtual / page + 1n) * page;
  if (second >= head && second < virtual + BigInt(size)) ranges.push({ from: second, to: second + line });
  return ranges;
}
