import { perGibMonth } from "@cairn/core";
import { formatBytes, formatCoins, heldCoins } from "./format.ts";
import { table } from "./output.ts";
import { type CommonOptions, openSession } from "./session.ts";

/** List the providers that this network knows. */
export async function providers(options: CommonOptions): Promise<void> {
  const { client, output } = await openSession(options);
  const found = await client.providers();
  output.result(found);
  if (found.length === 0) {
    output.say("No provider has registered yet. Start one with `cairn provider --gateway URL`.");
    return;
  }
  output.say(
    table(
      ["provider", "region", "state", "deals", "used", "capacity", "per GiB and month", "rating", "earned", "why"],
      found.map((p) => [
        p.provider,
        p.region,
        p.state,
        String(p.deals),
        formatBytes(Number(p.used)),
        formatBytes(Number(p.capacity)),
        formatCoins(perGibMonth(BigInt(p.price))),
        `${p.rating} %`,
        heldCoins(BigInt(p.earned)),
        p.cause ?? "",
      ]),
    ),
  );
}
