import { describe, expect, test } from "vitest";
import { baseNameOf, folderOf, isOnDisk, joinLocation, nameWithin } from "./location.ts";

describe("locations", () => {
  test.each([
    ["/a/b.c", "/a", "b.c"],
    ["/b.c", "/", "b.c"],
    ["C:/a/b.c", "C:/a", "b.c"],
    ["vscode-vfs://github/o/r/b.c", "vscode-vfs://github/o/r", "b.c"],
    ["vscode-vfs://github/b.c", "vscode-vfs://github/", "b.c"],
    ["untitled:Untitled-1", "untitled:Untitled-1", "Untitled-1"],
  ])("%s lies in %s and is called %s", (location, folder, name) => {
    expect([folderOf(location), baseNameOf(location)]).toEqual([folder, name]);
  });

  test.each([
    ["/a/b", "c.h", "/a/b/c.h"],
    ["/a/b", "../c.h", "/a/c.h"],
    ["/a/b", "./x//../c.h", "/a/b/c.h"],
    ["/a", "../../../c.h", "/c.h"],
    ["/", "c.h", "/c.h"],
    ["/a", "/abs/c.h", "/abs/c.h"],
    ["C:/a", "../c.h", "C:/c.h"],
    ["vscode-vfs://github/o/r", "../c.h", "vscode-vfs://github/o/c.h"],
  ])("from %s, %s is %s", (folder, relative, location) => {
    expect(joinLocation(folder, relative)).toBe(location);
  });

  test("a name is relative within the folder only", () => {
    expect(nameWithin("/a/b", "/a/b/c/d.c")).toBe("c/d.c");
    expect(nameWithin("/a/b", "/a/bc/d.c")).toBe("/a/bc/d.c");
    expect(nameWithin("/", "/d.c")).toBe("d.c");
  });

  test("a drive is no scheme", () => {
    expect([isOnDisk("C:/a.c"), isOnDisk("/a.c"), isOnDisk("untitled:a.c")]).toEqual([true, true, false]);
  });
});
