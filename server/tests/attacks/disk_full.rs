//! The disk is full: nothing is acknowledged that is not kept, nothing is lost that was, and the server goes on
//! by itself when there is room again.

use tempfile::TempDir;

use crate::app::{Answer, Caller, OTHER_PASSWORD, PASSWORD};
use crate::disk::Disk;
use crate::process::Process;

/// Nothing of the machine is told.
fn is_refused(answer: &Answer, what: &str) {
    assert_eq!(
        (answer.status.as_u16(), answer.header("retry-after")),
        (503, Some("1")),
        "{what}: {answer:?}"
    );
    assert_eq!(answer.set_cookies().len(), 0, "{what}");
    for word in ["disk", "full", "File", "SQL", "data/"] {
        assert!(!answer.body.contains(word), "{what}: {}", answer.body);
    }
}

/// Whatever has to be written. The session as it was goes on.
async fn nothing_is_acknowledged(process: &Process, ada: &mut Caller<'_>, what: &str) {
    let mut guest = process.program();
    is_refused(&guest.choose("language", "de").await, what);
    is_refused(&guest.register("bob", PASSWORD).await, what);
    is_refused(&guest.login("ada", PASSWORD).await, what);
    is_refused(&ada.choose("theme", "light").await, what);
    is_refused(&ada.change_password(PASSWORD, OTHER_PASSWORD).await, what);
    is_refused(&ada.remove_account(PASSWORD).await, what);
    is_refused(&ada.logout().await, what);
    for path in ["/", "/products", "/login", "/healthz"] {
        assert_eq!(guest.get(path).await.status, 200, "{what}: {path}");
    }
}

async fn what_was_acknowledged_holds(ada: &mut Caller<'_>, what: &str) {
    assert_eq!(ada.standing().await, "ada", "{what}");
    let whoami = ada.whoami().await;
    assert_eq!(whoami.get("theme"), Some(&"dark".into()), "{what}: {whoami}");
}

async fn everything_is_done_again(process: &Process, ada: &mut Caller<'_>, what: &str) {
    let mut guest = process.program();
    assert_eq!(guest.choose("language", "de").await.status, 200, "{what}");
    assert_eq!(guest.register("bob", PASSWORD).await.status, 201, "{what}: it was not, before");
    assert_eq!(process.program().login("ada", PASSWORD).await.status, 200, "{what}");
    let mut copy = ada.clone();
    assert_eq!(ada.logout().await.status, 204, "{what}");
    assert_eq!(copy.standing().await, "signed_out", "{what}");
}

async fn the_site_survives(disk: Disk, store: &str) {
    let (folder, what) = (TempDir::new().expect("a folder"), format!("{store}, {disk:?}"));
    let store = format!("sessions.store={store}");
    let process = disk.start(&folder, &[store, "throttle.address_registration=off".to_owned()]);
    let mut ada = process.program();
    assert_eq!(ada.register("ada", PASSWORD).await.status, 201, "{what}");
    assert_eq!(ada.choose("theme", "dark").await.status, 200, "{what}");
    for _ in 0..2 {
        disk.fill(&process, &folder);
        nothing_is_acknowledged(&process, &mut ada, &what).await;
        what_was_acknowledged_holds(&mut ada, &what).await;
        disk.free(&process, &folder);
        what_was_acknowledged_holds(&mut ada, &what).await;
    }
    everything_is_done_again(&process, &mut ada, &what).await;
}

/// ASVS V16.5.2, V16.5.3.
#[tokio::test]
async fn sqlite_on_a_full_disk() {
    for disk in Disk::kinds() {
        the_site_survives(disk, "sqlite").await;
    }
}

/// ASVS V16.5.2, V16.5.3.
#[tokio::test]
async fn session_files_on_a_full_disk() {
    for disk in Disk::kinds() {
        the_site_survives(disk, "filesystem").await;
    }
}
