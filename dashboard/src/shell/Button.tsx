// The only button there is: plain, primary, danger (red, says what it does) or quiet.
import type { ButtonHTMLAttributes } from "react";
import styles from "./Button.module.css";

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & {
  tone?: "plain" | "primary" | "danger" | "quiet";
};

export function Button({ tone = "plain", type, className, ...rest }: ButtonProps) {
  const classes = [styles.button, tone === "plain" ? "" : styles[tone], className ?? ""].join(" ");
  return <button {...rest} type={type === "submit" ? "submit" : "button"} className={classes} />;
}
