import { CairnError } from "@cairn/protocol";
import fc from "fast-check";
import type { TSchema } from "typebox";
import { Check } from "typebox/value";
import { describe, expect, it } from "vitest";
import * as accounts from "./account-schemas.ts";
import { CairnClient } from "./client.ts";
import * as coins from "./coin-schemas.ts";
import * as custody from "./custody-schemas.ts";
import * as figures from "./figure-schemas.ts";
import * as network from "./network-schemas.ts";
import * as notices from "./notice-schemas.ts";
import * as schemas from "./schemas.ts";
import { answersOf, bent } from "./testing/answers.ts";
import * as vault from "./vault-schemas.ts";

const ID = "ab".repeat(16);
const nothing = {} as never;

/** Every call that is answered with JSON, and the shape of its answer; undefined is a list in pages. */
const CALLS: Record<string, [TSchema, (client: CairnClient) => Promise<unknown>, entry?: TSchema]> = {
  whoAmI: [accounts.WhoJson, (client) => client.whoAmI()],
  signUpPolicy: [accounts.SignUpPolicyJson, (client) => client.signUpPolicy()],
  setSignUpPolicy: [accounts.SignUpPolicyJson, (client) => client.setSignUpPolicy("open")],
  signUp: [accounts.OpenedSessionJson, (client) => client.signUp(nothing)],
  logIn: [accounts.OpenedSessionJson, (client) => client.logIn(nothing)],
  logOut: [accounts.DoneJson, (client) => client.logOut()],
  sessions: [accounts.SessionsJson, (client) => client.sessions()],
  endSession: [accounts.DoneJson, (client) => client.endSession(ID)],
  changePassword: [accounts.DoneJson, (client) => client.changePassword("", "")],
  users: [accounts.UserPageJson, (client) => client.users(), accounts.UserJson],
  addUser: [accounts.UserJson, (client) => client.addUser(nothing)],
  removeUser: [accounts.UserJson, (client) => client.removeUser("a")],
  setPassword: [accounts.DoneJson, (client) => client.setPassword("a", "")],
  invites: [accounts.InvitesJson, (client) => client.invites()],
  createInvite: [accounts.MadeInviteJson, (client) => client.createInvite(nothing)],
  withdrawInvite: [accounts.DoneJson, (client) => client.withdrawInvite(ID)],
  tokens: [accounts.TokensJson, (client) => client.tokens()],
  createToken: [accounts.MadeTokenJson, (client) => client.createToken(nothing)],
  revokeToken: [accounts.DoneJson, (client) => client.revokeToken(ID)],
  wallets: [accounts.WalletsJson, (client) => client.wallets()],
  addWallet: [accounts.WalletJson, (client) => client.addWallet(nothing)],
  setDefaultWallet: [accounts.WalletJson, (client) => client.setDefaultWallet("w")],
  walletKeystore: [accounts.KeystoreJson, (client) => client.walletKeystore("0x")],
  unlockWallet: [accounts.WalletJson, (client) => client.unlockWallet("0x", new Uint8Array(32), 1)],
  lockWallet: [accounts.DoneJson, (client) => client.lockWallet("0x")],
  signWith: [schemas.SignedJson, (client) => client.signWith("0x", nothing)],
  "links.create": [accounts.MadeLinkJson, (client) => client.links.create()],
  "links.use": [accounts.OpenedSessionJson, (client) => client.links.use(nothing)],
  "proofs.ofDeal": [custody.DealProofsJson, (client) => client.proofs.ofDeal("0x")],
  "proofs.ofPackage": [custody.ProofsPageJson, (client) => client.proofs.ofPackage(ID), custody.DealProofsJson],
  "schedules.list": [custody.SchedulesJson, (client) => client.schedules.list()],
  "schedules.add": [custody.ScheduleJson, (client) => client.schedules.add(nothing)],
  "schedules.change": [custody.ScheduleJson, (client) => client.schedules.change("s", {})],
  "schedules.remove": [accounts.DoneJson, (client) => client.schedules.remove("s")],
  "vault.list": [vault.VaultFolderJson, (client) => client.vault.list("/a")],
  "vault.begin": [vault.VaultUploadJson, (client) => client.vault.begin(ID, nothing)],
  "vault.upload": [vault.VaultUploadJson, (client) => client.vault.upload(ID)],
  "limits.own": [accounts.UsedLimitsJson, (client) => client.limits.own()],
  "limits.of": [accounts.UsedLimitsJson, (client) => client.limits.of("a")],
  "limits.set": [accounts.UsedLimitsJson, (client) => client.limits.set("a", nothing)],
  "coins.historyPage": [coins.HistoryPageJson, (client) => client.coins.historyPage("0x")],
  "coins.history": [coins.HistoryPageJson, (client) => client.coins.history("0x"), coins.HistoryLineJson],
  "coins.transfers": [coins.TransfersJson, (client) => client.coins.transfers("0x")],
  "coins.nonce": [coins.NonceJson, (client) => client.coins.nonce("0x")],
  "coins.fees": [coins.FeesJson, (client) => client.coins.fees("0x")],
  "coins.send": [coins.SentJson, (client) => client.coins.send("0x", "0x00")],
  "notices.page": [notices.NoticePageJson, (client) => client.notices.page()],
  "notices.markRead": [notices.MarkedJson, (client) => client.notices.markRead({ upTo: 1 })],
  "notices.test": [notices.NoticeJson, (client) => client.notices.test()],
  "notices.settings": [notices.NoticeSettingsJson, (client) => client.notices.settings()],
  "notices.changeSettings": [notices.NoticeSettingsJson, (client) => client.notices.changeSettings(nothing)],
  "notices.mail": [notices.MailAddressJson, (client) => client.notices.mail()],
  "notices.setMail": [notices.MailAddressJson, (client) => client.notices.setMail("a@b.example")],
  "notices.confirmMail": [notices.MailAddressJson, (client) => client.notices.confirmMail("00000000")],
  "notices.removeMail": [accounts.DoneJson, (client) => client.notices.removeMail()],
  "notices.webhooks": [notices.WebhooksJson, (client) => client.notices.webhooks()],
  "notices.addWebhook": [notices.MadeWebhookJson, (client) => client.notices.addWebhook(nothing)],
  "notices.changeWebhook": [notices.WebhookJson, (client) => client.notices.changeWebhook(ID, nothing)],
  "notices.removeWebhook": [accounts.DoneJson, (client) => client.notices.removeWebhook(ID)],
  "notices.deliveries": [notices.DeliveryPageJson, (client) => client.notices.deliveries(ID), notices.DeliveryJson],
  "net.preview": [network.PreviewJson, (client) => client.net.preview()],
  "net.provider": [network.ProviderDetailJson, (client) => client.net.provider("0x")],
  "net.safety": [network.SafetyJson, (client) => client.net.safety(ID)],
  "chain.blocks": [network.ChainBlocksJson, (client) => client.chain.blocks()],
  "chain.block": [network.ChainBlockJson, (client) => client.chain.block(1)],
  "chain.transaction": [network.ChainTransactionJson, (client) => client.chain.transaction("0x")],
  "chain.find": [network.ChainFoundJson, (client) => client.chain.find("0x")],
  "chain.contracts": [network.ChainContractsJson, (client) => client.chain.contracts()],
  "figures.now": [figures.FiguresJson, (client) => client.figures.now()],
  "figures.history": [figures.FigureHistoryJson, (client) => client.figures.history("files")],
  "fiat.rates": [figures.FiatRatesJson, (client) => client.fiat.rates()],
  "fiat.history": [figures.FiatHistoryJson, (client) => client.fiat.history("usd")],
  "fiat.sources": [figures.FiatSourcesJson, (client) => client.fiat.sources()],
  "fiat.setSource": [figures.FiatSourceJson, (client) => client.fiat.setSource("a", nothing)],
  "fiat.removeSource": [figures.FiatSourcesJson, (client) => client.fiat.removeSource("a")],
  "fiat.importRates": [figures.ImportedRatesJson, (client) => client.fiat.importRates(nothing)],
  dealProposal: [schemas.DealProposalJson, (client) => client.dealProposal("0x")],
  network: [schemas.NetworkJson, (client) => client.network()],
  status: [schemas.StatusJson, (client) => client.status()],
  account: [schemas.AccountJson, (client) => client.account()],
  claimAccount: [schemas.AccountJson, (client) => client.claimAccount({})],
  faucet: [schemas.AccountJson, (client) => client.faucet()],
  providers: [schemas.ProvidersJson, (client) => client.providers()],
  events: [schemas.EventsJson, (client) => client.events(0)],
  packages: [schemas.PackagePageJson, (client) => client.packages(), schemas.PackageJson],
  packageByName: [schemas.PackagePageJson, (client) => client.packageByName("x"), schemas.PackageJson],
  packagesPage: [schemas.PackagePageJson, (client) => client.packagesPage()],
  deals: [schemas.DealsPageJson, (client) => client.deals(), schemas.DealJson],
  dealsPage: [schemas.DealsPageJson, (client) => client.dealsPage()],
  checks: [schemas.ChecksPageJson, (client) => client.checks(), schemas.CheckJson],
  statement: [schemas.StatementPageJson, (client) => client.statement(), schemas.EntryJson],
  statementPage: [schemas.StatementPageJson, (client) => client.statementPage()],
  statementTotals: [schemas.StatementTotalsJson, (client) => client.statementTotals()],
  custody: [schemas.CustodyJson, (client) => client.custody(ID)],
  asks: [schemas.AsksPageJson, (client) => client.asks(ID), schemas.AskJson],
  settings: [schemas.SettingsJson, (client) => client.settings()],
  changeSettings: [schemas.SettingsJson, (client) => client.changeSettings({})],
  package: [schemas.PackageDetailJson, (client) => client.package(ID)],
  openPackage: [schemas.PackageDetailJson, (client) => client.openPackage(nothing)],
  keepUpload: [schemas.KeptUploadJson, (client) => client.keepUpload(ID, nothing)],
  completePackage: [schemas.PackageDetailJson, (client) => client.completePackage(ID, nothing)],
  quotePackage: [schemas.QuotePlanJson, (client) => client.quotePackage(ID)],
  commitPackage: [schemas.PackageDetailJson, (client) => client.commitPackage(ID, nothing)],
  renamePackage: [schemas.PackageDetailJson, (client) => client.renamePackage(ID, nothing)],
  abandonPackage: [schemas.PackageDetailJson, (client) => client.abandonPackage(ID)],
  removePackage: [schemas.PackageDetailJson, (client) => client.removePackage(ID, {})],
  check: [schemas.CheckResultJson, (client) => client.check(ID, { full: false })],
  checkResult: [schemas.CheckResultJson, (client) => client.checkResult("c")],
  offerShard: [schemas.OfferedShardJson, (client) => client.offerShard(ID, nothing)],
  recoverable: [schemas.RecoverablePageJson, (client) => client.recoverable(), schemas.RecoverableJson],
  recover: [schemas.RecoveredJson, (client) => client.recover([])],
  setRepairKey: [schemas.PackageDetailJson, (client) => client.setRepairKey(ID, nothing)],
  findBlocks: [schemas.LocatedJson, (client) => client.findBlocks(ID, [])],
  appendPiece: [schemas.ReceivedJson, (client) => client.appendPiece(ID, 0, 0, (async function* () {})())],
  putManifest: [schemas.KeptManifestJson, (client) => client.putManifest(ID, new Uint8Array())],
};
/** They are answered with bytes, whose readers check them. */
const DOWNLOADS: Record<string, (client: CairnClient) => Promise<AsyncIterable<Uint8Array>>> = {
  manifest: (client) => client.manifest(ID),
  document: (client) => client.document(ID),
  certificate: (client) => client.certificate(ID, [0, 1]),
  piece: (client) => client.piece(ID, 0, {}),
  exportDeals: (client) => client.exportDeals("csv"),
  blocks: (client) => client.blocks(ID, [], {}),
  publicBlock: (client) => client.publicBlock("bafk"),
};

/** They bring one after another, as it happens. */
const SOCKETS: Record<string, [TSchema, (client: CairnClient) => AsyncIterable<unknown>, (one: unknown) => unknown]> = {
  live: [
    schemas.EventJson,
    (client) => client.live(new AbortController().signal),
    (event) => ({ type: "event", event }),
  ],
  liveMessages: [
    notices.LiveMessageJson,
    (client) => client.liveMessages(new AbortController().signal),
    (message) => message,
  ],
};

async function* chunks(text: string | Uint8Array): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text as string);
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}

/** A client of a gateway that gives one answer, and nothing but empty pages after it. */
function clientOf(status: number, text: string | Uint8Array): CairnClient {
  let asked = 0;
  const answer = async () => ({
    status,
    body: chunks(
      asked++ === 0
        ? text
        : '{"packages":[],"users":[],"asks":[],"deals":[],"checks":[],"entries":[],"lines":[],"deliveries":[],"through":null,"next":null}',
    ),
  });
  return new CairnClient({ url: "http://gateway", transfer: { upload: answer, download: answer } });
}

const statuses = fc.constantFrom(200, 200, 200, 201, 206, 304, 400, 404, 503, 0, 999);
const texts = (schema: TSchema) =>
  fc.oneof(
    bent(answersOf(schema)).map((value) => JSON.stringify(value) ?? ""),
    fc.json(),
    bent(
      fc.constant({ error: { code: "busy", kind: "unavailable", message: "m", next: "n", details: { a: [1] } } }),
    ).map((value) => JSON.stringify(value) ?? ""),
    fc.string(),
    fc.uint8Array(),
  );

describe("whatever a gateway answers", () => {
  it("is put to every call of the client", () => {
    const client = clientOf(200, "");
    const groups = Object.entries(client).filter(([, value]) => typeof value === "object");
    const own = [...Object.keys(client), ...Object.getOwnPropertyNames(CairnClient.prototype)].filter(
      (name) => !groups.some(([group]) => group === name),
    );
    const grouped = groups.flatMap(([group, its]) => Object.keys(its).map((name) => `${group}.${name}`));
    const calls = [...own, ...grouped].filter((name) => name !== "constructor" && name !== "url");
    expect([CALLS, DOWNLOADS, SOCKETS].flatMap(Object.keys).toSorted()).toEqual(calls.toSorted());
  });

  it.each(Object.keys(CALLS))("%s gives what has the API's shape, or says what is wrong", async (name) => {
    const [schema, call, entry] = CALLS[name]!;
    const outcome = (client: CairnClient) =>
      call(client).then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      );
    await fc.assert(
      fc.asyncProperty(statuses, texts(schema), async (status, text) => {
        const got = await outcome(clientOf(status, text));
        if ("error" in got) expect(got.error).toBeInstanceOf(CairnError);
        else if (entry === undefined) expect(Check(schema, got.value)).toBe(true);
        else for (const one of got.value as unknown[]) expect(Check(entry, one)).toBe(true);
      }),
    );
    await fc.assert(
      fc.asyncProperty(answersOf(schema), async (answer) => {
        const got = await outcome(clientOf(200, JSON.stringify(answer)));
        const { packages, asks, deals, checks, entries, users, lines, deliveries } = answer as Record<
          string,
          unknown[] | undefined
        >;
        const expected =
          entry === undefined
            ? answer
            : (packages ?? asks ?? deals ?? checks ?? entries ?? users ?? lines ?? deliveries);
        expect(got).toEqual({ value: JSON.parse(JSON.stringify(expected)) });
      }),
      { numRuns: 20 },
    );
  });

  it.each(Object.keys(DOWNLOADS))("%s gives bytes, or says what is wrong", async (name) => {
    await fc.assert(
      fc.asyncProperty(statuses, texts(schemas.StatusJson), async (status, text) => {
        const opened = DOWNLOADS[name]!(clientOf(status, text));
        if (status === 200) {
          const got = [];
          for await (const chunk of await opened) got.push(chunk);
          expect(Buffer.concat(got).equals(Buffer.from(text as string))).toBe(true);
        } else await expect(opened).rejects.toBeInstanceOf(CairnError);
      }),
    );
  });

  it.each(Object.keys(SOCKETS))("%s brings what has the API's shape, or says what is wrong", async (name) => {
    const [schema, call, wrap] = SOCKETS[name]!;
    const answer = async () => Promise.reject();
    const messages = (events: unknown[]) =>
      [...events.map(wrap), { type: "later" }].map((message) => JSON.stringify(message));
    const read = async (texts: string[]) => {
      const listen = async function* () {
        yield* texts;
      };
      const client = new CairnClient({ url: "http://gateway", transfer: { upload: answer, download: answer, listen } });
      const got: unknown[] = [];
      for await (const event of call(client)) got.push(event);
      return got;
    };
    await fc.assert(
      fc.asyncProperty(fc.array(texts(schema)), async (any) => {
        const got = await read(any.map(String)).catch((error: unknown) => error);
        if (Array.isArray(got)) for (const one of got) expect(Check(schema, one)).toBe(true);
        else expect(got).toBeInstanceOf(CairnError);
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(answersOf(schema), { maxLength: 5 }), async (events) => {
        expect(await read(messages(events))).toEqual(events.map((event) => JSON.parse(JSON.stringify(event))));
      }),
      { numRuns: 20 },
    );
  });

  it("is refused unread when it is made to fill memory", async () => {
    const dense = `{"owner":null,"balance":"1","coins":"2","more":[${"{},".repeat(200_000)}{}]}`;
    await expect(clientOf(200, dense).account()).rejects.toMatchObject({ code: "bad-answer" });
    const long = { owner: null, balance: "1", coins: "2", more: Array(50_000).fill("as long as what stands in lists") };
    expect(await clientOf(200, JSON.stringify(long)).account()).toEqual(long);
  });

  it("may have fields that this version does not know", async () => {
    const answer = { owner: null, balance: "1", coins: "2", more: [{}] };
    expect(await clientOf(200, JSON.stringify(answer)).account()).toEqual(answer);
  });

  it.each([
    [200, 268_435_456],
    [503, 1_048_576],
  ])("is cut off where an answer of status %i ends at the latest", async (status, most) => {
    let sent = 0;
    let ended = false;
    async function* endless() {
      try {
        for (const chunk = new Uint8Array(4_194_304).fill(0x20); ; sent += chunk.length) yield chunk;
      } finally {
        ended = true;
      }
    }
    const answer = async () => ({ status, body: endless() });
    const client = new CairnClient({ url: "http://gateway", transfer: { upload: answer, download: answer } });
    await expect(client.account()).rejects.toMatchObject({ code: "bad-answer" });
    expect(ended).toBe(true);
    expect(sent).toBeLessThanOrEqual(most);
  });
});
