//! The site on each store, by one setting.

use crate::app::{PASSWORD, TestApp};

const STORES: [&str; 3] = ["filesystem", "memory", "sqlite"];

#[tokio::test]
async fn one_setting_moves_the_sessions_and_the_site_does_not_notice() {
    for store in STORES {
        let app = TestApp::with(&[&format!("sessions.store={store}")]).await;
        let mut ada = app.member("ada").await;
        ada.choose("theme", "dark").await;
        let whoami = ada.whoami().await;
        assert_eq!(
            (&whoami["username"], &whoami["theme"], &whoami["session"]["store"]),
            (&"ada".into(), &"dark".into(), &store.into())
        );
        let mut copy = ada.clone();
        assert_eq!(ada.logout().await.status, 204, "{store}");
        assert_eq!(copy.get("/api/v1/protected").await.code(), "session_ended", "{store}");
        assert_eq!(ada.whoami().await["theme"], "dark", "{store}");
        assert_eq!(ada.login("ada", PASSWORD).await.status, 200, "{store}");
    }
}
