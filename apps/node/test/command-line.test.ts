import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const BIN = join(import.meta.dirname, "../../../bin/cairn.mjs");
const directory = mkdtempSync(join(tmpdir(), "cairn-line-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** As a shell runs it, with nothing in the environment but a path and a home. */
function shell(command: string) {
  const { status, stdout, stderr } = spawnSync("/bin/bash", ["-c", command], {
    cwd: directory,
    env: { PATH: "/usr/bin:/bin", HOME: directory, CAIRN: BIN, NODE: process.execPath, CAIRN_PARENT_PIPE: "3" },
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}
/** With the name that hints call the program by, as it was called, for short. */
function cairn(line: string) {
  const { status, stdout, stderr } = shell(`"$NODE" "$CAIRN" ${line}`);
  const named = (text: string) => text.replaceAll(/node \S*cairn\.mjs/g, "cairn");
  return { status, stdout: named(stdout), stderr: named(stderr) };
}

describe("the command line", () => {
  it("shows an example with the help of every command", () => {
    const names = [...cairn("--help").stdout.matchAll(/^ {2}([a-z]+)[ |].*/gm)].map(([, name]) => name ?? "");
    expect(names).toEqual(expect.arrayContaining(["up", "stop", "status", "put", "get", "ls", "demo", "completion"]));
    for (const name of names.filter((one) => one !== "help")) {
      expect(cairn(`${name} --help`).stdout, name).toContain(`Examples:\n  cairn ${name}`);
    }
    expect(cairn("events --help").stdout).toContain("one JSON document a line");
  });

  it("answers a program with one JSON object, also where the command line cannot be understood", () => {
    for (const [line, code, next] of [
      ["pit --json", "unknown-command", "Did you mean put?"],
      ["key lost --json", "unknown-command", "cairn key --help"],
      ["--json put", "unknown-option", "cairn put --help"],
      ["put --json", "missing-argument", "cairn put --help"],
      ["ls --hom x --json", "unknown-option", "Did you mean --home?"],
      ["ls more than that --json", "too-many-arguments", "cairn ls --help"],
      ["put x --json --name", "missing-value", "cairn put --help"],
      ["put x --k 999 --json", "bad-value", "cairn put --help"],
      ["up --profile none --json", "bad-value", "cairn up --help"],
      ['put "" --json', "empty-argument", "`cairn put --help`"],
      ["put --json --name d --stdin-from-command --", "missing-argument", "cairn put --help"],
      ["wallet pay 1 --json", "bad-value", "cairn wallet --help"],
      ["wallet deposit much --json", "bad-value", "cairn wallet --help"],
    ] as const) {
      const { status, stdout, stderr } = cairn(line);
      expect(JSON.parse(stdout), line).toMatchObject({
        error: { code, kind: "input", next: expect.stringContaining(next) },
      });
      expect([status, stderr], line).toEqual([2, ""]);
    }
    expect(cairn("put --name d --stdin-from-command --").stderr).toContain("--stdin-from-command needs a command");
    const { status, stdout, stderr } = cairn("put -- --json");
    expect([status, stdout]).toEqual([6, ""]);
    expect(stderr).toContain("npm start");
  });

  it("takes a provider's directory before and after what is done with its cold key", () => {
    for (const line of ["provider retire --directory none", "provider --directory none withdraw 1.5"]) {
      const { status, stdout } = cairn(`${line} --json`);
      expect(JSON.parse(stdout), line).toMatchObject({
        error: { code: "no-provider", message: expect.stringContaining(join(directory, "none")) },
      });
      expect(status, line).toBe(4);
    }
    expect(cairn("provider withdraw all").stderr).toContain("such as 1.5");
  });

  it("refuses empty arguments and options, and suggests what was meant", () => {
    for (const line of ['put ""', 'get "" x', 'get a ""', 'show ""', 'put x --name ""', 'ls --home ""', 'backup ""']) {
      const { status, stderr } = cairn(line);
      expect(stderr, line).toContain("is empty");
      expect(status, line).toBe(2);
    }
    expect(cairn("pit").stderr).toContain("Did you mean put?");
    expect(cairn("ls --hom x").stderr).toContain("Did you mean --home?");
  });

  it("says what to run where no network runs", () => {
    const { status, stderr } = cairn("ls");
    expect([status, stderr.includes("npm start")]).toEqual([6, true]);
    expect(cairn("stop")).toMatchObject({ status: 0, stderr: "" });
    expect(cairn("status").stdout).toContain("no network is running");
  });

  it("stops a network by whichever name it was started", () => {
    for (const name of ["up", "start"]) {
      const { stdout } = shell(
        `"$NODE" "$CAIRN" ${name} --port 0 --home ${name} > ${name}.log 2>&1 & until test -e ${name}/lock; do sleep 0.1; done; "$NODE" "$CAIRN" stop --home ${name}; wait; echo "ended $?"`,
      );
      expect(stdout, name).toMatch(/^Stopped the network in .*\nended 0\n$/);
    }
  });

  it("ends quietly when nobody reads, and with a sentence when the disk is full", () => {
    expect(shell(`"$NODE" "$CAIRN" --help | true; echo \${PIPESTATUS[0]}`)).toMatchObject({
      stdout: "0\n",
      stderr: "",
    });
    const full = cairn("--help > /dev/full");
    expect(full.status).toBe(1);
    expect(full.stderr).toBe("cairn: cannot write to standard output: no space is left on the device\n");
  });
});

describe("a terminal", () => {
  it("is as it was after Ctrl-C in the middle of a command", () => {
    const { stdout } = shell(
      `(sleep 8; printf '\\003') | script -qec 'trap : INT; stty -g > before; "$NODE" "$CAIRN" demo; echo "ended with $?"; stty -g > after' /dev/null; cmp before after && echo same`,
    );
    expect(stdout).toContain("ended with 130");
    expect(stdout).toContain("same");
    expect(stdout.includes("\x1b[?25l") && !stdout.includes("\x1b[?25h")).toBe(false);
  });
});
