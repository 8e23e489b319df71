//! Cookie headers that two readers may understand differently: only one exact `__Host-id` counts.

use reqwest::Method;
use reqwest::header::{COOKIE, HeaderValue};

use crate::app::{Answer, Caller};
use crate::backing::Backing;

/// Behind a proxy that speaks TLS, cookies carry the prefix that binds them to this host.
const OVER_TLS: [&str; 2] =
    ["server.public_origin=https://anteroom.example", "server.trusted_proxies=127.0.0.1"];

async fn whoami(program: &mut Caller<'_>, cookies: &[String]) -> Answer {
    let mut request = program.bare(Method::GET, "/api/v1/whoami");
    for cookie in cookies {
        request = request.header(COOKIE, HeaderValue::from_bytes(cookie.as_bytes()).expect("a header"));
    }
    program.send(request).await
}

fn tricks(value: &str) -> Vec<Vec<String>> {
    let alone = [
        format!("__Host-id={value}; __Host-id={value}"),
        format!("__Host-id=x; __Host-id={value}"),
        format!("__Host-id={value}; __Host-id=x"),
        format!("__Host-id={value}; __Host-id="),
        format!("__Host-id={value}, __Host-id={value}"),
        format!("%5F%5FHost-id={value}"),
        format!("__Host%2Did={value}"),
        format!("\u{2000}__Host-id={value}"),
        format!("\u{a0}__Host-id={value}"),
        format!("__Host-id\u{a0}={value}"),
        format!("__Host-id={value}\u{a0}"),
        format!("__Host-id=\u{2000}{value}"),
        format!("__Host-id=\"{value}\""),
        format!("__Host-id='{value}'"),
        format!("\"__Host-id\"={value}"),
        format!("__Host-id ={value}"),
        format!("__Host-id= {value}"),
        format!("__Host-id=={value}"),
        format!("={value}"),
        format!("=__Host-id={value}"),
        format!("a=__Host-id={value}"),
        format!("a=\"b; __Host-id={value}; c=\"d\"; __Host-id=x"),
        format!("$Version=1, __Host-id={value}"),
        format!("__Host-id,a={value}"),
        format!("__host-id={value}"),
        format!("__HOST-ID={value}"),
        format!("__Host-Id={value}"),
        format!("__Secure-id={value}"),
        format!("id={value}"),
        format!("__Host-id[]={value}"),
        format!("__Host-id.x={value}"),
        format!("x__Host-id={value}"),
    ];
    let halves = [format!("__Host-id={value}"), format!("__Host-id={value}")];
    alone.into_iter().map(|cookie| vec![cookie]).chain([halves.to_vec()]).collect()
}

/// ASVS V1.1.1, V7.2.1, V15.3.7.
#[tokio::test]
async fn only_one_exact_name_authenticates() {
    for backing in Backing::all().await {
        let app = backing.start_with(&OVER_TLS).await;
        let ada = app.member("ada").await;
        let value = ada.cookie("__Host-id").expect("a session").to_owned();
        let mut thief = app.program();
        for cookies in tricks(&value) {
            let answer = whoami(&mut thief, &cookies).await;
            let shown =
                (answer.status.as_u16(), answer.json()["authenticated"].clone(), answer.set_cookies().len());
            assert_eq!(shown, (200, false.into(), 0), "{}: {cookies:?}", backing.name);
        }
        for cookies in [
            vec![format!("__Host-id={value}")],
            vec![format!("a=b; __Host-id={value};c=d")],
            vec![format!("$Version=1; __Host-id={value}; $Path=/")],
            vec!["a=b".to_owned(), format!("__Host-id={value}")],
        ] {
            let answer = whoami(&mut thief, &cookies).await;
            assert_eq!(answer.json()["username"], "ada", "{}: {cookies:?}", backing.name);
        }
    }
}

/// ASVS V3.3.2, V3.3.3, V3.3.4.
#[tokio::test]
async fn every_cookie_is_bound_to_this_host_and_hidden_from_scripts_also_when_it_is_removed() {
    for backing in Backing::all().await {
        let app = backing.start_with(&OVER_TLS).await;
        let (mut ada, mut bob) = (app.program(), app.member("bob").await);
        let answers = [
            // Who has chosen nothing is left without a session.
            bob.logout().await,
            ada.choose("theme", "dark").await,
            ada.register("ada", crate::app::PASSWORD).await,
            ada.logout().await,
            ada.login("ada", crate::app::PASSWORD).await,
        ];
        for cookie in answers.iter().flat_map(Answer::set_cookies) {
            let attributes: Vec<_> = cookie.split("; ").collect();
            for attribute in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
                assert!(attributes.contains(&attribute), "{}: {cookie}", backing.name);
            }
            assert!(cookie.starts_with("__Host-") && !cookie.contains("Domain"), "{cookie}");
        }
        let removal = answers.first().and_then(|answer| answer.set_cookie("__Host-id"));
        assert!(removal.is_some_and(|cookie| cookie.contains("Max-Age=0")), "{}: {removal:?}", backing.name);
        assert!(answers.iter().all(|answer| !answer.set_cookies().is_empty()
            && !answer.body.contains(ada.cookie("__Host-id").expect("one"))));
    }
}
