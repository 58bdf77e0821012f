// The settings: on the left what there is, on the right one of it.
import { useEffect, type ReactNode } from "react";
import { Link } from "../route/Link";
import { type SettingsSection, settingsPath } from "../route/pages";
import { useSignedIn } from "../shell/signedIn";
import { AccountSection } from "./account/AccountSection";
import { AuditSection } from "./audit/AuditSection";
import { CertificateSection } from "./certificate/CertificateSection";
import { EnrolmentSection } from "./enrolment/EnrolmentSection";
import { KeysSection } from "./keys/KeysSection";
import { Section } from "./Section";
import { SECTIONS, sectionsFor } from "./sections";
import styles from "./SettingsPage.module.css";
import { UsersSection } from "./users/UsersSection";

export default function SettingsPage({ section }: { section: SettingsSection }) {
  const { user } = useSignedIn();
  const entries = sectionsFor(user);
  const title = SECTIONS.find((each) => each.section === section)?.title ?? "Settings";
  const isAllowed = entries.some((each) => each.section === section);

  useEffect(() => {
    document.title = `${title} · ATLAS`;
  }, [title]);

  return (
    <div className={styles.page}>
      <nav className={styles.sections} aria-label="Settings">
        {entries.map((each) => (
          <Link key={each.section} to={settingsPath(each.section)} aria-current={each.section === section ? "page" : undefined}>{each.title}</Link>
        ))}
      </nav>
      <div className={styles.content}>{isAllowed ? contentOf(section) : <NotAllowed title={title} />}</div>
    </div>
  );
}

function contentOf(section: SettingsSection): ReactNode {
  switch (section) {
    case "account": return <AccountSection />;
    case "users": return <UsersSection />;
    case "keys": return <KeysSection />;
    case "enrolment": return <EnrolmentSection />;
    case "audit": return <AuditSection />;
    case "certificate": return <CertificateSection />;
  }
}

function NotAllowed({ title }: { title: string }) {
  return <Section title={title} intro="Your role may not see this. Ask an administrator.">{null}</Section>;
}
