// You: name, role, the theme, and the way out.
import { useEffect, useRef, useState } from "react";
import { signOut } from "../api/session";
import { Link } from "../route/Link";
import { settingsPath } from "../route/pages";
import { useSignedIn } from "./signedIn";
import { chooseTheme, THEMES, useTheme } from "./theme";
import styles from "./UserMenu.module.css";

export function UserMenu() {
  const { user, leave } = useSignedIn();
  const [isOpen, setOpen] = useState(false);
  const theme = useTheme();
  const root = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    if (!isOpen) return;
    function pressOutside(event: PointerEvent) {
      if (event.target instanceof Node && !root.current?.contains(event.target)) setOpen(false);
    }
    function escape(event: KeyboardEvent) {
      if (event.key !== "Escape") return;
      setOpen(false);
      opener.current?.focus();
    }
    document.addEventListener("pointerdown", pressOutside);
    document.addEventListener("keydown", escape);
    return () => {
      document.removeEventListener("pointerdown", pressOutside);
      document.removeEventListener("keydown", escape);
    };
  }, [isOpen]);

  // Whether or not the server hears it, this browser shows nothing any more.
  async function signOutAndLeave() {
    await signOut().catch(() => undefined);
    leave();
  }

  return (
    <div ref={root} className={styles.root}>
      <button ref={opener} type="button" className={styles.opener} aria-expanded={isOpen} aria-controls="user-menu"
        aria-label={`You: ${user.username}`} onClick={() => setOpen(!isOpen)}>
        {(user.username[0] ?? "?").toUpperCase()}
      </button>
      {isOpen && (
        <div id="user-menu" className={styles.menu}>
          <p className={styles.who}>
            <strong>{user.username}</strong>
            <span>{user.role}</span>
          </p>
          <fieldset className={styles.theme}>
            <legend>Theme</legend>
            {THEMES.map((each) => (
              <label key={each}>
                <input type="radio" name="theme" value={each} checked={theme === each} onChange={() => chooseTheme(each)} />
                <span>{each}</span>
              </label>
            ))}
          </fieldset>
          <Link to={settingsPath("account")} className={styles.item} onClick={() => setOpen(false)}>My account</Link>
          <button type="button" className={styles.item} onClick={() => void signOutAndLeave()}>
            Sign out
          </button>
        </div>
      )}
    </div>
  );
}
