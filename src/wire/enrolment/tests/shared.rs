//! Enrolment with the secret that a cluster shares: each side proves it to the other.

use super::super::agent::FinishError;
use super::super::token::TokenHash;
use super::*;

fn secret(byte: &str) -> TokenHash {
    TokenHash::of_shared_secret(&byte.repeat(32)).unwrap()
}

fn ask() -> AgentEnrolment {
    let seeds = AgentSeeds {
        identity: Secret::new([1; 32]),
        exchange: Secret::new([2; 32]),
    };
    AgentEnrolment::begin_shared(secret("ab"), "https://atlas.example:8768", facts(), seeds).unwrap()
}

fn answer_with(hash: &TokenHash) -> EnrolmentAnswerV2 {
    let enrolment = ask();
    let verified = verify_request(hash, server().id(), enrolment.request()).unwrap();
    verified.answer(&server(), terms()).unwrap().0
}

#[test]
fn the_agent_learns_whose_it_is_from_who_has_the_secret() {
    let answer = over_the_wire(&answer_with(&secret("ab")));
    let identity = ask().finish(&answer).unwrap();
    assert_eq!(identity.server_id, server().id());
}

#[test]
fn who_has_another_secret_is_neither_answered_nor_believed() {
    assert!(verify_request(&secret("cd"), server().id(), ask().request()).is_err());
    let mut answer = answer_with(&secret("ab"));
    answer.mac = None;
    assert_eq!(ask().finish(&answer), Err(FinishError::WrongServer));
    answer.mac = Some(Base64Array([0; 32]));
    assert_eq!(ask().finish(&answer), Err(FinishError::WrongServer));
}

#[test]
fn a_server_in_between_can_not_put_its_own_key_there() {
    let verified = verify_request(&secret("ab"), server().id(), ask().request()).unwrap();
    let between = ServerIdentity::new(&Secret::new([4; 32]));
    let mut answer = verified.answer(&between, terms()).unwrap().0;
    answer.mac = answer_with(&secret("ab")).mac;
    assert_eq!(ask().finish(&answer), Err(FinishError::WrongServer));
}

#[test]
fn an_answer_to_a_token_carries_no_proof_of_a_secret() {
    assert_eq!(answered(begin(&token()).request()).0.mac, None);
}
