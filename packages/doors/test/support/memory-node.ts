import {
  type AnswerOutcome,
  type ContractChallenge,
  DEFAULT_SETTINGS,
  type DownstreamSettings,
  type HandedChunk,
  type VerificationNode,
} from "@cairn/doors/downstream";
import { CairnError, type ErrorCode } from "@cairn/protocol";

const refusal = (code: ErrorCode) => new CairnError(code, { code, kind: "input" });

/** A node without a database, for tests of what HTTP does with its answers: it says what a test put into it. */
export class MemoryNode implements VerificationNode {
  readonly settings: DownstreamSettings;
  readonly token = "00112233445566778899aabbccddeeff";
  readonly address = "19qVgG8C6eXwKMMyvVegsi3xCsKyk3Z3jV";
  /** Thrown by the next call, whatever it is. */
  failure: unknown;
  chunks: HandedChunk[] = [];
  contracts = new Map<string, ContractChallenge>();
  outcomes = new Map<string, AnswerOutcome>();
  shards = new Map<string, { source: string; size: number }>();
  confirmed = 0;
  withdrawn = 0;
  /** Arguments of every call. */
  readonly calls: { name: string; args: unknown[] }[] = [];

  constructor(settings: Partial<DownstreamSettings> = {}) {
    this.settings = { ...DEFAULT_SETTINGS, requireSignature: false, ...settings };
  }

  #called(name: string, token: string | undefined, ...args: unknown[]): void {
    this.calls.push({ name, args });
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
    if (token !== undefined && token !== this.token) throw refusal("downstream-no-token");
  }

  heartbeat() {
    return this.settings.scheme === "Swizzle" ? "AQoAAAA=" : { check_fraction: 0.01, key: "" };
  }

  async register(address: string, ip: string, proof?: object) {
    this.#called("register", undefined, address, ip, proof);
    if (address !== this.address) throw refusal("downstream-bad-address");
    return { token: this.token, farmerId: "0".repeat(20), scheme: this.settings.scheme };
  }

  async issueNonce(address: string) {
    this.#called("issueNonce", undefined, address);
    return { message: `for ${address}`, expiresInSeconds: 600 };
  }

  async find(token: string) {
    this.#called("find", token);
    return { scheme: this.settings.scheme, farmerId: "0".repeat(20) };
  }

  async remove(token: string) {
    this.#called("remove", token);
  }

  async rotate(token: string) {
    this.#called("rotate", token);
    return { token: "ff".repeat(16), farmerId: "0".repeat(20), scheme: this.settings.scheme };
  }

  async readsOne(token: string, hash: string) {
    this.#called("readsOne", token, hash);
  }

  async handOut(token: string, ip: string, bytes: number, fetches: boolean) {
    this.#called("handOut", token, ip, bytes, fetches);
    return {
      chunks: this.chunks,
      confirm: async () => {
        this.confirmed += 1;
      },
      withdraw: async () => {
        this.withdrawn += 1;
      },
    };
  }

  async challenges(
    token: string,
    hashes: readonly string[] = [...this.contracts.keys()],
  ): Promise<ContractChallenge[]> {
    this.#called("challenges", token, hashes);
    return hashes.map((hash) => this.contracts.get(hash) ?? { hash, outcome: "missing" });
  }

  async shard(token: string, hash: string) {
    this.#called("shard", token, hash);
    return this.shards.get(hash);
  }

  async answer(token: string, ip: string, answers: readonly { hash: string | undefined; proof: unknown }[]) {
    this.#called("answer", token, ip, answers);
    return answers.map(({ hash = "" }) => this.outcomes.get(hash) ?? "missing");
  }
}
