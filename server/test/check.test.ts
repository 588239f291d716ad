import { describe, expect, test } from "vitest";
import { largestFile } from "../src/host/file-system.ts";
import { driver, folderWith, run } from "./cli-in-process.ts";

interface JsonReport {
  version: number;
  tool: string;
  files: number;
  elapsedMs: number;
  findings: { file: string; line: number; rule: string; verdicts: Record<string, string> }[];
  gaps: { file: string; line: number; endLine: number; reason: string }[];
}
async function json(folder: string, ...words: string[]): Promise<{ status: number; report: JsonReport }> {
  const { status, out, error } = await run(folder, ["check", "--format", "json", ...words]);
  expect(error).toBe("");
  return { status, report: JSON.parse(out) as JsonReport };
}

describe("formats", () => {
  test("json has the shape of the contract", async () => {
    const { status, report } = await json(folderWith(driver), ".");
    expect(status).toBe(1);
    expect(report.elapsedMs).toBeGreaterThanOrEqual(0);
    expect({ ...report, elapsedMs: 0 }).toMatchInlineSnapshot(`
      {
        "elapsedMs": 0,
        "files": 3,
        "findings": [
          {
            "column": 9,
            "endColumn": 24,
            "endLine": 6,
            "file": "drv/map.c",
            "fingerprint": "dma/mmap-cached-pgprot:drv_mmap:0",
            "fixes": [
              {
                "edits": [
                  {
                    "column": 9,
                    "endColumn": 75,
                    "endLine": 6,
                    "file": "drv/map.c",
                    "line": 6,
                    "newText": "dma_mmap_coherent(dev, vma, cpu, dma, size);",
                  },
                ],
                "id": "helper",
                "safety": "safe",
                "title": "Use dma_mmap_coherent()",
              },
              {
                "edits": [
                  {
                    "column": 56,
                    "endColumn": 73,
                    "endLine": 6,
                    "file": "drv/map.c",
                    "line": 6,
                    "newText": "pgprot_noncached(vma->vm_page_prot)",
                  },
                ],
                "id": "noncached",
                "safety": "review",
                "title": "Set pgprot_noncached()",
              },
            ],
            "function": "drv_mmap",
            "line": 6,
            "message": "remap_pfn_range() maps coherent memory cacheable.",
            "path": [
              {
                "column": 8,
                "file": "drv/main.c",
                "line": 5,
                "note": "allocated here",
              },
              {
                "column": 9,
                "file": "drv/map.c",
                "line": 6,
                "note": "mapped here",
              },
            ],
            "rule": "dma/mmap-cached-pgprot",
            "severity": "error",
            "stage": "stable",
            "verdicts": {},
          },
        ],
        "gaps": [],
        "tool": "dma-lens 0.0.0-test",
        "version": 1,
      }
    `);
  });

  test("text frames the line, tells the path, why, and what to do", async () => {
    const { status, out } = await run(folderWith(driver), ["check", "drv"]);
    expect(status).toBe(1);
    expect(out).toMatchInlineSnapshot(`
      "drv/map.c:6:9: error: remap_pfn_range() maps coherent memory cacheable. [dma/mmap-cached-pgprot]
          6 | 	return remap_pfn_range(vma, vma->vm_start, pfn, size, vma->vm_page_prot);
            | 	       ^^^^^^^^^^^^^^^
        drv/main.c:5:8: allocated here
        drv/map.c:6:9: mapped here
        why: The app reads what its cache kept, not what the device wrote.
        do:  Call dma_mmap_coherent() with what dma_alloc_coherent() returned.
        fix: Use dma_mmap_coherent()
        fix: Set pgprot_noncached() (to be reviewed)

      1 error in 1 file. 2 source files read.
      "
    `);
  });

  test("gcc", async () => {
    const { out } = await run(folderWith(driver), ["check", "--format=gcc", "drv"]);
    expect(out).toMatchInlineSnapshot(`
      "drv/map.c:6:9: error: remap_pfn_range() maps coherent memory cacheable. [dma/mmap-cached-pgprot]
      drv/main.c:5:8: note: allocated here
      drv/map.c:6:9: note: mapped here
      "
    `);
  });

  test("github escapes what its syntax uses", async () => {
    const { out } = await run(folderWith({ "a,b:c.c": driver["drv/map.c"] }), ["check", "--format", "github", "."]);
    expect(out).toMatchInlineSnapshot(`
      "::error file=a%2Cb%3Ac.c,line=6,endLine=6,col=9,endColumn=24,title=dma/mmap-cached-pgprot::remap_pfn_range() maps coherent memory cacheable.
      "
    `);
  });

  test("sarif points at rules and places that are there", async () => {
    const { out } = await run(folderWith(driver), ["check", "--format", "sarif", "."]);
    const log = JSON.parse(out) as {
      version: string;
      runs: {
        tool: { driver: { rules: { id: string }[] } };
        results: { ruleId: string; ruleIndex: number; locations: object[] }[];
      }[];
    };
    const [oneRun] = log.runs;
    const [result] = oneRun?.results ?? [];
    expect(log.version).toBe("2.1.0");
    expect(oneRun?.tool.driver.rules[result?.ruleIndex ?? -1]?.id).toBe("dma/mmap-cached-pgprot");
    expect(result?.locations).toMatchObject([
      { physicalLocation: { artifactLocation: { uri: "drv/map.c" }, region: { startLine: 6, startColumn: 9 } } },
    ]);
  });

  test("colours on a terminal only, and not with NO_COLOR", async () => {
    const folder = folderWith(driver);
    const escape = "\u001b[";
    expect((await run(folder, ["check", "."])).out).not.toContain(escape);
    expect((await run(folder, ["check", "."], { isTerminal: true })).out).toContain(escape);
    expect((await run(folder, ["check", "."], { isTerminal: true, environment: { NO_COLOR: "1" } })).out).not.toContain(
      escape,
    );
    expect((await run(folder, ["check", "."], { environment: { FORCE_COLOR: "1" } })).out).toContain(escape);
  });

  test("a source cannot steer the terminal", async () => {
    const folder = folderWith({ "a.c": "int f(int x)\n{\n\tremap_pfn_range(\u001b[2J, vma->vm_page_prot);\n}\n" });
    expect((await run(folder, ["check", "a.c"])).out).not.toContain("\u001b");
  });
});

describe("options", () => {
  test("--platform adds verdicts, without it there are none", async () => {
    const folder = folderWith(driver);
    expect((await json(folder, ".")).report.findings[0]?.verdicts).toEqual({});
    const { report } = await json(folder, "--platform", "x86_64", "--platform", "arm926", ".");
    expect(report.findings[0]?.verdicts).toEqual({ x86_64: "never", arm926: "sometimes" });
    const all = await json(folder, "--platform", "all", ".");
    expect(all.report.findings[0]?.verdicts).toEqual({ arm926: "sometimes", x86_64: "never" });
  });

  test("--preview and --rule choose rules", async () => {
    const folder = folderWith({ "a.c": `dma_alloc_coherent();\nvirt_to_page(x);\n${driver["drv/map.c"]}` });
    const rules = async (...words: string[]): Promise<string[]> =>
      (await json(folder, ...words, "a.c")).report.findings.map((finding) => finding.rule);
    expect(await rules()).toEqual(["dma/mmap-cached-pgprot"]);
    expect(await rules("--preview")).toEqual(["dma/coherent-virt-to-page", "dma/mmap-cached-pgprot"]);
    expect(await rules("--rule", "coherent-virt-to-page")).toEqual(["dma/coherent-virt-to-page"]);
  });

  test.each([
    [["check"], "check wants a file or a folder"],
    [["check", "--colour", "."], "'--colour'"],
    [["check", "--format", "xml", "."], "Unknown format 'xml'; known are text, json"],
    [["check", "--format"], "--format"],
    [["check", "--preview=yes", "."], "--preview"],
    [["check", "--rule", "dma/mmap-cached-pgprt", "."], "did you mean 'dma/mmap-cached-pgprot'?"],
    [["check", "--platform", "arm962", "."], "did you mean 'arm926'?"],
    [["check", "--platform", "parisc", "."], "does not simulate it"],
    [["check", "no-such.c"], "no-such.c: no such file or folder"],
    [["check", "drv/map.c/x"], "drv/map.c/x: no"],
    [["chek", "."], "Unknown command 'chek'"],
    [["toString"], "Unknown command 'toString'"],
    [[], "A command is wanted"],
    [["explain"], "explain wants"],
    [["explain", "dma/none"], "Unknown rule 'dma/none'"],
    [["replay"], "replay wants one file"],
    [["replay", "drv"], "neither a C source"],
    [["replay", "drv/none.c:3"], "drv/none.c: no such file"],
    [["replay", "drv/main.c"], "drv/main.c: no finding to replay"],
    [["replay", "drv/map.c:2"], "there are some at line 6"],
    [["replay", "--format", "html", "drv/map.c"], "is not built here"],
  ])("%j says what is wrong and exits with 2", async (words, message) => {
    const { status, out, error } = await run(folderWith(driver), words);
    expect(error).toContain(message);
    expect({ status, out }).toEqual({ status: 2, out: "" });
  });

  test.each([["--help"], ["-h"], ["help"], ["check", "--help"]])("%s prints the usage", async (...words) => {
    const { status, out } = await run("/", words);
    expect({ status, usage: out.startsWith("Usage:") }).toEqual({ status: 0, usage: true });
  });
});

describe("files", () => {
  test("a file alone is checked with its unit, but only its own findings are told", async () => {
    const folder = folderWith({ ...driver, "drv/other.c": driver["drv/map.c"] });
    const { report } = await json(folder, "drv/map.c");
    expect(report.files).toBe(1);
    expect(report.findings.map((finding) => finding.file)).toEqual(["drv/map.c"]);
    expect(report.findings[0]).toMatchObject({ path: [{ file: "drv/main.c", line: 5, note: "allocated here" }, {}] });
  });

  test("a folder and a file in it are told once; the order of the paths does not matter", async () => {
    const folder = folderWith({ ...driver, "a/z.c": driver["drv/map.c"] });
    const one = await json(folder, "drv/map.c", "drv", "a");
    const two = await json(folder, "a", "drv", "drv/map.c");
    expect(one.report.findings).toEqual(two.report.findings);
    expect(one.report.findings.map((finding) => finding.file)).toEqual(["a/z.c", "drv/map.c"]);
  });

  test("names are relative to the working folder, and absolute outside it", async () => {
    const folder = folderWith(driver);
    expect((await json(`${folder}/drv`, ".")).report.findings[0]?.file).toBe("map.c");
    expect((await json(`${folder}/quiet`, "../drv")).report.findings[0]?.file).toBe(`${folder}/drv/map.c`);
  });

  test("hidden folders and node_modules are not walked", async () => {
    const folder = folderWith({ ".git/a.c": driver["drv/map.c"], "node_modules/x/a.c": driver["drv/map.c"] });
    const { status, report } = await json(folder, ".");
    expect({ status, files: report.files }).toEqual({ status: 0, files: 0 });
  });

  test("a file that cannot be read is a counted gap with its reason, and no failure", async () => {
    const misuse = driver["drv/map.c"];
    const folder = folderWith({
      "binary.c": Buffer.from(`${misuse}\0\u0001`),
      "huge.c": `${misuse}${"x".repeat(largestFile)}`,
      "line.c": `remap_pfn_range(${"x".repeat(10 * 1024 * 1024)});`,
      "utf16.c": Buffer.from(misuse, "utf16le"),
      "notes.txt": "remap_pfn_range",
      "drv.h": "",
      "ok.c": "int x;\n",
      "plain.ts": "export const x = 1;\n",
    });
    const { status, report } = await json(
      folder,
      "binary.c",
      "huge.c",
      "line.c",
      "utf16.c",
      "notes.txt",
      "drv.h",
      "ok.c",
    );
    expect(status).toBe(0);
    expect(report.findings).toEqual([]);
    expect(report.gaps).toMatchInlineSnapshot(`
      [
        {
          "endLine": 1,
          "file": "binary.c",
          "line": 1,
          "reason": "not read: a binary file, or not in UTF-8",
        },
        {
          "endLine": 1,
          "file": "drv.h",
          "line": 1,
          "reason": "not checked by itself: a header is read with the sources that include it",
        },
        {
          "endLine": 1,
          "file": "huge.c",
          "line": 1,
          "reason": "not read: 2.1 MB, more than the limit of 2 MB",
        },
        {
          "endLine": 1,
          "file": "line.c",
          "line": 1,
          "reason": "not read: 10.1 MB, more than the limit of 2 MB",
        },
        {
          "endLine": 1,
          "file": "notes.txt",
          "line": 1,
          "reason": "not checked: neither C (.c) nor a TypeScript snippet (.ts)",
        },
        {
          "endLine": 1,
          "file": "utf16.c",
          "line": 1,
          "reason": "not read: a binary file, or not in UTF-8",
        },
      ]
    `);
    const { out } = await run(folder, ["check", "."]);
    expect(out).toContain("4 gaps: what was not understood is not checked.");
  });

  test("latin-1 comments, a byte order mark, CRLF and an empty file are read", async () => {
    const folder = folderWith({
      "latin1.c": Buffer.from(`/* \u00e9 */ ${driver["drv/map.c"]}`, "latin1"),
      "bom.c": `\ufeff${driver["drv/map.c"]}`,
      "crlf.c": driver["drv/map.c"].replaceAll("\n", "\r\n"),
      "empty.c": "",
    });
    const { report } = await json(folder, ".");
    expect(report.findings.map(({ file, line }) => `${file}:${line}`)).toEqual(["bom.c:6", "crlf.c:6", "latin1.c:6"]);
    expect(report.gaps).toEqual([]);
  });

  test("TypeScript counts only where it is a driver snippet", async () => {
    const snippet = 'import { remap_pfn_range } from "dma-lens/kernel";\nremap_pfn_range(vma->vm_page_prot);\n';
    const folder = folderWith({ "snippet.ts": snippet, "app.ts": "remap_pfn_range(vma->vm_page_prot);\n" });
    const { report } = await json(folder, ".");
    expect(report.findings.map((finding) => finding.file)).toEqual(["snippet.ts"]);
  });
});

describe("replay and explain", () => {
  test("replay tells the verdicts and the story, and exits with 1 where there is harm", async () => {
    const { status, out } = await run(folderWith(driver), ["replay", "drv/map.c:6"]);
    expect(status).toBe(1);
    expect(out).toMatchInlineSnapshot(`
      "drv/map.c:6: remap_pfn_range() maps coherent memory cacheable. [dma/mmap-cached-pgprot]

      arm926  sometimes  A stale byte is read. ARM926EJ-S
      x86_64  never      Nothing goes stale. x86-64 PC

      The app reads the buffer on arm926.
      arm926, schedule natural

         1  cpu          remap_pfn_range(...)  drv/map.c:1
             The driver maps the buffer.
         2  user       
             Stale.

      The app reads a stale byte.
      "
    `);
  });

  test("replay on a machine without harm exits with 0", async () => {
    const { status, out } = await run(folderWith(driver), ["replay", "drv/map.c", "--platform", "x86_64"]);
    expect(status).toBe(0);
    expect(out).toContain("The app reads what the device wrote.");
  });

  test("replay --format json is the trace itself", async () => {
    const { out } = await run(folderWith(driver), ["replay", "--format", "json", "drv/map.c"]);
    expect(JSON.parse(out)).toMatchObject({ version: 1, platform: { id: "arm926" }, outcome: { kind: "harm" } });
  });

  test("explain", async () => {
    expect((await run("/", ["explain", "mmap-cached-pgprot"])).out).toMatchInlineSnapshot(`
      "dma/mmap-cached-pgprot  error, stable
      Coherent memory is not mapped cacheable into user space.

      Why
        The app reads what its cache kept, not what the device wrote.

      What to do
        Call dma_mmap_coherent() with what dma_alloc_coherent() returned.

      Where it bites
        Non-coherent platforms.

      Fixes
        Use dma_mmap_coherent()
        Set pgprot_noncached() (to be reviewed)

      Basis
        kernel/dma/mapping.c:471
      "
    `);
    expect((await run("/", ["explain", "rules"])).out).toMatchInlineSnapshot(`
      "dma/mmap-cached-pgprot     error    stable   Coherent memory is not mapped cacheable into user space.
      dma/coherent-virt-to-page  warning  preview  A coherent pointer has no page.
      "
    `);
    expect((await run("/", ["explain", "platforms"])).out).toMatchInlineSnapshot(`
      "arm926  non-coherent  ARM926EJ-S: Virtually tagged cache.
      x86_64  coherent      x86-64 PC: Snooping bus.
      parisc  non-coherent  PA-RISC: Equivalent aliases. (described, not simulated yet)
      "
    `);
    expect((await run("/", ["--version"])).out).toBe("dma-lens 0.0.0-test\n");
  });
});
