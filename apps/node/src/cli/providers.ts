import { perGibMonth } from "@cairn/core";
import { counted, formatBytes, formatCoins, heldCoins, minuteWords } from "./format.ts";
import { addressesOf, providersOf } from "./named-providers.ts";
import { table } from "./output.ts";
import { type CommonOptions, openSession, type Session } from "./session.ts";

/** List the providers that this network knows, or say everything about one. */
export async function providers(named: string | undefined, options: CommonOptions): Promise<void> {
  const session = await openSession(options);
  const { client, output } = session;
  if (named !== undefined) return showProvider(session, named);
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

async function showProvider(session: Session, named: string): Promise<void> {
  const [address = named] = await addressesOf(providersOf(session), [named]);
  const found = await session.client.net.provider(address);
  session.output.result(found);
  const { mine, misses } = found;
  session.output.say([
    `provider   ${found.provider}`,
    `region     ${found.region}${found.country === null ? " (names no country)" : ""}`,
    `state      ${found.state}${found.cause === null ? "" : `: ${found.cause}`}`,
    `hours      ${found.hours}`,
    `asks       ${formatCoins(perGibMonth(BigInt(found.price)))} per GiB and month`,
    `room       ${formatBytes(Number(found.used))} of ${formatBytes(Number(found.capacity))} used, ${counted(found.deals, "deal")}`,
    `yours      ${counted(mine.deals, "deal")}, ${formatBytes(Number(mine.bytes))}, ${counted(mine.packages, "package")}`,
    `since      ${found.since === null ? "before this gateway kept it" : minuteWords(found.since)}`,
    `last seen  ${found.lastSeen === null ? "never" : minuteWords(found.lastSeen)}`,
    ...found.reasons.map((line) => `rating     ${line}`),
    ...misses.map(
      ({ outcome, deals, lastAt }) => `missed     ${counted(deals, "deal")} ${outcome}, last ${minuteWords(lastAt)}`,
    ),
  ]);
}
