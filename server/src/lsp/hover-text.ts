/** The Markdown of hovers. */
import type { ApiFunction, Finding } from "../host/engine.ts";
import { contractSentences, parameterWords } from "./contract-words.ts";
import type { Proven } from "./proofs.ts";

const errors: Readonly<Record<ApiFunction["error"], string | undefined>> = {
  none: undefined,
  null: "returns NULL",
  "err-ptr": "returns an error pointer: test with IS_ERR()",
  errno: "returns a negative errno",
  zero: "returns 0",
  "negative-or-zero": "returns a negative number",
  "dma-mapping-error": "returns a handle to test with dma_mapping_error()",
  false: "returns false",
};

/** The contract of an API function: what it gives and does in sentences, then the catalogue's notes. */
export function contractText(api: ApiFunction): string {
  const parameters = api.parameters.map((parameter) => parameter.name).join(", ");
  const declarator = `${api.returns} ${api.name}(${parameters})`.replace(/\* (?=\w+\()/, "*");
  const lines = [`\`\`\`c\n${declarator}\n\`\`\``];
  const sentences = contractSentences(api);
  if (sentences.length > 0) lines.push(sentences.map(escape).join(" "), "");
  const facts: (readonly [string, string | undefined])[] = [
    // The table's shorthand only where no sentence says it.
    ["Gives", sentences.length > 0 ? undefined : fact(api.produces)],
    ["Wants", isShorthand(api.requires) ? undefined : fact(api.requires)],
    ["On failure", errors[api.error]],
    ["Mind", fact(api.notes)],
    ...api.parameters.map((parameter) => [`\`${parameter.name}\``, aboutParameter(parameter)] as const),
    ["Since", fact(api.since ?? "")],
    ["Removed", fact(api.removed ?? "")],
  ];
  for (const [title, text] of facts) if (text !== undefined) lines.push(`- ${title}: ${text}`);
  if (fact(api.source) !== undefined) lines.push(`\n*linux 6.12, ${escape(api.source)}*`);
  return lines.join("\n");
}

/** What each platform makes of a finding: shown by executing it, not known by heart. */
export function verdictText(finding: Finding, proven: readonly Proven[], page: string | undefined): string {
  const rows = proven.map(
    ({ platform, proof }) =>
      `| ${escape(platform.title)} | **${verdictWords[proof.verdict]}** | ${escape(proof.sentence)} |`,
  );
  const rule = page === undefined ? `\`${finding.rule}\`` : `[${finding.rule}](${page})`;
  return [
    `${rule}, executed on the simulated machines:`,
    "",
    "| platform | harm | why |",
    "|---|---|---|",
    ...rows,
  ].join("\n");
}

const verdictWords = { never: "never", sometimes: "sometimes", always: "always", unknown: "not shown" } as const;

function aboutParameter(parameter: ApiFunction["parameters"][number]): string | undefined {
  const said = parameterWords(parameter);
  // What a sentence says already the note says in the table's marks.
  const note =
    said !== undefined && /^(in |out |from )?[\w:()|_-]*( \w+)?$/.test(parameter.note ?? "") ? "" : parameter.note;
  const words = [said, note].filter((one) => one !== undefined && one !== "");
  return words.length === 0 ? undefined : escape(words.join("; "));
}

/** Kinds of memory by the table's own marks ("cpu:linear"): the parameters' sentences say them. */
function isShorthand(text: string): boolean {
  return /^[\w ]*\b(cpu|dma|sgt|phys|page|buffer|see)\b[:( \w]*[^.]*$/.test(text) && /:|see params/.test(text);
}

/** A field of the catalogue; undefined where the table has none. */
function fact(text: string): string | undefined {
  return text === "" || text === "-" ? undefined : escape(text);
}

/** Letters that Markdown would take for its own. A line end would break a table's row. */
function escape(text: string): string {
  // An underscore within a name is no emphasis.
  return text.replace(/[\\`*{}[\]<>#|]|(?<!\w)_|_(?!\w)/g, "\\$&").replace(/\s+/g, " ");
}
