import type { UsedLimitsJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { client } from "../../api/client.ts";
import { bytes } from "../../format/bytes.ts";
import { number } from "../../format/number.ts";
import { Asked, Card, Facts } from "../../kit/index.ts";
import { wallets } from "../../words/wallets.ts";

const words = wallets.limits;
const NAMES = ["spoolBytes", "packages", "egressPerDay", "commitsPerHour"] as const;
const IN_BYTES: readonly string[] = ["spoolBytes", "egressPerDay"];

function use({ limits, used }: UsedLimitsJson, name: (typeof NAMES)[number]): string {
  const most = limits[name];
  const said = (value: number) => (IN_BYTES.includes(name) ? bytes(value) : number(value));
  return most === null ? words.none : words.used(said(used[name]), said(most));
}

/** What the account may use, and does. */
export function Limits() {
  const query = useQuery({ queryKey: ["limits"], queryFn: () => client.limits.own() });
  return (
    <Card title={words.title}>
      <Asked query={query}>
        {(found) => <Facts of={NAMES.map((name) => [words.names[name], use(found, name)] as const)} />}
      </Asked>
    </Card>
  );
}
