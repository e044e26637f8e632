import type { ChainContractsJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { createLazyRoute } from "@tanstack/react-router";
import { client } from "../../api/client.ts";
import { Asked, Bytes, Card, type Column, Facts, Page, Table } from "../../kit/index.ts";
import { chain } from "../../words/chain.ts";
import { NetworkTabs } from "./network-tabs.tsx";

const words = chain.contracts;

const COLUMNS: readonly Column<ChainContractsJson[number]>[] = [
  { key: "name", title: words.name, cell: ({ name }) => name },
  { key: "what", title: words.what, cell: ({ what }) => `${what.charAt(0).toUpperCase()}${what.slice(1)}.` },
  { key: "address", title: words.address, cell: ({ address }) => <code>{address}</code> },
  { key: "size", title: words.size, number: true, cell: ({ size }) => <Bytes of={size} /> },
];

function Contracts() {
  const contracts = useQuery({ queryKey: ["chain", "contracts"], queryFn: () => client.chain.contracts() });
  const network = useQuery({ queryKey: ["network"], queryFn: () => client.network() });
  return (
    <Page title={words.title} lead={words.lead}>
      <NetworkTabs />
      <Card>
        <Asked query={contracts}>
          {(found) => <Table label={words.title} columns={COLUMNS} rows={found} rowKey={({ address }) => address} />}
        </Asked>
      </Card>
      <Card title={words.network}>
        <Asked query={network}>
          {({ deployment, chainUrl, quorum, verifiers, executor }) => (
            <Facts
              of={[
                [words.chainId, deployment.chainId],
                [words.url, <code key="url">{chainUrl}</code>],
                [words.period, words.seconds(deployment.periodSeconds)],
                [words.quorum, words.quorumOf(quorum, verifiers.length)],
                [words.executor, <code key="executor">{executor}</code>],
              ]}
            />
          )}
        </Asked>
      </Card>
    </Page>
  );
}

export const page = createLazyRoute("/network/contracts")({ component: Contracts });
