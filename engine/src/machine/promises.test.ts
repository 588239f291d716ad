import { describe, expect, it } from "vitest";
import { Promises } from "./promises.ts";

const b = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe("promises", () => {
  it("are kept to the writer at once", () => {
    const promises = new Promises();
    promises.write("cpu", 0x100, b(1, 2));
    expect(promises.check("cpu", 0x100, b(1, 2)).stale).toBe(false);
    expect(promises.check("cpu", 0x100, b(0, 2))).toEqual({ stale: true, newest: b(1, 2) });
  });

  it("allow the others the old or the new value until they are announced", () => {
    const promises = new Promises();
    promises.write("device", 0x100, b(1));
    expect(promises.isStale("cpu", 0x100, b(0))).toBe(false);
    expect(promises.isStale("cpu", 0x100, b(1))).toBe(false);
    expect(promises.isStale("cpu", 0x100, b(7))).toBe(true);
    promises.announce("device");
    expect(promises.isStale("cpu", 0x100, b(0))).toBe(true);
    expect(promises.isStale("cpu", 0x100, b(1))).toBe(false);
  });

  it("are announced by what is seen: the data before the flag", () => {
    const promises = new Promises();
    promises.write("cpu", 0x100, b(5));
    promises.write("cpu", 0x200, b(1));
    expect(promises.check("device", 0x200, b(1)).stale).toBe(false);
    expect(promises.check("device", 0x100, b(0)).stale).toBe(true);
  });

  it("are not announced by what cannot be told from before", () => {
    const promises = new Promises();
    promises.write("cpu", 0x100, b(5));
    promises.write("cpu", 0x200, b(0));
    expect(promises.check("device", 0x200, b(0)).stale).toBe(false);
    expect(promises.check("device", 0x100, b(0)).stale).toBe(false);
  });

  it("announce nothing that was written after what is seen", () => {
    const promises = new Promises();
    promises.write("cpu", 0x200, b(1));
    promises.write("cpu", 0x100, b(5));
    promises.check("device", 0x200, b(1));
    expect(promises.isStale("device", 0x100, b(0))).toBe(false);
  });

  it("call nothing stale where unannounced writes met", () => {
    const promises = new Promises();
    promises.write("cpu", 0x100, b(1));
    promises.write("cpu", 0x100, b(2));
    expect(promises.isStale("device", 0x100, b(1))).toBe(false);
    promises.announce("cpu");
    expect(promises.isStale("device", 0x100, b(1))).toBe(true);
  });

  it("know the newest value and its writer across blocks", () => {
    const promises = new Promises();
    promises.write("device", 0xfe, b(1, 2, 3, 4));
    expect(promises.newest(0xfd, 6)).toEqual(b(0, 1, 2, 3, 4, 0));
    expect(promises.writerOf(0x100)).toBe("device");
    expect(promises.writerOf(0x102)).toBeUndefined();
  });

  it("belong to one clone", () => {
    const promises = new Promises();
    promises.write("cpu", 0x100, b(1));
    const copy = promises.clone();
    copy.write("cpu", 0x100, b(2));
    promises.write("cpu", 0x101, b(3));
    expect(promises.newest(0x100, 2)).toEqual(b(1, 3));
    expect(copy.newest(0x100, 2)).toEqual(b(2, 0));
  });
});
