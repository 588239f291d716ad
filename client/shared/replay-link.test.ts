import { describe, expect, test } from "vitest";
import type { PanelState } from "./protocol.ts";
import { linkOfState, linkText, parseLink, type ReplayLink, stateOfLink } from "./replay-link.ts";

const base = "vscode://dma-lens.dma-lens";
const link: ReplayLink = {
  file: "sound/soc/my file.c",
  finding: "dma/x:f:&s->buf[i % 4] + 1:0",
  platform: "x86_64+iommu",
  variant: { kind: "fixed", fix: "helper" },
  schedule: "choose=0.1 3:evict(80110000@c0110000)",
  step: 8,
  compare: { platform: "arm926", variant: { kind: "edited", toggles: ["drop f dma_wmb 0", "add a,b ~1"] } },
};

describe("a link", () => {
  test("is read as it was written", () => {
    expect(parseLink(linkText(base, link))).toEqual(link);
    const plain: ReplayLink = {
      file: link.file,
      finding: link.finding,
      platform: link.platform,
      variant: link.variant,
      step: 0,
    };
    expect(parseLink(linkText(base, { ...plain, variant: { kind: "as-is" } }))).toEqual({
      ...plain,
      variant: { kind: "as-is" },
    });
  });

  test("survives being decoded on its way, and is one word in any text", () => {
    const text = linkText(base, link);
    expect(text).toMatch(/^[\w:/.?&=~-]+$/);
    expect(parseLink(decodeURIComponent(text))).toEqual(link);
    expect(parseLink(new URL(text).search.slice(1))).toEqual(link);
  });

  test.each([
    ["nothing", ""],
    ["another address", "https://example.org/"],
    ["no finding", `${base}/replay?file=a.c&platform=arm926`],
    ["a file outside of the workspace", `${base}/replay?file=..~2F..~2Fetc~2Fpasswd&finding=x&platform=arm926`],
    ["an absolute file", `${base}/replay?file=~2Fetc~2Fpasswd&finding=x&platform=arm926`],
    ["a drive", `${base}/replay?file=c:~5Ca.c&finding=x&platform=arm926`],
    ["half a character", `${base}/replay?file=a~E&finding=x&platform=arm926`],
    ["a step that is none", `${base}/replay?file=a.c&finding=x&platform=arm926&step=-1`],
    ["a text that is none", `${base}/replay?file=a.c&finding=x&platform=arm926&variant=rm`],
  ])("is refused: %s", (_, text) => expect(parseLink(text)).toBeUndefined());

  test("says what the panel shows, and back", () => {
    const state = stateOfLink(link, "file:///w/sound/soc/my%20file.c");
    expect(linkOfState(state, link.file)).toEqual(link);
    const file: PanelState = { version: 1, uri: state.uri, platform: "arm926", variant: { kind: "as-is" }, step: 0 };
    expect(linkOfState(file, link.file)).toBeUndefined();
  });
});
