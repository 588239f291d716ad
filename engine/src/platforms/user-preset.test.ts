import { describe, expect, it } from "vitest";
import { coloursOf, modelOf } from "../machine/index.ts";
import { platformById } from "./index.ts";
import { presetFields } from "./preset-fields.ts";
import { presetSchema } from "./preset-schema.ts";
import { readPreset } from "./user-preset.ts";

const read = (json: object): ReturnType<typeof readPreset> => readPreset(JSON.stringify(json));
const valueAt = (node: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, key) => {
    const at = (inner as Record<string, unknown> | undefined)?.[key];
    return typeof at === "object" && at !== null && "source" in at && "value" in at ? at.value : at;
  }, node);
const nested = (path: readonly string[], value: unknown): object =>
  path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as object;

describe("a user's preset", () => {
  it("is the base where it says nothing", () => {
    const { platform } = read({ id: "mine", basedOn: "sh4" });
    const base = platformById("sh4");
    expect(platform).toEqual({ ...base, id: "mine", title: "mine", summary: platform?.summary, basedOn: "sh4" });
  });

  it("changes what it says, with its source", () => {
    const { platform, problems } = read({
      $schema: "x.json",
      id: "board-3",
      title: "Board 3",
      basedOn: "mips24k",
      source: "manual, page 7",
      dcache: { sizeBytes: 65536, ways: 4, lineBytes: 64 },
      sync: { forCpu: { fromDevice: "invalidate" } },
      storeOrder: { uncached: "weak" },
      speculation: { loadFill: true },
    });
    expect(problems).toEqual([]);
    if (platform === undefined) throw new Error("refused");
    expect(platform.dcache.lineBytes).toEqual({ value: 64, source: "manual, page 7", confidence: "manual" });
    expect(platform.sync.forCpu.fromDevice.value).toEqual({ operation: "invalidate" });
    expect(platform.storeOrder.value).toEqual({ ...platformById("mips24k")?.storeOrder.value, uncached: "weak" });
    // 16 KiB in a way are four colours of 4 KiB pages.
    expect(platform.vaColours.value).toBe(4);
    const model = modelOf(platform);
    expect(model).toMatchObject({
      id: "board-3",
      speculation: { loadFill: true },
      cache: { lineBytes: 64, sets: 256 },
    });
    expect(model === undefined ? 0 : coloursOf(model)).toBe(4);
  });

  it("turns a virtual cache into a physical one", () => {
    const { platform } = read({ id: "p", basedOn: "arm926", dcache: { indexing: "PIPT" } });
    expect([platform?.dcache.index.value, platform?.dcache.tag.value, platform?.vaColours.value]).toEqual([
      "physical",
      "physical",
      1,
    ]);
  });

  it.each(presetFields.map((field) => [field.path.join("."), field] as const))(
    "can set %s, and nothing wrong there",
    (_, field) => {
      const { path, values } = field;
      const choices =
        values.kind === "boolean" ? [true, false] : values.kind === "word" ? values.words : [values.least];
      for (const value of choices) {
        // A small line wants a small granule, a large one a large cache: only the field's own place is looked at here.
        const { platform, problems } = read({ id: "f", basedOn: "arm926", ...nested(path, value) });
        if (problems.length > 0) expect(problems[0]).toMatch(/^dcache|^pageBytes/);
        else {
          const set = valueAt(platform, path);
          expect(path[0] === "sync" ? (set as { operation: string }).operation : set).toBe(value);
          if (platform !== undefined) expect(modelOf(platform)).toBeDefined();
        }
      }
      const { problems } = read({ id: "f", basedOn: "arm926", ...nested(path, "nonsense") });
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(new RegExp(`^${path.join("\\.")}: (one of|true or false|a power of two)`));
    },
  );

  it.each([
    ["", "This is no JSON"],
    ["[]", "A preset is a JSON object."],
    ['{"id":"a"}', "basedOn: one of x86_64, "],
    ['{"id":"A b","basedOn":"sh4"}', "id: a short name"],
    ['{"id":"sh4","basedOn":"sh4"}', "id: sh4 is a preset that is shipped."],
    ['{"id":"a","basedOn":"sh4","cache":{}}', "cache: there is no such field."],
    ['{"id":"a","basedOn":"sh4","dcache":{"sets":4}}', "dcache.sets: there is no such field."],
    ['{"id":"a","basedOn":"sh4","dcache":7}', "dcache: there is no such field."],
    ['{"id":"a","basedOn":"sh4","dcache":{"lineBytes":48}}', "dcache.lineBytes: a power of two from 16 to 256."],
    [
      '{"id":"a","basedOn":"sh4","dcache":{"sizeBytes":1024,"ways":64}}',
      "dcache: 1024 bytes are less than 64 lines of 32.",
    ],
    ['{"id":"a","basedOn":"sh4","dcache":{"dirtyGranuleBytes":64}}', "dcache.dirtyGranuleBytes: at most a line."],
    ['{"id":"a","basedOn":"sh4","title":7}', "title: a text."],
  ])("is refused with a reason: %s", (text, problem) => {
    const { platform, problems } = readPreset(text);
    expect(platform).toBeUndefined();
    expect(problems[0]?.startsWith(problem)).toBe(true);
  });

  it("has a schema with every field", () => {
    const schema = JSON.stringify(presetSchema());
    for (const { path, about } of presetFields) {
      expect(schema).toContain(`"${path.at(-1) ?? ""}":{`);
      expect(schema).toContain(JSON.stringify(about));
    }
  });
});
