import { workerUrl } from "../../worker-url.ts";
import type { AskPage, PdfAnswer } from "./messages.ts";

/** A page that takes longer is not waited for. */
const MOST_MILLISECONDS = 60_000;

export interface OpenedPdf {
  /** One at a time. */
  page(ask: Pick<AskPage, "page" | "width">): Promise<PdfAnswer>;
  close(): void;
}

/** Draws a PDF in a worker of its own, which has no page: all that comes out of it are pictures and text. */
export function openPdf(bytes: Uint8Array): OpenedPdf {
  const worker = new Worker(workerUrl("pdf.worker"), { type: "module" });
  const { port1: port, port2 } = new MessageChannel();
  worker.postMessage({ port: port2 }, [port2]);
  let isSent = false;
  return {
    page: (ask) =>
      new Promise((resolve) => {
        const end = (answer: PdfAnswer) => {
          clearTimeout(late);
          resolve(answer);
        };
        const late = setTimeout(() => {
          worker.terminate();
          end({ problem: "slow" });
        }, MOST_MILLISECONDS);
        port.onmessage = ({ data }: MessageEvent<PdfAnswer>) => end(data);
        worker.onerror = () => end({ problem: "broken" });
        port.postMessage({ ...ask, ...(isSent ? {} : { bytes }) } satisfies AskPage);
        isSent = true;
      }),
    close: () => worker.terminate(),
  };
}
