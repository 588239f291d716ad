/** The status item in the language bar: what was found and what was not understood; a click opens the output. */
import { languages, LanguageStatusSeverity, type TextEditor, window } from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { State } from "vscode-languageclient/node";
import { notifications, type UnitStatus } from "../shared/requests.ts";
import { shownSelector } from "./languages.ts";

export function showStatus(client: LanguageClient): { dispose(): unknown }[] {
  const item = languages.createLanguageStatusItem("dmaLens.status", shownSelector);
  item.name = "DMA Lens";
  item.command = { title: "Show Output", command: "dmaLens.showOutput" };
  const known = new Map<string, UnitStatus>();

  const update = (editor: TextEditor | undefined): void => {
    item.busy = client.state === State.Starting;
    if (client.state === State.Stopped) {
      item.severity = LanguageStatusSeverity.Error;
      item.text = "DMA Lens: stopped";
      item.detail = "the language server does not run";
      return;
    }
    const status = editor && known.get(editor.document.uri.toString());
    const gaps = status?.gaps ?? 0;
    item.severity = gaps > 0 ? LanguageStatusSeverity.Warning : LanguageStatusSeverity.Information;
    item.text = `DMA Lens: ${count(status?.findings ?? 0, "finding")}`;
    item.detail =
      status === undefined
        ? ""
        : `${count(status.functions, "function")} of this driver read, ${count(gaps, "gap")} not understood`;
  };
  update(window.activeTextEditor);
  return [
    item,
    window.onDidChangeActiveTextEditor(update),
    client.onDidChangeState(() => update(window.activeTextEditor)),
    client.onNotification(notifications.status, (status: UnitStatus) => {
      known.set(status.uri, status);
      update(window.activeTextEditor);
    }),
  ];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
