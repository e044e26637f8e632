const BROWSERS: readonly (readonly [name: string, mark: RegExp])[] = [
  // Others also say that they are Chrome and Safari: those come later.
  ["Edge", /\bEdg(?:e|A|iOS)?\/(\d+)/],
  ["Opera", /\bOPR\/(\d+)/],
  ["Firefox", /\b(?:Firefox|FxiOS)\/(\d+)/],
  ["Chrome", /\b(?:Headless)?(?:Chrome|CriOS|Chromium)\/(\d+)/],
  ["Safari", /\bVersion\/(\d+)[\d.]* (?:Mobile\/\w+ )?Safari/],
];
const SYSTEMS: readonly (readonly [name: string, mark: RegExp])[] = [
  ["Android", /\bAndroid\b/],
  ["iOS", /\b(?:iPhone|iPad)\b/],
  ["Windows", /\bWindows NT\b/],
  ["macOS", /\bMac OS X\b/],
  ["Linux", /\bLinux\b/],
];

/** `Firefox 140 on Linux`, from what a browser says of itself; another program by its first words; undefined where it says nothing. */
export function browserName(agent: string): string | undefined {
  if (agent.trim() === "") return undefined;
  for (const [name, mark] of BROWSERS) {
    const version = mark.exec(agent)?.[1];
    if (version === undefined) continue;
    const system = SYSTEMS.find(([, is]) => is.test(agent))?.[0];
    return `${name} ${version}${system === undefined ? "" : ` on ${system}`}`;
  }
  return agent.slice(0, 60);
}
