import { useState } from "react";
import { Button, Problem } from "../kit/index.ts";
import { ClashDialog } from "../pages/files/clash-dialog.tsx";
import { Downloads } from "../pages/files/downloads.tsx";
import { files as words } from "../words/files.ts";
import { type Clash, canChooseFolder, downloadInto, downloadItems } from "./downloads.ts";

/** "Restore everything" of one package, with what comes of it: for the package's own page. */
export function RestorePackage({ id }: { id: string }) {
  const [clash, setClash] = useState<Clash>();
  const [fault, setFault] = useState<unknown>();
  const items = [{ package: id, index: 0 }];
  return (
    <>
      <div className="row">
        <Button kind="main" onClick={() => downloadItems(items).catch(setFault)}>
          {words.restore.action}
        </Button>
        {canChooseFolder() ? (
          <Button onClick={() => downloadInto(items, setClash).catch(setFault)}>{words.restore.into}</Button>
        ) : null}
      </div>
      {fault === undefined ? null : <Problem error={fault} />}
      <ClashDialog clash={clash} onClose={() => setClash(undefined)} />
      <Downloads />
    </>
  );
}
