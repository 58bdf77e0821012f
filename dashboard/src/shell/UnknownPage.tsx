// An address that means nothing here.
import { FLEET_PATH } from "../route/pages";
import { Link } from "../route/Link";
import styles from "./Notice.module.css";

export function UnknownPage() {
  return (
    <div className={styles.notice}>
      <h1>There is no such page</h1>
      <p>
        <Link to={FLEET_PATH} className={styles.link}>Go to the fleet</Link>
      </p>
    </div>
  );
}
