// A part of the page that one section of the machine fills: what was found and when, or
// why there is nothing.
import type { ReactNode } from "react";
import { Age } from "../live/Age";
import { Nothing, Part } from "./Part";
import { type Report, whyMissing } from "./report";
import { useSection } from "./useSection";

interface SectionPartProps {
  id: string;
  title: string;
  name: string;
  report: Report;
  /** Reads what the agent wrote and shows it. */
  children: (value: unknown) => ReactNode;
}

export function SectionPart({ id, title, name, report, children }: SectionPartProps) {
  const section = useSection(id, name);
  if (section.data) {
    return <Part title={title} note={<>as of <Age since={section.data.taken_at} suffix=" ago" /></>}>{children(section.data.value)}</Part>;
  }
  if (section.error) return <Part title={title}><Nothing>This can't be shown: {section.error.message}</Nothing></Part>;
  return <Part title={title}><Nothing>{section.isPending ? "…" : whyMissing(report, name)}</Nothing></Part>;
}
