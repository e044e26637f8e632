import { spawn } from "node:child_process";
import { linkOf } from "../up/console-link.ts";
import { type CommonOptions, openSession } from "./session.ts";

interface OpenOptions extends CommonOptions {
  browser?: boolean;
}

/** What shows a URL, by platform; without it the link is printed alone. */
const OPENERS: Partial<Record<NodeJS.Platform, string>> = { darwin: "open", linux: "xdg-open" };

/** A link that opens the console, or the page at `path`, signed in, once: printed, and opened where a person is at a desktop. */
export async function open(path: string | undefined, options: OpenOptions): Promise<void> {
  const { client, gateway, output } = await openSession(options);
  const { secret, expiresAt } = await client.links.create();
  const link = linkOf(gateway.url, secret, path);
  output.result({ link, expiresAt });
  output.say(link);
  output.say("It works once, on this machine, within half an hour.");
  if (options.json !== true && options.browser !== false && process.stdout.isTTY) show(link);
}

/** The link stands in the arguments of a process of this machine for a moment; by then the browser uses it up. */
function show(link: string): void {
  const opener = OPENERS[process.platform];
  const hasDesktop = process.platform !== "linux" || [process.env.DISPLAY, process.env.WAYLAND_DISPLAY].some(Boolean);
  if (opener === undefined || !hasDesktop) return;
  const child = spawn(opener, [link], { stdio: "ignore", detached: true });
  child.once("error", () => undefined);
  child.unref();
}
