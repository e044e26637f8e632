import type { ContractChallenge } from "../verification-node.ts";
import { bodyUnderToken, type Call, hashOf, type Named, nameOf, noteSingle, sendJson, tokenOf } from "./call.ts";
import type { Dialect } from "./dialect.ts";
import { Refusal, TEXTS } from "./refusal.ts";

/** About 15,000 hashes. */
const MAX_BODY_BYTES = 1024 * 1024;
const MAX_CONTRACTS = 15_000;

function challengeMembers(dialect: Dialect, challenge: ContractChallenge): string {
  switch (challenge.outcome) {
    case "open":
      return (
        `"challenge":${JSON.stringify(challenge.challenge)},"due":${dialect.seconds(challenge.due)},` +
        `"answered":${challenge.answered}`
      );
    case "exhausted":
      return '"status":"no more challenges"';
    case "expired":
      return '"error":"contract expired"';
    case "missing":
      return '"error":"contract not found"';
  }
}

/** `GET /challenge/<token>`: of every contract. */
export async function allChallenges(call: Call, text: string): Promise<unknown> {
  const challenges = await call.door.node.challenges(tokenOf(text));
  const items = challenges.map((one) => `{"file_hash":"${one.hash}",${challengeMembers(call.dialect, one)}}`);
  return sendJson(call, `{"challenges":[${items.join(",")}]}`);
}

/** `POST /challenge/<token>`: of the contracts named in the body, each once, in that order. */
export async function namedChallenges(call: Call, text: string): Promise<unknown> {
  const token = tokenOf(text);
  const names = namesIn(await bodyUnderToken(call, token, MAX_BODY_BYTES));
  const hashes = new Set<string>();
  for (const { hash } of names) if (hash !== undefined) hashes.add(hash);
  const found = new Map<string, ContractChallenge>();
  for (const one of await call.door.node.challenges(token, [...hashes])) found.set(one.hash, one);
  const items = names.map(({ echo, hash = "" }) => {
    const challenge = found.get(hash) ?? { hash, outcome: "missing" };
    return `{"file_hash":${echo},${challengeMembers(call.dialect, challenge)}}`;
  });
  return sendJson(call, `{"challenges":[${items.join(",")}]}`);
}

function namesIn(body: unknown): Named[] {
  const hashes = typeof body === "object" && body !== null ? (body as { hashes?: unknown }).hashes : undefined;
  if (!Array.isArray(hashes)) throw new Refusal(400, TEXTS.hashesBody);
  const names = new Map<string, Named>();
  for (const item of hashes) {
    const name = nameOf(item);
    if (name === undefined) throw new Refusal(400, TEXTS.hashesBody);
    names.set(name.echo, name);
    if (names.size > MAX_CONTRACTS) throw new Refusal(400, TEXTS.tooManyItems(MAX_CONTRACTS));
  }
  return [...names.values()];
}

/** `GET /challenge/<token>/<file_hash>`. */
export async function oneChallenge(call: Call, text: string, hashText: string): Promise<unknown> {
  const token = tokenOf(text);
  const hash = hashOf(hashText);
  const [challenge] = await call.door.node.challenges(token, [hash]);
  await noteSingle(call, token, hash);
  if (challenge === undefined || challenge.outcome === "missing") throw new Refusal(400, TEXTS.noContract);
  if (challenge.outcome === "expired") throw new Refusal(400, call.dialect.singleChallengeExpired);
  return sendJson(call, `{${challengeMembers(call.dialect, challenge)}}`);
}
