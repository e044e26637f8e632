import { Link } from "@tanstack/react-router";
import { hashOf } from "../../../files/place.ts";
import { RestorePackage } from "../../../files/restore-package.tsx";
import { counted } from "../../../format/number.ts";
import { Card, Empty } from "../../../kit/index.ts";
import { filesTab as words } from "../../../words/package-tabs.ts";
import type { TabProps } from "../package-page.tsx";

/** The way to its files, which have a page of their own. */
export default function FilesTab({ found }: TabProps) {
  return (
    <Card>
      <Empty
        title={counted(found.files, "file")}
        action={
          <Link className="button" data-kind="main" to="/files" hash={hashOf({ package: found.id, path: [] })}>
            {words.open}
          </Link>
        }
      >
        {words.body}
      </Empty>
      <RestorePackage id={found.id} />
    </Card>
  );
}
