// ⌘K: type a few letters of a machine, press Enter, be there. A few actions too.
import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { mayEnroll, mayRun } from "../api/permissions";
import { parseFilter } from "../fleet/filter";
import { comparing } from "../fleet/sort";
import { fleetStore } from "../live/fleetStore";
import { PresenceMark } from "../presence/PresenceMark";
import { navigate } from "../route/location";
import { COMMANDS_PATH, composePath, FLEET_PATH, machinePath, NETWORK_PATH, settingsPath } from "../route/pages";
import { sectionsFor } from "../settings/sections";
import { useOpenOverlay } from "./overlays";
import styles from "./Palette.module.css";
import { useSignedIn } from "./signedIn";
import { chooseTheme } from "./theme";

const MACHINES_MAX = 8;

interface Choice {
  id: string;
  label: string;
  detail: string;
  presence?: Parameters<typeof PresenceMark>[0]["presence"];
  act: () => void;
}

export function Palette({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const list = useId();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const actions = useActions();
  const choices = useMemo(() => [...machinesMatching(text), ...actionsMatching(actions, text)], [actions, text]);

  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);

  function choose(choice: Choice | undefined) {
    if (!choice) return;
    onClose();
    choice.act();
  }

  function press(event: KeyboardEvent) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setAt((at + step + choices.length) % Math.max(1, choices.length));
    else if (event.key === "Enter") choose(choices[at]);
    else return;
    event.preventDefault();
  }

  return (
    // A click beside the dialog closes it; Escape does the same, by the browser.
    <dialog ref={dialog} className={styles.palette} aria-label="Find a machine" onClose={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}>
      <input className={styles.field} role="combobox" aria-expanded="true" aria-controls={list} aria-autocomplete="list"
        aria-activedescendant={choices[at] ? `${list}-${at}` : undefined} aria-label="Find a machine or an action"
        placeholder="Name, address, tag, or an action" value={text} onKeyDown={press}
        onChange={(event) => { setText(event.target.value); setAt(0); }} />
      <ul id={list} role="listbox" aria-label="Found" className={styles.list}>
        {choices.map((choice, index) => (
          // The field above takes the keys.
          <li key={choice.id} id={`${list}-${index}`} role="option" aria-selected={index === at}
            onClick={() => choose(choice)} onPointerMove={() => setAt(index)}>
            {choice.presence ? <PresenceMark presence={choice.presence} /> : <span className={styles.arrow} aria-hidden="true">→</span>}
            <span className={styles.label}>{choice.label}</span>
            <span className={styles.detail}>{choice.detail}</span>
          </li>
        ))}
      </ul>
      {choices.length === 0 && <p className={styles.none}>Nothing is called that.</p>}
    </dialog>
  );
}

function machinesMatching(text: string): Choice[] {
  const { admit } = parseFilter(text);
  const found = [...fleetStore.current().machines.values()].filter((card) => admit(card));
  // Names that begin with what was typed come first.
  const typed = text.trim().toLowerCase();
  const begins = (name: string) => Number(typed !== "" && name.toLowerCase().startsWith(typed));
  const compare = comparing({ key: "worst", direction: "desc" });
  found.sort((a, b) => begins(b.name) - begins(a.name) || compare(a, b));
  return found.slice(0, MACHINES_MAX).map((card) => ({
    id: `machine ${card.id}`,
    label: card.name,
    detail: [card.model ?? card.os_version, ...card.tags].join(" · "),
    presence: card.presence,
    act: () => navigate(machinePath(card.id)),
  }));
}

function actionsMatching(actions: readonly Choice[], text: string): Choice[] {
  const typed = text.trim().toLowerCase();
  return actions.filter((action) => action.label.toLowerCase().includes(typed));
}

function useActions(): Choice[] {
  const { user } = useSignedIn();
  const open = useOpenOverlay();
  return useMemo(() => {
    const action = (label: string, detail: string, act: () => void): Choice => ({ id: `action ${label}`, label, detail, act });
    return [
      action("Show the whole fleet", "", () => navigate(FLEET_PATH)),
      action("Show machines that are offline", "is:offline", () => navigate("/?q=is%3Aoffline")),
      action("Show machines with alarms", "is:alarm", () => navigate("/?q=is%3Aalarm")),
      action("Network: where is the trouble?", "", () => navigate(NETWORK_PATH)),
      action("Commands: what was asked of machines", "", () => navigate(COMMANDS_PATH)),
      ...(mayRun(user) ? [action("New command", "", () => navigate(composePath))] : []),
      ...(mayEnroll(user) ? [action("Add a machine", "", () => open("add-machine"))] : []),
      ...sectionsFor(user).map(({ section, title }) => action(`Settings: ${title}`, "", () => navigate(settingsPath(section)))),
      action("Theme: light", "", () => chooseTheme("light")),
      action("Theme: dark", "", () => chooseTheme("dark")),
      action("Theme: as the system", "", () => chooseTheme("auto")),
      action("Keyboard map", "?", () => open("keyboard-map")),
    ];
  }, [user, open]);
}
