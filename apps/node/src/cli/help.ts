import type { Command } from "commander";

/** An example of each command, shown below its help. */
const EXAMPLES = new Map(
  Object.entries<string[]>({
    up: [
      "cairn up",
      "cairn up --port 4500 --home /data/cairn",
      "cairn up --tls-cert fullchain.pem --tls-key privkey.pem",
    ],
    stop: ["cairn stop"],
    status: ["cairn status", "cairn status --json"],
    put: [
      "cairn put ~/Pictures/2026",
      "cairn put thesis.pdf --name thesis --for 365",
      "cairn put ~/src --exclude node_modules/ --replace",
      "cairn put ~/deeds --copies 2 --country-each CA,NL --max-price 0.5",
      "pg_dump shop | cairn put - --name shop.sql",
    ],
    get: ["cairn get 2026 /tmp/back", "cairn get 2026/beach/dog.jpg /tmp/dog.jpg"],
    ls: ["cairn ls", "cairn ls --all"],
    cat: ["cairn cat 2026/notes.txt", "cairn cat 2026/film.mkv --range 0-1048576"],
    diff: ["cairn diff 2026 ~/Pictures/2026"],
    mv: ["cairn mv 2026 pictures-2026"],
    show: ["cairn show 2026", "cairn show 2026 --safety", "cairn show 2026/beach --files"],
    check: [
      "cairn check 2026",
      "cairn check 2026 --full",
      "cairn check 2026/beach --every week",
      "cairn check --every month",
      "cairn check --schedules",
    ],
    certificate: ["cairn certificate 2026 -o 2026.custody.json --public-key anna.asc"],
    "verify-certificate": [
      "cairn verify-certificate 2026.custody.json",
      "cairn verify-certificate 2026.custody.json --signature --key anna.asc --rpc https://rpc.example",
    ],
    rm: ["cairn rm 2026"],
    figures: ["cairn figures", "cairn figures --history paidForStorage --since 2026-11-01"],
    fiat: ["cairn fiat show", "cairn fiat import rates.csv --currency usd"],
    "fiat show": ["cairn fiat show"],
    "fiat import": [
      "cairn fiat import rates.csv --currency usd",
      "cairn fiat import eur.json --currency eur --source bank",
    ],
    "fiat source": [
      "cairn fiat source",
      "cairn fiat source rates --url 'https://rates.example/price?vs={currencies}' --path coin.{currency} --currency usd,eur",
      "cairn fiat source rates --remove",
    ],
    settings: [
      "cairn settings",
      "cairn settings --max-price 0.5 --country CA,NL",
      "cairn settings --copies 2 --country-each CA,NL --preview --size 20GiB",
      "cairn settings --wallets savings,daily --confirmations 10",
      "cairn settings --unset country",
    ],
    providers: ["cairn providers", "cairn providers north"],
    chain: ["cairn chain", "cairn chain 1200", "cairn chain contracts"],
    provider: [
      "cairn provider --gateway https://gateway.example --capacity 2TB --country FR --region Lyon",
      'cairn provider --gateway https://gateway.example --windows "mon-fri 18-24, sat-sun 0-24"',
    ],
    "provider retire": ["cairn provider retire --directory /data/provider"],
    "provider withdraw": ["cairn provider withdraw", "cairn provider withdraw 12.5 --directory /data/provider"],
    farmer: ["cairn farmer --address 1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH --size 500MB"],
    downstream: ["cairn downstream serve --host 0.0.0.0 --port 5000", "cairn downstream status"],
    "downstream serve": ["cairn downstream serve --host 0.0.0.0 --port 5000"],
    "downstream whitelist": ["cairn downstream whitelist farmers.csv"],
    "downstream maintain": ["cairn downstream maintain 1KiB 1MiB 1GB 2"],
    "downstream offer": ["cairn downstream offer 2026 --copies 2"],
    "downstream renew": ["cairn downstream renew"],
    "downstream status": ["cairn downstream status --limit 100"],
    key: ["cairn key list", "cairn key export ~/cairn-account.json"],
    "key export": ["cairn key export ~/cairn-account.json --passphrase-file passphrase.txt"],
    "key import": ["cairn key import ~/cairn-account.json"],
    "key list": ["cairn key list"],
    "key create": ["cairn key create"],
    wallet: ["cairn wallet", "cairn wallet deposit 5"],
    "wallet list": ["cairn wallet list"],
    "wallet add": ["cairn wallet add savings --kind vault", "cairn wallet add shop --kind custodial --per-day 5"],
    "wallet default": ["cairn wallet default savings"],
    "wallet unlock": ["cairn wallet unlock savings --minutes 5"],
    "wallet lock": ["cairn wallet lock savings"],
    user: ["cairn user add anna", "cairn user invite"],
    "user add": ["cairn user add anna", "cairn user add root --role operator --password-file password.txt"],
    "user list": ["cairn user list"],
    "user remove": ["cairn user remove anna"],
    "user password": ["cairn user password anna"],
    "user invite": ["cairn user invite Anna --days 2", "cairn user invite --list"],
    "user policy": ["cairn user policy", "cairn user policy closed"],
    token: ["cairn token create backup --scope read,write"],
    "token create": ["cairn token create backup", "cairn token create monitor --scope read --days 90"],
    "token list": ["cairn token list"],
    "token revoke": ["cairn token revoke 1f3a"],
    login: [
      "cairn login https://gateway.example --user anna",
      "cairn login https://gateway.example --user anna --invite-file invite.txt",
      "cairn login https://gateway.example --token-file token.txt --chain https://rpc.example",
    ],
    logout: ["cairn logout"],
    limits: ["cairn limits", "cairn limits --user anna --spool 50GiB --commits none"],
    trust: ["cairn trust", "cairn trust --accept"],
    recover: ["cairn recover", "cairn recover --phrase"],
    phrase: ["cairn phrase create", "cairn phrase status"],
    "phrase create": ["cairn phrase create", "cairn phrase create --copies 5 --days 730"],
    "phrase update": ["cairn phrase update"],
    "phrase verify": ["cairn phrase verify", "cairn phrase verify < words.txt"],
    "phrase status": ["cairn phrase status"],
    offline: ["cairn offline prepare ~/Pictures/2026 -o /data/cars"],
    "offline car": [
      "cairn offline car ~/Pictures/2026 -o /data/cars",
      "cairn offline car ~/Pictures/2026 -o /data/cars --limit 64GiB --encrypt",
    ],
    "offline commp": ["cairn offline commp /data/cars/2026-0001.car", "cairn offline commp film.mkv --json"],
    "offline prepare": [
      "cairn offline prepare ~/Pictures/2026 -o /data/cars",
      "cairn offline prepare ~/Pictures/2026 -o /data/cars --limit 1GiB --json",
    ],
    backup: ["cairn backup /media/usb/cairn.tgz"],
    restore: ["cairn restore /media/usb/cairn.tgz --home /data/cairn"],
    deals: [
      "cairn deals --ending 30",
      "cairn deals --package letters --sort paid",
      "cairn deals --state failed --json",
    ],
    statement: [
      "cairn statement --since 2026-11-01",
      "cairn statement --package letters --kind pay,refund --json",
      "cairn statement --coins --last 20",
    ],
    events: ["cairn events --follow", "cairn events --last 200 --json"],
    notices: ["cairn notices", "cairn notices --unread --read all", "cairn notices --follow --json"],
    notify: [
      "cairn notify",
      "cairn notify --expiry daily --days 14",
      "cairn notify --low weekly --threshold 5 --send low=console,mail",
    ],
    "notify test": ["cairn notify test"],
    "notify mail": ["cairn notify mail anna@example.org", "cairn notify mail --confirm 12345678"],
    "notify webhook": ["cairn notify webhook add https://hooks.example/cairn"],
    "notify webhook add": ["cairn notify webhook add https://hooks.example/cairn --label shop"],
    "notify webhook list": ["cairn notify webhook list"],
    "notify webhook remove": ["cairn notify webhook remove 1f3a"],
    "notify webhook log": ["cairn notify webhook log 1f3a"],
    doctor: ["cairn doctor"],
    open: ["cairn open", "cairn open files", "cairn open --no-browser"],
    completion: ["cairn completion bash > ~/.local/share/bash-completion/completions/cairn"],
    demo: ["cairn demo"],
  }),
);

/** Put the examples below the help of a program's commands. */
export function addExamples(program: Command, prefix = ""): void {
  for (const command of program.commands) {
    const name = `${prefix}${command.name()}`;
    const examples = EXAMPLES.get(name);
    if (examples !== undefined) {
      command.addHelpText("after", ["", "Examples:", ...examples.map((line) => `  ${line}`)].join("\n"));
    }
    addExamples(command, `${name} `);
  }
}
