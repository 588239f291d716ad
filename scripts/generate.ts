/**
 * Makes every generated file anew; with --check it only says which are stale, and fails if one is.
 * Generated files are committed.
 */
import { generateGrammars } from "./generate-grammars.ts";
import { generateKernelTypes } from "./generate-kernel-types.ts";
import { generateLitmusTypes } from "./generate-litmus-types.ts";
import { generatePresetSchema } from "./generate-preset-schema.ts";
import { generateReferenceDocs } from "./generate-reference-docs.ts";
import { generateRules } from "./generate-rules.ts";

const check = process.argv.includes("--check");
const stale = [
  ...(await generateRules({ check })),
  ...generateReferenceDocs({ check }),
  ...generateKernelTypes({ check }),
  ...generateLitmusTypes({ check }),
  ...generatePresetSchema({ check }),
  ...generateGrammars({ check }),
];
if (!check) console.log(stale.length === 0 ? "nothing was stale" : `written: ${stale.join(", ")}`);
else if (stale.length === 0) console.log("generated files are up to date");
else {
  console.error(`Stale, run \`npm run generate\`: ${stale.join(", ")}`);
  process.exitCode = 1;
}
