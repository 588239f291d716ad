/**
 * An engine for the hosts' own tests: it keeps the contract of `Engine`, and "finds" every `remap_pfn_range(...)` whose text says
 * nothing of pgprot_noncached or dma_mmap_coherent. What the hosts do with findings is tested with it; what the engine finds is not.
 */
import ts from "typescript";
import { litmusEngine } from "../../engine/src/litmus.ts";
import {
  type AnalysisOptions,
  type ApiFunction,
  applyEdits,
  type DriverSession,
  type Engine,
  type FileSpan,
  type Finding,
  type Fix,
  type Gap,
  type PathStep,
  type ProofResult,
  type RuleMeta,
  SourceText,
  type Trace,
  type UnitReport,
} from "../src/host/engine.ts";

export const mmapRule: RuleMeta = {
  id: "dma/mmap-cached-pgprot",
  group: "mmap",
  severity: "error",
  stage: "stable",
  summary: "Coherent memory is not mapped cacheable into user space.",
  why: "The app reads what its cache kept, not what the device wrote.",
  remedy: "Call dma_mmap_coherent() with what dma_alloc_coherent() returned.",
  basis: ["kernel/dma/mapping.c:471"],
  when: "Non-coherent platforms.",
  proof: "mmap",
  fixes: [
    { id: "helper", title: "Use dma_mmap_coherent()", safety: "safe" },
    { id: "noncached", title: "Set pgprot_noncached()", safety: "review" },
  ],
};

export const pageRule: RuleMeta = {
  id: "dma/coherent-virt-to-page",
  group: "coherent",
  severity: "warning",
  stage: "preview",
  summary: "A coherent pointer has no page.",
  why: "The page is of another owner.",
  remedy: "Use the helper.",
  basis: [],
  when: "Everywhere with vmalloc.",
  fixes: [],
};

const platformsSimulated = ["arm926", "x86_64"];

export const fakeEngine: Engine = {
  version: "0.0.0-test",
  createSession: () => fakeSession(new Map()),
  rules: [mmapRule, pageRule],
  platforms: [
    {
      id: "arm926",
      title: "ARM926EJ-S",
      tier: "core",
      coherent: false,
      simulated: true,
      summary: "Virtually tagged cache.",
    },
    { id: "x86_64", title: "x86-64 PC", tier: "core", coherent: true, simulated: true, summary: "Snooping bus." },
    {
      id: "parisc",
      title: "PA-RISC",
      tier: "expert",
      coherent: false,
      simulated: false,
      summary: "Equivalent aliases.",
    },
  ],
  catalogue: [
    api("dma_alloc_coherent", "coherent-alloc"),
    api("remap_pfn_range", "map-user"),
    api("virt_to_page", "addr-conv"),
    api("kmalloc", "mem-source"),
  ],
  // Litmus tests are small and exact: nothing is gained by a fake of them.
  litmus: litmusEngine(ts),
  withPresets: () => fakeEngine,
};

function api(name: string, group: string): ApiFunction {
  return {
    name,
    group,
    parameters: [{ name: "dev", role: "device", note: "the device itself" }],
    returns: "void *",
    effect: "none",
    error: "null",
    since: "2.6",
    in61: true,
    in612: true,
    source: "include/linux/dma-mapping.h:472",
    produces: "cpu:coherent",
    requires: "-",
    notes: `never virt_to_page() of it | ${name}`,
  };
}

interface FakeFile {
  readonly text: string;
  readonly role: "source" | "header";
}

function fakeSession(files: Map<string, FakeFile>, fixed = false): DriverSession {
  return {
    setFile: (name, text, role = "source") => void files.set(name, { text, role }),
    removeFile: (name) => void files.delete(name),
    summaries: () => [],
    get files() {
      return [...files.keys()];
    },
    includesOf: (name) =>
      [...(files.get(name)?.text ?? "").matchAll(/^#include "([^"]+)"/gm)].map(([, include = ""]) => include),
    analyse: (options) => analyse(files, options),
    prove: (finding, platforms = platformsSimulated) => platforms.map((platform) => proof(finding, platform, fixed)),
    replay: (finding, platform, schedule) => proof(finding, platform, fixed, schedule),
    withFix(fix) {
      const changed = new Map(files);
      for (const [name, file] of files) {
        const text = applyEdits(
          file.text,
          fix.edits.filter((edit) => edit.file === name),
        );
        if (text === undefined) return undefined;
        changed.set(name, { ...file, text });
      }
      return fakeSession(changed, true);
    },
    // One call that can be left out: the first character of the file.
    toggles: ({ file }) => [
      {
        id: "drop:drv_mmap:first:0",
        kind: "drop",
        what: "sync",
        function: "drv_mmap",
        code: "first()",
        file,
        start: 0,
        end: 1,
        edits: [{ file, start: 0, end: 1, newText: " " }],
      },
    ],
  };
}

function analyse(files: ReadonlyMap<string, FakeFile>, options: AnalysisOptions = {}): UnitReport {
  const findings: Finding[] = [];
  const gaps: Gap[] = [];
  let functions = 0;
  for (const [file, { text, role }] of files) {
    if (text.includes("#pragma throw")) throw new Error("the fake engine was told to throw");
    for (const match of text.matchAll(/@@@/g)) {
      gaps.push({ file, start: match.index, end: match.index + 3, reason: "not understood" });
    }
    functions += [...text.matchAll(/^\{/gm)].length;
    if (role === "header" || options.only?.has(file) === false) continue;
    for (const match of text.matchAll(/remap_pfn_range\(([^;]*)\);/g)) {
      if (match[0].includes("pgprot_noncached")) continue;
      findings.push(mmapFinding(files, file, text, match.index, match[0]));
    }
    for (const match of text.matchAll(/virt_to_page\(/g)) {
      findings.push(finding(pageRule, file, text, match.index, "virt_to_page".length, [], []));
    }
  }
  const wanted = findings.filter((candidate) => {
    if (options.rules !== undefined) return options.rules.includes(candidate.rule);
    return candidate.stage === "stable" || options.preview === true;
  });
  const kept = wanted.flatMap((candidate): Finding[] => {
    const severity = options.severities?.[candidate.rule] ?? candidate.severity;
    return severity === "off" ? [] : [{ ...candidate, severity }];
  });
  return { findings: kept, gaps, functions };
}

function mmapFinding(
  files: ReadonlyMap<string, FakeFile>,
  file: string,
  text: string,
  at: number,
  call: string,
): Finding {
  const path: PathStep[] = [];
  for (const [name, { text: other }] of files) {
    const start = other.indexOf("dma_alloc_coherent(");
    if (start >= 0) path.push(step(name, start, start + "dma_alloc_coherent".length, "allocate", "allocated here"));
  }
  path.push(step(file, at, at + "remap_pfn_range".length, "sink", "mapped here"));
  const protection = at + call.lastIndexOf("vma->vm_page_prot");
  const fixes: Fix[] = [
    {
      id: "helper",
      title: "Use dma_mmap_coherent()",
      safety: "safe",
      edits: [{ file, start: at, end: at + call.length, newText: "dma_mmap_coherent(dev, vma, cpu, dma, size);" }],
    },
    {
      id: "noncached",
      title: "Set pgprot_noncached()",
      safety: "review",
      edits: [{ file, start: protection, end: protection + 17, newText: "pgprot_noncached(vma->vm_page_prot)" }],
    },
  ];
  return finding(mmapRule, file, text, at, "remap_pfn_range".length, path, fixes);
}

function step(file: string, start: number, end: number, role: PathStep["role"], note: string): PathStep {
  return { file, start, end, function: "f", statement: 0, role, note };
}

function finding(
  rule: RuleMeta,
  file: string,
  text: string,
  start: number,
  length: number,
  path: readonly PathStep[],
  fixes: readonly Fix[],
): Finding {
  const before = [...text.slice(0, start).matchAll(/^\w[\w *]*?(\w+)\([^;]*?\)\s*\{/gm)].at(-1);
  const name = before?.[1] ?? "f";
  const ordinal = text.slice(0, start).split(text.slice(start, start + length)).length - 1;
  const at = before === undefined ? undefined : text.indexOf(name, before.index);
  const functionSpan: { functionSpan?: FileSpan } =
    at === undefined ? {} : { functionSpan: { file, start: at, end: at + name.length } };
  return {
    rule: rule.id,
    severity: rule.severity,
    stage: rule.stage,
    file,
    start,
    end: start + length,
    function: name,
    ...functionSpan,
    message: `${text.slice(start, start + length)}() maps coherent memory cacheable.`,
    path,
    fixes,
    fingerprint: `${rule.id}:${name}:${ordinal}`,
    provable: rule.proof !== undefined,
  };
}

function proof(found: Finding, platform: string, fixed: boolean, schedule = "natural"): ProofResult {
  const harmful = !fixed && platform === "arm926";
  const trace: Trace = {
    version: 1,
    tool: "dma-lens 0.0.0-test",
    title: `The app reads the buffer on ${platform}.`,
    rule: found.rule,
    finding: found.fingerprint,
    platform: {
      id: platform,
      title: platform,
      coherent: !harmful,
      lineBytes: 32,
      granuleBytes: 16,
      ways: 4,
      sets: 128,
      indexing: "VIVT",
      pageBytes: 4096,
      facts: [],
    },
    schedule,
    outcome: harmful
      ? { kind: "harm", harm: "stale-read", sentence: "The app reads a stale byte.", event: 1 }
      : { kind: "fine", sentence: "The app reads what the device wrote." },
    verdict: harmful ? "sometimes" : "never",
    sources: [{ file: found.file, firstLine: 1, lines: [new SourceText(found.file, "").text] }],
    objects: [],
    events: [
      {
        kind: "step",
        step: 0,
        agent: "cpu",
        sentence: "The driver maps the buffer.",
        code: "remap_pfn_range(...)",
        source: { file: found.file, line: 1, column: 1, endLine: 1, endColumn: 2 },
      },
      harmful
        ? {
            kind: "harm",
            step: 1,
            agent: "user",
            sentence: "Stale.",
            harm: "stale-read",
            physical: "0x1000",
            expected: "11",
            got: "00",
          }
        : { kind: "note", step: 1, agent: "user", sentence: "Fresh." },
    ],
  };
  return {
    platform,
    verdict: harmful ? "sometimes" : "never",
    sentence: harmful ? "A stale byte is read." : "Nothing goes stale.",
    trace,
  };
}
