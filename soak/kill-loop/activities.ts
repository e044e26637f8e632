import { randomBytes } from "node:crypto";
import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CairnClient } from "@cairn/client";
import type { CommandResult, TestNetwork } from "../../apps/node/test/support/network.ts";
import { fingerprint } from "../../apps/node/test/support/trees.ts";
import type { Choices } from "./random.ts";

export interface Stored {
  name: string;
  id: string;
  fingerprint: string;
}

interface Tree {
  name: string;
  path: string;
  fingerprint: string;
}

/** Small folders that go in and come back, with the commands that a person would use. */
export class Activities {
  readonly stored = new Map<string, Stored>();
  readonly notes = { puts: 0, putsUndone: 0, putsWithoutClient: 0, gets: 0, getsRepeated: 0, removals: 0 };
  /** The network by each of its gateways; commands go to any. */
  readonly #gateways: readonly TestNetwork[];
  readonly #client: CairnClient;
  readonly #choices: Choices;
  readonly #directory: string;
  #number = 0;

  constructor(gateways: readonly [TestNetwork, ...TestNetwork[]], client: CairnClient, choices: Choices) {
    this.#gateways = gateways;
    this.#directory = gateways[0].directory;
    this.#client = client;
    this.#choices = choices;
  }

  /** 1 to 3 MB in a few files, none larger than a piece. */
  async makeTree(): Promise<Tree> {
    this.#number += 1;
    const name = `tree ${this.#number}`;
    const path = join(this.#directory, name);
    await mkdir(join(path, "folder"), { recursive: true });
    const files = this.#choices.integer(4, 12);
    const bytes = this.#choices.between(1e6, 3e6);
    for (let i = 0; i < files; i += 1) {
      await writeFile(join(path, i % 2 === 0 ? "" : "folder", `file ${i}`), randomBytes(Math.floor(bytes / files)));
    }
    return { name, path, fingerprint: await fingerprint(path) };
  }

  /**
   * Put a new tree; resolves when the command has ended. What it left is either on its way to STORED by itself or undone: anything else is
   * thrown.
   */
  async put(tree: Tree): Promise<string> {
    this.notes.puts += 1;
    const before = new Set((await this.#list()).map(({ id }) => id));
    const result = await this.#cli("put", tree.path, "--json");
    await rm(tree.path, { recursive: true, force: true });
    const left = (await this.#list()).filter(({ id }) => !before.has(id));
    const taken = left.filter(({ state }) => state !== "ABANDONED");
    const [found] = taken;
    if (taken.length > 1) throw new Error(`one put made ${taken.length} packages: ${JSON.stringify(taken)}`);
    if (found !== undefined && !["PLACING", "STORED", "DEGRADED", "LOST"].includes(found.state)) {
      throw new Error(`put ended (${said(result)}) and left a package that is ${found.state}`);
    }
    if (result.code === 0 && found === undefined) throw new Error(`put ended well and left nothing: ${said(result)}`);
    if (result.code !== 0 && clearError(result) === undefined) throw new Error(`put without a word: ${said(result)}`);
    if (found === undefined) this.notes.putsUndone += 1;
    else if (result.code !== 0) this.notes.putsWithoutClient += 1;
    if (found !== undefined)
      this.stored.set(tree.name, { name: tree.name, id: found.id, fingerprint: tree.fingerprint });
    return result.code === 0 ? "stored" : `${found?.state ?? "undone"} (${clearError(result)})`;
  }

  /** Get one that is stored, once more after an error; throws when it does not come back identical. */
  async get(which?: Stored): Promise<void> {
    const all = [...this.stored.values()];
    if (all.length === 0) return;
    const chosen = which ?? this.#choices.of(all);
    this.notes.gets += 1;
    const errors: string[] = [];
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const destination = join(this.#directory, `back ${randomBytes(4).toString("hex")}`);
      const result = await this.#cli("get", chosen.id, destination, "--json");
      if (result.code === 0) {
        const back = await fingerprint(destination);
        await rm(destination, { recursive: true, force: true });
        if (back !== chosen.fingerprint) throw new Error(`${chosen.name} came back different`);
        return;
      }
      this.notes.getsRepeated += 1;
      errors.push(said(result));
      if (clearError(result) === undefined) throw new Error(`get without a word: ${said(result)}`);
      if ((await stat(destination).catch(() => undefined)) !== undefined) {
        throw new Error(`get failed (${said(result)}) and left ${destination}`);
      }
      if (!this.stored.has(chosen.name)) return;
    }
    throw new Error(`${chosen.name} cannot be got: ${errors.join(" | ")}`);
  }

  /** End the oldest package. */
  async remove(): Promise<void> {
    const [oldest] = this.stored.values();
    if (oldest === undefined) return;
    this.stored.delete(oldest.name);
    this.notes.removals += 1;
    for (let attempt = 1; ; attempt += 1) {
      const result = await this.#cli("rm", oldest.id, "--json");
      if (result.code === 0) return;
      if (attempt === 5) throw new Error(`${oldest.name} cannot be removed: ${said(result)}`);
    }
  }

  #cli(...args: string[]): Promise<CommandResult> {
    return this.#choices.of(this.#gateways).cli(...args);
  }

  async #list() {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#client.packages();
      } catch (error) {
        if (attempt === 240) throw error;
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    }
  }
}

const said = ({ code, stdout, stderr }: CommandResult) => `exit ${code}: ${(stderr || stdout).trim().slice(0, 1500)}`;

/** The message and what to do next, as every failing command must say. */
function clearError({ stdout }: CommandResult): string | undefined {
  const start = stdout.indexOf('{\n  "error"') === -1 ? stdout.indexOf('{"error"') : stdout.indexOf('{\n  "error"');
  if (start === -1) return undefined;
  const { error } = JSON.parse(stdout.slice(start)) as { error: { code: string; message: string } };
  return error.message.length > 8 ? `${error.code}: ${error.message}` : undefined;
}
