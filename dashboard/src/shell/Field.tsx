// One labelled field of a form, with a hint below it.
import { useId, type InputHTMLAttributes, type Ref } from "react";
import styles from "./Form.module.css";

type FieldProps = InputHTMLAttributes<HTMLInputElement> & { label: string; hint?: string; ref?: Ref<HTMLInputElement> };

export function Field({ label, hint, ref, ...rest }: FieldProps) {
  const id = useId();
  return (
    <label className={styles.field}>
      <span>{label}</span>
      <input {...rest} ref={ref} aria-describedby={hint === undefined ? undefined : id} />
      {hint !== undefined && <small id={id}>{hint}</small>}
    </label>
  );
}
