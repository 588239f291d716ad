/**
 * A link that opens a replay: which file of the workspace, which finding, which machine, which run of it, and at which step.
 *
 *     vscode://dma-lens.dma-lens/replay?file=sampler-data.c&finding=dma~2Fx...&platform=arm926&schedule=...&step=8
 *
 * It names no folder of the sender: the file is looked for in the workspace of whoever opens it. Values are percent-encoded with a
 * "~" for the "%", since links are decoded once too often or too seldom on their way through browsers, chats and mails.
 */
import { type PanelComparison, type PanelState, type PanelVariant, protocolVersion } from "./protocol.ts";

/** What a link says. `file` is relative to a folder of the workspace, with "/" between names. */
export interface ReplayLink {
  readonly file: string;
  readonly finding: string;
  readonly platform: string;
  readonly variant: PanelVariant;
  readonly schedule?: string;
  readonly step: number;
  readonly compare?: PanelComparison;
}

/** `base`: the scheme and the extension, as "vscode://dma-lens.dma-lens". */
export function linkText(base: string, link: ReplayLink): string {
  const { file, finding, platform, variant, schedule, step, compare } = link;
  const fields: readonly (readonly [string, string | undefined])[] = [
    ["file", file],
    ["finding", finding],
    ["platform", platform],
    ["variant", variantText(variant)],
    ["schedule", schedule === "" ? undefined : schedule],
    ["step", String(step)],
    ["beside", compare?.platform],
    ["besideVariant", compare && variantText(compare.variant)],
  ];
  const query = fields.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encode(value)}`]));
  return `${base}/replay?${query.join("&")}`;
}

/** Reads a link, or its part after the "?". Undefined when it is none, or names a file outside of a workspace. */
export function parseLink(text: string): ReplayLink | undefined {
  const query = text.trim().replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?]*\/replay\?/i, "");
  const fields = new Map(
    query.split("&").flatMap((part) => {
      const at = part.indexOf("=");
      const value = at < 0 ? undefined : decode(part.slice(at + 1));
      return value === undefined ? [] : [[part.slice(0, at), value] as const];
    }),
  );
  const [file, finding, platform] = [fields.get("file"), fields.get("finding"), fields.get("platform")];
  const step = Number(fields.get("step") ?? "0");
  if (!isText(file) || !isText(finding) || !isText(platform) || !isInside(file)) return undefined;
  if (!Number.isSafeInteger(step) || step < 0) return undefined;
  const variant = parseVariantText(fields.get("variant"));
  const besideVariant = parseVariantText(fields.get("besideVariant"));
  if (variant === undefined || besideVariant === undefined) return undefined;
  const [schedule, beside] = [fields.get("schedule"), fields.get("beside")];
  return {
    file,
    finding,
    platform,
    variant,
    step,
    ...(isText(schedule) && { schedule }),
    ...(isText(beside) && { compare: { platform: beside, variant: besideVariant } }),
  };
}

/** The link to what a panel shows. */
export function linkOfState(state: PanelState, file: string): ReplayLink | undefined {
  const { finding, platform, variant, schedule, step, compare } = state;
  if (finding === undefined) return undefined;
  return {
    file,
    finding,
    platform,
    variant,
    step,
    ...(schedule !== undefined && { schedule }),
    ...(compare !== undefined && { compare }),
  };
}

/** The state of a panel that shows what the link says. */
export function stateOfLink(link: ReplayLink, uri: string): PanelState {
  const { finding, platform, variant, schedule, step, compare } = link;
  return {
    version: protocolVersion,
    uri,
    finding,
    platform,
    variant,
    step,
    ...(schedule !== undefined && { schedule }),
    ...(compare !== undefined && { compare }),
  };
}

/** "" as it is, "fix:ID", "calls:ID,ID" */
function variantText(variant: PanelVariant): string | undefined {
  if (variant.kind === "fixed") return `fix:${variant.fix}`;
  return variant.kind === "edited" ? `calls:${variant.toggles.map(encode).join(",")}` : undefined;
}

function parseVariantText(text: string | undefined): PanelVariant | undefined {
  if (text === undefined || text === "") return { kind: "as-is" };
  if (text.startsWith("fix:") && text.length > 4) return { kind: "fixed", fix: text.slice(4) };
  if (!text.startsWith("calls:")) return undefined;
  const toggles = text
    .slice(6)
    .split(",")
    .flatMap((part) => decode(part) ?? []);
  return { kind: "edited", toggles: toggles.filter((toggle) => toggle !== "") };
}

/** No way leads out of the workspace. */
const isInside = (file: string): boolean =>
  !/^([/\\]|[a-z]:)/i.test(file) && !file.split(/[/\\]/).includes("..") && !file.includes("\0");

const isText = (value: string | undefined): value is string =>
  value !== undefined && value !== "" && value.length < 4000;

const encode = (value: string): string =>
  encodeURIComponent(value)
    .replace(/[~'()!*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)
    .replaceAll("%", "~");

function decode(value: string): string | undefined {
  try {
    return decodeURIComponent(value.replaceAll("~", "%"));
  } catch {
    return undefined;
  }
}
