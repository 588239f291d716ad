/** Traces as files: what `dma-lens replay --format json` writes and the panel exports. */
import type { Trace } from "@dma-lens/engine/trace";

/** Reads a trace file. Throws a sentence for people when it is none: the panel must not show half of something. */
export function parseTrace(text: string): Trace {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("This is not a trace: it is not JSON.");
  }
  if (!isTrace(value)) throw new Error("This is not a trace of DMA Lens, or of a newer version.");
  return value;
}

/** Checks what the panel walks over without asking: the frame of the trace, and each event's step, kind and sentence. */
function isTrace(value: unknown): value is Trace {
  if (!isRecord(value) || value["version"] !== 1) return false;
  const { title, schedule, outcome, verdict, platform, sources, objects, events } = value;
  if (![title, schedule, verdict].every((field) => typeof field === "string")) return false;
  if (!isRecord(outcome) || !isRecord(platform) || typeof platform["id"] !== "string") return false;
  if (!Array.isArray(platform["facts"]) || !Array.isArray(objects) || !Array.isArray(sources)) return false;
  if (!sources.every((source) => isRecord(source) && Array.isArray(source["lines"]))) return false;
  return Array.isArray(events) && events.every(isEvent);
}

function isEvent(event: unknown): boolean {
  if (!isRecord(event) || typeof event["kind"] !== "string" || typeof event["sentence"] !== "string") return false;
  return Number.isSafeInteger(event["step"]);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
