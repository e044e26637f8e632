import { useQuery } from "@tanstack/react-query";
import { createLazyRoute, Link } from "@tanstack/react-router";
import { callFiles, useFilesAway } from "../../files/files.ts";
import { usePlace } from "../../files/use-place.ts";
import { useKeysState } from "../../keys/keys.ts";
import { Asked, Button, Card, Empty, Page, Waiting } from "../../kit/index.ts";
import { files as words } from "../../words/files.ts";
import { Downloads } from "./downloads.tsx";
import { Folder } from "./folder.tsx";
import { Found } from "./found.tsx";
import { Top } from "./top.tsx";

function Files() {
  const keys = useKeysState();
  return (
    <Page title={words.title} lead={words.lead}>
      {keys.at === "opening" ? (
        <Waiting />
      ) : keys.at === "none" ? (
        <NoKey />
      ) : keys.openUntil === null ? (
        <Locked />
      ) : (
        <Open />
      )}
    </Page>
  );
}

const NoKey = () => (
  <Card>
    <Empty
      title={words.none.title}
      action={
        <Link className="button" data-kind="main" to="/settings/keys">
          {words.none.action}
        </Link>
      }
    >
      {words.none.body}
    </Empty>
  </Card>
);

const Locked = () => (
  <Card>
    <Empty
      title={words.locked.title}
      action={
        // Whoever thinks better of it stays where they are.
        <Button kind="main" onClick={() => void callFiles("packages", {}).catch(() => undefined)}>
          {words.locked.action}
        </Button>
      }
    >
      {words.locked.body}
    </Empty>
  </Card>
);

function Open() {
  const place = usePlace();
  const away = useFilesAway();
  const packages = useQuery({ queryKey: ["packages", "files"], queryFn: () => callFiles("packages", {}), gcTime: 0 });
  return (
    <>
      <Downloads />
      {away ? (
        <p className="soft" role="status">
          {words.away}
        </p>
      ) : null}
      <Asked query={packages}>
        {(found) =>
          place.find !== undefined ? (
            <Found text={place.find} />
          ) : place.package !== undefined ? (
            <Folder key={place.package} place={{ ...place, package: place.package }} packages={found} />
          ) : (
            <Top packages={found} />
          )
        }
      </Asked>
    </>
  );
}

export const page = createLazyRoute("/files")({ component: Files });
