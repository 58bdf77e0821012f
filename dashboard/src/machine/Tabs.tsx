// The way from one part of a machine's page to another: plain links, so that each can be
// opened, copied and gone back to.
import { useEffect, useRef } from "react";
import { usePath, useSearch } from "../route/location";
import { Link } from "../route/Link";
import { tabAddress, tabIn, TABS } from "./tabs";
import styles from "./Tabs.module.css";

export function Tabs() {
  const path = usePath();
  const search = useSearch();
  const open = tabIn(search);
  const row = useRef<HTMLElement>(null);
  // On a phone the open one may be out of sight.
  useEffect(() => {
    const link = row.current?.querySelector("[aria-current]");
    if (row.current && link instanceof HTMLElement) row.current.scrollLeft = link.offsetLeft - (row.current.clientWidth - link.offsetWidth) / 2;
  }, [open]);
  return (
    <nav ref={row} className={styles.tabs} aria-label="Parts of this machine">
      {TABS.map(({ name, title }) => (
        <Link key={name} to={tabAddress(path, search, name)} aria-current={name === open ? "page" : undefined}>{title}</Link>
      ))}
    </nav>
  );
}
