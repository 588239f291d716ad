/** Runs every rule over every fixture, and keeps declarations, pages and registry together. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { DriverSession, Finding } from "../api.ts";
import { engine } from "../index.ts";
import { proofById } from "../simulation/proofs/index.ts";
import { applyEdits } from "../text/edit.ts";
import { disagreements, withoutAnnotations } from "../testing/fixtures.ts";
import { rules } from "./registry.ts";
import { type Rule, ruleFolder } from "./rule.ts";

const folder = dirname(fileURLToPath(import.meta.url));
const headings = ["What goes wrong", "Bad", "Good", "Not reported"];

function sessionOf(texts: ReadonlyMap<string, string>): DriverSession {
  const session = engine.createSession();
  for (const [name, text] of texts) session.setFile(name, text);
  return session;
}
/** Stages of the rules, for what a fixture of one rule may say of another. */
const stable = new Set(rules.filter((rule) => rule.meta.stage === "stable").map((rule) => rule.meta.id));

/**
 * Finds with all rules. What counts is what the rule itself says, what stable rules say, and what is annotated:
 * a preview rule is still being learned, so it does not have to be silent in all others' fixtures.
 */
function analyse(session: DriverSession, id: string, text = ""): ReturnType<DriverSession["analyse"]> {
  const report = session.analyse({ preview: true });
  const counts = ({ rule }: Finding): boolean => rule === id || stable.has(rule) || text.includes(` ${rule} `);
  return { ...report, findings: report.findings.filter(counts) };
}

/** The fixture and the local headers beside it. */
function unitOf(path: string, name: string): ReadonlyMap<string, string> {
  const text = readFileSync(join(path, name), "utf8");
  const texts = new Map([[name, text]]);
  for (const [, header = ""] of text.matchAll(/^#include "([^"]+)"/gm))
    if (existsSync(join(path, header))) texts.set(header, readFileSync(join(path, header), "utf8"));
  return texts;
}

describe.each(rules.map((rule) => [rule.meta.id, rule] as const))("%s", (id, rule) => {
  const path = join(folder, ruleFolder(id));
  const fixtures = readdirSync(join(path, "fixtures"))
    .filter((name) => /\.(c|ts)$/.test(name) && !/\.fixed\./.test(name))
    .sort();

  it("lives in the folder of its name and says all that a reader needs", () => {
    expect(existsSync(join(path, "rule.ts"))).toBe(true);
    expect(fixtures.some((name) => name.endsWith(".c"))).toBe(true);
    complete(rule);
  });

  it.each(fixtures)("finds in %s what is annotated, and nothing else", (name) => {
    const texts = unitOf(join(path, "fixtures"), name);
    const session = sessionOf(texts);
    const text = texts.get(name) ?? "";
    const report = analyse(session, id, text);
    expect(report.gaps).toEqual([]);
    expect(disagreements(name, texts, report.findings)).toEqual([]);
    for (const finding of report.findings) healsByEachFix(session, finding, (one) => analyse(one, id, text));

    const fixed = join(path, "fixtures", name.replace(/\.(c|ts)$/, ".fixed.$1"));
    if (existsSync(fixed))
      becomes(text, report.findings, name, readFileSync(fixed, "utf8"), (one) => analyse(one, id, text));
  });

  const prose = join(path, "rule.md");
  it("has a page with the headings that every page has", () => {
    const text = readFileSync(prose, "utf8");
    expect(text.startsWith(`# ${id}\n`)).toBe(true);
    expect([...text.matchAll(/^## (.*)$/gm)].map((match) => match[1])).toEqual(headings);
  });

  it.each(["bad", "good"])("has a %s example on its page that is one", (kind) => {
    const blocks = [...readFileSync(prose, "utf8").matchAll(/^```(c|ts) (bad|good)\n([\s\S]*?)^```$/gm)];
    const examples = blocks.filter((block) => block[2] === kind);
    expect(examples.length).toBeGreaterThan(0);
    for (const [, language = "c", , text = ""] of examples) {
      const report = analyse(sessionOf(new Map([[`example.${language}`, text]])), id);
      expect(report.gaps).toEqual([]);
      expect(report.findings.map((finding) => finding.rule)).toEqual(kind === "bad" ? [id] : []);
    }
  });
});

it("knows every rule folder", () => {
  const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(rules.map((rule) => ruleFolder(rule.meta.id))).toEqual(folders.map((entry) => entry.name).sort());
});

function complete({ meta }: Rule): void {
  for (const text of [meta.summary, meta.why, meta.remedy, meta.when, meta.group]) expect(text).not.toBe("");
  expect(meta.summary.endsWith(".")).toBe(true);
  expect(meta.basis.length).toBeGreaterThan(0);
  if (meta.proof !== undefined) expect(proofById(meta.proof)?.id).toBe(meta.proof);
  for (const other of meta.subsumes ?? []) expect(rules.map((rule) => rule.meta.id)).toContain(other);
  expect(new Set(meta.fixes.map((fix) => fix.id)).size).toBe(meta.fixes.length);
}

type Analyse = (session: DriverSession) => ReturnType<DriverSession["analyse"]>;

/** Every fix that is offered applies, leaves text that is understood, and takes its finding away without making another. */
function healsByEachFix(session: DriverSession, finding: Finding, analyse: Analyse): void {
  const before = analyse(session).findings;
  for (const fix of finding.fixes) {
    const healed = session.withFix(fix);
    expect(healed, `${fix.id} applies`).toBeDefined();
    if (!healed) continue;
    const report = analyse(healed);
    expect(report.gaps, `gaps after ${fix.id}`).toEqual([]);
    // A fix to be reviewed may heal one of two wrongs: the finding that is left says less than before.
    const rest = fix.safety === "review" ? report.findings.filter((one) => !isWeaker(one, finding)) : report.findings;
    const left = rest.map((one) => `${one.rule} ${one.function} ${one.message}`);
    const expected = before.filter((one) => one !== finding && one.fingerprint !== finding.fingerprint);
    expect(left, `findings after ${fix.id}`).toEqual(
      expected.map((one) => `${one.rule} ${one.function} ${one.message}`),
    );
  }
}

/** Whether a finding is about the same mapping as another and says less: the protection is no longer among its wrongs. */
function isWeaker(one: Finding, than: Finding): boolean {
  const mapping = (rule: string): boolean => rule.startsWith("dma/mmap-");
  return (
    mapping(one.rule) &&
    mapping(than.rule) &&
    one.function === than.function &&
    than.message.includes("cached default") &&
    !one.message.includes("cached default")
  );
}

/** The first fix of every finding, applied together, gives the fixed file, and that is clean. */
function becomes(text: string, findings: readonly Finding[], name: string, fixed: string, analyse: Analyse): void {
  const edits = findings.flatMap((finding) => finding.fixes[0]?.edits ?? []);
  const healed = applyEdits(text, edits);
  expect(healed === undefined ? undefined : withoutAnnotations(healed)).toBe(fixed);
  const clean = analyse(sessionOf(new Map([[name, fixed]])));
  expect(clean.findings).toEqual([]);
  expect(clean.gaps).toEqual([]);
}
