import { useQuery } from "@tanstack/react-query";
import { createLazyRoute } from "@tanstack/react-router";
import { client } from "../../api/client.ts";
import { Asked, Card, Facts, Page } from "../../kit/index.ts";
import { settings as words } from "../../words/settings.ts";

function Settings() {
  const settings = useQuery({ queryKey: ["settings"], queryFn: () => client.settings() });
  const network = useQuery({ queryKey: ["network"], queryFn: () => client.network() });
  const defaults = network.data?.defaults;
  return (
    <Page title={words.title} lead={words.lead}>
      <Card>
        <Asked query={settings}>
          {({ k, n, days }) => (
            <Facts
              of={[
                [words.facts.k, k ?? words.asNetwork(defaults?.k)],
                [words.facts.n, n ?? words.asNetwork(defaults?.n)],
                [words.facts.days, days ?? words.asNetwork(defaults?.days)],
              ]}
            />
          )}
        </Asked>
      </Card>
    </Page>
  );
}

export const page = createLazyRoute("/settings")({ component: Settings });
