/** Offsets and neighbours as a 64-bit compiler lays them out, and what stays unknown. */
import { describe, expect, it } from "vitest";
import { unitOf } from "../../testing/unit-from-text.ts";
import { sizeOf, surroundings } from "./struct-layout.ts";

function around(text: string, ...path: readonly string[]) {
  const { records } = unitOf({ "a.c": text });
  const steps = path.map((one) => {
    const [record = "", name = ""] = one.split(".");
    return { record, name };
  });
  const found = surroundings(records, steps);
  return (
    found && { at: found.members[found.at], names: found.members.map((one) => one.field.name), members: found.members }
  );
}

describe("offsets", () => {
  it.each<[string, string, string, number | undefined, number | undefined]>([
    ["a byte array behind a pointer", "struct s { void *p; u8 b[3]; };", "s.b", 8, 3],
    ["natural alignment", "struct s { u8 a; u32 b; u8 c; u64 d; };", "s.d", 16, 8],
    ["a lock of known size", "struct s { struct mutex m; u8 b[4]; };", "s.b", 32, 4],
    ["behind a struct that nobody declares", "struct s { struct strange m; u8 b[4]; };", "s.b", undefined, 4],
    ["behind one that is known in part", "struct s { struct urb u; u8 b[4]; };", "s.b", undefined, 4],
    ["behind an array of unknown length", "struct s { u8 a[UNSEEN]; u8 b[4]; };", "s.b", undefined, 4],
    ["behind an own struct", "struct in { u8 a; u16 b; }; struct s { struct in i; u8 b; };", "s.b", 4, 1],
    ["behind an unnamed union", "struct s { union { u32 a; u64 c; }; u8 b; };", "s.b", undefined, 1],
    ["an aligned member", "struct s { u8 a; u8 b[4] __aligned(64); };", "s.b", 64, 4],
    ["a group for the device", "struct s { u8 a; __dma_from_device_group_begin(); u8 b[4]; };", "s.b", 128, 4],
    ["behind such a group", "struct s { u8 a[4]; __dma_from_device_group_end(); u8 b; };", "s.b", 128, 1],
    ["bit-fields in one word", "struct s { u32 a:4; u32 c:4; u8 b; };", "s.b", 4, 1],
  ])("of %s", (_, text, path, offset, size) => {
    const at = around(text, path)?.at;
    expect([at?.offset, at?.size]).toEqual([offset, size]);
  });

  it("opens the structs on the way and no others", () => {
    const text = "struct in { u16 a; u8 b[4]; }; struct s { u64 x; struct in one; struct in two; };";
    const found = around(text, "s.two", "in.b");
    expect(found?.names).toEqual(["x", "one", "a", "b"]);
    expect(found?.at?.offset).toBe(16);
  });

  it.each<[string, readonly boolean[]]>([
    ["struct in { u8 b[4]; } ____cacheline_aligned; struct s { u64 x; struct in one; u8 y; };", [false, true, true]],
    ["struct __aligned(128) in { u8 b[4]; }; struct s { u64 x; struct in one; u8 y; };", [false, true, true]],
    ["struct in { u8 b[4]; }; struct s { u64 x; struct in one; u8 y; };", [false, false, false]],
    ["struct s { u64 x; union { u8 b[4]; u8 c[LINE]; } ____cacheline_aligned; };", [false, true, false]],
  ])("lines begin where types ask for it: %s", (text, lines) => {
    const found = text.includes("one") ? around(text, "s.one") : around(text, "s.b");
    expect(found?.members.map((one) => one.ownLine)).toEqual(lines);
  });

  it("gives a struct's own line to its first member", () => {
    const text =
      "struct in { u16 a; u8 b[4]; }; struct s { u64 x; struct in one __aligned(ARCH_DMA_MINALIGN); u8 y; };";
    expect(around(text, "s.one", "in.b")?.members.map((one) => one.ownLine)).toEqual([false, true, false, false]);
  });

  it.each<[string, boolean]>([
    ["__aligned(8)", false],
    ["__aligned(sizeof(s64))", false],
    ["__attribute__((aligned(4)))", false],
    ["__aligned(64)", true],
    ["____cacheline_aligned", true],
    ["__aligned(IIO_DMA_MINALIGN)", true],
    ["__aligned(SOME_DRIVERS_LINE)", true],
  ])("takes %s for a line of its own: %s", (annotation, own) => {
    expect(around(`struct s { u64 x; u8 b[4] ${annotation}; };`, "s.b")?.at?.ownLine).toBe(own);
  });

  it("says nothing of unions, of the kernel's own structs and of members that are not there", () => {
    expect(around("union u { u8 a; u8 b[4]; };", "u.b")).toBeUndefined();
    expect(around("struct s { u8 a; };", "urb.status")).toBeUndefined();
    expect(around("struct s { u8 a; };", "s.b")).toBeUndefined();
  });

  it("comes to an end on a struct that holds itself", () => {
    const { records } = unitOf({ "a.c": "struct s { struct s again; u8 b; };" });
    expect(sizeOf(records, { kind: "record", tag: "struct", name: "s" })).toBeUndefined();
  });
});
