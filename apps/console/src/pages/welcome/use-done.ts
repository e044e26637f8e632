import { useQuery } from "@tanstack/react-query";
import { client } from "../../api/client.ts";
import { useKeysState } from "../../keys/keys.ts";
import { type Done, doneOf } from "./steps.ts";

const SOME = 20;

/** What a recovery phrase brings back lies in such a package; a CAR of one's own is public. */
const isBundle = (one: { layout: string; public: boolean }): boolean => one.layout === "car" && !one.public;

/** Which steps are done; undefined until that is known. */
export function useDone(): Done | undefined {
  const keys = useKeysState();
  const held = keys.at === "held" ? keys.held : undefined;
  const wallets = useQuery({ queryKey: ["wallets"], queryFn: () => client.wallets(), enabled: held !== undefined });
  const isMine = wallets.data?.some(({ address }) => address.toLowerCase() === held?.address) ?? false;
  const account = useQuery({
    queryKey: ["account", held?.address],
    queryFn: () => client.account(held?.address),
    enabled: isMine,
  });
  // Some are enough: of these, bundles of recovery phrases are few.
  const packages = useQuery({
    queryKey: ["packages", "begun with"],
    queryFn: () => client.packagesPage({ limit: SOME }),
  });
  // What cannot be asked counts as not done: its own step says why.
  if (keys.at === "opening" || [wallets, account, packages].some(({ isLoading }) => isLoading)) return undefined;
  return doneOf({
    hasKey: held !== undefined,
    deposit: isMine ? BigInt(account.data?.balance ?? 0) : 0n,
    hasPhrase: held?.phrase !== undefined,
    packages: packages.data?.packages.filter((one) => !isBundle(one)).length ?? 0,
  });
}
