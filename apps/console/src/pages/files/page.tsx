import { useQuery } from "@tanstack/react-query";
import { createLazyRoute, Link } from "@tanstack/react-router";
import { client } from "../../api/client.ts";
import { counted } from "../../format/number.ts";
import { Asked, Bytes, Card, Empty, Id, Page, Time } from "../../kit/index.ts";
import { files as words } from "../../words/files.ts";

function Files() {
  const packages = useQuery({ queryKey: ["packages", "all"], queryFn: () => client.packages() });
  return (
    <Page title={words.title} lead={words.lead}>
      <Card title={words.packages}>
        <Asked query={packages}>
          {(found) =>
            found.length === 0 ? (
              <Empty title={words.empty.title}>{words.empty.body}</Empty>
            ) : (
              <ul className="list">
                {found.map(({ id, files, bytes, createdAt }) => (
                  <li key={id}>
                    <Link to="/packages/$id" params={{ id }}>
                      <Id of={id} />
                    </Link>{" "}
                    {counted(files, "file")}, <Bytes of={bytes} />, <Time at={createdAt} />
                  </li>
                ))}
              </ul>
            )
          }
        </Asked>
      </Card>
    </Page>
  );
}

export const page = createLazyRoute("/files")({ component: Files });
