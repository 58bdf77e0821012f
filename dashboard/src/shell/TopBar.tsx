// The bar on top: where you are, a way to anywhere, the line's state, and you.
import { usePath } from "../route/location";
import { COMMANDS_PATH, FLEET_PATH, NETWORK_PATH, type Page, pageAt, SETTINGS_PATH } from "../route/pages";
import { Link } from "../route/Link";
import { ConnectionMark } from "../live/ConnectionMark";
import { Logo } from "./Logo";
import { useOpenOverlay } from "./overlays";
import styles from "./TopBar.module.css";
import { UserMenu } from "./UserMenu";

const isMac = navigator.userAgent.includes("Mac");

const COMMANDS_PAGES: readonly Page["name"][] = ["commands", "compose", "scripts", "batch"];

export function TopBar() {
  const open = useOpenOverlay();
  const page = pageAt(usePath()).name;
  return (
    <header className={styles.bar}>
      <Link to={FLEET_PATH} className={styles.brand} aria-label="ATLAS, to the fleet">
        <Logo />
        <span>ATLAS</span>
      </Link>
      <nav className={styles.pages} aria-label="Pages">
        <Link to={FLEET_PATH} aria-current={page === "fleet" || page === "machine" ? "page" : undefined}>Fleet</Link>
        <Link to={NETWORK_PATH} aria-current={page === "network" ? "page" : undefined}>Network</Link>
        <Link to={COMMANDS_PATH} aria-current={COMMANDS_PAGES.includes(page) ? "page" : undefined}>Commands</Link>
        <Link to={SETTINGS_PATH} aria-current={page === "settings" ? "page" : undefined}>Settings</Link>
      </nav>
      <button type="button" className={styles.search} onClick={() => open("palette")}>
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <circle cx="7" cy="7" r="4.5" />
          <path d="m10.5 10.5 3.5 3.5" />
        </svg>
        <span>Find a machine</span>
        <kbd aria-hidden="true">{isMac ? "⌘K" : "Ctrl K"}</kbd>
      </button>
      <ConnectionMark />
      <UserMenu />
    </header>
  );
}
