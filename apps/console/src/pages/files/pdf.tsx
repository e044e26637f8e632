import { useEffect, useRef } from "react";
import { State } from "../../kit/index.ts";
import { files as words } from "../../words/files.ts";

/**
 * By the browser's own viewer, which is no part of this page and takes the bytes for nothing but a PDF: their type says so, and browsers make no page of
 * that type. Its frame has no `sandbox`, as browsers refuse their viewer in one; the console's policy, which the frame inherits, lets no script of it run.
 */
export function Pdf({ name, bytes }: { name: string; bytes: Uint8Array<ArrayBuffer> }) {
  const frame = useRef<HTMLIFrameElement>(null);
  useEffect(() => {
    const target = frame.current;
    if (target === null) return;
    const url = URL.createObjectURL(new Blob([bytes], { type: "application/pdf" }));
    target.src = url;
    return () => URL.revokeObjectURL(url);
  }, [bytes]);
  if (navigator.pdfViewerEnabled !== true) return <State mood="off">{words.preview.noPdf}</State>;
  return <iframe ref={frame} className="preview-frame" title={words.preview.frame(name)} />;
}
