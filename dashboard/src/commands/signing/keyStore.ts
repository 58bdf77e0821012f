// Where this browser keeps operators' keys: IndexedDB can hold a key that can't be read out.
import type { OperatorKey } from "./operatorKey";

const DATABASE = "atlas";
const STORE = "operator-keys";

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(DATABASE, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "owner" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error ?? new Error("The browser keeps no keys."));
  });
}

async function act<Answer>(mode: IDBTransactionMode, what: (store: IDBObjectStore) => IDBRequest<Answer>): Promise<Answer> {
  const database = await open();
  try {
    return await new Promise<Answer>((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const asked = what(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onabort = () => reject(transaction.error ?? new Error("The browser could not keep the key."));
    });
  } finally {
    database.close();
  }
}

/** One for each user of this browser. */
export const keptKey = (owner: string) => act<OperatorKey | undefined>("readonly", (store) => store.get(owner) as IDBRequest<OperatorKey | undefined>);

export const keepKey = (key: OperatorKey) => act("readwrite", (store) => store.put(key));

export const dropKey = (owner: string) => act("readwrite", (store) => store.delete(owner));
