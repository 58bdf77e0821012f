// No machines yet: the page teaches how to add the first, and turns live by itself.
import { EnrollSteps } from "../enroll/EnrollSteps";
import styles from "./EmptyFleet.module.css";

export function EmptyFleet() {
  return (
    <section className={styles.empty} aria-labelledby="empty-title">
      <h1 id="empty-title">Add your first machine</h1>
      <p>As soon as it reports, it shows up here.</p>
      <EnrollSteps />
    </section>
  );
}
