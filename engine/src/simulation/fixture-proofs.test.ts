/** Proves every finding of every rule's fixtures, and every preferred fix of one: a rule without a harm that shows is suspect. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { DriverSession } from "../api.ts";
import { engine } from "../index.ts";
import { rules } from "../rules/registry.ts";
import { ruleFolder } from "../rules/rule.ts";

const folder = join(dirname(fileURLToPath(import.meta.url)), "../rules");
const machines = ["x86_64", "x86_64+iommu", "arm926", "arm64-nc", "ppc440", "mips24k"];

function sessionsOf(id: string): readonly (readonly [name: string, session: DriverSession])[] {
  const path = join(folder, ruleFolder(id), "fixtures");
  const names = readdirSync(path).filter((name) => /\.(c|ts)$/.test(name) && !/\.fixed\./.test(name));
  return names.sort().map((name) => {
    const session = engine.createSession();
    const text = readFileSync(join(path, name), "utf8");
    session.setFile(name, text);
    for (const [, header = ""] of text.matchAll(/^#include "([^"]+)"/gm))
      if (existsSync(join(path, header))) session.setFile(header, readFileSync(join(path, header), "utf8"));
    return [name, session];
  });
}

const harmful = (verdict: string): boolean => verdict === "always" || verdict === "sometimes";

describe.each(rules.filter((rule) => rule.meta.proof !== undefined).map((rule) => rule.meta.id))("%s", (id) => {
  it("shows its harm, and none after its preferred fix", () => {
    const shown: string[] = [];
    const failures: string[] = [];
    for (const [name, session] of sessionsOf(id)) {
      for (const finding of session.analyse({ preview: true }).findings) {
        if (finding.rule !== id) continue;
        const place = `${name}@${String(finding.start)}`;
        for (const result of session.prove(finding, machines)) {
          if (harmful(result.verdict)) shown.push(`${place} on ${result.platform}`);
          if (/simulator failed/.test(result.sentence)) failures.push(`${place}: ${result.sentence}`);
        }
        const [preferred] = finding.fixes;
        if (preferred?.safety !== "safe") continue;
        for (const result of session.withFix(preferred)?.prove(finding, machines) ?? []) {
          if (harmful(result.verdict))
            failures.push(`${place}, ${preferred.id}, ${result.platform}: ${result.sentence}`);
        }
      }
    }
    expect(failures).toEqual([]);
    expect(shown).not.toEqual([]);
  });
});
