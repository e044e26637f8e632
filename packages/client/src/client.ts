import { CairnError } from "@cairn/protocol";
import { isDenseJson } from "@cairn/protocol/dense-json";
import type { Static, TSchema } from "typebox";
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
import type { Call, Caller } from "./calls/caller.ts";
import { coinCalls } from "./calls/coin-calls.ts";
import { proofCalls, scheduleCalls } from "./calls/custody-calls.ts";
import { fiatCalls } from "./calls/fiat-calls.ts";
import { figureCalls } from "./calls/figure-calls.ts";
import { limitCalls } from "./calls/limit-calls.ts";
import { linkCalls } from "./calls/link-calls.ts";
import { chainCalls, networkCalls } from "./calls/network-calls.ts";
import { noticeCalls } from "./calls/notice-calls.ts";
import { vaultCalls } from "./calls/vault-calls.ts";
import { LiveTransferJson } from "./coin-schemas.ts";
import { LiveFiguresJson } from "./figure-schemas.ts";
import { findMisfit } from "./find-misfit.ts";
import { listenSocket } from "./listen-socket.ts";
import { type LiveMessageJson, LiveNoticeJson } from "./notice-schemas.ts";
import { resumeDownload } from "./resume-download.ts";
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
import { fetchTransfer, type Transfer, type TransferRequest } from "./transfer.ts";

export interface ClientOptions {
  /** `http://host:port`, without a path. */
  url: string;
  /** Asked for at each call where it is a function: of a token that is made anew from time to time. */
  token?: string | (() => string);
  /** In a page whose session's cookie the browser sends: the `csrf` that login answered. */
  csrf?: () => string | undefined;
  transfer?: Transfer;
  /**
   * Called when a request was not answered because the gateway, or what it needs, is away; `waited` is for how many seconds this request
   * has gone without an answer. Resolves when it is worth asking again (every request may be repeated without harm); throws what the caller
   * shall see. Without it the failure is thrown at once.
   */
  whenAway?: (error: CairnError, waited: number) => Promise<void>;
}

/** Of a list that comes in pages. */
export interface PageQuery {
  limit?: number;
  /** `next` of the page before. */
  after?: string;
}

interface SortedQuery extends PageQuery {
  sort?: string;
  order?: "asc" | "desc";
  /** States, joined by commas. */
  states?: string;
}

export interface PackageQuery extends SortedQuery {
  gone?: boolean;
}

/** Times are UNIX seconds, half-open. */
export interface DealQuery extends SortedQuery {
  package?: string;
  /** Any of these, joined by commas: at most 200. */
  packages?: string;
  provider?: string;
  /** One of the wallets. */
  owner?: string;
  region?: string;
  /** Joined by commas. */
  checkResults?: string;
  /** The beginning of an id, CID, provider, package, root, state or region. */
  search?: string;
  endsFrom?: number;
  endsBefore?: number;
  proposedFrom?: number;
  proposedBefore?: number;
  createdFrom?: number;
  createdBefore?: number;
  /** Of the last proof, and of the last check: UNIX seconds, half-open. */
  provedFrom?: number;
  provedBefore?: number;
  checkedFrom?: number;
  checkedBefore?: number;
  /** Bytes of the shard. */
  bytesFrom?: number;
  bytesTo?: number;
}

export interface StatementQuery extends PageQuery {
  order?: "asc" | "desc";
  /** Joined by commas. */
  kinds?: string;
  /** UNIX seconds, half-open. */
  from?: number;
  before?: number;
  package?: string;
}

export interface EventQuery {
  package?: string;
  kind?: string;
  /** Joined by commas. */
  severities?: string;
  /** Only events with a smaller id. */
  before?: number;
}

/** Entries that a list is read up to: a gateway that makes up page after page ends there. */
const MOST_LISTED = 1_000_000;

/** Bytes of an answer. The longest is the plan of a package of 100,000 shards, with about 130 MB. */
const MOST_BYTES = 268_435_456;
/** Bytes of an answer that says what failed. */
const MOST_ERROR_BYTES = 1_048_576;

/** Messages of the live socket, by their types. */
const LIVE = {
  event: LiveEventJson,
  transfer: LiveTransferJson,
  notice: LiveNoticeJson,
  figures: LiveFiguresJson,
};

const packagesOf = ({ packages }: PackagePageJson) => packages;

/** An answer as it comes: its status, and its bytes as they arrive. */
type Answer = Awaited<ReturnType<Transfer["download"]>>;

/**
 * Every call of `/api/v1`, a line or two each: what the command line began with here, later concerns in groups of their own (`calls/`). Failures are thrown as the CairnError that the server answered, or `gateway-unreachable`; an answer that does not
 * have the shape that the API gives it, or is too long, as `bad-answer`. What an answer says is not checked here.
 */
export class CairnClient {
  readonly url: string;
  readonly #token: () => string | undefined;
  readonly #csrf: ClientOptions["csrf"];
  readonly #transfer: Transfer;
  readonly #whenAway: ClientOptions["whenAway"];

  readonly #caller: Caller = {
    call: (schema, path, call) => this.#call(schema, path, call),
    pages: (schema, path, entriesOf, query) => this.#pages(schema, path, entriesOf, query),
  };
  readonly limits = limitCalls(this.#caller);
  readonly links = linkCalls(this.#caller);
  readonly coins = coinCalls(this.#caller);
  readonly notices = noticeCalls(this.#caller);
  readonly proofs = proofCalls(this.#caller);
  readonly schedules = scheduleCalls(this.#caller);
  readonly net = networkCalls(this.#caller);
  readonly chain = chainCalls(this.#caller);
  readonly figures = figureCalls(this.#caller);
  readonly fiat = fiatCalls(this.#caller);
  readonly vault = vaultCalls(this.#caller);

  constructor(options: ClientOptions) {
    this.url = options.url.replace(/\/+$/, "");
    const { token } = options;
    this.#token = typeof token === "function" ? token : () => token;
    this.#csrf = options.csrf;
    this.#transfer = options.transfer ?? fetchTransfer;
    this.#whenAway = options.whenAway;
  }

  network = () => this.#call(NetworkJson, "/network");
  status = () => this.#call(StatusJson, "/status");
  /** @param owner one of the account's wallets; its default one if left out */
  account = (owner?: string) => this.#call(AccountJson, "/account", { query: { owner } });
  claimAccount = (claim: unknown) => this.#call(AccountJson, "/account", { method: "PUT", body: claim });
  /** @param coins at the wallet's address, too, where it has none: for fees, and for what is paid to other wallets */
  faucet = ({ coins }: { coins?: boolean } = {}) =>
    this.#call(AccountJson, "/faucet", { method: "POST", body: {}, ...(coins ? { query: { coins: "true" } } : {}) });
  providers = () => this.#call(ProvidersJson, "/providers");
  events = (after: number | undefined, limit = 200, filter: EventQuery = {}) =>
    this.#call(EventsJson, "/events", { query: { ...filter, after, limit } });

  settings = () => this.#call(SettingsJson, "/settings");
  changeSettings = (settings: SettingsJson) => this.#call(SettingsJson, "/settings", { method: "PUT", body: settings });
  /** Who was asked for quotes of a package, or passed over. */
  asks = (id: string): Promise<AskJson[]> => this.#pages(AsksPageJson, `/packages/${id}/asks`, ({ asks }) => asks);

  /** One page, for whoever shows pages; `deals` walks them all. */
  dealsPage = (query: DealQuery = {}) => this.#call(DealsPageJson, "/deals", { query: { ...query } });
  deals = (query: DealQuery = {}): Promise<DealJson[]> =>
    this.#pages(DealsPageJson, "/deals", ({ deals }) => deals, { ...query });
  /** What the deal's CID stands for. */
  dealProposal = (deal: string) => this.#call(DealProposalJson, `/deals/${deal}/proposal`);
  /** All deals that fit, as they are at one moment: a table with a heading, or a list of DealJson. */
  exportDeals = (
    format: "csv" | "json",
    query: Omit<DealQuery, "limit" | "after"> = {},
    signal?: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> => {
    const known = Object.entries(query).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(known.map(([k, v]): [string, string] => [k, String(v)]));
    return this.#download(`/deals.${format}?${search}`, { method: "GET", headers: {} }, signal);
  };
  checks = (query: PageQuery & { package?: string } = {}): Promise<CheckJson[]> =>
    this.#pages(ChecksPageJson, "/checks", ({ checks }) => checks, { ...query });
  /** What moved the money of the account's wallets. */
  statement = (query: StatementQuery = {}): Promise<EntryJson[]> =>
    this.#pages(StatementPageJson, "/statement", ({ entries }) => entries, { ...query });
  statementPage = (query: StatementQuery = {}) => this.#call(StatementPageJson, "/statement", { query: { ...query } });
  statementTotals = () => this.#call(StatementTotalsJson, "/statement/totals");
  custody = (id: string) => this.#call(CustodyJson, `/packages/${id}/custody`);
  packagesPage = (query: PackageQuery = {}) =>
    this.#call(PackagePageJson, "/packages", { query: { ...query, gone: query.gone ? "true" : undefined } });

  /** @param gone also those that were removed or undone */
  packages = (gone = false): Promise<PackageJson[]> =>
    this.#pages(PackagePageJson, "/packages", packagesOf, { gone: gone ? "true" : undefined });
  packageByName = (nameHash: string): Promise<PackageJson[]> =>
    this.#pages(PackagePageJson, "/packages", packagesOf, { nameHash });
  package = (id: string) => this.#call(PackageDetailJson, `/packages/${id}`);
  openPackage = (body: OpenPackageJson) => this.#call(PackageDetailJson, "/packages", { method: "POST", body });
  /** Cut what the gateway holds of an upload back to its first pieces. */
  keepUpload = (id: string, body: KeepUploadJson) =>
    this.#call(KeptUploadJson, `/packages/${id}/keep`, { method: "POST", body });
  completePackage = (id: string, body: CompletePackageJson) =>
    this.#call(PackageDetailJson, `/packages/${id}/complete`, { method: "POST", body });
  quotePackage = (id: string) => this.#call(QuotePlanJson, `/packages/${id}/quote`, { method: "POST", body: {} });
  commitPackage = (id: string, body: CommitPackageJson) =>
    this.#call(PackageDetailJson, `/packages/${id}/commit`, { method: "POST", body });
  renamePackage = (id: string, body: RenamePackageJson) =>
    this.#call(PackageDetailJson, `/packages/${id}/name`, { method: "PUT", body });
  abandonPackage = (id: string) =>
    this.#call(PackageDetailJson, `/packages/${id}/abandon`, { method: "POST", body: {} });
  removePackage = (id: string, termination: unknown) =>
    this.#call(PackageDetailJson, `/packages/${id}/remove`, { method: "POST", body: { termination } });
  check = (id: string, body: { full: boolean; pieces?: number[]; readCapability?: unknown }) =>
    this.#call(CheckResultJson, `/packages/${id}/check`, { method: "POST", body });
  offerShard = (id: string, body: OfferShardJson) =>
    this.#call(OfferedShardJson, `/doors/downstream/packages/${id}/offer`, { method: "POST", body });
  checkResult = (id: string) => this.#call(CheckResultJson, `/checks/${id}`);
  /** @param owner one of the account's wallets; its default one if left out */
  recoverable = (owner?: string): Promise<RecoverableJson[]> =>
    this.#pages(RecoverablePageJson, "/recover", ({ packages }) => packages, { owner });
  /** At most 1000 at once. @param owner as in `recoverable` */
  recover = (readCapabilities: unknown[], owner?: string) =>
    this.#call(RecoveredJson, "/recover", { method: "POST", body: { readCapabilities, owner } });
  setRepairKey = (id: string, body: RepairKeyJson) =>
    this.#call(PackageDetailJson, `/packages/${id}/repair-key`, { method: "POST", body });
  findBlocks = (id: string, cids: string[]) =>
    this.#call(LocatedJson, `/packages/${id}/locate`, { method: "POST", body: { cids } });

  whoAmI = () => this.#call(WhoJson, "/session");
  signUpPolicy = () => this.#call(SignUpPolicyJson, "/sign-up");
  setSignUpPolicy = (policy: SignUpPolicyJson["policy"]) =>
    this.#call(SignUpPolicyJson, "/sign-up", { method: "PUT", body: { policy } });
  signUp = (body: SignUpJson) => this.#call(OpenedSessionJson, "/sign-up", { method: "POST", body });
  logIn = (body: LoginJson) => this.#call(OpenedSessionJson, "/login", { method: "POST", body });
  logOut = () => this.#call(DoneJson, "/logout", { method: "POST", body: {} });
  sessions = () => this.#call(SessionsJson, "/sessions");
  endSession = (id: string) => this.#call(DoneJson, `/sessions/${id}`, { method: "DELETE" });
  changePassword = (current: string, password: string) =>
    this.#call(DoneJson, "/password", { method: "PUT", body: { current, password } });

  users = (): Promise<UserJson[]> => this.#pages(UserPageJson, "/users", ({ users }) => users);
  addUser = (body: NewUserJson) => this.#call(UserJson, "/users", { method: "POST", body });
  removeUser = (name: string) => this.#call(UserJson, `/users/${encodeURIComponent(name)}`, { method: "DELETE" });
  setPassword = (name: string, password: string) =>
    this.#call(DoneJson, `/users/${encodeURIComponent(name)}/password`, { method: "PUT", body: { password } });
  invites = () => this.#call(InvitesJson, "/invites");
  createInvite = (body: NewInviteJson) => this.#call(MadeInviteJson, "/invites", { method: "POST", body });
  withdrawInvite = (id: string) => this.#call(DoneJson, `/invites/${id}`, { method: "DELETE" });

  tokens = () => this.#call(TokensJson, "/tokens");
  createToken = (body: NewTokenJson) => this.#call(MadeTokenJson, "/tokens", { method: "POST", body });
  revokeToken = (id: string) => this.#call(DoneJson, `/tokens/${id}`, { method: "DELETE" });

  wallets = () => this.#call(WalletsJson, "/wallets");
  addWallet = (body: NewWalletJson) => this.#call(WalletJson, "/wallets", { method: "POST", body });
  /** @param wallet address or name */
  setDefaultWallet = (wallet: string) =>
    this.#call(WalletJson, "/wallets/default", { method: "PUT", body: { wallet } });
  /** A vault's, for its user to decrypt. */
  walletKeystore = (address: string) => this.#call(KeystoreJson, `/wallets/${address}/keystore`);
  /** Open a vault for some minutes. @param key 32 bytes */
  unlockWallet = (address: string, key: Uint8Array, minutes: number) => {
    const url = `${this.url}/api/v1/wallets/${address}/unlock?minutes=${minutes}`;
    const body = async function* () {
      yield key;
    };
    return this.#ask(WalletJson, () => this.#transfer.upload(url, this.#headers(), body()));
  };
  lockWallet = (address: string) => this.#call(DoneJson, `/wallets/${address}/lock`, { method: "POST", body: {} });
  /** Have the gateway sign with an open vault or a custodial wallet. */
  signWith = (address: string, body: SignJson) =>
    this.#call(SignedJson, `/wallets/${address}/sign`, { method: "POST", body });

  /** Append bytes at `offset` of a piece's body (the header is not counted). Not repeated by itself: the body can be read only once. */
  async appendPiece(
    id: string,
    piece: number,
    offset: number,
    body: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<ReceivedJson> {
    const url = `${this.url}/api/v1/packages/${id}/pieces/${piece}?offset=${offset}`;
    return this.#ask(ReceivedJson, () => this.#transfer.upload(url, this.#headers(), body, signal));
  }

  async putManifest(id: string, manifest: Uint8Array): Promise<KeptManifestJson> {
    const url = `${this.url}/api/v1/packages/${id}/manifest`;
    const body = async function* () {
      yield manifest;
    };
    return this.#patiently(() =>
      this.#ask(KeptManifestJson, () => this.#transfer.upload(url, this.#headers(), body())),
    );
  }

  manifest(id: string, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    return this.#download(`/packages/${id}/manifest`, { method: "GET", headers: {} }, signal);
  }

  /** The commitment document (docs/protocol.md, 1): its sha256 is the document hash. */
  document(id: string, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    return this.#download(`/packages/${id}/document`, { method: "GET", headers: {} }, signal);
  }

  /** The custody certificate (docs/certificate.md) of a package, or of some of its pieces. */
  certificate(id: string, pieces?: readonly number[], signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const query = pieces === undefined ? "" : `?pieces=${pieces.join(",")}`;
    return this.#download(`/packages/${id}/certificate${query}`, { method: "GET", headers: {} }, signal);
  }

  /** The piece's CAR bytes from its header on, rebuilt and verified by the gateway. */
  piece(id: string, piece: number, capability: unknown, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const headers = { "cairn-capability": btoa(JSON.stringify(capability)) };
    return this.#download(`/packages/${id}/pieces/${piece}`, { method: "GET", headers }, signal);
  }

  /** CAR frames (no header) of the named blocks, in the order asked. */
  blocks(id: string, cids: string[], capability: unknown, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const headers = { "content-type": "application/json", "cairn-capability": btoa(JSON.stringify(capability)) };
    const body = JSON.stringify({ cids });
    return this.#download(`/packages/${id}/blocks`, { method: "POST", headers, body }, signal);
  }

  /** A block of whichever public package has it: its bytes are to be held against the CID. */
  publicBlock(cid: string, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    return this.#download(`/public/blocks/${encodeURIComponent(cid)}`, { method: "GET", headers: {} }, signal);
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
    const url = `${this.url.replace(/^http/, "ws")}/api/v1/live`;
    const listen = this.#transfer.listen ?? listenSocket;
    const texts = listen(url, { token: this.#token(), signal, onOpen })[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.#reach(() => texts.next());
        if (next.done === true) return;
        const message = this.#messageOf(next.value);
        if (message !== undefined) yield message;
      }
    } finally {
      await texts.return?.();
    }
  }

  #messageOf(text: string): LiveMessageJson | undefined {
    let message: { type?: unknown } | null;
    try {
      message = JSON.parse(text) as { type?: unknown } | null;
    } catch (cause) {
      throw this.#badAnswer("a message that is not JSON", {}, cause);
    }
    const type = message?.type;
    if (typeof type === "string" && !Object.hasOwn(LIVE, type)) return undefined;
    const field = findMisfit(LIVE[type as keyof typeof LIVE] ?? LiveEventJson, message);
    if (field === undefined) return message as LiveMessageJson;
    throw this.#badAnswer(`an event whose field ${field.slice(0, 100)} is not as the API has it`, { field });
  }

  #headers(): Record<string, string> {
    const token = this.#token();
    if (token !== undefined) return { authorization: `Bearer ${token}` };
    const csrf = this.#csrf?.();
    return csrf === undefined ? {} : { "cairn-csrf": csrf };
  }

  async #download(path: string, request: TransferRequest, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const open = () => this.#patiently(() => this.#open(path, request, signal));
    return resumeDownload(await open(), open, { url: this.url, whenAway: this.#whenAway, signal });
  }

  async #open(path: string, request: TransferRequest, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const headers = { ...this.#headers(), ...request.headers };
    const answer = await this.#reach(() =>
      this.#transfer.download(`${this.url}/api/v1${path}`, { ...request, headers }, signal),
    );
    if (answer.status === 200) return answer.body;
    throw await this.#failureOf(answer);
  }

  #call<S extends TSchema>(schema: S, path: string, call: Call = {}): Promise<Static<S>> {
    const query = Object.entries(call.query ?? {}).filter(([, value]) => value !== undefined);
    const search =
      query.length === 0 ? "" : `?${new URLSearchParams(query.map(([k, v]): [string, string] => [k, String(v)]))}`;
    const json =
      call.body === undefined
        ? { headers: this.#headers() }
        : { headers: { ...this.#headers(), "content-type": "application/json" }, body: JSON.stringify(call.body) };
    const request = { method: call.method ?? "GET", ...json };
    const url = `${this.url}/api/v1${path}${search}`;
    return this.#patiently(() => this.#ask(schema, () => this.#transfer.download(url, request, call.signal)));
  }

  /** Everything in a list that comes in pages; a page without anything is the last one, whatever it says. */
  async #pages<S extends TSchema, T>(
    schema: S,
    path: string,
    entriesOf: (page: Static<S>) => readonly T[],
    query: Call["query"] = {},
  ): Promise<T[]> {
    const all: T[] = [];
    let after: string | number | undefined;
    do {
      const page = await this.#call(schema, path, { query: { ...query, after } });
      const entries = entriesOf(page);
      if (all.length + entries.length > MOST_LISTED) {
        throw this.#badAnswer(`more than ${MOST_LISTED} entries of one list`);
      }
      for (const one of entries) all.push(one);
      after = entries.length === 0 ? undefined : ((page as { next: string | number | null }).next ?? undefined);
    } while (after !== undefined);
    return all;
  }

  /** Ask, and ask again for as long as `whenAway` says so. */
  async #patiently<T>(ask: () => Promise<T>): Promise<T> {
    let since: number | undefined;
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (this.#whenAway === undefined || !isAway(error)) throw error;
        since ??= performance.now();
        await this.#whenAway(error, (performance.now() - since) / 1000);
      }
    }
  }

  async #reach<T>(send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (cause) {
      if (cause instanceof CairnError) throw cause;
      if (cause instanceof Error && cause.name === "AbortError") throw cause;
      throw new CairnError(`no answer from ${this.url}`, {
        code: "gateway-unreachable",
        kind: "unavailable",
        cause,
        next: "Start the network with `cairn up`, or name its home with --home.",
      });
    }
  }

  /** What the gateway answers, of which every field that the schema names is as the schema says. */
  async #ask<S extends TSchema>(schema: S, send: () => Promise<Answer>): Promise<Static<S>> {
    const answer = await this.#reach(send);
    if (answer.status < 200 || answer.status > 299) throw await this.#failureOf(answer);
    const json = await this.#jsonOf(answer, MOST_BYTES);
    const field = findMisfit(schema, json);
    if (field === undefined) return json as Static<S>;
    throw this.#badAnswer(
      `${field === "" ? "something" : `a field ${field.slice(0, 100)}`} that is not as the API has it`,
      { field },
    );
  }

  async #failureOf(answer: Answer): Promise<CairnError> {
    const json = await this.#jsonOf(answer, MOST_ERROR_BYTES);
    const error = typeof json === "object" && json !== null ? (json as { error?: unknown }).error : undefined;
    if (typeof error === "object" && error !== null) return CairnError.fromJSON(error);
    return this.#badAnswer(`${answer.status}, and no reason`);
  }

  async #jsonOf({ status, body }: Answer, maximum: number): Promise<unknown> {
    const bytes = await this.#reach(() => this.#bytesOf(body, maximum));
    if (isDenseJson(bytes)) throw this.#badAnswer(`${status} with JSON that is made to fill memory`);
    const text = new TextDecoder().decode(bytes);
    try {
      return text === "" ? undefined : JSON.parse(text);
    } catch (cause) {
      throw this.#badAnswer(`${status} with something that is not JSON`, {}, cause);
    }
  }

  /** The whole of a body; whoever sends more than `maximum` bytes is cut off. */
  async #bytesOf(body: AsyncIterable<Uint8Array>, maximum: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of body) {
      size += chunk.length;
      if (size > maximum) throw this.#badAnswer(`with more than ${maximum} bytes`);
      chunks.push(chunk);
    }
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }

  #badAnswer(what: string, details: Record<string, unknown> = {}, cause?: unknown): CairnError {
    return new CairnError(`${this.url} answered ${what}`, {
      code: "bad-answer",
      kind: "corrupt",
      details,
      cause,
      next: "Check that a Cairn gateway of this version listens on this address.",
    });
  }
}

const AWAY = new Set([
  "gateway-unreachable",
  "connection-lost",
  "database-unreachable",
  "chain-unreachable",
  "stopping",
  "too-few-shards",
  "too-many-requests",
  "busy",
]);

/** Whether an error says that the gateway, or what it needs for an answer (chain, database, enough providers), is away just now. */
export function isAway(error: unknown): error is CairnError {
  return error instanceof CairnError && AWAY.has(error.code);
}
