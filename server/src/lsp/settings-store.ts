/** Settings of each document, asked from the client once and kept until they change. */
import type { Connection } from "vscode-languageserver/node";
import { parseSettings, type Settings } from "../host/settings.ts";

export interface SettingsStore {
  of(uri: string): Promise<Settings>;
  /** They have changed; `pushed` are those that a client sends that cannot be asked. */
  changed(pushed: unknown): void;
  closed(uri: string): void;
}

export function createSettingsStore(
  connection: Connection,
  canAsk: () => boolean,
  initial: () => unknown,
): SettingsStore {
  const known = new Map<string, Promise<Settings>>();
  let pushed: unknown;
  return {
    of(uri) {
      if (!canAsk()) return Promise.resolve(parseSettings(section(pushed) ?? section(initial())));
      let settings = known.get(uri);
      if (settings === undefined) {
        settings = connection.workspace
          .getConfiguration({ scopeUri: uri, section: "dmaLens" })
          .then((answer: unknown) => parseSettings(answer));
        known.set(uri, settings);
        // A failed question is asked again, not kept.
        settings.catch(() => known.delete(uri));
      }
      return settings;
    },
    changed(value) {
      known.clear();
      pushed = value;
    },
    closed(uri) {
      known.delete(uri);
    },
  };
}

/** The section, whether the client sends it bare or under its name. */
function section(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return "dmaLens" in value ? value.dmaLens : value;
}
