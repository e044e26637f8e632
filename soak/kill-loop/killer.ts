import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { CairnClient } from "@cairn/client";
import { type StartedProvider, startLocalProvider } from "../../apps/node/test/support/local-provider.ts";
import type { TestNetwork } from "../../apps/node/test/support/network.ts";
import type { Choices } from "./random.ts";

export type Target = "gateway" | "second gateway" | "chain" | "postgres" | "provider";

export interface Kill {
  number: number;
  target: string;
  /** What was under way. */
  during: string;
}

/** Restarted by their supervisors, so these may be killed again and again; the gateway has the most to lose. */
const TARGETS: readonly Target[] = [
  "gateway",
  "gateway",
  "gateway",
  "chain",
  "chain",
  "postgres",
  "postgres",
  "provider",
];

/** Kills a network's processes with -9 and counts; brings killed providers back, as nobody else does. */
export class Killer {
  readonly kills: Kill[] = [];
  readonly #network: TestNetwork;
  readonly #client: CairnClient;
  readonly #choices: Choices;
  /** Providers that this program started again; the others are the supervisor's children. */
  readonly #ours = new Map<string, StartedProvider>();
  readonly #dead = new Set<string>();
  readonly #providers: string[];
  readonly #second: TestNetwork | undefined;
  readonly #targets: readonly Target[];

  constructor(
    { network, second }: { network: TestNetwork; second?: TestNetwork | undefined },
    client: CairnClient,
    choices: Choices,
    providers: number,
  ) {
    this.#network = network;
    this.#second = second;
    this.#targets = second === undefined ? TARGETS : [...TARGETS, "second gateway", "second gateway"];
    this.#client = client;
    this.#choices = choices;
    this.#providers = Array.from({ length: providers }, (_, i) => `provider-${i + 1}`);
  }

  get dead(): readonly string[] {
    return [...this.#dead];
  }

  /** One kill at this instant. With `most` providers dead already another target is taken. */
  async strike(doing: () => string, most: number, wanted?: Target): Promise<Kill> {
    for (;;) {
      const target = wanted ?? this.#choices.of(this.#targets);
      if (target === "provider" && this.#dead.size >= most) continue;
      const name = target === "provider" ? this.#choices.of(this.#alive()) : target;
      const states = await this.#states();
      if (!(await this.#kill(name))) {
        await sleep(100);
        continue;
      }
      const kill = { number: this.kills.length + 1, target: name, during: `${doing()}; ${states}` };
      this.kills.push(kill);
      return kill;
    }
  }

  /** Has every provider connect to these gateways, too. */
  async connect(urls: readonly string[]): Promise<void> {
    for (const name of this.#providers) {
      const at = join(this.#network.home, "providers", name.replace("provider-", ""), "provider.json");
      const config = JSON.parse(await readFile(at, "utf8")) as { gateways: string[] };
      await this.#kill(name);
      await writeFile(at, JSON.stringify({ ...config, gateways: [...config.gateways, ...urls] }));
    }
    this.revive();
  }

  /** Start every dead provider again. */
  revive(): void {
    for (const name of this.#dead) this.#ours.set(name, startLocalProvider(this.#network.home, name));
    this.#dead.clear();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#ours.values()].map((provider) => provider.stop()));
  }

  #alive(): string[] {
    return this.#providers.filter((name) => !this.#dead.has(name));
  }

  /** False when it is not running just now. */
  async #kill(name: string): Promise<boolean> {
    const ours = this.#ours.get(name);
    try {
      if (name === "second gateway") await this.#second?.kill("gateway");
      else if (ours === undefined) await this.#network.kill(name);
      else await ours.kill();
    } catch {
      return false;
    }
    this.#ours.delete(name);
    if (name.startsWith("provider-")) this.#dead.add(name);
    return true;
  }

  async #states(): Promise<string> {
    const asked = this.#client.packages().then(
      (all) => all.map(({ state }) => state).filter((state) => !["STORED", "REMOVED", "ABANDONED"].includes(state)),
      () => ["gateway away"],
    );
    const states = await Promise.race([asked, sleep(300, ["no answer"])]);
    return states.join(" ") || "all at rest";
  }
}
