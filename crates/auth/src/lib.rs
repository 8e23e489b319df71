//! Accounts and sign-in: everything that a person can do, once.
//!
//! [`Visitor`] is the caller of one request. Whatever they can do is one of its methods, so REST
//! handlers, server functions and forms without JavaScript are only adapters: same outcome, same
//! failure. No routes, no HTML and no SQL in here.

mod account;
mod address;
mod caller;
mod device;
mod error;
mod event;
mod keys;
mod known_device;
mod parts;
mod password;
mod pending;
mod throttle;
mod visitor;

pub use account::{Account, Accounts, AccountsError, PendingEnd};
pub use address::ClientAddress;
pub use caller::{Caller, RequestId};
pub use error::AuthError;
pub use event::{AccountEvent, AccountHistory, MOST_EVENTS};
pub use keys::{lifecycles, signed_in_from};
pub use known_device::{DeviceKey, DeviceToken, KnownDevices, MOST_DEVICES};
pub use parts::{Auth, AuthParts};
pub use password::{BreachedPasswords, PasswordHash, PasswordHasher, PasswordRules};
pub use sessions::{AccountKey, Clock, Policy};
pub use throttle::{Admission, Counter, Gate, LAST_FAILURE, Throttle, ThrottleError, account_delay};
pub use visitor::{Member, Visitor};
