import { spawn } from "node:child_process";
import { createWriteStream, realpathSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Excluder, excluderOf, rulesOfText, textOfRules } from "@cairn/archive/exclude";
import { bytesOfName, displayName, nameOfBytes } from "@cairn/archive/names";
import { ownName } from "@cairn/archive/walk";
import { checkName } from "@cairn/owner/check-name";
import { isRunning, processIdentity } from "@cairn/process/process-identity";
import { CairnError } from "@cairn/protocol/errors";
import { type Home, makeDirectory } from "../home/home.ts";

export interface SourceOptions {
  name?: string;
  exclude?: string[];
  excludeFrom?: string[];
  /** Store also when nothing comes from standard input, and a folder without files. */
  allowEmpty?: boolean;
  /** A program and its arguments, whose output is stored instead of standard input's, if it succeeds. */
  command?: string[];
  /** Ends the reading of standard input. */
  signal?: AbortSignal;
}

/** What a put reads: a folder or file, or standard input as a file of the home for as long as the put goes on. */
export interface Source {
  path: string;
  /** Of the package. */
  name: string;
  exclude: Excluder;
  /**
   * Where the walk met the home of the network below the folder: it is left out, as it changes while it is read. Undefined before the walk, where
   * the home lies elsewhere, and where a rule left out a folder above it.
   */
  homeLeftOut(): string | undefined;
  /** It is there, the same files, when the command is repeated. */
  lasting: boolean;
  close(): Promise<void>;
}

/** Throws `bad-name`, `unreadable-path`, `name-missing`, `own-home`, `nothing-to-store` or `command-failed`. */
export async function openSource(home: Home, path: string, options: SourceOptions): Promise<Source> {
  const spool = join(home.directory, "stdin");
  await removeStale(spool);
  const rules = excluderOf(await rulesOf(options));
  const { command } = options;
  if (path !== "-" && command === undefined) {
    const name = (options.name ?? ownName(path)).normalize("NFC");
    checkName(name);
    const homeBelow = placeBelow(path, home.directory);
    if (homeBelow === "") throw ownHome(home);
    let met: string | undefined;
    const exclude: Excluder = (at, isFolder) => {
      if (at !== homeBelow) return rules(at, isFolder);
      met = at;
      return true;
    };
    return { path, name, exclude, homeLeftOut: () => met, lasting: true, close: async () => undefined };
  }
  if (options.name === undefined) {
    throw new CairnError(`${command === undefined ? "standard input" : "a command's output"} has no name`, {
      code: "name-missing",
      kind: "input",
      next:
        command === undefined
          ? "Name it: `cairn put - --name NAME`."
          : "Name it: `cairn put --name NAME --stdin-from-command -- COMMAND`.",
    });
  }
  const name = options.name.normalize("NFC");
  checkName(name);
  const folder = await spoolFolder(spool);
  const close = () => rm(folder, { recursive: true, force: true });
  const file = join(folder, name);
  const keep = (bytes: Readable) =>
    pipeline(
      bytes,
      createWriteStream(file, { flags: "wx", mode: 0o600 }),
      options.signal === undefined ? {} : { signal: options.signal },
    );
  try {
    if (command === undefined) await keep(process.stdin);
    else await keepOutput(command, keep);
    if (!options.allowEmpty && (await stat(file)).size === 0) {
      throw new CairnError(`${command === undefined ? "standard input was" : "the command's output was"} empty`, {
        code: "nothing-to-store",
        kind: "input",
        next: "Nothing was stored. Mend what should have written to it, or store an empty file with --allow-empty.",
      });
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { path: file, name, exclude: rules, homeLeftOut: () => undefined, lasting: false, close };
}

/** What a program writes, to its end; the program must end with exit code 0. It reads our standard input and writes its own complaints. */
async function keepOutput(command: readonly string[], keep: (output: Readable) => Promise<void>): Promise<void> {
  const [program = "", ...args] = command;
  const { CAIRN_PARENT_PIPE: _, ...env } = process.env;
  const child = spawn(program, args, { stdio: ["inherit", "pipe", "inherit"], env });
  const ended = new Promise<string | undefined>((resolve) => {
    child.once("error", (error: NodeJS.ErrnoException) =>
      resolve(
        error.code === "ENOENT" ? "there is no such program" : `it cannot be run (${error.code ?? error.message})`,
      ),
    );
    child.once("exit", (code, signal) => {
      if (code !== 0) resolve(code === null ? `it was ended by ${signal}` : `it ended with exit code ${code}`);
      else resolve(undefined);
    });
  });
  try {
    await keep(child.stdout);
  } catch (error) {
    child.kill();
    throw error;
  }
  const failure = await ended;
  if (failure === undefined) return;
  throw new CairnError(`${displayName(program)}: ${failure}`, {
    code: "command-failed",
    kind: "input",
    details: { command: [...command] },
    next: "Nothing was stored. Mend the command and run it again.",
  });
}

/** Where `inner` lies below `outer`, in string form; "" when they are one folder, undefined when it does not lie there. */
function placeBelow(outer: string, inner: string): string | undefined {
  const real = (path: string): string | undefined => {
    try {
      return nameOfBytes(realpathSync.native(Buffer.from(bytesOfName(path)), { encoding: "buffer" }));
    } catch {
      // What cannot be looked at is reported by the walk.
      return undefined;
    }
  };
  const [above, below] = [real(outer), real(inner)];
  if (above === undefined || below === undefined) return undefined;
  if (above === below) return "";
  const from = above.endsWith("/") ? above : `${above}/`;
  return below.startsWith(from) ? below.slice(from.length) : undefined;
}

const ownHome = ({ directory }: Home): CairnError =>
  new CairnError(`${directory} is the home of this network, which changes while it is read`, {
    code: "own-home",
    kind: "input",
    next: "Copy what it cannot lose with `cairn stop`, then `cairn backup FILE`.",
  });

/** Remove what processes that have ended, killed ones too, left of standard input: it is not encrypted. */
async function removeStale(parent: string): Promise<void> {
  for (const left of await readdir(parent).catch(() => [])) {
    const [pid, start] = left.split("-");
    if (start === undefined || isRunning({ pid: Number(pid), start })) continue;
    await rm(join(parent, left), { recursive: true, force: true });
  }
}

/** A folder of this process. */
async function spoolFolder(parent: string): Promise<string> {
  await makeDirectory(parent);
  return mkdtemp(join(parent, `${process.pid}-${processIdentity(process.pid)?.start}-`));
}

async function rulesOf({ exclude = [], excludeFrom = [] }: SourceOptions): Promise<string[]> {
  const files = await Promise.all(
    excludeFrom.map(async (file) => {
      const unreadable = (why: string, cause?: unknown) =>
        new CairnError(`cannot read the rules in ${displayName(file)}: ${why}`, {
          code: "unreadable-path",
          kind: "input",
          cause,
          next: "Name a text file with one rule a line, in UTF-8 or in UTF-16 with a byte order mark.",
        });
      const bytes = await readFile(file).catch((cause: unknown) => {
        throw unreadable((cause as Error).message, cause);
      });
      const text = textOfRules(bytes);
      if (text === undefined) throw unreadable("it has zero bytes, which no such text has");
      return text;
    }),
  );
  return [...files.flatMap(rulesOfText), ...exclude];
}
