/** The tie between the panel's steps and the editor's lines, both ways. */
import {
  type Disposable,
  Position,
  Range,
  Selection,
  type TextEditor,
  TextEditorRevealType,
  TextEditorSelectionChangeKind,
  ThemeColor,
  Uri,
  ViewColumn,
  window,
} from "vscode";
import type { PanelMessage } from "../../shared/protocol.ts";

type Revealed = Extract<PanelMessage, { kind: "reveal" }>;

export class SourceLink implements Disposable {
  /** The names of files in the trace → URIs. */
  files: Readonly<Record<string, string>> = {};
  readonly #mark = window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new ThemeColor("editor.rangeHighlightBackground"),
    overviewRulerColor: new ThemeColor("editorOverviewRuler.rangeHighlightForeground"),
  });
  readonly #cursor: Disposable;
  #marked: TextEditor | undefined;

  /** `cursorMoved` is called when the user, and not the panel, has moved the cursor to a line of one of the files. */
  constructor(cursorMoved: (file: string, line: number) => void) {
    this.#cursor = window.onDidChangeTextEditorSelection(({ textEditor, selections, kind }) => {
      if (kind !== TextEditorSelectionChangeKind.Mouse && kind !== TextEditorSelectionChangeKind.Keyboard) return;
      const uri = textEditor.document.uri.toString();
      const [selection] = selections;
      const file = Object.keys(this.files).find((name) => sameUri(this.files[name], uri));
      if (file !== undefined && selection !== undefined) cursorMoved(file, selection.active.line + 1);
    });
  }

  /**
   * Marks the stretch in its editor and scrolls to it. Stepping follows only in files that are in sight, for the panel shows the lines
   * itself; a file is opened, and gets the focus, when the user asked for it.
   */
  async reveal({ range, focus }: Revealed): Promise<void> {
    const uri = this.files[range.file];
    if (uri === undefined) return;
    const target = new Range(
      new Position(range.line - 1, range.column - 1),
      new Position(range.endLine - 1, range.endColumn - 1),
    );
    const visible = window.visibleTextEditors.find((editor) => sameUri(uri, editor.document.uri.toString()));
    if (visible === undefined && !focus) {
      this.clear();
      return;
    }
    const editor =
      visible !== undefined && !focus
        ? visible
        : await window.showTextDocument(Uri.parse(uri, true), {
            viewColumn: visible?.viewColumn ?? ViewColumn.One,
            preview: true,
          });
    if (focus) editor.selection = new Selection(target.start, target.start);
    // Only the line's start: a long range would scroll the text sideways.
    editor.revealRange(
      new Range(target.start.with({ character: 0 }), target.start),
      TextEditorRevealType.InCenterIfOutsideViewport,
    );
    if (this.#marked !== editor) this.clear();
    editor.setDecorations(this.#mark, [target]);
    this.#marked = editor;
  }

  clear(): void {
    this.#marked?.setDecorations(this.#mark, []);
    this.#marked = undefined;
  }

  dispose(): void {
    this.#cursor.dispose();
    this.#mark.dispose();
  }
}

/** One file may have several spellings of its URI: an encoded colon, a drive's letter. */
export function sameUri(a: string | undefined, b: string): boolean {
  return a !== undefined && (a === b || Uri.parse(a).toString() === Uri.parse(b).toString());
}
