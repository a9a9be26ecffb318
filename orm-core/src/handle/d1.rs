//! Settings for D1.

use super::builder::DbBuilder;
use crate::backend::Token;

impl DbBuilder {
    /// Sets the URL of D1's API, for gateways and tests, in place of the environment variable `D1_API` and of Cloudflare's.
    pub fn d1_api(mut self, url: &str) -> Self {
        self.options.d1.api = Some(url.into());
        self
    }

    /// Sets the token for D1, in place of the environment variables `D1_TOKEN` and `CLOUDFLARE_API_TOKEN`. It is in no log, no
    /// error and no `Debug` output.
    pub fn d1_token(mut self, token: &str) -> Self {
        self.options.d1.token = Token::new(token);
        self
    }
}
