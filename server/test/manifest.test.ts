/** The extension's manifest says what the server reads and the client registers. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { defaultSettings, parseSettings } from "../src/host/settings.ts";

const root = path.resolve(import.meta.dirname, "../..");
const manifest = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
  main: string;
  activationEvents: string[];
  capabilities: { untrustedWorkspaces: { supported: boolean }; virtualWorkspaces: boolean };
  contributes: {
    configuration: { properties: Record<string, { default: unknown; scope: string }> };
    commands: { command: string }[];
    grammars: { path: string }[];
    walkthroughs: { steps: { description: string; media: { markdown: string } }[] }[];
  };
};
const { configuration, commands, grammars, walkthroughs } = manifest.contributes;

test("the defaults of the settings are the server's", () => {
  const section: Record<string, unknown> = {};
  for (const [name, { default: value, scope }] of Object.entries(configuration.properties)) {
    if (name === "dmaLens.trace.server") continue;
    expect({ name, scope }).toEqual({ name, scope: "resource" });
    const [, key = "", inner] = name.split(".");
    section[key] = inner === undefined ? value : { [inner]: value };
  }
  expect(Object.keys(section).sort()).toEqual(Object.keys(defaultSettings).sort());
  expect(parseSettings(section)).toEqual(defaultSettings);
  expect(parseSettings(undefined)).toEqual(defaultSettings);
});

test("every command is registered, and every registered command is declared", () => {
  const source = ["commands.ts", "../shared/requests.ts"].map((file) =>
    readFileSync(path.join(root, "client/src", file), "utf8"),
  );
  const named = new Set(
    source
      .join("\n")
      .match(/"dmaLens\.[a-zA-Z]+"/g)
      ?.map((name) => name.slice(1, -1)),
  );
  expect(commands.map(({ command }) => command).sort()).toEqual([...named].sort());
});

test("what the manifest points at is there", () => {
  const media = walkthroughs.flatMap(({ steps }) => steps.map((step) => step.media.markdown));
  const missing = [...media, ...grammars.map((grammar) => grammar.path)].filter(
    (file) => !existsSync(path.join(root, file)),
  );
  expect(missing).toEqual([]);
});

test("no code is run, so every kind of workspace is supported", () => {
  expect(manifest.capabilities).toMatchObject({ untrustedWorkspaces: { supported: true }, virtualWorkspaces: true });
});
