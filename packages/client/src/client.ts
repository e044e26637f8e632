import { CairnError } from "@cairn/protocol";
import { resumeDownload } from "./resume-download.ts";
import type {
  AccountJson,
  CheckResultJson,
  CommitPackageJson,
  CompletePackageJson,
  EventJson,
  KeepUploadJson,
  KeptUploadJson,
  NetworkJson,
  OfferedShardJson,
  OfferShardJson,
  OpenPackageJson,
  PackageDetailJson,
  PackageJson,
  ProviderJson,
  QuotePlanJson,
  RecoverableJson,
  RenamePackageJson,
  RepairKeyJson,
  StatusJson,
} from "./schemas.ts";
import { fetchTransfer, type Transfer, type TransferRequest } from "./transfer.ts";

export interface ClientOptions {
  /** `http://host:port`, without a path. */
  url: string;
  token?: string;
  transfer?: Transfer;
  /**
   * Called when a request was not answered because the gateway, or what it needs, is away; `waited` is for how many seconds this request
   * has gone without an answer. Resolves when it is worth asking again (every request may be repeated without harm); throws what the caller
   * shall see. Without it the failure is thrown at once.
   */
  whenAway?: (error: CairnError, waited: number) => Promise<void>;
}

interface Call {
  method?: TransferRequest["method"];
  body?: unknown;
  query?: Record<string, string | number | undefined>;
  signal?: AbortSignal;
}

/** Entries that a list is read up to: a gateway that makes up page after page ends there. */
const MOST_LISTED = 1_000_000;

/** Every call of `/api/v1`; failures are thrown as the CairnError that the server answered, or `gateway-unreachable`. */
export class CairnClient {
  readonly url: string;
  readonly #token: string | undefined;
  readonly #transfer: Transfer;
  readonly #whenAway: ClientOptions["whenAway"];

  constructor(options: ClientOptions) {
    this.url = options.url.replace(/\/+$/, "");
    this.#token = options.token;
    this.#transfer = options.transfer ?? fetchTransfer;
    this.#whenAway = options.whenAway;
  }

  network = (): Promise<NetworkJson> => this.#call("/network");
  status = (): Promise<StatusJson> => this.#call("/status");
  account = (): Promise<AccountJson> => this.#call("/account");
  claimAccount = (claim: unknown): Promise<AccountJson> => this.#call("/account", { method: "PUT", body: claim });
  faucet = (): Promise<AccountJson> => this.#call("/faucet", { method: "POST", body: {} });
  providers = (): Promise<ProviderJson[]> => this.#call("/providers");
  events = (after: number | undefined, limit = 200): Promise<EventJson[]> =>
    this.#call("/events", { query: { after, limit } });

  /** @param gone also those that were removed or undone */
  packages = (gone = false): Promise<PackageJson[]> => this.#pages("/packages", { gone: gone ? "true" : undefined });
  packageByName = (nameHash: string): Promise<PackageJson[]> => this.#pages("/packages", { nameHash });
  package = (id: string): Promise<PackageDetailJson> => this.#call(`/packages/${id}`);
  openPackage = (body: OpenPackageJson): Promise<PackageDetailJson> =>
    this.#call("/packages", { method: "POST", body });
  /** Cut what the gateway holds of an upload back to its first pieces. */
  keepUpload = (id: string, body: KeepUploadJson): Promise<KeptUploadJson> =>
    this.#call(`/packages/${id}/keep`, { method: "POST", body });
  completePackage = (id: string, body: CompletePackageJson): Promise<PackageDetailJson> =>
    this.#call(`/packages/${id}/complete`, { method: "POST", body });
  quotePackage = (id: string): Promise<QuotePlanJson> =>
    this.#call(`/packages/${id}/quote`, { method: "POST", body: {} });
  commitPackage = (id: string, body: CommitPackageJson): Promise<PackageDetailJson> =>
    this.#call(`/packages/${id}/commit`, { method: "POST", body });
  renamePackage = (id: string, body: RenamePackageJson): Promise<PackageDetailJson> =>
    this.#call(`/packages/${id}/name`, { method: "PUT", body });
  abandonPackage = (id: string): Promise<PackageDetailJson> =>
    this.#call(`/packages/${id}/abandon`, { method: "POST", body: {} });
  removePackage = (id: string, termination: unknown): Promise<PackageDetailJson> =>
    this.#call(`/packages/${id}/remove`, { method: "POST", body: { termination } });
  check = (
    id: string,
    body: { full: boolean; pieces?: number[]; readCapability?: unknown },
  ): Promise<CheckResultJson> => this.#call(`/packages/${id}/check`, { method: "POST", body });
  offerShard = (id: string, body: OfferShardJson): Promise<OfferedShardJson> =>
    this.#call(`/packages/${id}/offer`, { method: "POST", body });
  checkResult = (id: string): Promise<CheckResultJson> => this.#call(`/checks/${id}`);
  recoverable = (): Promise<RecoverableJson[]> => this.#pages("/recover");
  /** At most 1000 at once. */
  recover = (readCapabilities: unknown[]): Promise<PackageDetailJson[]> =>
    this.#call("/recover", { method: "POST", body: { readCapabilities } });
  setRepairKey = (id: string, body: RepairKeyJson): Promise<PackageDetailJson> =>
    this.#call(`/packages/${id}/repair-key`, { method: "POST", body });
  findBlocks = (id: string, cids: string[]): Promise<{ pieces: number[] }> =>
    this.#call(`/packages/${id}/locate`, { method: "POST", body: { cids } });

  /** Append bytes at `offset` of a piece's body (the header is not counted). Not repeated by itself: the body can be read only once. */
  async appendPiece(
    id: string,
    piece: number,
    offset: number,
    body: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<{ received: number }> {
    const url = `${this.url}/api/v1/packages/${id}/pieces/${piece}?offset=${offset}`;
    const { status, text } = await this.#reach(() => this.#transfer.upload(url, this.#headers(), body, signal));
    return this.#read(status, text);
  }

  async putManifest(id: string, manifest: Uint8Array): Promise<{ size: number }> {
    const url = `${this.url}/api/v1/packages/${id}/manifest`;
    const body = async function* () {
      yield manifest;
    };
    return this.#patiently(async () => {
      const { status, text } = await this.#reach(() => this.#transfer.upload(url, this.#headers(), body()));
      return this.#read(status, text);
    });
  }

  manifest(id: string, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    return this.#download(`/packages/${id}/manifest`, { method: "GET", headers: {} }, signal);
  }

  /** The commitment document (docs/protocol.md, 1): its sha256 is the document hash. */
  document(id: string, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    return this.#download(`/packages/${id}/document`, { method: "GET", headers: {} }, signal);
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

  #headers(): Record<string, string> {
    return this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` };
  }

  async #download(path: string, request: TransferRequest, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const open = () => this.#patiently(() => this.#open(path, request, signal));
    return resumeDownload(await open(), open, { url: this.url, whenAway: this.#whenAway, signal });
  }

  async #open(path: string, request: TransferRequest, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const headers = { ...this.#headers(), ...request.headers };
    const { status, body } = await this.#reach(() =>
      this.#transfer.download(`${this.url}/api/v1${path}`, { ...request, headers }, signal),
    );
    if (status === 200 || status === 206) return body;
    return this.#read(status, await this.#reach(() => textOf(body)));
  }

  #call<T>(path: string, call: Call = {}): Promise<T> {
    const query = Object.entries(call.query ?? {}).filter(([, value]) => value !== undefined);
    const search =
      query.length === 0 ? "" : `?${new URLSearchParams(query.map(([k, v]): [string, string] => [k, String(v)]))}`;
    return this.#patiently(async () => {
      const { status, text } = await this.#reach(async () => {
        const json =
          call.body === undefined
            ? { headers: this.#headers() }
            : {
                headers: { ...this.#headers(), "content-type": "application/json" },
                body: JSON.stringify(call.body),
              };
        const request = { method: call.method ?? "GET", ...json };
        const { status, body } = await this.#transfer.download(
          `${this.url}/api/v1${path}${search}`,
          request,
          call.signal,
        );
        return { status, text: await textOf(body) };
      });
      return this.#read(status, text);
    });
  }

  /** Everything in a list that comes in pages; a page without anything is the last one, whatever it says. */
  async #pages<T>(path: string, query: Call["query"] = {}): Promise<T[]> {
    const all: T[] = [];
    let after: string | undefined;
    do {
      const page: { packages: T[]; next: string | null } = await this.#call(path, { query: { ...query, after } });
      if (!Array.isArray(page?.packages) || all.length + page.packages.length > MOST_LISTED) {
        throw new CairnError(`${this.url} answered ${path} with no page of a list`, {
          code: "bad-answer",
          kind: "unavailable",
        });
      }
      for (const one of page.packages) all.push(one);
      after = page.packages.length === 0 ? undefined : (page.next ?? undefined);
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

  #read<T>(status: number, text: string): T {
    let parsed: unknown;
    try {
      parsed = text === "" ? undefined : JSON.parse(text);
    } catch (cause) {
      throw new CairnError(`${this.url} answered ${status} with something that is not JSON`, {
        code: "bad-answer",
        kind: "unavailable",
        cause,
        next: "Check that a Cairn gateway listens on this address.",
      });
    }
    if (status >= 200 && status < 300) return parsed as T;
    const body = (parsed as { error?: unknown } | undefined)?.error;
    if (typeof body === "object" && body !== null) throw CairnError.fromJSON(body);
    throw new CairnError(`${this.url} answered ${status}`, { code: "bad-answer", kind: "unavailable" });
  }
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
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
