import { counted, number } from "../format/number.ts";

const outcomes: Record<string, string> = {
  silent: "It did not answer a period's challenge in time.",
  late: "Its proof came too late to count.",
  wrong: "Its proof was wrong.",
  damaged: "A check found damage in what it holds.",
  held: "It kept back what it was asked for.",
};

export const network = {
  title: "Network",
  lead: "Whom you rely on: the providers that keep parts of packages for pay, and the chain that holds them to it.",
  tabs: { label: "Parts of the network", providers: "Providers", blocks: "Blocks", contracts: "Contracts" },
  find: {
    label: "Find a block, hash or address",
    hint: "Number, hash or address",
    go: "Find",
    bad: "This is no block number, no hash (0x and 64 digits) and no address (0x and 40 digits).",
    wallet: (address: string) =>
      `${address} is no provider and no contract of this network: a wallet, perhaps. The chain keeps no list of a wallet's transactions; those of your own stand under Wallets.`,
  },
  figures: {
    connected: "Connected now",
    countries: "Countries",
    mine: "Keep something of yours",
    free: "Free space offered",
  },
  of: (some: number, all: number) => `${number(some)} of ${number(all)}`,
  unplaced: (count: number) =>
    `${counted(count, "provider")} ${count === 1 ? "names" : "name"} no country that can be drawn.`,
  map: {
    title: "Where they are",
    label: "Map of the world with a dot for each country that has providers; the table beside it says the same",
    note: "A dot stands at the centre of the country that providers name themselves.",
    on: "connected",
    off: "not connected",
    dot: (place: string, all: number, connected: number) =>
      `${place}: ${counted(all, "provider")}, ${number(connected)} connected`,
    more: (name: string, more: number) => `${name} and ${counted(more, "country", "countries")} nearby`,
  },
  places: {
    title: "By country",
    country: "Country",
    connected: "Connected",
    mine: "Your deals",
    none: "None named",
  },
  shown: (country: string) => `Only providers in ${country} are shown.`,
  showAll: "Show all",
  list: "Providers",
  columns: {
    provider: "Provider",
    place: "Place",
    state: "Now",
    hours: "Hours of its week",
    free: "Free",
    price: "Coins a GiB and month",
    rating: "Rating",
    mine: "Keeps of yours",
  },
  freeOf: (free: string, all: string) => `${free} of ${all}`,
  mineWords: (deals: number, size: string) => `${counted(deals, "deal")}, ${size}`,
  nothing: "nothing",
  proved: (fulfilled: string, committed: string) =>
    committed === "0"
      ? "It was to prove nothing yet: everybody begins with 90 %."
      : `It proved ${number(BigInt(fulfilled))} of ${number(BigInt(committed))} periods of shards that it was to prove.`,
  empty: {
    title: "No provider yet",
    body: "A provider is a machine that keeps parts of packages for pay. Start one with `cairn provider`; it then stands here with its offer.",
  },
  connected: "Connected",
  away: "Not connected",
  week: {
    title: "The week",
    days: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    table: "The week as a table",
    hour: "Hour (UTC)",
    now: "The hour that is now has a frame. All hours are UTC.",
    all: (least: number, all: number) =>
      least === all
        ? `All ${number(all)} providers are on duty at every hour.`
        : `At the emptiest hour, ${number(least)} of ${counted(all, "provider")} ${least === 1 ? "is" : "are"} on duty.`,
    one: (hours: string) => (hours === "always" ? "On duty at every hour." : `On duty ${hours}.`),
    always: "always",
    cell: (hour: string, on: number, all: number) =>
      all === 1 ? `${hour}: ${on === 1 ? "on duty" : "off duty"}` : `${hour}: ${number(on)} of ${number(all)} on duty`,
    on: "on",
    off: "off",
  },
  one: (id: string) => `Provider ${id}`,
  back: "All providers",
  offer: {
    title: "Offer",
    address: "Address",
    region: "Place, as it says itself",
    endpoint: "Reached at",
    relay: "through the gateway, to which it connects itself",
    price: "Price",
    perMonth: "coins a GiB and month",
    egress: "Reading",
    perGib: "coins a GiB",
    free: "Free space",
    since: "Registered",
    before: "before this gateway kept it",
    seen: "Seen last",
    deals: "Live deals, of everybody",
    earned: "Earned",
    coins: "coins",
  },
  rating: {
    title: "What its rating stands on",
    newcomer: "newcomer",
    lost: (failed: number) => `${counted(failed, "deal")} lost by its fault`,
    good: "no deal lost by its fault",
  },
  misses: {
    title: "Missed within 30 days",
    outcome: "What happened",
    deals: "Live deals",
    last: "Last",
    none: "It missed nothing within 30 days in the deals that live now.",
    outcomes,
  },
  mine: {
    title: "Your deals there",
    deal: "Deal",
    package: "Package",
    state: "State",
    size: "Size",
    proved: "Proved last",
    ends: "Ends",
    all: "All columns, under Deals",
    none: {
      title: "It keeps nothing of yours",
      body: "When you store a folder, providers are chosen by your settings: price, country, rating and hours. If this one is chosen, your deals with it stand here.",
    },
    packages: (deals: number, packages: number) => `${counted(deals, "deal")} of ${counted(packages, "package")}`,
  },
} as const;
