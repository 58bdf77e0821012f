//! A small identity provider (OpenID Connect): discovery, its key, an authorization endpoint that asks
//! nobody, and a token endpoint that checks the client's secret and PKCE and takes each code once. What
//! it says of the person, and what it does wrong, is asked of it in the query of its authorization
//! endpoint and travels in the code.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use atlas::tls::pinned::{FirstContact, client_config};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData as _, SigningKey as _};
use reqwest::blocking::{Client, Response};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// This server's name at the provider.
pub const CLIENT: &str = "atlas-of-the-tests";
/// This server's secret at the provider.
pub const SECRET: &str = "secret-of-the-tests";

/// A running provider; it ends with the process.
pub struct Provider {
    /// Its name for itself.
    pub issuer: String,
    /// Who vouches for it (PEM).
    pub certificate: String,
}

/// Goes there as a browser that trusts it, and follows nothing.
pub fn visit(url: &str) -> Response {
    let client = Client::builder()
        .tls_backend_preconfigured(client_config(FirstContact::new()).unwrap())
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    client.get(url).send().unwrap()
}

struct Word {
    issuer: String,
    key: KeyPair,
    /// Asks whether a code is new, and makes it an old one.
    codes: Sender<(String, Sender<bool>)>,
}

impl Provider {
    /// Starts one.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let tls_key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()])
            .unwrap()
            .self_signed(&tls_key)
            .unwrap();
        let tls = Arc::new(tls(certificate.der().clone(), &tls_key));
        let word = Arc::new(Word {
            issuer: issuer.clone(),
            key: KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap(),
            codes: used_codes(),
        });
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (tls, word) = (Arc::clone(&tls), Arc::clone(&word));
                std::thread::spawn(move || {
                    let connection = ServerConnection::new(tls).unwrap();
                    // Whoever does not trust it goes away in the middle.
                    let _ = answer(StreamOwned::new(connection, stream), &word);
                });
            }
        });
        Self {
            issuer,
            certificate: certificate.pem(),
        }
    }

    /// What a server needs to be told of it, its files being in that folder.
    pub fn settings(&self, folder: &std::path::Path) -> Vec<(String, String)> {
        let (ca, secret) = (folder.join("provider.pem"), folder.join("provider.secret"));
        std::fs::write(&ca, &self.certificate).unwrap();
        std::fs::write(&secret, format!("{SECRET}\n")).unwrap();
        let settings = [
            ("ENABLED", "true".to_owned()),
            ("NAME", "the tests".to_owned()),
            ("ISSUER", self.issuer.clone()),
            ("CLIENT_ID", CLIENT.to_owned()),
            ("CLIENT_SECRET_FILE", secret.display().to_string()),
            ("ROLE_CLAIM", "groups".to_owned()),
            ("ROLES", "staff=viewer, ops=operator, chiefs=admin".to_owned()),
            ("CREATE_USERS", "true".to_owned()),
            ("ALLOW_PRIVATE_ADDRESS", "true".to_owned()),
            ("CA_FILE", ca.display().to_string()),
        ];
        let name = |key| format!("ATLAS__FLEET__AUTH__OIDC__{key}");
        settings.map(|(key, value)| (name(key), value)).into()
    }
}

fn tls(certificate: CertificateDer<'static>, key: &KeyPair) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap()
}

fn used_codes() -> Sender<(String, Sender<bool>)> {
    let (asked, questions) = channel::<(String, Sender<bool>)>();
    std::thread::spawn(move || {
        let mut used = HashSet::new();
        for (code, reply) in questions {
            // Who asked may not want to know any more.
            let _ = reply.send(used.insert(code));
        }
    });
    asked
}

/// One request, one answer, and the connection ends.
fn answer(
    mut stream: StreamOwned<ServerConnection, std::net::TcpStream>,
    word: &Word,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(&mut stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let target = line.split(' ').nth(1).unwrap_or("/").to_owned();
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim().split_once(':') else {
            break;
        };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers
        .get("content-length")
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let body = String::from_utf8(body).unwrap();
    let response = match path {
        "/.well-known/openid-configuration" => found(&word.discovery()),
        "/keys" => found(&word.keys()),
        "/authorize" => sent_back(&fields(query)),
        "/token" => word.token(headers.get("authorization"), &fields(&body)),
        _ => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned(),
    };
    stream.write_all(response.as_bytes())?;
    stream.conn.send_close_notify();
    stream.flush()
}

fn found(json: &Value) -> String {
    said("200 OK", json)
}

fn said(status: &str, json: &Value) -> String {
    let body = json.to_string();
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

fn fields(query: &str) -> HashMap<String, String> {
    let url = reqwest::Url::parse(&format!("https://x/?{query}")).unwrap();
    url.query_pairs().into_owned().collect()
}

/// The person agrees at once; everything that the token endpoint must know is in the code.
fn sent_back(asked: &HashMap<String, String>) -> String {
    assert_eq!(asked["client_id"], CLIENT);
    assert_eq!(
        (&*asked["response_type"], &*asked["code_challenge_method"]),
        ("code", "S256")
    );
    assert!(asked["scope"].split(' ').any(|scope| scope == "openid"));
    let code = URL_SAFE_NO_PAD.encode(json!(asked).to_string());
    let mut back = reqwest::Url::parse(&asked["redirect_uri"]).unwrap();
    back.query_pairs_mut()
        .append_pair("state", &asked["state"])
        .append_pair("code", &code);
    format!("HTTP/1.1 302 Found\r\nLocation: {back}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

impl Word {
    fn discovery(&self) -> Value {
        let issuer = &self.issuer;
        json!({"issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys"),
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"]})
    }

    fn keys(&self) -> Value {
        let point = self.key.der_bytes();
        let (x, y) = point[1..].split_at(32);
        json!({"keys": [{"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "of-the-tests",
            "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y)}]})
    }

    fn token(&self, authorization: Option<&String>, asked: &HashMap<String, String>) -> String {
        let refused = said("400 Bad Request", &json!({"error": "invalid_grant"}));
        let expected = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{SECRET}")));
        if authorization != Some(&expected) {
            return said("401 Unauthorized", &json!({"error": "invalid_client"}));
        }
        let Some(code) = asked
            .get("code")
            .and_then(|code| URL_SAFE_NO_PAD.decode(code).ok())
        else {
            return refused;
        };
        let Ok(granted) = serde_json::from_slice::<HashMap<String, String>>(&code) else {
            return refused;
        };
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&asked["code_verifier"]));
        let (reply, is_new) = channel();
        self.codes.send((asked["code"].clone(), reply)).unwrap();
        if challenge != granted["code_challenge"] || !is_new.recv().unwrap() {
            return refused;
        }
        let id_token = self.id_token(&granted);
        found(
            &json!({"access_token": "unused", "token_type": "Bearer", "expires_in": 300, "id_token": id_token}),
        )
    }

    fn id_token(&self, granted: &HashMap<String, String>) -> String {
        let of = |name: &str, otherwise: &str| {
            let given = granted.get(name).map_or(otherwise, String::as_str);
            given.to_owned()
        };
        let fault = of("fault", "");
        let now = jiff::Timestamp::now().as_second();
        // It remembers people, unless it is asked to see them anew.
        let is_anew =
            granted.get("prompt").is_some_and(|prompt| prompt == "login") && fault != "seen_long_ago";
        let mut claims = json!({
            "iss": self.issuer, "sub": of("sub", "subject-of-ann"), "aud": CLIENT, "nonce": granted["nonce"],
            "iat": now, "exp": now + 300, "auth_time": if is_anew { now } else { now - 3_600 },
            "preferred_username": of("user", "ann"), "groups": of("groups", "staff").split(',').collect::<Vec<_>>(),
        });
        match &*fault {
            "other_nonce" => claims["nonce"] = json!("another"),
            "other_audience" => claims["aud"] = json!("another-client"),
            "more_audiences" => claims["aud"] = json!([CLIENT, "another-client"]),
            "expired" => claims["exp"] = json!(now - 1),
            "from_the_future" => claims["iat"] = json!(now + 3_600),
            "other_issuer" => claims["iss"] = json!("https://id.example"),
            _ => {}
        }
        let algorithm = if fault == "unsigned" { "none" } else { "ES256" };
        let kid = if fault == "unknown_key" {
            "another"
        } else {
            "of-the-tests"
        };
        let header = json!({"alg": algorithm, "typ": "JWT", "kid": kid});
        let encoded = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", encoded(&header), encoded(&claims));
        let signature = match &*fault {
            "unsigned" => Vec::new(),
            "other_key" => raw(&KeyPair::generate().unwrap().sign(signed.as_bytes()).unwrap()),
            _ => raw(&self.key.sign(signed.as_bytes()).unwrap()),
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// An ECDSA signature as JWTs have it: both numbers in 32 bytes each, in place of ASN.1.
fn raw(der: &[u8]) -> Vec<u8> {
    let (mut at, mut numbers) = (2, Vec::new());
    for _ in 0..2 {
        let length = usize::from(der[at + 1]);
        let number = &der[at + 2..at + 2 + length];
        let number = &number[number.len().saturating_sub(32)..];
        numbers.extend(std::iter::repeat_n(0, 32 - number.len()));
        numbers.extend(number);
        at += 2 + length;
    }
    numbers
}
