import type { VaultFolderJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { client } from "../../api/client.ts";
import { Asked, Button, Card, State } from "../../kit/index.ts";
import { useOpenVault } from "../../shell/vault-lamp.tsx";
import { takeThere } from "../../uploads/uploads.ts";
import { upload } from "../../words/upload.ts";

const words = upload.there;

/** Folders of the gateway's own machine, where its operator named some; nothing where it named none. */
export function There() {
  const { data } = useQuery({ queryKey: ["vault-paths"], queryFn: () => client.vault.list(), retry: false });
  const isOpen = useOpenVault() !== undefined;
  if (data === undefined || data.folders.length === 0) return null;
  return (
    <Card title={words.title}>
      <div className="stack">
        <p>{words.lead}</p>
        {isOpen ? (
          <Picker folders={data.folders} />
        ) : (
          <div className="row">
            <State mood="off">{words.locked}</State>
            <Link className="button right" to="/wallets">
              {words.unlock}
            </Link>
          </div>
        )}
      </div>
    </Card>
  );
}

/** A folder is listed when one goes into it. */
function Picker({ folders }: { folders: readonly string[] }) {
  const [path, setPath] = useState<string>();
  const listed = useQuery({
    queryKey: ["vault-paths", path],
    queryFn: () => client.vault.list(path),
    enabled: path !== undefined,
    staleTime: 0,
    retry: false,
  });
  if (path === undefined) {
    return (
      <ul className="list there" aria-label={words.folders}>
        {folders.map((folder) => (
          <li key={folder}>
            <Button onClick={() => setPath(folder)}>{folder}</Button>
          </li>
        ))}
      </ul>
    );
  }
  const up = () => setPath(folders.includes(path) ? undefined : path.slice(0, path.lastIndexOf("/")) || "/");
  return (
    <>
      <div className="row">
        <Button onClick={up}>{words.up}</Button>
        <Button kind="main" onClick={() => void takeThere(path)}>
          {words.choose(path)}
        </Button>
      </div>
      <Asked query={listed}>{(folder) => <Entries folder={folder} path={path} onGo={setPath} />}</Asked>
    </>
  );
}

function Entries(props: { folder: VaultFolderJson; path: string; onGo: (path: string) => void }) {
  const { folder, path, onGo } = props;
  const inside = (name: string) => (path === "/" ? `/${name}` : `${path}/${name}`);
  return (
    <>
      {folder.entries.length === 0 ? <p className="soft">{words.empty}</p> : null}
      <ul className="list there" aria-label={path}>
        {folder.entries.map(({ name, kind, size }) => (
          <li key={name}>
            {kind === "directory" ? (
              <Button onClick={() => onGo(inside(name))}>{`${name}/`}</Button>
            ) : (
              <Button onClick={() => void takeThere(inside(name))}>{words.file(name, size ?? 0)}</Button>
            )}
          </li>
        ))}
      </ul>
      {folder.left === 0 ? null : <p className="soft">{words.left(folder.left)}</p>}
    </>
  );
}
