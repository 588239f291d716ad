/** What the mirror tells the engine, and when; with a disk in memory. */
import { beforeEach, describe, expect, test } from "vitest";
import { fakeEngine } from "../../test/fake-engine.ts";
import type { DriverSession, Engine } from "./engine.ts";
import type { FileSystem } from "./file-system.ts";
import { baseNameOf, folderOf, nameWithin } from "./location.ts";
import { relevanceOf } from "./relevance.ts";
import { type Overlay, Unit, type UnitHost } from "./unit.ts";
import { NothingToReplay, UnitStore } from "./unit-store.ts";

const misuse = "int f(void)\n{\n\treturn remap_pfn_range(vma, vma->vm_page_prot);\n}\n";
let contents: Map<string, string>;
let overlays: Map<string, Overlay>;
let reads: string[];
let told: string[];
let analyses: number;
let sessions: number;

const files: FileSystem = {
  stamp: (location) => contents.get(location),
  read(location) {
    reads.push(location);
    const text = contents.get(location);
    return text === undefined ? { kind: "missing" } : { kind: "bytes", bytes: Buffer.from(text) };
  },
  list: (folder) =>
    [...contents.keys()]
      .filter((name) => folderOf(name) === folder)
      .map(baseNameOf)
      .sort(),
};

/** Notes what the session is told. */
function watched(session: DriverSession): DriverSession {
  return {
    ...session,
    setFile(name, text, role) {
      told.push(`${role ?? "source"} ${name}`);
      session.setFile(name, text, role);
    },
    removeFile(name) {
      told.push(`remove ${name}`);
      session.removeFile(name);
    },
    analyse(options) {
      analyses++;
      return session.analyse(options);
    },
  };
}
const engine: Engine = {
  ...fakeEngine,
  createSession() {
    sessions++;
    return watched(fakeEngine.createSession());
  },
};
function host(): UnitHost {
  return {
    files,
    overlays,
    relevance: relevanceOf(engine.catalogue),
    nameOf: (location) => nameWithin("/d", location),
  };
}
function open(location: string, text: string, version: number): void {
  overlays.set(location, { location, text, version, source: true });
}

beforeEach(() => {
  contents = new Map([
    ["/d/a.c", `#include "a.h"\n#include "missing.h"\n${misuse}`],
    ["/d/b.c", "int b;\n"],
    ["/d/a.h", '#include "sub/deep.h"\n'],
    ["/d/sub/deep.h", '#include "../a.h"\n#include "beside.h"\n'],
    ["/d/sub/beside.h", "int x;\n"],
    ["/d/unused.h", ""],
  ]);
  overlays = new Map();
  reads = [];
  told = [];
  analyses = 0;
  sessions = 0;
});

describe("a unit", () => {
  test("is its sources and the headers that they reach, each looked for beside its includer", async () => {
    const unit = new Unit("/d", engine.createSession(), host());
    await unit.refresh(true);
    expect(told).toEqual(["source a.c", "source b.c", "header a.h", "header sub/deep.h", "header sub/beside.h"]);
  });

  test("that never mentions DMA is not given to the engine, whatever its headers say", async () => {
    contents.set("/d/a.c", '#include "a.h"\nint x;\n');
    const unit = new Unit("/d", engine.createSession(), host());
    await unit.refresh(true);
    expect({ told, relevant: unit.relevant, sources: unit.sourceCount }).toEqual({
      told: [],
      relevant: false,
      sources: 2,
    });
    contents.set("/d/b.c", misuse);
    await unit.refresh(true);
    expect(told).toContain("source a.c");
    contents.set("/d/b.c", "int b;\n");
    told = [];
    await unit.refresh(true);
    expect(told).toEqual(["remove a.c", "remove b.c", "remove a.h", "remove sub/deep.h", "remove sub/beside.h"]);
  });

  test("tells only what has changed, and reads only what has a new stamp", async () => {
    const unit = new Unit("/d", engine.createSession(), host());
    await unit.refresh(true);
    const { revision } = unit;
    told = [];
    reads = [];
    await unit.refresh(true);
    expect({ told, reads, revision: unit.revision }).toEqual({ told: [], reads: [], revision });
    contents.set("/d/b.c", "int c;\n");
    await unit.refresh(true);
    expect({ told, reads }).toEqual({ told: ["source b.c"], reads: ["/d/b.c"] });
    expect(unit.revision).toBeGreaterThan(revision);
  });

  test("forgets a header that nothing includes any more, and a file that is gone", async () => {
    const unit = new Unit("/d", engine.createSession(), host());
    await unit.refresh(true);
    told = [];
    contents.set("/d/a.h", "");
    contents.delete("/d/b.c");
    await unit.refresh(true);
    expect(told.sort()).toEqual(["header a.h", "remove b.c", "remove sub/beside.h", "remove sub/deep.h"]);
  });

  test("an open document wins over the disk, and the disk is back when it is closed", async () => {
    const unit = new Unit("/d", engine.createSession(), host());
    open("/d/a.c", misuse, 7);
    await unit.refresh(true);
    expect([unit.textOf("a.c")?.text, unit.versionOf("a.c")]).toEqual([misuse, 7]);
    overlays.clear();
    await unit.refresh(true);
    expect([unit.textOf("a.c")?.text, unit.versionOf("a.c")]).toEqual([contents.get("/d/a.c"), undefined]);
  });

  test("an unsaved new file belongs to the folder that it will be in", async () => {
    const unit = new Unit("/d", engine.createSession(), host());
    open("/d/new.c", misuse, 1);
    await unit.refresh(true);
    expect(told).toContain("source new.c");
  });

  test("without a rescan the disk is left alone", async () => {
    const unit = new Unit("/d", engine.createSession(), host());
    await unit.refresh(true);
    reads = [];
    contents.set("/d/b.c", misuse);
    open("/d/a.c", misuse, 1);
    await unit.refresh(false);
    expect(reads).toEqual([]);
    expect(unit.textOf("b.c")?.text).toBe("int b;\n");
  });
});

describe("the store", () => {
  test("analyses once for equal texts and options", async () => {
    const store = new UnitStore(engine, host());
    const [one, two] = await Promise.all([store.analyse("/d", {}), store.analyse("/d", {})]);
    expect({ analyses, same: one.findings === two.findings, found: one.findings.length }).toEqual({
      analyses: 1,
      same: true,
      found: 1,
    });
    await store.analyse("/d", { preview: true });
    expect(analyses).toBe(2);
    open("/d/a.c", `\n${misuse}`, 1);
    await store.analyse("/d", { preview: true });
    expect(analyses).toBe(3);
  });

  test("holds a bounded number of units that are open, the last used ones", async () => {
    for (let i = 0; i < 9; i++) {
      contents.set(`/d${i}/a.c`, misuse);
      open(`/d${i}/a.c`, misuse, 1);
    }
    const store = new UnitStore(engine, host());
    for (let i = 0; i < 9; i++) {
      await store.analyse(`/d${i}`, {});
      await store.analyse("/d0", {});
    }
    expect(sessions).toBe(9);
    await store.analyse("/d8", {});
    await store.analyse("/d4", {});
    expect(sessions).toBe(9);
    await store.analyse("/d1", {});
    expect(sessions).toBe(10);
  });

  test("of units that nobody has open it holds the last one only", async () => {
    for (let i = 0; i < 4; i++) contents.set(`/d${i}/a.c`, misuse);
    open("/d0/a.c", misuse, 1);
    const store = new UnitStore(engine, host());
    for (const folder of ["/d0", "/d1", "/d2", "/d1", "/d0"]) await store.analyse(folder, {});
    expect(sessions).toBe(3);
    await store.analyse("/d3", {});
    await store.analyse("/d0", {});
    expect(sessions).toBe(4);
    await store.analyse("/d2", {});
    expect(sessions).toBe(5);
  });

  test("says that a finding or a fix is gone", async () => {
    const store = new UnitStore(engine, host());
    const finding = (await store.analyse("/d", {})).findings[0]?.fingerprint ?? "";
    await expect(store.prove("/d", {}, "none", ["arm926"])).rejects.toBeInstanceOf(NothingToReplay);
    await expect(store.prove("/d", {}, finding, ["arm926"], "none")).rejects.toBeInstanceOf(NothingToReplay);
    expect(await store.prove("/d", {}, finding, ["x86_64", "arm926"])).toMatchObject([
      { platform: "x86_64", verdict: "never" },
      { platform: "arm926", verdict: "sometimes" },
    ]);
    expect(await store.prove("/d", {}, finding, ["arm926"], "helper")).toMatchObject([{ verdict: "never" }]);
  });

  test("goes on after a failure", async () => {
    const store = new UnitStore(engine, host());
    contents.set("/d/b.c", "#pragma throw\n");
    await expect(store.analyse("/d", {})).rejects.toThrow("told to throw");
    contents.set("/d/b.c", "");
    store.diskChanged();
    expect((await store.analyse("/d", {})).findings).toHaveLength(1);
  });
});
