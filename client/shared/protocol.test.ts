import { describe, expect, test } from "vitest";
import { isHostMessage, parsePanelMessage, parsePanelState, protocolVersion } from "./protocol.ts";

const state = {
  version: protocolVersion,
  uri: "file:///a.c",
  finding: "dma/x:f:buf:0",
  platform: "arm926",
  variant: { kind: "fixed", fix: "noncached" },
  schedule: "c0d1",
  step: 3,
};
const range = { file: "a.c", line: 1, column: 2, endLine: 3, endColumn: 4 };

describe("parsePanelMessage", () => {
  test.each([
    { kind: "ready" },
    { kind: "ready", state },
    { kind: "choosePlatform", platform: "arm926" },
    { kind: "reveal", range, focus: true },
    { kind: "applyFix", fix: "helper" },
    { kind: "replayWithFix", fix: "helper" },
    { kind: "replayAsIs" },
    { kind: "explainRule", rule: "dma/x" },
    { kind: "replayEdited", toggles: ["drop f dma_wmb 0"] },
    { kind: "compareWith", platform: "x86_64", variant: { kind: "as-is" } },
    { kind: "compareWith", platform: "x86_64", variant: { kind: "edited", toggles: [] } },
    { kind: "compareNone" },
    { kind: "export", format: "svg", to: "clipboard", step: 0 },
    { kind: "copyLink", step: 7 },
  ])("reads $kind", (message) => {
    const sent = { version: protocolVersion, ...message };
    expect(parsePanelMessage(sent)).toEqual(sent);
  });

  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["text", "ready"],
    ["an array", [{ kind: "ready" }]],
    ["no version", { kind: "ready" }],
    ["another version", { version: protocolVersion + 1, kind: "ready" }],
    ["an unknown kind", { version: protocolVersion, kind: "run", command: "rm" }],
    ["a platform that is no text", { version: protocolVersion, kind: "choosePlatform", platform: 1 }],
    ["a comparison with nothing", { version: protocolVersion, kind: "compareWith", platform: "arm926" }],
    ["a toggle that is no text", { version: protocolVersion, kind: "replayEdited", toggles: [1] }],
    ["a format that is none", { version: protocolVersion, kind: "export", format: "exe", to: "file", step: 0 }],
    ["a place to write to", { version: protocolVersion, kind: "export", format: "svg", to: "/etc/passwd", step: 0 }],
    ["an empty fix", { version: protocolVersion, kind: "applyFix", fix: "" }],
    ["a line of 0", { version: protocolVersion, kind: "reveal", range: { ...range, line: 0 }, focus: true }],
    ["a line that is infinite", { version: protocolVersion, kind: "reveal", range: { ...range, endLine: Infinity } }],
  ])("drops %s", (_, message) => {
    expect(parsePanelMessage(message)).toBeUndefined();
  });

  test("forgets a state that is none, but still knows that the panel is ready", () => {
    const sent = { version: protocolVersion, kind: "ready", state: { ...state, step: -1 } };
    expect(parsePanelMessage(sent)).toEqual({ version: protocolVersion, kind: "ready" });
  });

  test("passes on nothing that it does not know", () => {
    const sent = { version: protocolVersion, kind: "compareNone", path: "/etc/passwd" };
    expect(parsePanelMessage(sent)).toEqual({ version: protocolVersion, kind: "compareNone" });
  });
});

test("parsePanelState wants the version", () => {
  expect(parsePanelState(state)).toEqual(state);
  const compare = { platform: "x86_64", variant: { kind: "fixed", fix: "helper" } };
  expect(parsePanelState({ ...state, compare })).toEqual({ ...state, compare });
  expect(parsePanelState({ ...state, compare: { platform: "x86_64" } })).toEqual(state);
  expect(parsePanelState({ ...state, version: 0 })).toBeUndefined();
  expect(parsePanelState({ ...state, variant: { kind: "fixed" } })).toBeUndefined();
});

test("isHostMessage knows the host's kinds only", () => {
  expect(isHostMessage({ version: protocolVersion, kind: "busy", sentence: "Executing." })).toBe(true);
  expect(isHostMessage({ version: protocolVersion, kind: "ready" })).toBe(false);
  expect(isHostMessage({ kind: "busy", sentence: "Executing." })).toBe(false);
});
