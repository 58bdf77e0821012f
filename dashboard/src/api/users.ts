// Everybody's accounts, for administrators.
import type { UserEntryView, Role } from "./wire";
import { request } from "./request";

const pathOf = (name: string) => `/api/v2/users/${encodeURIComponent(name)}`;

export const fetchUsers = (signal?: AbortSignal) => request<{ users: UserEntryView[] }>("GET", "/api/v2/users", undefined, signal);

export const addUser = (user: { username: string; password?: string; role: Role }) => request<unknown>("POST", "/api/v2/users", user);

export interface UserChange {
  role?: Role;
  is_active?: boolean;
  password?: string;
}

export const changeUser = (name: string, change: UserChange) => request<unknown>("PATCH", pathOf(name), change);

export const removeUser = (name: string) => request<unknown>("DELETE", pathOf(name));

export const resetTotp = (name: string) => request<unknown>("DELETE", `${pathOf(name)}/totp`);
