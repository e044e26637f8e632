import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type AccountsWorld, accountsWorld, HOME_ACCOUNT } from "../../testing/accounts-world.ts";
import { mailServer } from "../../testing/mail-server.ts";
import { listNotices } from "../list-notices.ts";
import { confirmMailAddress } from "../targets/confirm-mail-address.ts";
import { mailAddressOf, removeMailAddress } from "../targets/mail-address.ts";
import { CODE_SECONDS, setMailAddress } from "../targets/set-mail-address.ts";
import { testNotice } from "../test-notice.ts";
import { deliverNotices } from "./deliver-notices.ts";
import { smtpMailer } from "./smtp-mailer.ts";

const HOME_SECRET = "s".repeat(43);
const ANNA = "anna@example.org";
let world: AccountsWorld;
let server: Awaited<ReturnType<typeof mailServer>>;
let refusal: number | undefined;
let mailer: ReturnType<typeof smtpMailer>;

const context = () => ({
  ...world,
  mailer,
  homeSecret: HOME_SECRET,
  allowPrivate: false,
  signal: new AbortController().signal,
});
const name = (address: string, account = HOME_ACCOUNT) =>
  setMailAddress(world, mailer, { account, address, homeSecret: HOME_SECRET });
const lastCode = () => /code is ([0-9]{8})/.exec(server.received.at(-1)!.raw)![1]!;
const confirm = (code: string, account = HOME_ACCOUNT) => confirmMailAddress(world, { account, code });

beforeAll(async () => {
  world = await accountsWorld();
  server = await mailServer(() => refusal);
  mailer = smtpMailer(server.settings);
});
beforeEach(async () => {
  await world.pool.query("truncate accounts.notices, accounts.targets, accounts.told, accounts.code_mails cascade");
  server.received.length = 0;
  refusal = undefined;
});
afterAll(async () => {
  mailer.close();
  await server.close();
  await world.database.drop();
});

describe("an address of mail", () => {
  it("gets nothing but its code until the code comes back, and one letter for all that waits then", async () => {
    expect(await name(ANNA)).toMatchObject({ address: ANNA, confirmed: false });
    await testNotice(world, HOME_ACCOUNT);
    expect(await deliverNotices(context())).toBe(0);
    expect(server.received).toHaveLength(1);
    expect(server.received[0]).toMatchObject({ from: "cairn@gateway.example", to: [ANNA] });
    expect(await confirm(lastCode())).toMatchObject({ confirmed: true });
    await testNotice(world, HOME_ACCOUNT);
    await testNotice(world, HOME_ACCOUNT);
    expect(await deliverNotices(context())).toBe(1);
    expect(await deliverNotices(context())).toBe(0);
    expect(server.received).toHaveLength(2);
    const { raw, to } = server.received[1]!;
    expect(to).toEqual([ANNA]);
    expect(raw).toMatch(/^Subject: Cairn: 2 notices\r$/m);
    expect(raw).toMatch(/^Auto-Submitted: auto-generated\r$/m);
    expect(raw.match(/This is a test/g)).toHaveLength(2);
    expect(await mailAddressOf(world.pool, HOME_ACCOUNT)).toMatchObject({ failures: 0, waiting: 0 });
    await removeMailAddress(world.pool, HOME_ACCOUNT);
    await testNotice(world, HOME_ACCOUNT);
    expect(await deliverNotices(context())).toBe(0);
  });

  it("is not confirmed by a wrong code, a sixth try, an old code, or another account's", async () => {
    await name(ANNA);
    const code = lastCode();
    const wrong = code === "00000000" ? "00000001" : "00000000";
    await expect(confirm(code, "another")).rejects.toMatchObject({ code: "wrong-code" });
    for (let tries = 0; tries < 5; tries += 1)
      await expect(confirm(wrong)).rejects.toMatchObject({ code: "wrong-code" });
    await expect(confirm(code)).rejects.toMatchObject({ code: "wrong-code" });
    await name(ANNA);
    const late = lastCode();
    world.clock.advance(CODE_SECONDS);
    await expect(confirm(late)).rejects.toMatchObject({ code: "wrong-code" });
    expect(await mailAddressOf(world.pool, HOME_ACCOUNT)).toMatchObject({ confirmed: false });
  });

  it("is sent three codes a day at most, whoever asks for them", async () => {
    await world.pool.query("insert into catalog.accounts (id) values ('b'), ('c'), ('d') on conflict do nothing");
    for (const account of ["b", "c", "d"]) await name(ANNA, account);
    await expect(name("ANNA@example.org")).rejects.toMatchObject({ code: "too-many-codes" });
    expect(server.received).toHaveLength(3);
    world.clock.advance(86_401);
    await name(ANNA);
    for (let n = 1; n < 5; n += 1) await name(`anna${n}@example.org`);
    await expect(name("anna9@example.org")).rejects.toMatchObject({ code: "too-many-codes" });
  });

  it.each([
    "anna@example.org\r\nBcc: all@example.org",
    "anna@example.org\nBcc: all@example.org",
    "anna@example.org, eve@example.org",
    "Anna <anna@example.org>",
    '"a\\r\\nRCPT TO:<eve@example.org>"@example.org',
    "anna@example.org>\u0000",
    "@a.example:anna@example.org",
    "anna@localhost",
    "anna@[127.0.0.1]",
    `${"a".repeat(65)}@example.org`,
    "",
  ])("is not %j", async (address) => {
    await expect(name(address)).rejects.toMatchObject({ code: "bad-mail-address" });
    expect(server.received).toEqual([]);
  });

  it("gets no header from what a notice says", async () => {
    await name(ANNA);
    await confirm(lastCode());
    await world.pool.query(
      `with n as (insert into accounts.notices (account, kind, at, severity, message, channels)
         values ($1, 'damage', now(), 'error', $2, '{mail}') returning id)
       insert into accounts.deliveries (id, notice, target, created_at, due_at)
       select 'd', n.id, t.id, to_timestamp($3), to_timestamp($3) from n, accounts.targets t`,
      [HOME_ACCOUNT, "lost\r\nBcc: eve@example.org\r\n\r\n<script>", world.clock.now()],
    );
    await deliverNotices(context());
    const { raw, to } = server.received.at(-1)!;
    const [head = ""] = raw.split("\r\n\r\n");
    expect(to).toEqual([ANNA]);
    expect(head).not.toMatch(/^Bcc:/im);
    expect(head.match(/^Subject: .*lost/gm)).toHaveLength(1);
  });

  it("that is refused for good is given up at once; one that is refused for now gets the same letter later", async () => {
    await name(ANNA);
    await confirm(lastCode());
    await testNotice(world, HOME_ACCOUNT);
    refusal = 451;
    await deliverNotices(context());
    // What comes meanwhile goes into another letter.
    await testNotice(world, HOME_ACCOUNT);
    expect(await mailAddressOf(world.pool, HOME_ACCOUNT)).toMatchObject({ failures: 1, waiting: 2 });
    refusal = undefined;
    world.clock.advance(10);
    await deliverNotices(context());
    expect(server.received.slice(1).map(({ raw }) => raw.match(/This is a test/g)?.length)).toEqual([2, 2]);
    const ids = server.received.map(({ raw }) => /^Message-ID: (.*)\r$/im.exec(raw)![1]);
    expect(new Set(ids).size).toBe(3);
    refusal = 550;
    await testNotice(world, HOME_ACCOUNT);
    await deliverNotices(context());
    expect(await mailAddressOf(world.pool, HOME_ACCOUNT)).toMatchObject({ waiting: 0 });
    const { rows } = await listNotices(world.pool, { account: HOME_ACCOUNT });
    expect(rows[0]).toMatchObject({ kind: "account", message: expect.stringContaining("refused") });
  });
});

describe("a server that never comes to an end", () => {
  it.each([
    ["its time is over", 0.3, undefined],
    ["the gateway stops", 30, 300],
  ])("keeps nobody waiting when %s, though it goes on talking", async (_, seconds, stopAfter) => {
    const talking = createServer((socket) => {
      // RFC 5321 4.2: the lines of a greeting go on for as long as a hyphen follows the code.
      const drip = setInterval(() => socket.write("220-one more line\r\n"), 20);
      socket.on("error", () => undefined);
      socket.on("close", () => clearInterval(drip));
      // `allowHalfOpen` is false: the end of the other side ends this one.
      socket.resume();
    });
    await new Promise<void>((resolve) => talking.listen(0, "127.0.0.1", resolve));
    const connected = once(talking, "connection");
    const { port } = talking.address() as AddressInfo;
    const slow = smtpMailer({ url: `smtp://127.0.0.1:${port}`, from: "cairn@gateway.example", seconds });
    const stop = stopAfter === undefined ? undefined : AbortSignal.timeout(stopAfter);
    const sending = slow.send({ id: "1", to: ANNA, subject: "s", text: "t" }, stop);
    if (stop === undefined)
      expect(await sending).toEqual({
        ok: false,
        error: `the letter was not taken within ${seconds} s`,
        final: false,
        status: null,
      });
    else await expect(sending).rejects.toSatisfy((reason) => stop.aborted && reason === stop.reason);
    const [socket] = await connected;
    if (!socket.closed) await once(socket, "close");
    slow.close();
    await new Promise((resolve) => talking.close(resolve));
  });
});
