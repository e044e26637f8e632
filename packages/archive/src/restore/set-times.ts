import { spawn } from "node:child_process";
import { once } from "node:events";
import { lutimesSync } from "node:fs";
import { setImmediate as breathe } from "node:timers/promises";
import { atPath } from "../walk/at-path.ts";
import { joinPath } from "../walk/join-path.ts";

export interface Timed {
  entry: { seconds: number; nanoseconds: number };
  /** In string form, below the root; "" for the root itself. */
  path: string;
}

/**
 * Node sets times as floating-point seconds, which today are 238 ns apart. Perl, which is essential in Debian and its
 * kin, reaches utimensat(2) itself: its number per machine, AT_FDCWD, UTIME_OMIT for the access time, no links followed.
 */
const SYSCALLS = new Map(Object.entries({ x64: 280, arm64: 88 }));
/** Paths between two turns of the event loop. */
const STRIDE = 512;
const UTIME_OMIT = 1_073_741_822;
/** A path longer than one system call takes is walked to: perl may change its directory, which no thread of ours may. */
const SCRIPT = `
$/ = "\\0"; binmode STDIN;
opendir(my $start, ".");
while (my $line = <STDIN>) {
  chomp $line;
  my ($s, $n, $path) = $line =~ /^(-?\\d+) (\\d+) (.*)$/s or exit 2;
  my $far = length($path) > 4000;
  while (length($path) > 4000) {
    my $cut = rindex($path, "/", 4000);
    $cut > 0 or exit 4;
    chdir(substr($path, 0, $cut)) or exit 4;
    $path = substr($path, $cut + 1);
  }
  my $times = pack("q4", 0, ${UTIME_OMIT}, $s, $n);
  syscall($ARGV[0], -100, $path, $times, 256) == 0 or exit 3;
  if ($far) { chdir($start) or exit 5; }
}`;

/**
 * Sets modification times, of links themselves too: to the nanosecond where perl is at hand, and within a microsecond
 * otherwise. @returns whether all times are exact
 */
export async function setTimes(entries: readonly Timed[], root: Uint8Array): Promise<boolean> {
  if (entries.length === 0 || (await setExactly(entries, root))) return true;
  for (const [index, { entry, path }] of entries.entries()) {
    if (index % STRIDE === 0) await breathe();
    const time = entry.seconds + entry.nanoseconds / 1e9;
    atPath(joinPath(root, path), (place) => lutimesSync(place, time, time));
  }
  return entries.every(({ entry }) => entry.nanoseconds === 0);
}

async function setExactly(entries: readonly Timed[], root: Uint8Array): Promise<boolean> {
  const number = process.platform === "linux" ? SYSCALLS.get(process.arch) : undefined;
  if (number === undefined) return false;
  const perl = spawn("perl", ["-e", SCRIPT, String(number)], { stdio: ["pipe", "ignore", "ignore"] });
  const ended = new Promise<boolean>((resolve) => {
    perl.once("error", () => resolve(false));
    perl.once("close", (code) => resolve(code === 0));
  });
  // A pipe that breaks shows in the exit code.
  perl.stdin.on("error", () => undefined);
  for (const { entry, path } of entries) {
    if (perl.stdin.destroyed) break;
    const line = [Buffer.from(`${entry.seconds} ${entry.nanoseconds} `), joinPath(root, path), Buffer.alloc(1)];
    if (!perl.stdin.write(Buffer.concat(line)))
      await Promise.race([once(perl.stdin, "drain").catch(() => undefined), ended]);
  }
  perl.stdin.end();
  return ended;
}
