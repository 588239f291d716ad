/**
 * Addresses and bytes of the machine. An address is a number; one in the upper half of a 64-bit address space is the negative
 * number with the same 64 bits (-2^47 is 0xffff800000000000), which a double holds exactly. Low bits work on it as usual,
 * since JavaScript's bit operators take an integer modulo 2^32.
 */

/** "0xc0001000", "0xffff000040001000": unsigned, of a machine address or of the value of a driver's variable. */
export function addressText(address: number | bigint): string {
  const bits = typeof address === "number" ? BigInt(Math.trunc(address)) : address;
  return `0x${BigInt.asUintN(64, bits).toString(16).padStart(8, "0")}`;
}

/** The machine's form of an address of `bits` bits. */
export function addressOfBits(value: bigint, bits: 32 | 64): number {
  return bits === 32 ? Number(BigInt.asUintN(32, value)) : Number(BigInt.asIntN(64, value));
}

/** The unsigned value of a machine address, as a driver's variable holds it. */
export function bitsOfAddress(address: number, bits: 32 | 64): bigint {
  return BigInt.asUintN(bits, BigInt(address));
}

/** Rounds down to a multiple of `unit`, a power of two of at most 2^31. */
export function alignDown(address: number, unit: number): number {
  return address - ((address & (unit - 1)) >>> 0);
}

export function alignUp(address: number, unit: number): number {
  return alignDown(address + unit - 1, unit);
}

const digits = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, "0"));

/** Two hexadecimal digits for each byte, lowest address first. */
export function bytesText(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += digits[bytes[i] ?? 0] ?? "";
  return text;
}

export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
