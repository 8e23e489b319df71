//! Two requests at the same moment.

use std::time::Duration;

use crate::app::{OTHER_PASSWORD, PASSWORD, TestApp};
use crate::backing::Backing;

/// Rounds of a race that is over in a few milliseconds.
const REMOVALS: usize = 25;

#[tokio::test(flavor = "multi_thread")]
async fn of_many_registrations_of_one_name_one_succeeds() {
    let app = TestApp::start().await;
    for round in 0..5 {
        let name = format!("ada{round}");
        let mut callers = [(); 6].map(|()| app.program());
        let registering = callers.iter_mut().map(|caller| caller.register(&name, PASSWORD));
        let answers = futures_util::future::join_all(registering).await;
        let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409, 409, 409, 409]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_choices_keep_both_wherever_the_store_can() {
    for backing in Backing::embedded().into_iter().chain(Backing::elsewhere().await) {
        let app = backing.start().await;
        let mut ada = app.member("ada").await;
        for (theme, language) in
            [("dark", "de"), ("light", "fr"), ("dark", "en"), ("light", "de"), ("dark", "fr")]
        {
            let (mut one, mut other) = (ada.clone(), ada.clone());
            let (first, second) =
                tokio::join!(one.choose("theme", theme), other.choose("language", language));
            assert_eq!((first.status.as_u16(), second.status.as_u16()), (200, 200), "{}", backing.name);
            let whoami = ada.whoami().await;
            assert_eq!(
                (&whoami["theme"], &whoami["language"]),
                (&theme.into(), &language.into()),
                "{}",
                backing.name
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_sign_out_and_a_choice_at_once_the_sign_out_stands() {
    for backing in Backing::all().await {
        let app = backing.start().await;
        let mut ada = app.member("ada").await;
        for _ in 0..10 {
            ada.login("ada", PASSWORD).await;
            let (mut leaving, mut choosing, mut copy) = (ada.clone(), ada.clone(), ada.clone());
            let (left, _) = tokio::join!(leaving.logout(), choosing.choose("theme", "dark"));
            assert_eq!(left.status, 204, "{}", backing.name);
            for caller in [&mut copy, &mut choosing, &mut leaving] {
                assert_eq!(caller.get("/api/v1/protected").await.status, 401, "{}", backing.name);
            }
        }
    }
}

/// ASVS V7.4.2, V8.3.2, V15.4.2.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_races_the_removal_of_its_account_signs_nobody_in() {
    for backing in Backing::all().await {
        let app = backing.start().await;
        for round in 0..REMOVALS {
            let mut ada = app.member("ada").await;
            let mut phones = [(); 4].map(|()| app.program());
            let signing_in = phones.iter_mut().map(|phone| phone.login("ada", PASSWORD));
            let (removed, answers) =
                tokio::join!(ada.remove_account(PASSWORD), futures_util::future::join_all(signing_in));
            assert_eq!(removed.status, 204, "{}", backing.name);
            for (phone, answer) in phones.iter_mut().zip(answers) {
                assert!(matches!(answer.status.as_u16(), 200 | 401), "{}: {answer:?}", backing.name);
                assert_ne!(phone.standing().await, "ada", "{}, round {round}: {answer:?}", backing.name);
            }
        }
    }
}

/// A password change takes long, and goes on under a new id: not if its session has ended meanwhile.
///
/// ASVS V7.4.1, V15.4.2.
#[tokio::test(flavor = "multi_thread")]
async fn a_password_change_that_races_a_sign_out_revives_nothing() {
    for backing in Backing::all().await {
        let app = backing.start().await;
        let mut was_in_flight = false;
        for round in 0..20 {
            let mut ada = app.member(&format!("ada{round}")).await;
            let (mut changing, mut copy) = (ada.clone(), ada.clone());
            let leave_meanwhile = async {
                tokio::time::sleep(Duration::from_millis(round % 3)).await;
                ada.logout().await
            };
            let (changed, left) =
                tokio::join!(changing.change_password(PASSWORD, OTHER_PASSWORD), leave_meanwhile);
            assert_eq!(left.status, 204, "{}", backing.name);
            assert_eq!(copy.get("/api/v1/protected").await.status, 401, "{}", backing.name);
            // Whose id had changed by then was no more the one that was signed out.
            if changed.status != 204 {
                was_in_flight = true;
                assert_eq!(changed.status, 401, "{}: {changed:?}", backing.name);
                assert_eq!(changing.get("/api/v1/protected").await.status, 401, "{}", backing.name);
            }
        }
        assert!(was_in_flight, "{}: no sign-out came while passwords were hashed", backing.name);
    }
}
