import { type CommonOptions, openSession, pinnedNetwork } from "./session.ts";

export interface TrustOptions extends CommonOptions {
  accept?: boolean;
}

/** Show the network that this home's account signs for; with `--accept`, sign for the gateway's network as it is now. */
export async function trust(options: TrustOptions): Promise<void> {
  const session = await openSession(options);
  const network = await pinnedNetwork(session, options.accept ?? false);
  const { executor, verifierSet, verifiers, quorum, deployment } = network;
  session.output.result({ executor, verifierSet, verifiers, quorum, deployment });
  for (const line of [
    `chain      ${deployment.chainId}`,
    `contracts  deals ${deployment.deals}, registry ${deployment.registry}, ledger ${deployment.ledger}`,
    `executor   ${executor} (acts within the mandates that you sign)`,
    `verifiers  ${quorum} of ${verifiers.join(", ")}`,
    "Your account signs for this network and no other.",
  ]) {
    session.output.say(line);
  }
}
