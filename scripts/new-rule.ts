/** Scaffolds a rule's folder: `npm run new-rule -- dma/some-name`. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ruleFolder } from "../engine/src/rules/rule.ts";
import { generateRules } from "./generate-rules.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const id = process.argv[2] ?? "";
if (!/^[a-z0-9]+\/[a-z0-9]+(-[a-z0-9]+)*$/.test(id)) {
  console.error("Usage: npm run new-rule -- dma/some-name (or usb/, spi/, alsa/, legacy/ ...)");
  process.exit(2);
}
const name = ruleFolder(id);
const folder = join(root, "engine/src/rules", name);
if (existsSync(folder)) {
  console.error(`${folder} exists already.`);
  process.exit(2);
}

mkdirSync(join(folder, "fixtures"), { recursive: true });
writeFileSync(join(folder, "rule.ts"), declaration(id));
writeFileSync(join(folder, "rule.md"), prose(id));
writeFileSync(join(folder, "fixtures", `${name}.c`), fixture(id));
await generateRules();
console.log(`Made engine/src/rules/${name}. Its tests fail until the rule finds what its fixture and its page say.`);

function declaration(rule: string): string {
  return `/** Says in one sentence what is looked for, and what keeps the rule silent. */
import type { Facts } from "../../analysis/facts.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "${rule}",
    group: "",
    severity: "warning",
    stage: "preview",
    summary: "",
    why: "",
    remedy: "",
    basis: [],
    when: "",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const call of facts.callsWith("map-streaming")) {
    yield {
      ...call.statement.calleeSpan,
      message: "",
      function: call.function.name,
      path: [
        { ...call.statement.calleeSpan, function: call.function.name, statement: call.statement.id, role: "sink", note: "" },
      ],
      subjects: [],
      fixes: [],
    };
  }
}
`;
}

function prose(rule: string): string {
  return `# ${rule}

## What goes wrong

## Bad

\`\`\`c bad
\`\`\`

## Good

\`\`\`c good
\`\`\`

## Not reported
`;
}

function fixture(rule: string): string {
  return `// A finding is annotated below its line; carets that touch the slashes count them in.
static int bad(struct device *dev, void *buf, size_t len)
{
	dma_addr_t handle = dma_map_single(dev, buf, len, DMA_TO_DEVICE);
	//                  ^^^^^^^^^^^^^^ ${rule} warning: what is wrong.   [fix id]
	//                  related @-2: where it came from.

	return handle ? 0 : -ENOMEM; // ok ${rule}
}
`;
}
