import { describe, expect, it } from "vitest";
import type { Facts } from "../analysis/facts.ts";
import { buildUnit } from "../program/unit.ts";
import type { ProgramFile } from "../program/program.ts";
import { fingerprint } from "./fingerprint.ts";
import type { Rule, RuleFinding } from "./rule.ts";
import { runRules, selectRules } from "./run.ts";

const text = "abcdefghij\n";
const file: ProgramFile = {
  name: "a.c",
  text,
  language: "c",
  functions: [],
  globals: [],
  opsTables: [],
  gaps: [],
  includes: [],
};
const facts = { unit: buildUnit([file], new Map()) } as Facts; // The rules below look at nothing else.

function rule(id: string, findings: () => Iterable<RuleFinding>, more: Partial<Rule["meta"]> = {}): Rule {
  return {
    meta: {
      id,
      group: "g",
      severity: "warning",
      stage: "stable",
      summary: "",
      why: "",
      remedy: "",
      basis: [],
      when: "",
      fixes: [{ id: "f", title: "Fix", safety: "safe" }],
      ...more,
    },
    check: findings,
  };
}

function finding(start: number, subject: string, more: Partial<RuleFinding> = {}): RuleFinding {
  return {
    file: "a.c",
    start,
    end: start + 1,
    message: `about ${subject}`,
    function: "probe",
    path: [{ file: "a.c", start, end: start + 1, function: "probe", statement: start, role: "sink", note: "" }],
    subjects: [subject],
    fixes: [],
    ...more,
  };
}

describe("runRules", () => {
  it("sorts by place and says each thing once, whatever the order of finding", () => {
    const forward = runRules(facts, [rule("dma/a", () => [finding(1, "x"), finding(4, "y"), finding(1, "x")])]);
    const backward = runRules(facts, [rule("dma/a", () => [finding(4, "y"), finding(1, "x")])]);
    expect(forward.findings.map((one) => one.start)).toEqual([1, 4]);
    expect(forward).toEqual(backward);
  });

  it("drops what a rule at the same statement on the same subject says better, and nothing else", () => {
    const general = rule("dma/general", () => [finding(1, "x"), finding(1, "y"), finding(4, "x")]);
    const special = rule("dma/special", () => [finding(1, "x")], { subsumes: ["dma/general"] });
    const said = runRules(facts, [general, special]).findings.map((one) => `${one.rule} ${one.message} ${one.start}`);
    expect(said).toEqual(["dma/general about y 1", "dma/special about x 1", "dma/general about x 4"]);
  });

  it("keeps what a failing rule found, and counts the failure as a gap", () => {
    const failing = rule("dma/failing", function* () {
      yield finding(1, "x");
      throw new Error("no such block");
    });
    const report = runRules(facts, [failing, rule("dma/other", () => [finding(4, "y")])]);
    expect(report.findings.map((one) => one.rule)).toEqual(["dma/failing", "dma/other"]);
    expect(report.gaps.map((gap) => gap.reason)).toEqual(["rule dma/failing failed here: no such block"]);
  });

  it("offers only fixes that are declared and leave the file whole", () => {
    const edit = (start: number, end: number) => ({ file: "a.c", start, end, newText: "z" });
    const fixes = [
      { id: "f", edits: [edit(0, 1), edit(2, 3)] },
      { id: "f", edits: [edit(0, 3), edit(2, 4)] },
      { id: "f", edits: [edit(0, 99)] },
      { id: "undeclared", edits: [] },
    ];
    const [one] = runRules(facts, [rule("dma/a", () => [finding(1, "x", { fixes })])]).findings;
    expect(one?.fixes).toEqual([{ id: "f", title: "Fix", safety: "safe", edits: [edit(0, 1), edit(2, 3)] }]);
  });

  it("takes severities from the options, then the finding, then the rule", () => {
    const one = rule("dma/a", () => [finding(1, "x"), finding(4, "y", { severity: "hint" })]);
    expect(runRules(facts, [one]).findings.map((f) => f.severity)).toEqual(["warning", "hint"]);
    expect(runRules(facts, [one], { severities: { "dma/a": "error" } }).findings.map((f) => f.severity)).toEqual([
      "error",
      "error",
    ]);
  });

  it("gives fingerprints that do not depend on what stands elsewhere or on which files are shown", () => {
    const prints = (starts: readonly number[], only?: ReadonlySet<string>): readonly string[] =>
      runRules(
        facts,
        [rule("dma/a", () => starts.map((start) => finding(start, "x")))],
        only ? { only } : {},
      ).findings.map((one) => one.fingerprint);
    expect(prints([1, 4])).toEqual(prints([3, 8]));
    expect(new Set(prints([1, 4])).size).toBe(2);
    expect(prints([1, 4], new Set(["b.c"]))).toEqual([]);
    expect(prints([1, 4], new Set(["a.c"]))).toEqual(prints([1, 4]));
  });
});

describe("selectRules", () => {
  const all = [rule("dma/a", () => []), rule("dma/b", () => [], { stage: "preview" })];
  it.each([
    [{}, ["dma/a"]],
    [{ preview: true }, ["dma/a", "dma/b"]],
    [{ rules: ["dma/b"] }, ["dma/b"]],
    [{ preview: true, severities: { "dma/a": "off" as const } }, ["dma/b"]],
  ])("%j", (options, ids) => {
    expect(selectRules(all, options).map((one) => one.meta.id)).toEqual(ids);
  });
});

describe("fingerprint", () => {
  it("tells rule, function, subjects and ordinal apart, and where one ends and the next begins", () => {
    const prints = [
      fingerprint("dma/a", "f", ["x"], 0),
      fingerprint("dma/b", "f", ["x"], 0),
      fingerprint("dma/a", "g", ["x"], 0),
      fingerprint("dma/a", "f", ["y"], 0),
      fingerprint("dma/a", "f", ["x"], 1),
      fingerprint("dma/a", "fx", [], 0),
      fingerprint("dma/a", "f", ["x", "y"], 0),
    ];
    expect(new Set(prints).size).toBe(prints.length);
    expect(prints[0]).toMatch(/^[0-9a-f]{16}$/);
  });
});
