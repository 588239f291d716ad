import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { exportPage, type ExportParts } from "./export-page.ts";

const hash = (text: string): string => createHash("sha256").update(text).digest("base64");
const run = {
  kind: "init",
  platforms: [],
  replay: { variant: { kind: "as-is" }, platform: "arm926", verdict: "never", sentence: "</script><b>" },
  state: { version: 1, uri: "file:///a.c", platform: "arm926", variant: { kind: "as-is" }, step: 0 },
} as unknown as ExportParts["run"];
const page = exportPage({ title: "<i>", run, script: 'let a = "</script>";', style: "b{}", plain: "a < b", hash });

test("nothing in the data or in the script can end its element", () => {
  expect(page.match(/<\/script>/g)).toHaveLength(2);
  expect(page).toContain("<title>&lt;i&gt;</title>");
  const data = /id="replay-data">(.*)<\/script>/.exec(page)?.[1] ?? "";
  expect(JSON.parse(data)).toEqual({ version: 1, ...run });
});

test("the policy names the one script and the style by their hashes, and allows nothing else", () => {
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? "";
  const script = /<script type="module">([\s\S]*)<\/script>/.exec(page)?.[1] ?? "";
  const style = /<style>([\s\S]*)<\/style>/.exec(page)?.[1] ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain(`script-src 'sha256-${hash(script)}'`);
  expect(policy).toContain(`style-src 'sha256-${hash(style)}'`);
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
  expect(page).not.toMatch(/ (src|href)=/);
});
