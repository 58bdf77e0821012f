//! Reads what a service's address says: how to ask it, where it is, and what people call it. Pure.

use reqwest::Url;

/// How a service is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// GET over TLS.
    Https,
    /// GET.
    Http,
    /// A TLS handshake.
    Tls,
    /// A connection.
    Tcp,
}

impl Asking {
    /// As the address and the report name it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Http => "http",
            Self::Tls => "tls",
            Self::Tcp => "tcp",
        }
    }

    /// Whether it speaks TLS.
    #[must_use]
    pub const fn is_sealed(self) -> bool {
        matches!(self, Self::Https | Self::Tls)
    }

    /// Whether it speaks HTTP.
    #[must_use]
    pub const fn is_http(self) -> bool {
        matches!(self, Self::Https | Self::Http)
    }
}

/// A service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckTarget {
    /// What people call it.
    pub name: String,
    /// Its address as it is shown: without a query, which may hold a secret.
    pub shown: String,
    /// How it is asked.
    pub asking: Asking,
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What HTTP asks for.
    pub path: String,
}

/// An address that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Not one of the four kinds.
    #[error("an address of network.checks.targets must begin with https://, http://, tcp:// or tls://")]
    Kind,
    /// No port where one is needed.
    #[error("an address of network.checks.targets needs a port, as tcp://host:22 has")]
    NoPort,
    /// A name and password in it.
    #[error("an address of network.checks.targets must not hold a name or password: it is shown")]
    HoldsSecret,
}

impl CheckTarget {
    /// Reads an address, and a name after a space.
    ///
    /// # Errors
    /// See [`TargetError`]. What was written is not repeated.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let (address, name) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        let url = Url::parse(address).map_err(|_| TargetError::Kind)?;
        let asking = match url.scheme() {
            "https" => Asking::Https,
            "http" => Asking::Http,
            "tls" => Asking::Tls,
            "tcp" => Asking::Tcp,
            _ => return Err(TargetError::Kind),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(TargetError::HoldsSecret);
        }
        let host = url
            .host_str()
            .filter(|host| !host.is_empty())
            .ok_or(TargetError::Kind)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = url.port_or_known_default().ok_or(TargetError::NoPort)?;
        let mut shown = url.clone();
        shown.set_query(None);
        shown.set_fragment(None);
        let path = url.query().map_or_else(
            || url.path().to_owned(),
            |query| format!("{}?{query}", url.path()),
        );
        let name = name.trim();
        Ok(Self {
            name: if name.is_empty() {
                host.clone()
            } else {
                name.to_owned()
            },
            shown: shown.to_string(),
            asking,
            host,
            port,
            path,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_four_kinds() {
        let git = CheckTarget::parse("https://git.example.org/health?token=secret  Git server").unwrap();
        assert_eq!(
            (git.name.as_str(), git.host.as_str(), git.port),
            ("Git server", "git.example.org", 443)
        );
        assert_eq!(
            (git.path.as_str(), git.shown.as_str()),
            ("/health?token=secret", "https://git.example.org/health")
        );
        let ssh = CheckTarget::parse("tcp://[::1]:22").unwrap();
        assert_eq!(
            (ssh.asking, ssh.host.as_str(), ssh.port, ssh.name.as_str()),
            (Asking::Tcp, "::1", 22, "::1")
        );
        assert_eq!(
            CheckTarget::parse("tls://mail.example.org:993").unwrap().asking,
            Asking::Tls
        );
        assert_eq!(CheckTarget::parse("http://a").unwrap().port, 80);
    }

    #[test]
    fn says_what_is_wrong_with_an_address_without_repeating_it() {
        for (text, error) in [
            ("", TargetError::Kind),
            ("git.example.org", TargetError::Kind),
            ("ftp://a", TargetError::Kind),
            ("tcp://host", TargetError::NoPort),
            ("https://ann:secret@a", TargetError::HoldsSecret),
        ] {
            assert_eq!(CheckTarget::parse(text), Err(error), "{text}");
            assert!(!error.to_string().contains("secret"));
        }
    }
}
