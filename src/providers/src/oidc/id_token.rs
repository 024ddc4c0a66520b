//! Id token validation (OpenID Connect Core §3.1.3.7). The signature, issuer, audience and nonce
//! are checked by `openidconnect`, which takes keys from nowhere but the key set it is given;
//! the authorized party, the times and the access token's hash are checked here.

use openidconnect::{
    AccessToken, AccessTokenHash, AdditionalClaims, ClaimsVerificationError, ClientId,
    EmptyExtraTokenFields, IdTokenClaims, IdTokenFields, IdTokenVerifier, IssuerUrl, Nonce,
    SignatureVerificationError, StandardTokenResponse,
    core::{
        CoreGenderClaim, CoreJsonWebKey, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm, CoreTokenType,
    },
};
use serde::{Deserialize, Serialize};

/// The largest difference between the provider's clock and ours that is put up with, in seconds.
const SKEW: i64 = 60;

/// The one registered claim (RFC 7519 §4.1.5) that id tokens rarely have and the library skips.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct NotBefore {
    nbf: Option<serde_json::Number>,
}

impl AdditionalClaims for NotBefore {}

pub(super) type Claims = IdTokenClaims<NotBefore, CoreGenderClaim>;
pub(super) type IdToken = openidconnect::IdToken<
    NotBefore,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
pub(super) type Tokens = StandardTokenResponse<
    IdTokenFields<
        NotBefore,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

/// What a token is measured against.
pub(super) struct Expected<'a> {
    pub issuer: &'a IssuerUrl,
    pub client_id: &'a ClientId,
    pub algorithms: &'a [CoreJwsSigningAlgorithm],
    pub nonce: &'a Nonce,
    pub access_token: &'a AccessToken,
    /// Seconds since 1970.
    pub now: i64,
}

/// Why a token is not accepted.
pub(super) enum Rejected {
    /// No key at hand fits; a newer key set might have it.
    KeyUnknown(&'static str),
    Invalid(&'static str),
}

pub(super) fn validate(
    token: &IdToken,
    keys: &CoreJsonWebKeySet,
    expected: &Expected<'_>,
) -> Result<Claims, Rejected> {
    let verifier = IdTokenVerifier::new_public_client(
        expected.client_id.clone(),
        expected.issuer.clone(),
        keys.clone(),
    )
    .set_allowed_algs(expected.algorithms.iter().cloned())
    // Others in the audience are in order if we are the authorized party, which is checked below.
    .set_other_audience_verifier_fn(|_| true)
    // 1970: the times are checked below, by our clock and with some tolerance.
    .set_time_fn(Default::default);
    let claims = token
        .claims(&verifier, expected.nonce)
        .map_err(|error| reason(&error))?;
    check_party(claims, expected.client_id)?;
    check_times(claims, expected.now)?;
    check_access_token(token, claims, &verifier, expected.access_token)?;
    Ok(claims.clone())
}

fn check_party(claims: &Claims, client_id: &ClientId) -> Result<(), Rejected> {
    match claims.authorized_party() {
        Some(party) if party == client_id => Ok(()),
        None if claims.audiences().len() == 1 => Ok(()),
        _ => Err(Rejected::Invalid("token_authorized_party")),
    }
}

fn check_times(claims: &Claims, now: i64) -> Result<(), Rejected> {
    let not_before = match &claims.additional_claims().nbf {
        None => i64::MIN,
        Some(number) => number
            .as_i64()
            .ok_or(Rejected::Invalid("token_not_yet_valid"))?,
    };
    if claims.expiration().timestamp() <= now - SKEW {
        return Err(Rejected::Invalid("token_expired"));
    }
    if claims.issue_time().timestamp() > now + SKEW {
        return Err(Rejected::Invalid("token_from_the_future"));
    }
    if not_before > now + SKEW {
        return Err(Rejected::Invalid("token_not_yet_valid"));
    }
    Ok(())
}

/// `at_hash`, when there is one, ties the access token to the id token.
fn check_access_token(
    token: &IdToken,
    claims: &Claims,
    verifier: &IdTokenVerifier<'_, CoreJsonWebKey>,
    access_token: &AccessToken,
) -> Result<(), Rejected> {
    let Some(claimed) = claims.access_token_hash() else {
        return Ok(());
    };
    let actual = token.signing_alg().ok().and_then(|alg| {
        let key = token.signing_key(verifier).ok()?;
        AccessTokenHash::from_token(access_token, alg, key).ok()
    });
    match actual {
        Some(actual) if actual == *claimed => Ok(()),
        _ => Err(Rejected::Invalid("token_access_hash")),
    }
}

fn reason(error: &ClaimsVerificationError) -> Rejected {
    use ClaimsVerificationError as Claim;
    use SignatureVerificationError as Signature;
    Rejected::Invalid(match error {
        Claim::InvalidIssuer(_) => "token_issuer",
        Claim::InvalidAudience(_) => "token_audience",
        Claim::InvalidNonce(_) => "token_nonce",
        Claim::Expired(_) => "token_expired",
        Claim::SignatureVerification(signature) => match signature {
            Signature::NoMatchingKey => return Rejected::KeyUnknown("token_key_unknown"),
            // Also a provider that changed its only key and names none in its tokens.
            Signature::CryptoError(_) => return Rejected::KeyUnknown("token_signature"),
            Signature::NoSignature | Signature::DisallowedAlg(_) | Signature::UnsupportedAlg(_) => {
                "token_algorithm"
            }
            _ => "token_key_unusable",
        },
        _ => "token_unsupported",
    })
}
