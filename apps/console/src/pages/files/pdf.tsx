import { useEffect, useRef, useState } from "react";
import type { PdfAnswer } from "../../files/pdf/messages.ts";
import { type OpenedPdf, openPdf } from "../../files/pdf/open-pdf.ts";
import { Button, State } from "../../kit/index.ts";
import { files } from "../../words/files.ts";

const words = files.preview.pdf;
const MOST_WIDTH = 2000;

/** A PDF page by page, as pictures that a worker draws: no script, link or form of it is anywhere in this page. */
export function Pdf({ name, bytes }: { name: string; bytes: Uint8Array<ArrayBuffer> }) {
  const [page, setPage] = useState(1);
  const [seen, setSeen] = useState<PdfAnswer>();
  const [pdf, setPdf] = useState<OpenedPdf>();
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const opened = openPdf(bytes);
    setPdf(opened);
    return () => opened.close();
  }, [bytes]);
  useEffect(() => {
    let isOver = false;
    const width = Math.min(MOST_WIDTH, (canvas.current?.parentElement?.clientWidth ?? 600) * devicePixelRatio);
    void pdf?.page({ page, width }).then((answer) => {
      if (!isOver) setSeen(answer);
    });
    return () => {
      isOver = true;
    };
  }, [pdf, page]);
  useEffect(() => {
    const element = canvas.current;
    if (element === null || seen === undefined || "problem" in seen) return;
    // Taken over: it cannot be drawn twice.
    element.width = seen.picture.width;
    element.height = seen.picture.height;
    element.getContext("bitmaprenderer")?.transferFromImageBitmap(seen.picture);
  }, [seen]);
  if (seen !== undefined && "problem" in seen) return <State mood="off">{words[seen.problem]}</State>;
  const isDrawing = seen?.page !== page;
  return (
    <figure className="pdf" aria-busy={isDrawing}>
      <canvas ref={canvas} className="preview-image" role="img" aria-label={words.picture(name, seen?.page ?? page)} />
      {seen === undefined ? (
        <p className="waiting">{words.drawing}</p>
      ) : (
        <>
          <p className="unseen">{seen.text}</p>
          <figcaption className="row">
            <Button disabled={isDrawing || page <= 1} onClick={() => setPage(page - 1)}>
              {words.previous}
            </Button>
            <span className="numbers">{words.page(seen.page, seen.pages)}</span>
            <Button disabled={isDrawing || page >= seen.pages} onClick={() => setPage(page + 1)}>
              {words.next}
            </Button>
          </figcaption>
        </>
      )}
    </figure>
  );
}
