/** What reaches a function that is called through an ops table: other members of the table may rule a call out. */
import { describe, expect, it } from "vitest";
import { apiFunction } from "../../kernel/catalogue.ts";
import { unitOf } from "../../testing/unit-from-text.ts";
import { createFacts } from "../unit-facts.ts";

const head = `
struct chip;
struct chip_ops {
	void (*write)(struct chip *chip, void *data);
	void (*write_fast)(struct chip *chip, u32 value);
};
struct chip { const struct chip_ops *ops; };
static void plain_write(struct chip *chip, void *data) { sink(data); }
static void fast(struct chip *chip, u32 value) { }
`;

/** Kinds of what arrives at sink(), one for each way there. */
function arriving(body: string): readonly string[] {
  const facts = createFacts(unitOf({ "a.c": head + body }), { lookup: apiFunction });
  const site = facts.callsTo("sink")[0];
  const argument = site?.statement.arguments[0];
  if (!site || !argument) throw new Error("the text has no sink");
  const value = facts.valueOf({ function: site.function, statement: site.statement.id }, argument);
  return value.contexts.map(({ origins }) => origins.map((one) => one.kind).join(" ")).sort();
}

const guarded = `
void out(struct chip *chip, u32 value)
{
	if (chip->ops->write_fast)
		chip->ops->write_fast(chip, value);
	else
		chip->ops->write(chip, &value);
}`;

describe("calls through an ops table", () => {
  it.each([
    ["a table with the other member", "const struct chip_ops t = { .write = plain_write, .write_fast = fast };", []],
    ["a table without it", "const struct chip_ops t = { .write = plain_write };", ["stack"]],
    [
      "two tables, one of them without",
      "const struct chip_ops t = { .write = plain_write, .write_fast = fast }; const struct chip_ops u = { .write = plain_write };",
      ["stack"],
    ],
    [
      "a member that code fills in",
      "void init(struct chip_ops *t) { t->write = plain_write; t->write_fast = fast; }",
      ["stack"],
    ],
  ])("%s", (_, table, kinds) => {
    expect(arriving(table + guarded).filter((one) => one !== "unknown")).toEqual(kinds);
  });

  it("takes a call that needs the other member", () => {
    const both = guarded.replace("	else\n", "	if (chip->ops->write_fast)\n");
    const table = "const struct chip_ops t = { .write = plain_write, .write_fast = fast };";
    expect(arriving(table + both)).toEqual(["stack"]);
    expect(arriving("const struct chip_ops t = { .write = plain_write };" + both)).toEqual(["unknown"]);
  });
});

describe("KUnit tests", () => {
  const table = "const struct chip_ops t = { .write = plain_write };";
  it.each([
    ["struct kunit *test", "unknown"],
    ["struct chip *test", "stack"],
  ])("whose case takes a %s", (parameter, kind) => {
    const body = `void one(${parameter}) { u32 value; struct chip *chip = make(); chip->ops->write(chip, &value); }`;
    expect(arriving(table + body)).toEqual([kind]);
  });
});
