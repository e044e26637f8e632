import {
  DoneJson,
  InvitesJson,
  KeystoreJson,
  type LoginJson,
  MadeInviteJson,
  MadeTokenJson,
  type NewInviteJson,
  type NewTokenJson,
  type NewUserJson,
  type NewWalletJson,
  OpenedSessionJson,
  SessionsJson,
  type SignJson,
  type SignUpJson,
  SignUpPolicyJson,
  TokensJson,
  UserJson,
  UserPageJson,
  WalletJson,
  WalletsJson,
  WhoJson,
} from "./account-schemas.ts";
import { coinCalls } from "./calls/coin-calls.ts";
import { proofCalls, scheduleCalls } from "./calls/custody-calls.ts";
import { fiatCalls } from "./calls/fiat-calls.ts";
import { figureCalls } from "./calls/figure-calls.ts";
import { type ClientOptions, HttpCaller } from "./calls/http-caller.ts";
import { limitCalls } from "./calls/limit-calls.ts";
import { linkCalls } from "./calls/link-calls.ts";
import { chainCalls, networkCalls } from "./calls/network-calls.ts";
import { noticeCalls } from "./calls/notice-calls.ts";
import { vaultCalls } from "./calls/vault-calls.ts";
import { LiveTransferJson } from "./coin-schemas.ts";
import { LiveFiguresJson } from "./figure-schemas.ts";
import { findMisfit } from "./find-misfit.ts";
import { type LiveMessageJson, LiveNoticeJson } from "./notice-schemas.ts";
import type { DealQuery, EventQuery, PackageQuery, PageQuery, StatementQuery } from "./queries.ts";
import {
  AccountJson,
  type AskJson,
  AsksPageJson,
  type CheckJson,
  CheckResultJson,
  ChecksPageJson,
  type CommitPackageJson,
  type CompletePackageJson,
  CustodyJson,
  type DealJson,
  DealProposalJson,
  DealsPageJson,
  type EntryJson,
  type EventJson,
  EventsJson,
  type KeepUploadJson,
  KeptManifestJson,
  KeptUploadJson,
  LiveEventJson,
  LocatedJson,
  NetworkJson,
  OfferedShardJson,
  type OfferShardJson,
  type OpenPackageJson,
  PackageDetailJson,
  type PackageJson,
  PackagePageJson,
  ProvidersJson,
  QuotePlanJson,
  ReceivedJson,
  type RecoverableJson,
  RecoverablePageJson,
  RecoveredJson,
  type RenamePackageJson,
  type RepairKeyJson,
  SettingsJson,
  SignedJson,
  StatementPageJson,
  StatementTotalsJson,
  StatusJson,
} from "./schemas.ts";

export { type ClientOptions, isAway } from "./calls/http-caller.ts";
export type * from "./queries.ts";

/** Messages of the live socket, by their types. */
const LIVE = {
  event: LiveEventJson,
  transfer: LiveTransferJson,
  notice: LiveNoticeJson,
  figures: LiveFiguresJson,
};

const packagesOf = ({ packages }: PackagePageJson) => packages;

/**
 * Every call of `/api/v1`, a line or two each: what the command line began with here, later concerns in groups of their own (`calls/`). What fails is thrown as
 * {@link HttpCaller} says. What an answer says is not checked here.
 */
export class CairnClient {
  readonly url: string;
  readonly #caller: HttpCaller;
  readonly limits;
  readonly links;
  readonly coins;
  readonly notices;
  readonly proofs;
  readonly schedules;
  readonly net;
  readonly chain;
  readonly figures;
  readonly fiat;
  readonly vault;

  constructor(options: ClientOptions) {
    const caller = new HttpCaller(options);
    this.url = caller.url;
    this.#caller = caller;
    this.limits = limitCalls(caller);
    this.links = linkCalls(caller);
    this.coins = coinCalls(caller);
    this.notices = noticeCalls(caller);
    this.proofs = proofCalls(caller);
    this.schedules = scheduleCalls(caller);
    this.net = networkCalls(caller);
    this.chain = chainCalls(caller);
    this.figures = figureCalls(caller);
    this.fiat = fiatCalls(caller);
    this.vault = vaultCalls(caller);
  }

  network = () => this.#caller.call(NetworkJson, "/network");
  status = () => this.#caller.call(StatusJson, "/status");
  /** @param owner one of the account's wallets; its default one if left out */
  account = (owner?: string) => this.#caller.call(AccountJson, "/account", { query: { owner } });
  claimAccount = (claim: unknown) => this.#caller.call(AccountJson, "/account", { method: "PUT", body: claim });
  /** @param coins at the wallet's address, too, where it has none: for fees, and for what is paid to other wallets */
  faucet = ({ coins }: { coins?: boolean } = {}) =>
    this.#caller.call(AccountJson, "/faucet", {
      method: "POST",
      body: {},
      ...(coins ? { query: { coins: "true" } } : {}),
    });
  providers = () => this.#caller.call(ProvidersJson, "/providers");
  events = (after: number | undefined, limit = 200, filter: EventQuery = {}) =>
    this.#caller.call(EventsJson, "/events", { query: { ...filter, after, limit } });

  settings = () => this.#caller.call(SettingsJson, "/settings");
  changeSettings = (settings: SettingsJson) =>
    this.#caller.call(SettingsJson, "/settings", { method: "PUT", body: settings });
  /** Who was asked for quotes of a package, or passed over. */
  asks = (id: string): Promise<AskJson[]> =>
    this.#caller.pages(AsksPageJson, `/packages/${id}/asks`, ({ asks }) => asks);

  /** One page, for whoever shows pages; `deals` walks them all. */
  dealsPage = (query: DealQuery = {}) => this.#caller.call(DealsPageJson, "/deals", { query: { ...query } });
  deals = (query: DealQuery = {}): Promise<DealJson[]> =>
    this.#caller.pages(DealsPageJson, "/deals", ({ deals }) => deals, { ...query });
  /** What the deal's CID stands for. */
  dealProposal = (deal: string) => this.#caller.call(DealProposalJson, `/deals/${deal}/proposal`);
  /** All deals that fit, as they are at one moment: a table with a heading, or a list of DealJson. */
  exportDeals = (
    format: "csv" | "json",
    query: Omit<DealQuery, "limit" | "after"> = {},
    signal?: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> => {
    const known = Object.entries(query).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(known.map(([k, v]): [string, string] => [k, String(v)]));
    return this.#caller.download(`/deals.${format}?${search}`, { method: "GET", headers: {} }, signal);
  };
  checks = (query: PageQuery & { package?: string } = {}): Promise<CheckJson[]> =>
    this.#caller.pages(ChecksPageJson, "/checks", ({ checks }) => checks, { ...query });
  /** What moved the money of the account's wallets. */
  statement = (query: StatementQuery = {}): Promise<EntryJson[]> =>
    this.#caller.pages(StatementPageJson, "/statement", ({ entries }) => entries, { ...query });
  statementPage = (query: StatementQuery = {}) =>
    this.#caller.call(StatementPageJson, "/statement", { query: { ...query } });
  statementTotals = () => this.#caller.call(StatementTotalsJson, "/statement/totals");
  custody = (id: string) => this.#caller.call(CustodyJson, `/packages/${id}/custody`);
  packagesPage = (query: PackageQuery = {}) =>
    this.#caller.call(PackagePageJson, "/packages", { query: { ...query, gone: query.gone ? "true" : undefined } });

  /** @param gone also those that were removed or undone */
  packages = (gone = false): Promise<PackageJson[]> =>
    this.#caller.pages(PackagePageJson, "/packages", packagesOf, { gone: gone ? "true" : undefined });
  packageByName = (nameHash: string): Promise<PackageJson[]> =>
    this.#caller.pages(PackagePageJson, "/packages", packagesOf, { nameHash });
  package = (id: string) => this.#caller.call(PackageDetailJson, `/packages/${id}`);
  openPackage = (body: OpenPackageJson) => this.#caller.call(PackageDetailJson, "/packages", { method: "POST", body });
  /** Cut what the gateway holds of an upload back to its first pieces. */
  keepUpload = (id: string, body: KeepUploadJson) =>
    this.#caller.call(KeptUploadJson, `/packages/${id}/keep`, { method: "POST", body });
  completePackage = (id: string, body: CompletePackageJson) =>
    this.#caller.call(PackageDetailJson, `/packages/${id}/complete`, { method: "POST", body });
  quotePackage = (id: string) =>
    this.#caller.call(QuotePlanJson, `/packages/${id}/quote`, { method: "POST", body: {} });
  commitPackage = (id: string, body: CommitPackageJson) =>
    this.#caller.call(PackageDetailJson, `/packages/${id}/commit`, { method: "POST", body });
  renamePackage = (id: string, body: RenamePackageJson) =>
    this.#caller.call(PackageDetailJson, `/packages/${id}/name`, { method: "PUT", body });
  abandonPackage = (id: string) =>
    this.#caller.call(PackageDetailJson, `/packages/${id}/abandon`, { method: "POST", body: {} });
  removePackage = (id: string, termination: unknown) =>
    this.#caller.call(PackageDetailJson, `/packages/${id}/remove`, { method: "POST", body: { termination } });
  check = (id: string, body: { full: boolean; pieces?: number[]; readCapability?: unknown }) =>
    this.#caller.call(CheckResultJson, `/packages/${id}/check`, { method: "POST", body });
  offerShard = (id: string, body: OfferShardJson) =>
    this.#caller.call(OfferedShardJson, `/doors/downstream/packages/${id}/offer`, { method: "POST", body });
  checkResult = (id: string) => this.#caller.call(CheckResultJson, `/checks/${id}`);
  /** @param owner one of the account's wallets; its default one if left out */
  recoverable = (owner?: string): Promise<RecoverableJson[]> =>
    this.#caller.pages(RecoverablePageJson, "/recover", ({ packages }) => packages, { owner });
  /** At most 1000 at once. @param owner as in `recoverable` */
  recover = (readCapabilities: unknown[], owner?: string) =>
    this.#caller.call(RecoveredJson, "/recover", { method: "POST", body: { readCapabilities, owner } });
  setRepairKey = (id: string, body: RepairKeyJson) =>
    this.#caller.call(PackageDetailJson, `/packages/${id}/repair-key`, { method: "POST", body });
  findBlocks = (id: string, cids: string[]) =>
    this.#caller.call(LocatedJson, `/packages/${id}/locate`, { method: "POST", body: { cids } });

  whoAmI = () => this.#caller.call(WhoJson, "/session");
  signUpPolicy = () => this.#caller.call(SignUpPolicyJson, "/sign-up");
  setSignUpPolicy = (policy: SignUpPolicyJson["policy"]) =>
    this.#caller.call(SignUpPolicyJson, "/sign-up", { method: "PUT", body: { policy } });
  signUp = (body: SignUpJson) => this.#caller.call(OpenedSessionJson, "/sign-up", { method: "POST", body });
  logIn = (body: LoginJson) => this.#caller.call(OpenedSessionJson, "/login", { method: "POST", body });
  logOut = () => this.#caller.call(DoneJson, "/logout", { method: "POST", body: {} });
  sessions = () => this.#caller.call(SessionsJson, "/sessions");
  endSession = (id: string) => this.#caller.call(DoneJson, `/sessions/${id}`, { method: "DELETE" });
  changePassword = (current: string, password: string) =>
    this.#caller.call(DoneJson, "/password", { method: "PUT", body: { current, password } });

  users = (): Promise<UserJson[]> => this.#caller.pages(UserPageJson, "/users", ({ users }) => users);
  addUser = (body: NewUserJson) => this.#caller.call(UserJson, "/users", { method: "POST", body });
  removeUser = (name: string) =>
    this.#caller.call(UserJson, `/users/${encodeURIComponent(name)}`, { method: "DELETE" });
  setPassword = (name: string, password: string) =>
    this.#caller.call(DoneJson, `/users/${encodeURIComponent(name)}/password`, { method: "PUT", body: { password } });
  invites = () => this.#caller.call(InvitesJson, "/invites");
  createInvite = (body: NewInviteJson) => this.#caller.call(MadeInviteJson, "/invites", { method: "POST", body });
  withdrawInvite = (id: string) => this.#caller.call(DoneJson, `/invites/${id}`, { method: "DELETE" });

  tokens = () => this.#caller.call(TokensJson, "/tokens");
  createToken = (body: NewTokenJson) => this.#caller.call(MadeTokenJson, "/tokens", { method: "POST", body });
  revokeToken = (id: string) => this.#caller.call(DoneJson, `/tokens/${id}`, { method: "DELETE" });

  wallets = () => this.#caller.call(WalletsJson, "/wallets");
  addWallet = (body: NewWalletJson) => this.#caller.call(WalletJson, "/wallets", { method: "POST", body });
  /** @param wallet address or name */
  setDefaultWallet = (wallet: string) =>
    this.#caller.call(WalletJson, "/wallets/default", { method: "PUT", body: { wallet } });
  /** A vault's, for its user to decrypt. */
  walletKeystore = (address: string) => this.#caller.call(KeystoreJson, `/wallets/${address}/keystore`);
  /** Open a vault for some minutes. @param key 32 bytes */
  unlockWallet = (address: string, key: Uint8Array, minutes: number) =>
    this.#caller.send(WalletJson, `/wallets/${address}/unlock?minutes=${minutes}`, key);
  lockWallet = (address: string) =>
    this.#caller.call(DoneJson, `/wallets/${address}/lock`, { method: "POST", body: {} });
  /** Have the gateway sign with an open vault or a custodial wallet. */
  signWith = (address: string, body: SignJson) =>
    this.#caller.call(SignedJson, `/wallets/${address}/sign`, { method: "POST", body });

  /** Append bytes at `offset` of a piece's body (the header is not counted). Not repeated by itself: the body can be read only once. */
  appendPiece(
    id: string,
    piece: number,
    offset: number,
    body: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<ReceivedJson> {
    return this.#caller.upload(ReceivedJson, `/packages/${id}/pieces/${piece}?offset=${offset}`, body, signal);
  }

  putManifest(id: string, manifest: Uint8Array): Promise<KeptManifestJson> {
    return this.#caller.send(KeptManifestJson, `/packages/${id}/manifest`, manifest);
  }

  manifest(id: string, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    return this.#caller.download(`/packages/${id}/manifest`, { method: "GET", headers: {} }, signal);
  }

  /** The commitment document (docs/protocol.md, 1): its sha256 is the document hash. */
  document(id: string, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    return this.#caller.download(`/packages/${id}/document`, { method: "GET", headers: {} }, signal);
  }

  /** The custody certificate (docs/certificate.md) of a package, or of some of its pieces. */
  certificate(id: string, pieces?: readonly number[], signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const query = pieces === undefined ? "" : `?pieces=${pieces.join(",")}`;
    return this.#caller.download(`/packages/${id}/certificate${query}`, { method: "GET", headers: {} }, signal);
  }

  /** The piece's CAR bytes from its header on, rebuilt and verified by the gateway. */
  piece(id: string, piece: number, capability: unknown, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const headers = { "cairn-capability": btoa(JSON.stringify(capability)) };
    return this.#caller.download(`/packages/${id}/pieces/${piece}`, { method: "GET", headers }, signal);
  }

  /** CAR frames (no header) of the named blocks, in the order asked. */
  blocks(id: string, cids: string[], capability: unknown, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const headers = { "content-type": "application/json", "cairn-capability": btoa(JSON.stringify(capability)) };
    const body = JSON.stringify({ cids });
    return this.#caller.download(`/packages/${id}/blocks`, { method: "POST", headers, body }, signal);
  }

  /** A block of whichever public package has it: its bytes are to be held against the CID. */
  publicBlock(cid: string, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    return this.#caller.download(`/public/blocks/${encodeURIComponent(cid)}`, { method: "GET", headers: {} }, signal);
  }

  /** The events of {@link liveMessages}. */
  async *live(signal: AbortSignal, onOpen?: () => void): AsyncGenerator<EventJson> {
    for await (const message of this.liveMessages(signal, onOpen)) if (message.type === "event") yield message.event;
  }

  /**
   * Every event of the account and of the network, every notice of the account and what becomes of transfers to and from its wallets, as it happens, until the
   * gateway or the signal ends the socket. `onOpen` is told when it stands: what happened before is in `events`, `notices.page` and `coins`. Types of messages
   * that a later gateway has are left out. @throws CairnError `gateway-unreachable`, `bad-answer`
   */
  async *liveMessages(signal: AbortSignal, onOpen: () => void = () => undefined): AsyncGenerator<LiveMessageJson> {
    for await (const text of this.#caller.listen("/live", signal, onOpen)) {
      const message = this.#messageOf(text);
      if (message !== undefined) yield message;
    }
  }

  #messageOf(text: string): LiveMessageJson | undefined {
    let message: { type?: unknown } | null;
    try {
      message = JSON.parse(text) as { type?: unknown } | null;
    } catch (cause) {
      throw this.#caller.badAnswer("a message that is not JSON", {}, cause);
    }
    const type = message?.type;
    if (typeof type === "string" && !Object.hasOwn(LIVE, type)) return undefined;
    const field = findMisfit(LIVE[type as keyof typeof LIVE] ?? LiveEventJson, message);
    if (field === undefined) return message as LiveMessageJson;
    throw this.#caller.badAnswer(`an event whose field ${field.slice(0, 100)} is not as the API has it`, { field });
  }
}
