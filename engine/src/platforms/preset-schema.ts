/** The JSON schema of a user's preset, for editors: made of the same fields as the reader. */
import { platforms } from "./index.ts";
import { presetFields, type PresetValues } from "./preset-fields.ts";

/** A JSON schema (draft 7) as plain data. */
export function presetSchema(): object {
  const properties: Record<string, Node> = {
    $schema: { type: "string" },
    id: { type: "string", pattern: "^[a-z0-9][a-z0-9_.-]{0,60}$", description: "The name for --platform." },
    title: { type: "string", description: "The name for people." },
    summary: { type: "string", description: "Why one would choose it, in a sentence." },
    basedOn: { enum: platforms.map(({ id }) => id), description: "The shipped preset that all else is taken from." },
    source: { type: "string", description: "What the values are taken from: a manual, a kernel file and line." },
  };
  for (const { path, values, about } of presetFields) {
    let node = properties;
    for (const key of path.slice(0, -1)) {
      const inner = (node[key] ??= { type: "object", additionalProperties: false, properties: {} });
      inner.properties ??= {};
      node = inner.properties;
    }
    const last = path.at(-1);
    if (last !== undefined) node[last] = { ...valueSchema(values), description: about };
  }
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "A machine for DMA Lens",
    description: "A preset that differs from a shipped one in what is said here.",
    type: "object",
    required: ["id", "basedOn"],
    additionalProperties: false,
    properties,
  };
}

interface Node {
  type?: string;
  enum?: readonly (string | number)[];
  pattern?: string;
  description?: string;
  additionalProperties?: boolean;
  properties?: Record<string, Node>;
}

function valueSchema(values: PresetValues): Node {
  switch (values.kind) {
    case "boolean":
      return { type: "boolean" };
    case "word":
      return { enum: values.words };
    case "power": {
      const powers: number[] = [];
      for (let value = values.least; value <= values.most; value *= 2) powers.push(value);
      return { enum: powers };
    }
  }
}
