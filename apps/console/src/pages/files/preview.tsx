import { useQuery } from "@tanstack/react-query";
import { type RefObject, useEffect, useMemo, useRef, useState } from "react";
import { downloadItems } from "../../files/downloads.ts";
import { callFiles } from "../../files/files.ts";
import { likely, MOST_BYTES, MOST_PIXELS, type Shown, shownAs } from "../../files/kinds.ts";
import type { Row, Seen } from "../../files/messages.ts";
import { readText } from "../../files/read-text.ts";
import { Asked, Button, Bytes, Dialog, Facts, Problem, State, Time } from "../../kit/index.ts";
import { files as words } from "../../words/files.ts";
import { typeWords } from "./columns.tsx";
import { Pdf } from "./pdf.tsx";
import { Versions } from "./versions.tsx";

export interface PreviewProps {
  /** A file or a link; nothing is shown without it. */
  row: Row | undefined;
  package: string;
  packageName: string;
  /** Of its folder. */
  path: readonly string[];
  onClose: () => void;
}

/** A file above its folder: what is in it, what is known of it, and what it was before. */
export function Preview({ row, package: id, packageName, path, onClose }: PreviewProps) {
  const [fault, setFault] = useState<unknown>();
  return (
    <Dialog title={row?.name ?? ""} open={row !== undefined} onClose={onClose}>
      {row === undefined ? null : (
        <div className="preview stack">
          {row.kind === "symlink" ? <p>{words.preview.link}</p> : <Content key={row.index} row={row} package={id} />}
          <Facts
            of={[
              ...(row.kind === "file" ? [[words.facts.size, <Bytes key="size" of={row.size} />] as const] : []),
              [words.facts.modified, <Time key="modified" at={row.seconds} />],
              [words.facts.type, typeWords(row)],
              [words.facts.place, [packageName, ...path].join(" / ")],
            ]}
          />
          {fault === undefined ? null : <Problem error={fault} />}
          <div className="row">
            {row.kind === "file" ? (
              <Button
                kind="main"
                onClick={() => {
                  setFault(undefined);
                  downloadItems([{ package: id, index: row.index }]).catch(setFault);
                }}
              >
                {words.download}
              </Button>
            ) : null}
            <Button onClick={onClose}>{words.preview.close}</Button>
          </div>
          <Versions package={id} path={row.index === 0 ? [] : [...path, row.name]} />
        </div>
      )}
    </Dialog>
  );
}

function Content({ row, package: id }: { row: Row; package: string }) {
  const query = useQuery({
    queryKey: ["files", "see", id, row.index],
    async queryFn({ signal }) {
      const item = { package: id, index: row.index };
      const seen = await callFiles("see", { ...item, most: likely(row.name, row.size) }, { signal });
      const shown = shownAs(seen.type, row.name);
      // Its name promised less than its bytes: it is fetched whole where that is not too much.
      if (shown === undefined || shown.as === "text" || !seen.isCut || row.size > MOST_BYTES[shown.as]) return seen;
      return callFiles("see", { ...item, most: row.size }, { signal });
    },
    staleTime: Number.POSITIVE_INFINITY,
    // It is forgotten with the dialog.
    gcTime: 0,
    retry: false,
  });
  if (query.isPending) {
    return (
      <p className="waiting" role="status">
        {words.preview.reading} <Bytes of={likely(row.name, row.size)} />…
      </p>
    );
  }
  return <Asked query={query}>{(seen) => <Sandbox row={row} seen={seen} />}</Asked>;
}

function Sandbox({ row, seen }: { row: Row; seen: Seen }) {
  const shown = shownAs(seen.type, row.name);
  if (shown === undefined) return <NotShown seen={seen} />;
  if (shown.as === "text") return <Text row={row} seen={seen} shown={shown} />;
  if (seen.isCut) return <State mood="off">{words.preview.none.large(row.size)}</State>;
  if (shown.as === "image") {
    if (seen.pixels === undefined) return <State mood="off">{words.preview.none.unsized}</State>;
    if (seen.pixels > MOST_PIXELS) return <State mood="off">{words.preview.none.pixels(seen.pixels)}</State>;
  }
  if (shown.as === "pdf") return <Pdf name={row.name} bytes={seen.bytes} />;
  return <Media row={row} seen={seen} shown={shown} />;
}

const NotShown = ({ seen }: { seen: Seen }) => <State mood="off">{words.preview.none.body(seen.type)}</State>;

/** In whatever encoding it is; the frame is given UTF-8. */
function Text({ row, seen, shown }: ShownProps) {
  const read = useMemo(() => readText(seen.bytes), [seen]);
  const isOther = read !== undefined && read.encoding !== "UTF-8";
  const inUtf8 = useMemo(
    () => (isOther ? { ...seen, bytes: new TextEncoder().encode(read.text) } : seen),
    [seen, read, isOther],
  );
  // Known as a text by its name alone, and no text in it.
  if (read === undefined && shownAs(seen.type) === undefined) return <NotShown seen={seen} />;
  return (
    <>
      {seen.type === "text/html" ? <p className="soft">{words.preview.html}</p> : null}
      <Framed row={row} seen={inUtf8} shown={shown} />
      {isOther ? <p className="soft">{words.preview.encoding(read.encoding)}</p> : null}
      {seen.isCut ? <p className="soft">{words.preview.cut(seen.bytes.length, row.size)}</p> : null}
    </>
  );
}

/**
 * A URL of the bytes, set on the element and taken back when it has what it needs: nothing else can open it. Its type is that of our list, so that a browser
 * never makes a page of it.
 */
function useBytes(element: RefObject<(HTMLElement & { src: string }) | null>, { bytes }: Seen, { type }: Shown) {
  useEffect(() => {
    const target = element.current;
    if (target === null) return;
    const url = URL.createObjectURL(new Blob([bytes], { type }));
    target.src = url;
    return () => URL.revokeObjectURL(url);
  }, [element, bytes, type]);
}

const revoke = (event: { currentTarget: { src: string } }) => URL.revokeObjectURL(event.currentTarget.src);

interface ShownProps {
  row: Row;
  seen: Seen;
  shown: Shown;
}

/** A document of its own, of no origin, without scripts, forms or ways out; as text, which is all that is ever shown in it. */
function Framed({ row, seen, shown }: ShownProps) {
  const frame = useRef<HTMLIFrameElement>(null);
  useBytes(frame, seen, shown);
  return (
    <iframe ref={frame} className="preview-frame" sandbox="" title={words.preview.frame(row.name)} onLoad={revoke} />
  );
}

/** As an image, an SVG runs no script and loads nothing. */
function Media({ row, seen, shown }: ShownProps) {
  const [isBroken, setBroken] = useState(false);
  const image = useRef<HTMLImageElement>(null);
  const player = useRef<HTMLVideoElement>(null);
  useBytes((shown.as === "image" ? image : player) as RefObject<HTMLImageElement | null>, seen, shown);
  if (isBroken) return <State mood="off">{words.preview.broken}</State>;
  const onError = () => setBroken(true);
  if (shown.as === "image") {
    return <img ref={image} className="preview-image" alt={row.name} onLoad={revoke} onError={onError} />;
  }
  if (shown.as === "audio") {
    return (
      // biome-ignore lint/a11y/useMediaCaption: a person's own file has none
      <audio ref={player as RefObject<HTMLAudioElement | null>} controls aria-label={row.name} onError={onError} />
    );
  }
  return (
    // biome-ignore lint/a11y/useMediaCaption: a person's own file has none
    <video ref={player} className="preview-image" controls aria-label={row.name} onError={onError} />
  );
}
