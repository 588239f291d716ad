import { expect, it } from "vitest";
import { addressOfBits, addressText, alignDown, alignUp, bitsOfAddress, bytesText } from "./address.ts";

it.each([
  [0xffff_0000_4000_1234n, 64, "0xffff000040001234"],
  [0xffff_ffd6_0000_0040n, 64, "0xffffffd600000040"],
  [0x0000_7f00_0000_0008n, 64, "0x7f0000000008"],
  [0xc000_1000n, 32, "0xc0001000"],
  [0x10n, 32, "0x00000010"],
] as const)("0x%s of %i bits keeps its value and reads %s", (bits, width, text) => {
  const address = addressOfBits(bits, width);
  expect(bitsOfAddress(address, width)).toBe(bits);
  expect(addressText(address)).toBe(text);
});

it("aligns in both halves of the address space", () => {
  expect(addressText(alignDown(addressOfBits(0xffff_8000_8000_007fn, 64), 64))).toBe("0xffff800080000040");
  expect(addressText(alignUp(addressOfBits(0xffff_8000_8000_0041n, 64), 64))).toBe("0xffff800080000080");
  expect(alignDown(0x1_0000_0021, 32)).toBe(0x1_0000_0020);
  expect(alignUp(0x1_0000_0020, 32)).toBe(0x1_0000_0020);
});

it("writes bytes lowest address first", () => {
  expect(bytesText(Uint8Array.of(0x01, 0xab, 0))).toBe("01ab00");
});
