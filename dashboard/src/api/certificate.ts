// The server's TLS certificate.
import type { CertificateView } from "./agreed";
import { request } from "./request";

export const fetchCertificate = (signal?: AbortSignal) => request<CertificateView>("GET", "/api/v2/certificate", undefined, signal);

export const renewCertificate = () => request<unknown>("POST", "/api/v2/certificate/renew");
