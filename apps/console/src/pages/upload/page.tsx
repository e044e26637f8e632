import { useQuery } from "@tanstack/react-query";
import { createLazyRoute, Link } from "@tanstack/react-router";
import { client } from "../../api/client.ts";
import { useKeysState } from "../../keys/keys.ts";
import { Card, Empty, Page } from "../../kit/index.ts";
import { Pick } from "../../uploads/pick.tsx";
import { useUploads } from "../../uploads/upload-list.ts";
import { take } from "../../uploads/uploads.ts";
import { upload as words } from "../../words/upload.ts";
import { Placing } from "./placing.tsx";
import { There } from "./there.tsx";
import { UploadCard } from "./upload-card.tsx";
import { Waiting } from "./waiting.tsx";

function Upload() {
  const uploads = useUploads();
  const keys = useKeysState();
  return (
    <Page title={words.title} lead={words.lead}>
      {keys.at === "none" ? (
        <Card>
          <Empty
            title={words.noKey.title}
            action={
              <Link className="button" data-kind={uploads.length === 0 ? "main" : undefined} to="/welcome">
                {words.noKey.action}
              </Link>
            }
          >
            {words.noKey.body}
          </Empty>
        </Card>
      ) : (
        <Card title={words.pick.title}>
          <div className="drop-zone">
            <p>{words.pick.hint}</p>
            <Pick onTaken={(taken) => void take(taken)} />
            <p className="soft private">{words.pick.private}</p>
          </div>
        </Card>
      )}
      {keys.at === "none" ? null : <There />}
      {uploads.map((one) => (
        <UploadCard key={one.number} upload={one} />
      ))}
      {keys.at === "held" ? <Waiting held={keys.held} open={keys.openUntil !== null} /> : null}
      <PlacingElsewhere />
    </Page>
  );
}

/** What was agreed before this page was opened, and is being placed. */
function PlacingElsewhere() {
  const here = useUploads().flatMap(({ stage }) => ("id" in stage ? [stage.id] : []));
  const query = useQuery({
    queryKey: ["packages", "placing"],
    queryFn: () => client.packagesPage({ states: "PLACING" }),
  });
  const others = query.data?.packages.filter(({ id }) => !here.includes(id)) ?? [];
  return others.map(({ id }) => (
    <Card key={id} title={words.placing}>
      <Placing id={id} />
    </Card>
  ));
}

export const page = createLazyRoute("/upload")({ component: Upload });
