// Who is signed in. The cookie is out of reach of this code, by design.
import { request } from "./request";
import type { UserView } from "./wire";

export const signIn = (username: string, password: string) =>
  request<UserView>("POST", "/api/auth/login", { username, password });

export const signOut = () => request<unknown>("POST", "/api/auth/logout");

export const currentUser = (signal?: AbortSignal) =>
  request<UserView>("GET", "/api/auth/me", undefined, signal);

export const mayTag = (user: UserView) => user.role !== "viewer";
export const mayForget = (user: UserView) => user.role === "admin";
export const mayEnroll = (user: UserView) => user.role === "admin";
