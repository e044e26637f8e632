import { generateKey } from "@cairn/chain";
import type { Deployment } from "@cairn/core";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { type Address, CairnError, type Hex, type Signed, signTyped } from "@cairn/protocol";
import { findWork } from "@cairn/transport";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { registrationMigrations, relayRegistration } from "./relay-registration.ts";

const DAY = 86_400;
const address = (byte: string) => `0x${byte.repeat(20)}` as Address;
const deployment = {
  chainId: 1,
  deals: address("11"),
  registry: address("22"),
  proofs: address("33"),
} as unknown as Deployment;
const { signal } = new AbortController();

let database: TestDatabase;
let now = 0;
let paid: Hex[] = [];
let trial: CairnError | undefined;

beforeAll(async () => {
  database = await testDatabase({ migrations: [{ namespace: "gateway", migrations: registrationMigrations }] });
});
afterAll(() => database?.drop());
beforeEach(async () => {
  await database.pool.query("delete from gateway.registrations");
  now = 1000 * DAY;
  paid = [];
  trial = undefined;
});

function registration(change: { deadline?: bigint } = {}): Signed<"Registration"> {
  const message = {
    hot: address("44"),
    payout: address("55"),
    capacity: 1n,
    priceFloor: 0n,
    egressPrice: 0n,
    duty: 1n,
    region: "here",
    endpoint: "",
    nonce: 1n,
    deadline: change.deadline ?? BigInt(now + 3600),
  };
  return { message, signature: signTyped("Registration", message, deployment, generateKey()) };
}

const relay = (network: string, one = registration(), work = "", onAdmitted: (() => void) | undefined = undefined) =>
  relayRegistration(
    {
      pool: database.pool,
      now: () => now,
      chainNow: () => now,
      ledger: {
        deployment,
        async register(_submission, _message, signature) {
          if (trial !== undefined) throw trial;
          paid.push(signature);
          return { transaction: `0x${"00".repeat(32)}`, block: 1, ok: true };
        },
      },
    },
    { registration: one, network, work, ...(onAdmitted === undefined ? {} : { onAdmitted }) },
  );
const code = (attempt: Promise<unknown>) =>
  attempt.then(
    () => "paid",
    (error) => error.code as string,
  );

it("pays for the first of a network, then for work, though they come at once", async () => {
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => code(relay("here"))));
  expect(outcomes.filter((outcome) => outcome === "paid")).toHaveLength(8);
  expect(outcomes.filter((outcome) => outcome === "work-needed")).toHaveLength(12);
  expect(paid).toHaveLength(8);
  expect(await code(relay("elsewhere"))).toBe("paid");
  const one = registration();
  const error = await relay("here", one).catch((thrown) => thrown);
  expect(error.status).toBe(429);
  const work = await findWork(one.signature, error.details.bits, signal);
  expect(await code(relay("here", one, work))).toBe("paid");
  // Work is for one signature.
  expect(await code(relay("here", registration(), work))).toBe("work-needed");
});

it("asks for more work the more it paid today, then pays nothing, until tomorrow", async () => {
  await database.pool.query(
    "insert into gateway.registrations (day, network) select $1, 'n' || i from generate_series(1, 100) i",
    [now / DAY],
  );
  expect(await relay("fresh").catch((thrown) => thrown.details)).toEqual({ bits: 19 });
  await database.pool.query(
    "insert into gateway.registrations (day, network) select $1, 'm' || i from generate_series(1, 156) i",
    [now / DAY],
  );
  const none = await relay("fresh").catch((thrown) => thrown);
  expect([none.code, none.retryAfter]).toEqual(["registrations-used-up", DAY]);
  now += DAY;
  expect(await code(relay("fresh"))).toBe("paid");
  const { rows } = await database.pool.query("select * from gateway.registrations");
  expect(rows).toHaveLength(1);
});

it("pays for nothing that is too late, or would be refused", async () => {
  expect(await code(relay("here", registration({ deadline: BigInt(now) })))).toBe("registration-refused");
  expect(await code(relay("here", registration({ deadline: 2n ** 40n })))).toBe("registration-refused");
  trial = new CairnError("the nonce was used", { code: "reverted", kind: "conflict" });
  for (let i = 0; i < 20; i++) expect(await code(relay("here"))).toBe("registration-refused");
  trial = new CairnError("no coins", { code: "insufficient-funds", kind: "exhausted" });
  for (let i = 0; i < 20; i++) expect(await code(relay("here"))).toBe("insufficient-funds");
  expect(paid).toEqual([]);
  trial = undefined;
  expect(await code(relay("here"))).toBe("paid");
});

it("gives neither a place of the day nor a connection to what nobody can have signed", async () => {
  let admitted = 0;
  const relayed = (change: (signature: Hex) => string) => {
    const one = registration();
    const forged = { message: one.message, signature: change(one.signature) as Hex };
    return code(relay("here", forged, "", () => void admitted++));
  };
  const forgeries: ((signature: Hex) => string)[] = [
    (signature) => signature.slice(0, -2),
    (signature) => `${signature.slice(0, -2)}1d`,
    () => `0x${"ff".repeat(64)}1b`,
    () => `0x${"00".repeat(64)}1b`,
  ];
  const codes = await Promise.all(Array.from({ length: 20 }, (_, i) => relayed(forgeries[i % forgeries.length]!)));
  expect(new Set(codes)).toEqual(new Set(["registration-refused"]));
  expect([admitted, paid.length]).toEqual([0, 0]);
  expect((await database.pool.query("select from gateway.registrations")).rowCount).toBe(0);
  expect(await relayed((signature) => signature)).toBe("paid");
  expect(admitted).toBe(1);
});
