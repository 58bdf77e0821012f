// The only button there is: plain, primary, danger (red, says what it does) or quiet. And a
// link that looks like one, for what leads to another page.
import type { ButtonHTMLAttributes, ComponentProps } from "react";
import { Link } from "../route/Link";
import styles from "./Button.module.css";

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & {
  tone?: "plain" | "primary" | "danger" | "quiet";
};

export function Button({ tone = "plain", type, className, ...rest }: ButtonProps) {
  const classes = [styles.button, tone === "plain" ? "" : styles[tone], className ?? ""].join(" ");
  return <button {...rest} type={type === "submit" ? "submit" : "button"} className={classes} />;
}

export function LinkButton({ tone = "plain", ...rest }: Omit<ComponentProps<typeof Link>, "className"> & { tone?: "plain" | "primary" }) {
  return <Link {...rest} className={[styles.button, tone === "plain" ? "" : styles[tone]].join(" ")} />;
}
