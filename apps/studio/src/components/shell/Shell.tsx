import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { statusQuery } from "../../api/server.ts";
import { logOut } from "../../api/session.ts";
import { formatCount } from "../../text/format.ts";
import { Palette } from "../palette/Palette.tsx";
import { NAV } from "./nav.ts";
import { ServerBanner } from "./ServerBanner.tsx";
import { ShortcutsDialog } from "./ShortcutsDialog.tsx";
import { useShortcuts } from "./shortcuts.ts";
import { THEMES, type Theme, useTheme } from "./theme.ts";

const MAC = navigator.platform.startsWith("Mac");

/** ⌘K or Ctrl-K opens the palette, also while one types. */
function usePalette(): { isOpen: boolean; open(): void; close(): void } {
  const [isOpen, setOpen] = useState(false);
  const open = () => document.querySelector("dialog[open]") ?? setOpen(true);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey)
        return;
      event.preventDefault();
      open();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  return { isOpen, open, close: () => setOpen(false) };
}

/** What surrounds every page: navigation, the server's word, and the help. */
export function Shell() {
  const [help, setHelp] = useState(false);
  const palette = usePalette();
  useShortcuts({ "?": () => setHelp(true) });
  const page = useLocation({ select: ({ pathname }) => pathname });
  // On a phone the pages are a row that may be longer than the screen.
  useEffect(() => {
    document.querySelector(".nav-link.active")?.scrollIntoView({ inline: "nearest" });
  }, [page]);
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <header className="nav">
        <span className="brand">Flywheel</span>
        <nav aria-label="Pages">
          {NAV.map((page) => (
            <Link key={page.to} to={page.to} className="nav-link" onClick={focusPage}>
              {page.label}
            </Link>
          ))}
        </nav>
        <NavFoot onHelp={() => setHelp(true)} onPalette={palette.open} />
      </header>
      <main id="main" className="main" tabIndex={-1}>
        <ServerBanner />
        <Outlet />
      </main>
      <ShortcutsDialog open={help} onClose={() => setHelp(false)} />
      {palette.isOpen && <Palette onClose={palette.close} onHelp={() => setHelp(true)} />}
    </div>
  );
}

/** Who has chosen a page is on it: its keys work at once. */
const focusPage = (): void => document.getElementById("main")?.focus();

function NavFoot({ onHelp, onPalette }: { onHelp: () => void; onPalette: () => void }) {
  const client = useQueryClient();
  const [theme, setTheme] = useTheme();
  const { data } = useQuery(statusQuery);
  return (
    <div className="nav-foot">
      {data && (
        <p className="nav-note" title="Generations in the write-ahead log that are not rows yet">
          {data.version}
          {data.pending > 0 && ` · ${formatCount(data.pending)} pending`}
        </p>
      )}
      <select
        className="select quiet"
        aria-label="Theme"
        value={theme}
        onChange={(event) => setTheme(event.target.value as Theme)}
      >
        {THEMES.map((name) => (
          <option key={name} value={name}>
            {name[0]!.toUpperCase() + name.slice(1)}
          </option>
        ))}
      </select>
      <button type="button" className="button quiet" aria-keyshortcuts="Control+K Meta+K" onClick={onPalette}>
        Go to <kbd>{MAC ? "⌘K" : "Ctrl K"}</kbd>
      </button>
      <button type="button" className="button quiet keyboard" onClick={onHelp}>
        Keyboard <kbd>?</kbd>
      </button>
      <button type="button" className="button quiet" onClick={() => logOut(client)}>
        Log out
      </button>
    </div>
  );
}
