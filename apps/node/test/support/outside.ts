import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";

export const CHECKOUT = join(import.meta.dirname, "../../../..");

/** How a command line is run: with everything a terminal, or with pipes and nobody to answer. */
export type Surface = "terminal" | "pipe";

/** A command as somebody typed it, while it runs. */
export interface Typed {
  readonly child: ChildProcess;
  /** What it has written so far; on a terminal both outputs, with its line ends. */
  text(): string;
  errors(): string;
  /** Resolves when the text matches; rejects when the command ends without, or after `seconds`. */
  shows(pattern: RegExp, seconds?: number): Promise<RegExpExecArray>;
  /** Keys as they are typed; only on a terminal. */
  type(keys: string): void;
  /** Ctrl-C, as it reaches the foreground group. */
  interrupt(): void;
  /** Its exit code as a shell has it. */
  readonly ended: Promise<number>;
}

/** Long, as machines are busy; what fails is noticed at once. */
const SECONDS = 300;

/** Run one line in a shell in the checkout with nothing in the environment but a path and a home. */
export function typeLine(line: string, home: string, surface: Surface): Typed {
  const env = { PATH: process.env.PATH ?? "/usr/bin:/bin", HOME: home };
  // Without a shell between, which a signal would end instead of the command.
  const direct = /&&|[;|]|^trap /.test(line) ? line : `exec ${line}`;
  const [program, args] =
    surface === "terminal" ? ["script", ["-qec", direct, "/dev/null"]] : ["/bin/sh", ["-c", direct]];
  // A group of its own on a pipe, which a Ctrl-C then reaches whole; script makes a session for its terminal.
  const child = spawn(program as string, args as string[], {
    cwd: CHECKOUT,
    env,
    stdio: [surface === "terminal" ? "pipe" : "ignore", "pipe", "pipe"],
    detached: true,
  });
  let text = "";
  let errors = "";
  const listeners = new Set<() => void>();
  const told = () => {
    for (const listener of [...listeners]) listener();
  };
  child.stdout?.setEncoding("utf8").on("data", (more: string) => {
    text += more;
    told();
  });
  child.stderr?.setEncoding("utf8").on("data", (more: string) => {
    errors += more;
    told();
  });
  // What is typed after the end goes nowhere.
  child.stdin?.on("error", () => undefined);
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      resolve(code ?? 128 + constants.signals[signal ?? "SIGHUP"]);
      told();
    });
  });
  let over = false;
  ended.then(
    () => (over = true),
    () => (over = true),
  );
  return {
    child,
    text: () => text,
    errors: () => errors,
    shows: (pattern, seconds = SECONDS) =>
      new Promise((resolve, reject) => {
        const fail = (why: string) => {
          done();
          reject(new Error(`${line}: ${why} before it showed ${pattern}\n${text}\n${errors}`));
        };
        const late = setTimeout(() => fail(`${seconds} s passed`), seconds * 1000);
        const look = () => {
          const found = pattern.exec(text);
          if (found !== null) {
            done();
            resolve(found);
          } else if (over) fail("it ended");
        };
        const done = () => {
          clearTimeout(late);
          listeners.delete(look);
        };
        listeners.add(look);
        ended.finally(look).catch(() => undefined);
        look();
      }),
    type: (keys) => void child.stdin?.write(keys),
    interrupt: () => {
      if (surface === "terminal") child.stdin?.write("\x03");
      else process.kill(-(child.pid as number), "SIGINT");
    },
    ended,
  };
}

/** What a terminal must never be sent from outside: control characters other than the product's own line ends and colours. */
export function plain(text: string): string {
  // The product's own: movements and colours of its bar (CSI), and CR LF of the terminal.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, "").replace(/\r/g, "");
}
