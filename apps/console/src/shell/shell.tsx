import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useNavigate, useRouter } from "@tanstack/react-router";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { client } from "../api/client.ts";
import { queryClient } from "../api/query-client.ts";
import { hashOf } from "../files/place.ts";
import { goTo, usePlace } from "../files/use-place.ts";
import { KeyLamp } from "../keys/key-lamp.tsx";
import { lockIfOpen, openKeys } from "../keys/keys.ts";
import { UnlockDialog } from "../keys/unlock-dialog.tsx";
import { Act, announce, Button, Choice, Toasts, Waiting } from "../kit/index.ts";
import { followLive, useLiveState } from "../live/live.ts";
import { logOut, useSession } from "../session/session.ts";
import { storedTheme, storeTheme, THEMES, type Theme } from "../theme.ts";
import { DropTarget } from "../uploads/drop-target.tsx";
import { UploadBadge } from "../uploads/upload-badge.tsx";
import { shell } from "../words/shell.ts";
import { useKeys } from "./keys.ts";
import { SignIn } from "./sign-in.tsx";
import { VaultLamp } from "./vault-lamp.tsx";

const PLACES = [
  ["/", shell.places.overview],
  ["/files", shell.places.files],
  ["/packages", shell.places.packages],
  ["/deals", shell.places.deals],
  ["/wallets", shell.places.wallets],
  ["/network", shell.places.network],
  ["/activity", shell.places.activity],
  ["/settings", shell.places.settings],
  ["/doors", shell.places.doors],
] as const;

/** Shown without a session. */
const OPEN = ["/sign-up"];

const sweep = () => import("../files/spools.ts").then(({ sweepSpools }) => sweepSpools()).catch(() => undefined);

/** The frame around every page: where one can go, what is live, and, without a session, the way in. */
export function Shell() {
  const session = useSession();
  const { pathname } = useLocation();
  // When the page is loaded, and when somebody logs in or out: no decrypted download outlives what has use for it.
  useEffect(() => {
    if (session.at !== "opening") void sweep();
  }, [session.at]);
  if (session.at === "in") return <Frame account={session.who.account} />;
  if (session.at === "opening") return <Waiting />;
  return (
    <main id="page" className="sign-in">
      {OPEN.includes(pathname) ? <Outlet /> : <SignIn over={session.over} fault={session.fault} />}
      <Toasts />
    </main>
  );
}

function Frame({ account }: { account: string }) {
  const [menu, setMenu] = useState(false);
  const page = useRef<HTMLElement>(null);
  const router = useRouter();
  useEffect(() => {
    const over = new AbortController();
    void followLive(over.signal);
    void openKeys(account);
    return () => {
      over.abort();
      // Not before pages that ask are gone; the rest is forgotten by `leave`.
      queryClient.clear();
    };
  }, [account]);
  useEffect(
    () =>
      router.subscribe("onRendered", ({ fromLocation, pathChanged }) => {
        if (fromLocation === undefined || !pathChanged) return;
        setMenu(false);
        // A screen reader hears which page it is, and Tab goes on from its beginning.
        const heading = page.current?.querySelector("h1") ?? page.current;
        heading?.focus({ preventScroll: true });
        announce(shell.arrived(heading?.textContent ?? ""));
      }),
    [router],
  );
  useKeys({ onEscape: () => setMenu(false) });
  return (
    <>
      <a className="skip" href="#page">
        {shell.skip}
      </a>
      <div className="shell">
        <nav className="side" id="menu" aria-label={shell.navigation} data-open={menu}>
          <Link to="/" className="brand">
            {shell.name}
          </Link>
          <ul>
            {PLACES.map(([to, words]) => (
              <li key={to}>
                <Link to={to} activeOptions={{ exact: to === "/" }} onClick={() => setMenu(false)}>
                  {words}
                </Link>
                {to === "/activity" ? <Unread /> : null}
              </li>
            ))}
          </ul>
          <div className="foot">
            <ThemeChoice />
            <Who />
          </div>
        </nav>
        <div>
          <header className="top">
            <Button className="menu-button" aria-expanded={menu} aria-controls="menu" onClick={() => setMenu(!menu)}>
              {menu ? shell.closeMenu : shell.menu}
            </Button>
            <Search />
            <Link className="button" data-kind="main" to="/upload" title={shell.uploadHint}>
              {shell.upload}
            </Link>
            <UploadBadge />
            <VaultLamp />
            <KeyLamp />
            <Lamp />
          </header>
          <Away />
          <main className="content" id="page" ref={page} tabIndex={-1}>
            <Outlet />
          </main>
        </div>
      </div>
      <Toasts />
      <DropTarget />
      <UnlockDialog />
    </>
  );
}

/** How many notices nobody has looked at. */
function Unread() {
  const { data } = useQuery({
    queryKey: ["notices", "unread"],
    queryFn: () => client.notices.page({ limit: 1, unread: true }),
  });
  const count = data?.unread ?? 0;
  return count === 0 ? null : (
    <Link className="unread-count" to="/activity/notices" search={{ show: "unread" }} aria-label={shell.unread(count)}>
      {count > 99 ? "99+" : count}
    </Link>
  );
}

/** `/` comes here from anywhere; on the page of files it finds as one types. What is typed stays behind the `#`: names are not told to the gateway. */
function Search() {
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const { find = "" } = usePlace();
  const [text, setText] = useState(find);
  const isThere = pathname === "/files";
  useEffect(() => setText(isThere ? find : ""), [isThere, find]);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isThere) document.querySelector<HTMLElement>("#page tr[data-index]")?.focus();
    else void navigate({ to: "/files", hash: hashOf({ path: [], find: text }) });
  };
  return (
    <search className="search">
      <form onSubmit={submit}>
        <input
          className="input"
          type="search"
          name="search"
          id="search"
          autoComplete="off"
          placeholder={shell.search}
          aria-label={shell.search}
          value={text}
          onChange={({ target }) => {
            setText(target.value);
            if (isThere) goTo({ path: [], find: target.value }, { replace: find !== "" });
          }}
        />
      </form>
    </search>
  );
}

function Lamp() {
  const state = useLiveState();
  return (
    <span className="lamp" data-state={state} title={shell.liveHint[state]}>
      <span>{shell.live[state]}</span>
    </span>
  );
}

function Away() {
  const away = useLiveState() === "away";
  return (
    <>
      {globalThis.isSecureContext ? null : <div className="banner">{shell.secure}</div>}
      {away ? (
        <div className="banner" role="status">
          {shell.away}
        </div>
      ) : null}
    </>
  );
}

function ThemeChoice() {
  const [theme, setTheme] = useState<Theme>(storedTheme);
  const choose = (next: Theme) => {
    setTheme(next);
    storeTheme(next);
  };
  return (
    <Choice
      label={shell.theme}
      value={theme}
      choices={THEMES.map((one) => [one, shell.themes[one]] as const)}
      onChange={choose}
    />
  );
}

function Who() {
  const session = useSession();
  const out = async () => {
    // Whoever leaves the machine now leaves no key open, also where the gateway is away and the session goes on.
    await lockIfOpen();
    await logOut();
  };
  return session.at !== "in" ? null : (
    <>
      <span>{session.who.user?.name ?? session.who.account}</span>
      <Act act={out}>{shell.logOut}</Act>
    </>
  );
}
