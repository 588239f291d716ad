/** The settings of the rules in the extension's manifest: one severity for each rule. */
import type { RuleMeta } from "../engine/src/rules/rule.ts";

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

/** The schema of `dmaLens.rules`. */
export function ruleSettings(metas: readonly RuleMeta[]): JsonObject {
  return {
    type: "object",
    scope: "resource",
    default: {},
    additionalProperties: false,
    markdownDescription: "Severity of each rule; `off` silences it. A rule that is not named keeps its own.",
    properties: Object.fromEntries(
      metas.map((meta): [string, Json] => [
        meta.id,
        {
          type: "string",
          enum: ["error", "warning", "hint", "off"],
          default: meta.severity,
          markdownDescription: meta.stage === "preview" ? `${meta.summary} *(preview)*` : meta.summary,
        },
      ]),
    ),
  };
}

/**
 * The manifest's text with `contributes.configuration.properties["dmaLens.rules"]` set; nothing else changes.
 * The manifest is returned as it is when it is not a JSON object.
 */
export function withRuleSettings(manifest: string, metas: readonly RuleMeta[]): string {
  const parsed: unknown = JSON.parse(manifest);
  if (!isObject(parsed)) return manifest;
  const contributes = objectAt(parsed, "contributes");
  const configuration = objectAt(contributes, "configuration");
  const properties = objectAt(configuration, "properties");
  const merged = {
    ...parsed,
    contributes: {
      ...contributes,
      configuration: {
        title: "DMA Lens",
        ...configuration,
        properties: { ...properties, "dmaLens.rules": ruleSettings(metas) },
      },
    },
  };
  return `${JSON.stringify(merged, undefined, 2)}\n`;
}

function objectAt(owner: JsonObject, key: string): JsonObject {
  const value = owner[key];
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
