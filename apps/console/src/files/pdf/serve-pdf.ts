import { AnnotationMode, getDocument, type PDFDocumentProxy, VerbosityLevel } from "pdfjs-dist";
// Beside it, in this same thread: all of pdf.js is away from the page.
import "pdfjs-dist/build/pdf.worker.mjs";
import type { AskPage, NumberedAnswer, PdfAnswer } from "./messages.ts";

/** The beginning of the URLs of pdf.js's own files; set by the build. */
declare const PDF_FILES: string;

/** A picture of so many pixels takes 64 MB. */
const MOST_PIXELS = 16_000_000;
/** Of one image in a PDF: what is larger is left out. */
const MOST_IMAGE_PIXELS = 64_000_000;
const MOST_TEXT = 100_000;

class Canvases {
  create(width: number, height: number) {
    if (!(width > 0 && height > 0 && width * height <= 4 * MOST_PIXELS)) throw new Error("no size of a canvas");
    const canvas = new OffscreenCanvas(width, height);
    return { canvas, context: canvas.getContext("2d", { willReadFrequently: true }) };
  }
  getNoAlphaContext = (canvas: OffscreenCanvas) => canvas.getContext("2d", { alpha: false, willReadFrequently: true });
  reset(one: { canvas: OffscreenCanvas }, width: number, height: number) {
    one.canvas.width = width;
    one.canvas.height = height;
  }
  destroy(one: { canvas: OffscreenCanvas | null; context: unknown }) {
    one.canvas = null;
    one.context = null;
  }
}

/** They are elements of a page. */
class NoFilters {
  addFilter = () => "none";
  addHCMFilter = () => "none";
  addAlphaFilter = () => "none";
  addLuminosityFilter = () => "none";
  addKnockoutFilter = () => "none";
  addHighlightHCMFilter = () => "none";
  destroy() {}
}

/** Of the console's own files, by names that pdf.js has; whatever a PDF says. */
class OwnFiles {
  async fetch({ filename }: { filename: string }): Promise<Uint8Array> {
    if (!/^[\w-]+\.(bcmap|pfb|ttf|wasm)$/.test(filename)) throw new Error("no file of pdf.js");
    const answer = await fetch(`${PDF_FILES}${filename}`);
    if (!answer.ok) throw new Error(`${filename} is not there`);
    return new Uint8Array(await answer.arrayBuffer());
  }
}

const open = (data: Uint8Array): Promise<PDFDocumentProxy> =>
  getDocument({
    data,
    ...{ CanvasFactory: Canvases, FilterFactory: NoFilters, BinaryDataFactory: OwnFiles },
    // Said to be somewhere, so that they are asked for: `OwnFiles` knows where.
    ...{ cMapUrl: "/", standardFontDataUrl: "/", wasmUrl: "/", useWorkerFetch: false },
    // Letters are drawn as shapes: no font of a PDF is given to the browser.
    ...{ disableFontFace: true, useSystemFonts: false, isImageDecoderSupported: false },
    // Nothing is fetched for it but those files, and its forms and scripts are not looked at.
    ...{ disableAutoFetch: true, disableStream: true, disableRange: true, enableXfa: false },
    ...{ disableWorkerRendering: true, maxImageSize: MOST_IMAGE_PIXELS, verbosity: VerbosityLevel.ERRORS },
  }).promise;

async function draw(pdf: PDFDocumentProxy, { page: number, width }: AskPage): Promise<PdfAnswer> {
  const page = await pdf.getPage(Math.min(Math.max(1, number), pdf.numPages));
  const whole = page.getViewport({ scale: 1 });
  const scale = Math.min(width / whole.width, Math.sqrt(MOST_PIXELS / (whole.width * whole.height)));
  const viewport = page.getViewport({ scale });
  const canvas = new OffscreenCanvas(Math.max(1, Math.floor(viewport.width)), Math.max(1, Math.floor(viewport.height)));
  await page.render({
    ...{ canvas: canvas as unknown as HTMLCanvasElement, viewport, intent: "print" },
    // What is drawn of notes and forms; where they lead to is not.
    annotationMode: AnnotationMode.ENABLE,
  }).promise;
  const { items } = await page.getTextContent();
  const text = items.map((item) => ("str" in item ? `${item.str}${item.hasEOL ? "\n" : ""}` : "")).join("");
  page.cleanup();
  return {
    ...{ picture: canvas.transferToImageBitmap(), text: text.slice(0, MOST_TEXT) },
    ...{ page: page.pageNumber, pages: pdf.numPages },
  };
}

/** Answers what comes by the port that its first message brings; only pictures and text leave it. */
export function servePdf(): void {
  addEventListener("message", ({ data: { port } }: MessageEvent<{ port?: MessagePort }>) => {
    if (port === undefined) return;
    let pdf: Promise<PDFDocumentProxy> | undefined;
    port.onmessage = async ({ data }: MessageEvent<AskPage>) => {
      try {
        pdf ??= open(data.bytes ?? new Uint8Array());
        const answer = await draw(await pdf, data);
        const numbered: NumberedAnswer = { ...answer, number: data.number };
        port.postMessage(numbered, "picture" in numbered ? [numbered.picture] : []);
      } catch (error) {
        const problem = error instanceof Error && error.name === "PasswordException" ? "password" : "broken";
        port.postMessage({ problem, number: data.number } satisfies NumberedAnswer);
      }
    };
  });
}
