/** The replay panel of the window: made when it is first wanted, used again, and restored with the window. */
import {
  type Disposable,
  type ExtensionContext,
  ViewColumn,
  type WebviewPanel,
  type WebviewPanelSerializer,
  window,
} from "vscode";
import { parsePanelState } from "../../shared/protocol.ts";
import { panelHtml, panelOptions } from "./panel-html.ts";
import { type PanelServices, ReplayPanel, type Subject } from "./replay-panel.ts";

export const viewType = "dmaLens.replay";

export class ReplayPanels implements Disposable, WebviewPanelSerializer {
  readonly #context: ExtensionContext;
  readonly #services: PanelServices;
  readonly #serializer: Disposable;
  #panel: ReplayPanel | undefined;

  constructor(context: ExtensionContext, services: PanelServices) {
    this.#context = context;
    this.#services = services;
    this.#serializer = window.registerWebviewPanelSerializer(viewType, this);
  }

  /** Shows a finding or a trace file beside the editor. */
  show(subject: Subject): void {
    this.#panel ??= this.#adopt(
      window.createWebviewPanel(
        viewType,
        "Replay",
        { viewColumn: ViewColumn.Beside, preserveFocus: false },
        panelOptions(this.#context.extensionUri),
      ),
    );
    this.#panel.show(subject);
  }

  /** The window was reloaded: the panel gets the run that it showed, from its own state. */
  deserializeWebviewPanel(panel: WebviewPanel, state: unknown): Promise<void> {
    panel.webview.options = panelOptions(this.#context.extensionUri);
    const subject = parsePanelState(state);
    if (subject === undefined || this.#panel !== undefined) panel.dispose();
    else {
      this.#panel = this.#adopt(panel);
      this.#panel.show(subject);
    }
    return Promise.resolve();
  }

  dispose(): void {
    this.#serializer.dispose();
    this.#panel?.dispose();
  }

  #adopt(panel: WebviewPanel): ReplayPanel {
    const adopted = new ReplayPanel(panel, this.#services, () => {
      this.#panel = undefined;
    });
    panel.webview.html = panelHtml(panel.webview, this.#context.extensionUri);
    return adopted;
  }
}
