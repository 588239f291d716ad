import { describe, expect, it } from "vitest";
import type { DriverUnit } from "../../program/program.ts";
import { areOneDriver } from "./one-driver.ts";

/** A unit of which only the includes matter here. */
function unitOf(includes: Readonly<Record<string, readonly string[]>>): DriverUnit {
  const files = new Map(Object.entries(includes).map(([name, list]) => [name, { name, includes: list }]));
  return { files } as unknown as DriverUnit;
}

describe("files are of one driver", () => {
  it.each([
    ["by a header that both include", { "d/a.c": ["a.h"], "d/b.c": ["a.h"], "d/a.h": [] }, true],
    ["by a header that is not at hand", { "d/a.c": ["a.h"], "d/b.c": ["a.h"] }, true],
    ["not by a header of the core", { "d/a.c": ["../core.h"], "d/b.c": ["../core.h"], "core.h": [] }, false],
    [
      "by a header of their folder that one of another folder brings in",
      { "s/d/a.c": ["../x/p.h"], "s/d/b.c": ["d.h", "../x/p.h"], "s/x/p.h": ["../d/d.h"], "s/d/d.h": [] },
      true,
    ],
    [
      "not by what a header of the core brings in from elsewhere",
      { "s/d/a.c": ["../x/p.h"], "s/d/b.c": ["../x/p.h"], "s/x/p.h": ["q.h"], "s/x/q.h": [] },
      false,
    ],
    ["not without includes", { "d/a.c": [], "d/b.c": [] }, false],
    [
      "not by what their own headers include",
      { "d/a.c": ["a.h"], "d/b.c": ["c.h"], "d/a.h": ["c.h"], "d/c.h": [] },
      false,
    ],
    ["not by a ring of headers", { "d/a.c": ["a.h"], "d/b.c": ["b.h"], "d/a.h": ["b.h"], "d/b.h": ["a.h"] }, false],
    ["not by a path that leaves the workspace", { "a.c": ["../../x.h"], "b.c": ["../../x.h"] }, false],
  ])("%s", (_, includes, expected) => {
    const [a = "", b = ""] = Object.keys(includes);
    expect(areOneDriver(unitOf(includes), a, b)).toBe(expected);
    expect(areOneDriver(unitOf(includes), b, a)).toBe(expected);
    expect(areOneDriver(unitOf(includes), a, a)).toBe(true);
  });
});
