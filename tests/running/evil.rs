//! A server in the wrong hands, as far as an agent sees it: it has the identity that the agent was
//! enrolled at and the key that seals, and hands out whatever commands it is told to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};

use atlas::wire::agent_commands::{COMMANDS_ROUTE, RESULTS_ROUTE};
use atlas::wire::enrolment::EnrolmentRequestV2;
use atlas::wire::enrolment::credential::AgentCredential;
use atlas::wire::enrolment::server::{AnswerTerms, ServerIdentity, verify_request};
use atlas::wire::enrolment::token::JoinToken;
use atlas::wire::envelope_v2::{Compression, Context, EnvelopeV2, Outgoing};
use atlas::wire::hex_id::{AgentId, KeyId};
use atlas::wire::operator_key::OperatorPublicKey;
use atlas::wire::pins::TlsPin;
use atlas::wire::secret::Secret;
use atlas::wire::signed_command::CommandSigner;
use atlas_actors::clock::{Clock, SystemClock};
use rcgen::PublicKeyData;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

/// What it has and does.
pub struct Evil {
    /// Where it listens.
    pub url: String,
    /// With what an agent enrols at it.
    pub token: String,
    /// Its key for commands.
    pub signer: Arc<CommandSigner>,
    /// The next command that it hands out, whatever that is.
    pub hand_out: Sender<Value>,
    /// What its agent tells of commands.
    pub told: Receiver<Value>,
    /// The agent, once it has enrolled.
    pub agent: Arc<OnceLock<AgentCredential>>,
}

struct Inside {
    identity: ServerIdentity,
    token: JoinToken,
    pin: TlsPin,
    operators: Vec<OperatorPublicKey>,
    signer: Arc<CommandSigner>,
    agent: Arc<OnceLock<AgentCredential>>,
    tls: Arc<ServerConfig>,
}

impl Evil {
    /// Starts it; agents that enrol at it pin these operators.
    pub fn start(operators: Vec<OperatorPublicKey>) -> Self {
        let seed = Secret::random().unwrap();
        let identity = ServerIdentity::new(&seed);
        let issued = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        let pin = TlsPin::of(&issued.signing_key.subject_public_key_info());
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(issued.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![issued.cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let (hand_out, commands) = channel();
        let (tell, told) = channel();
        let inside = Inside {
            token: JoinToken::random(identity.id()).unwrap(),
            identity,
            pin,
            operators,
            signer: Arc::new(CommandSigner::of_server(&seed)),
            agent: Arc::default(),
            tls: Arc::new(tls),
        };
        let evil = Self {
            url,
            token: inside.token.to_string(),
            signer: Arc::clone(&inside.signer),
            hand_out,
            told,
            agent: Arc::clone(&inside.agent),
        };
        // One connection after the other: nobody is in a hurry here. It ends with the test.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = serve(&inside, stream, &commands, &tell);
            }
        });
        evil
    }
}

fn serve(
    inside: &Inside,
    stream: TcpStream,
    commands: &Receiver<Value>,
    tell: &Sender<Value>,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(std::time::Duration::from_millis(1_500)))?;
    let tls = ServerConnection::new(Arc::clone(&inside.tls)).map_err(std::io::Error::other)?;
    let mut stream = BufReader::new(StreamOwned::new(tls, stream));
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head)? == 0 {
            return Ok(());
        }
    }
    let length = head.lines().find_map(|line| {
        line.to_lowercase()
            .strip_prefix("content-length: ")
            .map(str::to_owned)
    });
    let mut body = vec![0; length.and_then(|length| length.trim().parse().ok()).unwrap_or(0)];
    stream.read_exact(&mut body)?;
    let path = head.split(' ').nth(1).unwrap_or_default();
    let (status, answer) = answer(inside, path, &body, commands, tell);
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        answer.len()
    );
    stream.get_mut().write_all(&[head.as_bytes(), &answer].concat())?;
    stream.get_mut().conn.send_close_notify();
    stream.get_mut().flush()
}

fn answer(
    inside: &Inside,
    path: &str,
    body: &[u8],
    commands: &Receiver<Value>,
    tell: &Sender<Value>,
) -> (u16, Vec<u8>) {
    match path {
        "/api/v2/enroll" => (200, enrol(inside, body)),
        "/api/fleet/report" => (
            200,
            json!({"status": "ok", "commands_due": 1})
                .to_string()
                .into_bytes(),
        ),
        COMMANDS_ROUTE => {
            let fetched =
                json!({"commands": commands.try_iter().take(1).collect::<Vec<_>>(), "cancelled": []});
            (200, sealed(inside, COMMANDS_ROUTE, body, |_| fetched))
        }
        RESULTS_ROUTE => {
            let heard = |said: Value| {
                let heard = json!({"output_bytes": 1 << 20, "is_cancelled": false, "is_settled": said["state"] != "started"});
                let _ = tell.send(said);
                heard
            };
            (200, sealed(inside, RESULTS_ROUTE, body, heard))
        }
        _ => (
            404,
            json!({"error": {"code": "not_found", "message": "no"}})
                .to_string()
                .into_bytes(),
        ),
    }
}

fn enrol(inside: &Inside, body: &[u8]) -> Vec<u8> {
    let request = EnrolmentRequestV2::parse(body).unwrap();
    let verified = verify_request(&inside.token.hash(), inside.identity.id(), &request).unwrap();
    let terms = AnswerTerms {
        agent_id: AgentId::random().unwrap(),
        epoch: 1,
        kid: KeyId::random().unwrap(),
        command_keys: vec![inside.signer.public_key()],
        operator_keys: inside.operators.clone(),
        tls_pins: vec![inside.pin],
        now: SystemClock.now(),
        exchange: Secret::random().unwrap(),
    };
    let (answer, credential) = verified.answer(&inside.identity, terms).unwrap();
    let _ = inside.agent.set(credential);
    serde_json::to_vec(&answer).unwrap()
}

fn sealed(inside: &Inside, route: &'static str, body: &[u8], answer: impl FnOnce(Value) -> Value) -> Vec<u8> {
    let (agent, server) = (inside.agent.get().unwrap(), inside.identity.id());
    let context = Context {
        method: "POST",
        route,
    };
    let opened = EnvelopeV2::parse(body)
        .unwrap()
        .open(&agent.open_key(server), &context)
        .unwrap();
    let answer = answer(serde_json::from_slice(&opened.plaintext).unwrap());
    let sealed = agent.seal_key(server, 0).seal(&Outgoing {
        seq: opened.seq,
        sent_at: SystemClock.now(),
        context,
        compression: Compression::Never,
        plaintext: answer.to_string().as_bytes(),
    });
    serde_json::to_vec(&sealed.unwrap()).unwrap()
}
