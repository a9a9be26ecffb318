//! Where the database is, and with which token.

use std::env;

use crate::backend::Token;
use crate::backend::{ConnectOptions, Target};
use crate::error::{Error, ErrorKind, Result};

/// The API of Cloudflare, unless the program or the environment names another.
const API: &str = "https://api.cloudflare.com/client/v4";

/// The variables with the token, in the order in which they are looked up.
const TOKENS: [&str; 2] = ["D1_TOKEN", "CLOUDFLARE_API_TOKEN"];

/// The variable with the API's URL.
const API_VARIABLE: &str = "D1_API";

/// A database, and the token for it.
#[derive(Clone)]
pub(super) struct Address {
    /// The URL that statements are sent to.
    pub(super) url: String,
    pub(super) token: Token,
}

impl Address {
    /// # Errors
    /// If there is no token, and if the API's URL isn't one of HTTP.
    pub(super) fn of(target: &Target, options: &ConnectOptions) -> Result<Self> {
        let api = match &options.d1.api {
            Some(api) => api.clone(),
            None => env::var(API_VARIABLE).unwrap_or_else(|_| API.to_owned()),
        };
        let api = api.trim().trim_end_matches('/').to_owned();
        if !(api.starts_with("https://") || api.starts_with("http://")) {
            return Err(Error::new(
                ErrorKind::Config,
                format!(
                    "the URL of D1's API, from {API_VARIABLE} or `DbBuilder::d1_api`, is not one of HTTP"
                ),
            )
            .with_hint(format!("leave it out, or write a URL such as {API}")));
        }
        let (account, database) = target.address.split_once('/').unwrap_or_default();
        let url = format!("{api}/accounts/{account}/d1/database/{database}/raw");
        Ok(Self { url, token: token(options)? })
    }
}

fn token(options: &ConnectOptions) -> Result<Token> {
    if let Some(token) = &options.d1.token {
        return Ok(token.clone());
    }
    let found =
        TOKENS.iter().find_map(|name| env::var(name).ok().and_then(|text| Token::new(&text)));
    let token = found.ok_or_else(|| {
        let [first, second] = TOKENS;
        Error::new(
            ErrorKind::Config,
            format!("there is no token for D1: neither {first} nor {second} is set"),
        )
        .with_hint(format!(
            "create a token of the account that may edit D1, and set {first} to it, or pass it to `DbBuilder::d1_token`"
        ))
    })?;
    if token.header().chars().all(|character| character.is_ascii_graphic() || character == ' ') {
        return Ok(token);
    }
    Err(Error::new(ErrorKind::Config, "the token for D1 contains a character that no token has"))
}
