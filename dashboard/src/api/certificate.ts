// The server's TLS certificate.
import { request } from "./request";
import type { CertificateView } from "./wire";

export const fetchCertificate = (signal?: AbortSignal) => request<CertificateView>("GET", "/api/v2/certificate", undefined, signal);

export const renewCertificate = () => request<unknown>("POST", "/api/v2/certificate/renew");
