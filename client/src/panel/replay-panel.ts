/** One replay panel: answers its messages, and remembers what it shows. */
import { type Disposable, Uri, type WebviewPanel, window, workspace } from "vscode";
import type { LanguageClient, WorkspaceEdit } from "vscode-languageclient/node";
import {
  type HostMessage,
  type PanelMessage,
  type PanelReplay,
  type PanelState,
  type PanelVariant,
  parsePanelMessage,
  protocolVersion,
  type Unversioned,
} from "../../shared/protocol.ts";
import {
  type FindingParams,
  type FixParams,
  type ReplayParams,
  type ReplayResult,
  type ReplayWithFixParams,
  requests,
} from "../../shared/requests.ts";
import { sameUri, SourceLink } from "./source-link.ts";
import { parseTrace } from "./trace-file.ts";

/** What a panel is to show. Without a finding, the URI is a trace file. */
export interface Subject {
  readonly uri: string;
  readonly finding?: string;
  readonly platform?: string;
  readonly variant?: PanelVariant;
  readonly schedule?: string;
  readonly step?: number;
}

export interface PanelServices {
  client(): Promise<LanguageClient>;
  explainRule(rule: string): Promise<void>;
  log(message: string): void;
}

const asIs: PanelVariant = { kind: "as-is" };

export class ReplayPanel implements Disposable {
  readonly #panel: WebviewPanel;
  readonly #services: PanelServices;
  readonly #link: SourceLink;
  readonly #disposables: { dispose(): unknown }[];
  #subject: Subject | undefined;
  #replay: PanelReplay | undefined;
  /** Whether the page's script runs, so that it hears messages. */
  #ready = false;
  /** Our own edit is under way: the text changes, but nothing is outdated by surprise. */
  #applying = false;
  /** Of the last request: an answer that comes after a newer one is dropped. */
  #turn = 0;

  constructor(panel: WebviewPanel, services: PanelServices, closed: () => void) {
    this.#panel = panel;
    this.#services = services;
    this.#link = new SourceLink((file, line) => this.#post({ kind: "cursor", file, line }));
    this.#disposables = [
      this.#link,
      panel.webview.onDidReceiveMessage((value: unknown) => this.#receive(value)),
      panel.onDidDispose(() => {
        this.dispose();
        closed();
      }),
      panel.onDidChangeViewState(() => {
        if (panel.visible) return;
        // The page of a hidden panel is gone; it says `ready` again when it is shown.
        this.#ready = false;
        this.#link.clear();
      }),
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        const uri = document.uri.toString();
        const shown = Object.values(this.#link.files).some((file) => sameUri(file, uri));
        if (shown && contentChanges.length > 0 && !this.#applying) {
          this.#post({ kind: "outdated", sentence: "The driver was changed since this run." });
        }
      }),
    ];
  }

  /** Shows another finding, or the same one anew. */
  show(subject: Subject): void {
    this.#subject = subject;
    this.#panel.title = "Replay";
    this.#panel.reveal(undefined, false);
    if (this.#ready) this.#run(() => this.#load(subject));
  }

  dispose(): void {
    for (const disposable of this.#disposables.splice(0)) disposable.dispose();
  }

  #receive(value: unknown): void {
    const message = parsePanelMessage(value);
    if (message === undefined) {
      this.#services.log("the panel sent something that is no message");
      return;
    }
    this.#run(() => this.#answer(message));
  }

  async #answer(message: PanelMessage): Promise<void> {
    switch (message.kind) {
      case "ready": {
        this.#ready = true;
        // A page that comes back from hiding knows its own step; the subject that it kept is the one that we have.
        const subject = this.#subject ?? message.state;
        if (subject !== undefined) await this.#load({ ...subject, ...stepOf(message.state, subject) });
        return;
      }
      case "choosePlatform":
        return this.#execute(message.platform, this.#replay?.variant ?? asIs);
      case "replayWithFix":
        return this.#execute(this.#replay?.platform, { kind: "fixed", fix: message.fix });
      case "replayAsIs":
        return this.#execute(this.#replay?.platform, asIs);
      case "applyFix":
        return this.#applyFix(message.fix);
      case "reveal":
        return this.#link.reveal(message);
      case "explainRule":
        return this.#services.explainRule(message.rule);
      case "exportTrace":
        return this.#exportTrace();
    }
  }

  async #load(subject: Subject): Promise<void> {
    const { finding, step = 0 } = subject;
    if (finding === undefined) return this.#loadFile(subject.uri, step);
    const turn = ++this.#turn;
    const result = await this.#ask(subject, finding);
    if (turn !== this.#turn) return;
    this.#shown(subject, result.replay, result.files);
    this.#panel.title = `Replay: ${result.finding.rule.replace(/^dma\//, "")}`;
    const state = this.#state(subject, result.replay, step);
    this.#post({ kind: "init", finding: result.finding, platforms: result.platforms, replay: result.replay, state });
  }

  async #loadFile(uri: string, step: number): Promise<void> {
    const file = Uri.parse(uri, true);
    const trace = parseTrace(new TextDecoder().decode(await workspace.fs.readFile(file)));
    const { id, title, coherent } = trace.platform;
    const { verdict, outcome } = trace;
    const replay: PanelReplay = { variant: asIs, platform: id, verdict, sentence: outcome.sentence, trace };
    const subject: Subject = { uri, platform: id };
    this.#shown(subject, replay, {});
    this.#panel.title = `Replay: ${trace.title}`;
    const platforms = [
      { id, title, tier: "core", coherent, summary: "", verdict, sentence: outcome.sentence },
    ] as const;
    this.#post({ kind: "init", platforms, replay, state: this.#state(subject, replay, step) });
  }

  /** Runs the same finding on a platform, as it is or with a fix, and shows it from its first step. */
  async #execute(platform: string | undefined, variant: PanelVariant): Promise<void> {
    const subject = this.#subject;
    if (subject?.finding === undefined || platform === undefined) return;
    this.#post({ kind: "busy", sentence: "Executing the driver…" });
    const turn = ++this.#turn;
    const next: Subject = { uri: subject.uri, finding: subject.finding, platform, variant };
    const result = await this.#ask(next, subject.finding);
    if (turn !== this.#turn) return;
    this.#show(next, result);
  }

  #show(subject: Subject, result: ReplayResult): void {
    this.#shown(subject, result.replay, result.files);
    this.#post({ kind: "trace", replay: result.replay, state: this.#state(subject, result.replay, 0) });
    this.#post({ kind: "verdicts", variant: result.replay.variant, platforms: result.platforms });
  }

  /** Changes the document, and shows the healed run. It is executed first: once the fix is in, the finding is gone. */
  async #applyFix(fix: string): Promise<void> {
    const subject = this.#subject;
    const platform = this.#replay?.platform;
    if (subject?.finding === undefined || platform === undefined) return;
    this.#post({ kind: "busy", sentence: "Applying the fix…" });
    const fixed: Subject = { uri: subject.uri, finding: subject.finding, platform, variant: { kind: "fixed", fix } };
    const healed = await this.#ask(fixed, subject.finding);
    const client = await this.#services.client();
    const params: FixParams = { ...findingParams(subject.uri, subject.finding), fix };
    const answer = await client.sendRequest<WorkspaceEdit>(requests.fix, params);
    const edit = await client.protocol2CodeConverter.asWorkspaceEdit(answer);
    this.#applying = true;
    try {
      if (!(await workspace.applyEdit(edit))) {
        throw new Error("The editor did not take the change: the file was edited meanwhile, or cannot be written.");
      }
    } finally {
      this.#applying = false;
    }
    this.#post({ kind: "applied", fix });
    this.#show(fixed, healed);
  }

  async #ask(subject: Subject, finding: string): Promise<ReplayResult> {
    const client = await this.#services.client();
    const { uri, platform, variant = asIs, schedule } = subject;
    // The server answers for open documents: after a reload the driver may not have been opened yet.
    await workspace.openTextDocument(client.protocol2CodeConverter.asUri(uri));
    const params = findingParams(uri, finding);
    if (variant.kind === "fixed" && platform !== undefined) {
      const withFix: ReplayWithFixParams = { ...params, platform, fix: variant.fix };
      return client.sendRequest<ReplayResult>(requests.replayWithFix, withFix);
    }
    const plain: ReplayParams = {
      ...params,
      ...(platform !== undefined && { platform }),
      ...(schedule !== undefined && { schedule }),
    };
    return client.sendRequest<ReplayResult>(requests.replay, plain);
  }

  async #exportTrace(): Promise<void> {
    const trace = this.#replay?.trace;
    if (trace === undefined) return;
    const folder = workspace.workspaceFolders?.[0]?.uri;
    const name = `${(trace.rule ?? "trace").replaceAll("/", "-")}-${trace.platform.id}.json`;
    const target = await window.showSaveDialog({
      title: "Save the trace",
      filters: { "DMA Lens traces": ["json"] },
      ...(folder !== undefined && { defaultUri: Uri.joinPath(folder, name) }),
    });
    if (target === undefined) return;
    await workspace.fs.writeFile(target, new TextEncoder().encode(`${JSON.stringify(trace, undefined, 2)}\n`));
  }

  #shown(subject: Subject, replay: PanelReplay, files: Readonly<Record<string, string>>): void {
    this.#subject = { ...subject, platform: replay.platform, variant: replay.variant };
    this.#replay = replay;
    this.#link.clear();
    this.#link.files = files;
  }

  #state({ uri, finding }: Subject, replay: PanelReplay, step: number): PanelState {
    return {
      version: protocolVersion,
      uri,
      ...(finding !== undefined && { finding }),
      platform: replay.platform,
      variant: replay.variant,
      ...(replay.trace !== undefined && { schedule: replay.trace.schedule }),
      step,
    };
  }

  /** Whatever goes wrong becomes a sentence in the panel. */
  #run(work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      const sentence = error instanceof Error ? error.message : String(error);
      this.#services.log(error instanceof Error ? (error.stack ?? sentence) : sentence);
      this.#post({ kind: "failed", sentence });
    });
  }

  #post(message: Unversioned<HostMessage>): void {
    void this.#panel.webview.postMessage({ version: protocolVersion, ...message });
  }
}

function findingParams(uri: string, finding: string): FindingParams {
  return { textDocument: { uri }, finding };
}

/** The step that a page kept, if it is of the very run that is shown again. */
function stepOf(kept: PanelState | undefined, subject: Subject): Pick<Subject, "step" | "schedule"> {
  if (kept === undefined || kept.uri !== subject.uri || kept.finding !== subject.finding) return {};
  if (subject.platform !== undefined && subject.platform !== kept.platform) return {};
  return { step: kept.step, ...(kept.schedule !== undefined && { schedule: kept.schedule }) };
}
