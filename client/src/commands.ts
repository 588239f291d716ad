/** The commands of the extension. */
import { commands, type Disposable, type ExtensionContext, type LogOutputChannel, Uri, window } from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { commands as names, type DocumentParams, type FindingsResult, requests } from "../shared/requests.ts";
import { askForLink, resolveLink } from "./panel/open-link.ts";
import type { ReplayPanels } from "./panel/replay-panels.ts";
import { explainRule } from "./rule-pages.ts";
import { openSample } from "./sample.ts";

export interface Services {
  readonly context: ExtensionContext;
  readonly output: LogOutputChannel;
  readonly panels: ReplayPanels;
  /** Starts the server when it does not run yet. */
  client(): Promise<LanguageClient>;
  restart(): Promise<void>;
}

export function registerCommands(services: Services): Disposable[] {
  const { context, output, panels } = services;
  const on = (name: string, run: (...words: unknown[]) => Promise<void>): Disposable =>
    commands.registerCommand(name, async (...words: unknown[]) => {
      try {
        await run(...words);
      } catch (error) {
        output.error(error instanceof Error ? error : String(error));
        void window.showErrorMessage(`DMA Lens: ${error instanceof Error ? error.message : String(error)}`);
      }
    });
  return [
    on(names.replay, (uri, finding, platform) => replayFinding(services, text(uri), text(finding), text(platform))),
    on(names.explainRule, (rule) => explainRule(context, text(rule))),
    on("dmaLens.openTrace", (uri) => openTrace(panels, uri instanceof Uri ? uri : undefined)),
    on("dmaLens.openLink", (link) => openLink(panels, text(link))),
    on("dmaLens.openSample", () => openSample(context)),
    on("dmaLens.restartServer", () => services.restart()),
    on("dmaLens.showOutput", () => {
      output.show(true);
      return Promise.resolve();
    }),
  ];
}

/** Without arguments: the finding at the cursor, or one that the user picks from the document's. */
async function replayFinding(services: Services, uri?: string, finding?: string, platform?: string): Promise<void> {
  const chosen = uri !== undefined && finding !== undefined ? { uri, finding } : await findingAtCursor(services);
  if (chosen === undefined) return;
  services.panels.show({ ...chosen, ...(platform !== undefined && { platform }) });
}

async function findingAtCursor(services: Services): Promise<{ uri: string; finding: string } | undefined> {
  const editor = window.activeTextEditor;
  if (editor === undefined) {
    void window.showInformationMessage("Open a driver's C file first: then its findings can be replayed.");
    return undefined;
  }
  const client = await services.client();
  const uri = client.code2ProtocolConverter.asUri(editor.document.uri);
  const params: DocumentParams = { textDocument: { uri } };
  const result: FindingsResult = await client.sendRequest(requests.findings, params);
  const provable = result.findings.filter((candidate) => candidate.provable);
  const line = editor.selection.active.line + 1;
  const here = provable.filter(({ range }) => range.line <= line && line <= range.endLine);
  const [only, ...more] = here.length > 0 ? here : provable;
  if (only === undefined) {
    void window.showInformationMessage("This file has no finding that can be replayed.");
    return undefined;
  }
  if (more.length === 0) return { uri, finding: only.fingerprint };
  const items = [only, ...more].map((candidate) => ({
    label: candidate.rule,
    description: `line ${candidate.range.line}, ${candidate.function}()`,
    detail: candidate.message,
    finding: candidate.fingerprint,
  }));
  const picked = await window.showQuickPick(items, { title: "Replay which finding?", matchOnDetail: true });
  return picked && { uri, finding: picked.finding };
}

async function openTrace(panels: ReplayPanels, given: Uri | undefined): Promise<void> {
  const filters = { "DMA Lens traces": ["json"] };
  const uri = given ?? (await window.showOpenDialog({ title: "Open a trace", filters }))?.[0];
  if (uri !== undefined) panels.show({ uri: uri.toString() });
}

async function openLink(panels: ReplayPanels, given: string | undefined): Promise<void> {
  const link = given ?? (await askForLink());
  if (link !== undefined) panels.show(await resolveLink(link));
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
