// Everybody's accounts, for administrators.
import type { AccountView, Role } from "./agreed";
import { request } from "./request";

const pathOf = (name: string) => `/api/v2/users/${encodeURIComponent(name)}`;

export const fetchUsers = (signal?: AbortSignal) => request<{ users: AccountView[] }>("GET", "/api/v2/users", undefined, signal);

export const addUser = (user: { username: string; password: string; role: Role }) => request<unknown>("POST", "/api/v2/users", user);

export interface UserChange {
  role?: Role;
  is_active?: boolean;
  password?: string;
}

export const changeUser = (name: string, change: UserChange) => request<unknown>("PATCH", pathOf(name), change);

export const removeUser = (name: string) => request<unknown>("DELETE", pathOf(name));

export const resetTotp = (name: string) => request<unknown>("DELETE", `${pathOf(name)}/totp`);
