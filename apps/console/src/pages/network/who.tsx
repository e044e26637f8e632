import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { client } from "../../api/client.ts";
import { Id } from "../../kit/index.ts";
import { chain as words } from "../../words/chain.ts";

/** An address of the chain as what it is here: a provider, a contract, this gateway, a verifier, a wallet of one's own. */
export function Who({ address }: { address: string }) {
  const providers = useQuery({ queryKey: ["providers"], queryFn: () => client.providers() });
  const contracts = useQuery({ queryKey: ["chain", "contracts"], queryFn: () => client.chain.contracts() });
  const network = useQuery({ queryKey: ["network"], queryFn: () => client.network() });
  const wallets = useQuery({ queryKey: ["wallets"], queryFn: () => client.wallets() });
  const contract = contracts.data?.find((one) => one.address === address);
  if (contract !== undefined) {
    return (
      <Link to="/network/contracts" title={address}>
        {contract.name}
      </Link>
    );
  }
  if (providers.data?.some(({ provider }) => provider === address) === true) {
    return (
      <Link to="/network/$provider" params={{ provider: address }}>
        <Id of={address} />
      </Link>
    );
  }
  const wallet = wallets.data?.find((one) => one.address.toLowerCase() === address);
  const called =
    wallet !== undefined
      ? words.who.wallet(wallet.name)
      : network.data?.executor.toLowerCase() === address
        ? words.who.gateway
        : network.data?.verifiers.some((one) => one.toLowerCase() === address) === true
          ? words.who.verifier
          : undefined;
  return called === undefined ? <Id of={address} /> : <span title={address}>{called}</span>;
}
