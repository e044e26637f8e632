import { workerUrl } from "../../worker-url.ts";
import type { AskPage, NumberedAnswer, PdfAnswer } from "./messages.ts";

/** A page that takes longer is not waited for. */
const MOST_MILLISECONDS = 60_000;

export interface OpenedPdf {
  /** Resolves with the answer to this ask, however many others are under way; never, once it is closed. */
  page(ask: Pick<AskPage, "page" | "width">): Promise<PdfAnswer>;
  close(): void;
}

/** Draws a PDF in a worker of its own, which has no page: all that comes out of it are pictures and text. */
export function openPdf(bytes: Uint8Array): OpenedPdf {
  const worker = new Worker(workerUrl("pdf.worker"), { type: "module" });
  const { port1: port, port2 } = new MessageChannel();
  worker.postMessage({ port: port2 }, [port2]);
  return askPdf(bytes, port, worker);
}

interface Drawer {
  terminate(): void;
  onerror: unknown;
}

/** @param port to what draws @param worker that it draws in, which is ended when a page takes longer than `mostMilliseconds` */
export function askPdf(
  bytes: Uint8Array,
  port: Pick<MessagePort, "postMessage" | "close"> & { onmessage: unknown },
  worker: Drawer,
  mostMilliseconds = MOST_MILLISECONDS,
): OpenedPdf {
  const waiting = new Map<number, { late: ReturnType<typeof setTimeout>; resolve: (answer: PdfAnswer) => void }>();
  let asked = 0;
  const end = (number: number, answer: PdfAnswer) => {
    const one = waiting.get(number);
    clearTimeout(one?.late);
    waiting.delete(number);
    one?.resolve(answer);
  };
  const endAll = (problem: "broken" | "slow") => {
    for (const number of [...waiting.keys()]) end(number, { problem });
  };
  port.onmessage = ({ data: { number, ...answer } }: MessageEvent<NumberedAnswer>) => end(number, answer);
  worker.onerror = () => endAll("broken");
  return {
    page: (ask) =>
      new Promise((resolve) => {
        asked += 1;
        const number = asked;
        const late = setTimeout(() => {
          worker.terminate();
          endAll("slow");
        }, mostMilliseconds);
        waiting.set(number, { late, resolve });
        port.postMessage({ ...ask, number, ...(number > 1 ? {} : { bytes }) } satisfies AskPage);
      }),
    close() {
      for (const { late } of waiting.values()) clearTimeout(late);
      port.close();
      worker.terminate();
    },
  };
}
