import { signTyped } from "@cairn/chain";
import { type Hex, signedToJson } from "@cairn/core";
import { findPackage } from "./find-package.ts";
import { type CommonOptions, deploymentOf, openSession, requireAccount } from "./session.ts";

const TERMINATION_SECONDS = 3600;
const BEFORE_CHAIN = new Set(["RECEIVING", "SEALING", "COMMITTED"]);

/** End a package's deals: what has accrued is paid, the rest comes back. */
export async function rm(target: string, options: CommonOptions): Promise<void> {
  const session = await openSession(options);
  const account = await requireAccount(session.home);
  const found = await findPackage(session.client, account, target);
  if (found.manifestHash === null || BEFORE_CHAIN.has(found.state)) {
    const undone = await session.client.abandonPackage(found.id);
    session.output.result(undone);
    session.output.say(`Undone: ${target} had no deals yet.`);
    return;
  }
  const network = await session.client.network();
  const message = {
    manifestHash: found.manifestHash as Hex,
    expiry: BigInt(Math.floor(Date.now() / 1000) + TERMINATION_SECONDS),
  };
  const signature = await signTyped("Termination", message, deploymentOf(network), account.wallet.key);
  const removed = await session.client.removePackage(found.id, signedToJson<"Termination">({ message, signature }));
  session.output.result(removed);
  session.output.say(
    `Removing ${target}: its deals end with the next period, accrued pay goes to the providers, the rest comes back to your balance.`,
  );
}
