import { useQuery } from "@tanstack/react-query";
import { createLazyRoute } from "@tanstack/react-router";
import { client } from "../../api/client.ts";
import { shortId } from "../../format/short-id.ts";
import { Asked, Bytes, Card, Facts, Page, State, Time } from "../../kit/index.ts";
import { packages as words } from "../../words/packages.ts";
import { moodOf } from "./mood.ts";
import { packageRoute } from "./route.ts";

function OnePackage() {
  const { id } = packageRoute.useParams();
  const query = useQuery({ queryKey: ["package", id], queryFn: () => client.package(id) });
  return (
    <Page title={words.one(shortId(id))}>
      <Asked query={query}>
        {(found) => (
          <Card>
            <Facts
              of={[
                [
                  words.facts.state,
                  <State key="state" mood={moodOf(found.state)} next={found.next}>
                    {found.cause ?? words.states[found.state] ?? found.state.toLowerCase()}
                  </State>,
                ],
                [words.facts.shards, words.shards(found.strength.live, found.strength.full, found.strength.needed)],
                [words.facts.size, <Bytes key="size" of={found.bytes} />],
                [words.facts.files, found.files],
                [words.facts.created, <Time key="created" at={found.createdAt} />],
                [words.facts.stored, <Time key="stored" at={found.storedAt} />],
                [words.facts.expires, <Time key="expires" at={found.expiresAt} />],
                [words.facts.root, <code key="root">{found.root ?? "—"}</code>],
              ]}
            />
          </Card>
        )}
      </Asked>
    </Page>
  );
}

export const page = createLazyRoute("/packages/$id")({ component: OnePackage });
