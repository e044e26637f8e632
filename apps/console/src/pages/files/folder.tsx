import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { callFiles } from "../../files/files.ts";
import { kindOf } from "../../files/kinds.ts";
import type { FilePackage, Looked, Row } from "../../files/messages.ts";
import { hashOf, NOWHERE, type Place, placeOf } from "../../files/place.ts";
import { goTo } from "../../files/use-place.ts";
import { Asked, Card } from "../../kit/index.ts";
import { files as words } from "../../words/files.ts";
import { byName, rowColumns } from "./columns.tsx";
import { Crumbs } from "./crumbs.tsx";
import { KindIcon } from "./icon.tsx";
import { Listing } from "./listing.tsx";
import { Preview } from "./preview.tsx";

const COLUMNS = rowColumns<Row>();

/** One folder of a package; a file in it is shown above it. */
export function Folder({ place, packages }: { place: Place & { package: string }; packages: readonly FilePackage[] }) {
  const { package: id, path } = place;
  const found = packages.find((one) => one.id === id);
  const query = useQuery({
    queryKey: ["files", id, path],
    queryFn: () => callFiles("look", { package: id, path: [...path] }),
    // A package never changes.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
    // The folder stays while one of its files is looked up.
    placeholderData: keepPreviousData,
  });
  const name = found?.name ?? query.data?.name ?? id.slice(0, 8);
  const folderPlace = { ...place, path: query.data?.folder ?? path };
  return (
    <>
      <Crumbs place={query.data === undefined ? place : folderPlace} packageName={name} />
      <Asked query={query}>
        {(looked) =>
          looked.isListed ? (
            <Contents
              key={`${id}/${looked.folder.join("/")}`}
              place={folderPlace}
              looked={looked}
              packageName={name}
              isCurrent={!query.isPlaceholderData}
            />
          ) : (
            <Card>
              <p>{words.unlisted}</p>
              <p>
                <code>cairn get {id}</code>
              </p>
            </Card>
          )
        }
      </Asked>
      <p>
        <Link to="/packages/$id" params={{ id }}>
          {words.facts.package}: {name}
        </Link>
      </p>
    </>
  );
}

interface ContentsProps {
  place: Place & { package: string };
  looked: Looked;
  packageName: string;
  isCurrent: boolean;
}

/** The folder that was left last: its row is gone back to. */
let cameFrom: string | undefined;

function Contents({ place, looked, packageName, isCurrent }: ContentsProps) {
  const { package: id } = place;
  const { rows, folder, folderIndex, file, total } = looked;
  const isOneFile = rows.length === 1 && rows[0]?.index === 0;
  const of = (row: Row): Place => ({ package: id, path: isOneFile ? [] : [...folder, row.name] });
  const open = (row: Row) => {
    cameFrom = undefined;
    if (isOneFile) onlyFile.open();
    else goTo(of(row));
  };
  const up = () => {
    cameFrom = folder.at(-1);
    goTo(folder.length === 0 ? NOWHERE : { package: id, path: folder.slice(0, -1) });
  };
  const onlyFile = useOnlyFile(isOneFile ? rows[0] : undefined);
  const shown = onlyFile.row ?? (isCurrent ? file : undefined);
  const close = () => {
    if (onlyFile.row !== undefined) onlyFile.close();
    // A dialog also closes where one has gone elsewhere already: then nobody wants back.
    else if (file !== undefined && hashOf(placeOf(location.hash)) === hashOf(of(file))) {
      goTo({ package: id, path: folder });
    }
  };
  return (
    <Card>
      {rows.length === 0 ? <p className="soft">{words.emptyFolder}</p> : null}
      <Listing
        label={[packageName, ...folder].join(" / ")}
        rows={rows}
        rowKey={({ index }) => String(index)}
        nameOf={({ name }) => name}
        itemOf={({ index }) => ({ package: id, index })}
        columns={COLUMNS}
        compareNames={byName}
        name={(row) => (
          <>
            <KindIcon kind={kindOf(row)} />
            <a
              href={`#${hashOf(of(row))}`}
              onClick={(event) => {
                if (!isOneFile) return;
                event.preventDefault();
                open(row);
              }}
            >
              {row.name}
            </a>
          </>
        )}
        onOpen={open}
        onUp={up}
        whole={{ items: [{ package: id, index: folderIndex }], words: words.downloadAll }}
        note={words.total(total.files, total.bytes)}
        focusOn={cameFrom === undefined ? undefined : ({ name }) => name === cameFrom}
      />
      <Preview row={shown} package={id} packageName={packageName} path={isOneFile ? [] : place.path} onClose={close} />
    </Card>
  );
}

/** A package of one file has no path for it: whether it is looked at does not stand in the address. */
function useOnlyFile(row: Row | undefined): { row: Row | undefined; open: () => void; close: () => void } {
  const [isOpen, setOpen] = useState(false);
  return { row: isOpen ? row : undefined, open: () => setOpen(true), close: () => setOpen(false) };
}
