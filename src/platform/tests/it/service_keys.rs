//! The keys of the company's other services: who makes them, and what they open.

use domain::id::ServiceKeyId;
use domain::time::Span;
use platform::billing::operators::Operator;
use platform::service_keys::{self, Service};
use platform::{Error, Result, auth};
use testkit::{OPERATOR, World, on_both};

const LINE: Operator = Operator::CommandLine;

async fn present(world: &World, secret: &str) -> Result<Service> {
    service_keys::authenticate(&world.platform, Some(secret)).await
}

on_both! {
    async fn a_service_key_opens_its_own_door_until_it_is_revoked(db: &Database) {
        let world = World::of(db.kind()).await;
        let p = &world.platform;
        let made = service_keys::create(p, &LINE, " extraction ").await.unwrap();
        assert_eq!(made.key.name, "extraction");
        let secret = made.secret.expose();
        let service = present(&world, secret).await.unwrap();
        assert_eq!((service.id, service.name.as_str()), (made.key.id.clone(), "extraction"));
        let listed = service_keys::list(p, &LINE).await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!((listed[0].last_used_at, listed[0].created_by.as_str()), (Some(world.now()), "command line"));
        world.clock.advance(Span::seconds(61));
        // Another process sees the revocation with the very next request.
        let twin = world.twin().await;
        let revoked = service_keys::revoke(p, &LINE, &made.key.id).await.unwrap();
        assert_eq!(revoked.revoked_at, Some(world.now()));
        for world in [&world, &twin] {
            assert!(matches!(present(world, secret).await, Err(Error::AuthenticationFailed)));
        }
        let again = service_keys::revoke(p, &LINE, &made.key.id).await.unwrap();
        assert_eq!(again, revoked);
        let unknown = ServiceKeyId::new(world.now(), world.bytes());
        assert!(matches!(service_keys::revoke(p, &LINE, &unknown).await, Err(Error::NotFound)));
    }

    async fn neither_kind_of_key_opens_the_other_door(db: &Database) {
        let world = World::of(db.kind()).await;
        let ada = world.person("ada").await;
        let org = world.org(&ada, "Northwind").await;
        let made = service_keys::create(&world.platform, &LINE, "extraction").await.unwrap();
        let refused = auth::authenticate(&world.platform, Some(made.secret.expose())).await;
        assert!(matches!(refused, Err(Error::AuthenticationFailed)));
        let swapped = format!("{}0", &made.secret.expose()[..made.secret.expose().len() - 1]);
        let unknown = domain::secret::service_key(&[3; 64]);
        for (presented, code) in [
            (org.first.secret.expose(), "service_key_required"),
            ("agbt_whatever", "service_key_required"),
            ("?", "service_key_required"),
            ("", "missing_api_key"),
            ("secapi_svc_short", "authentication_failed"),
            (swapped.as_str(), "authentication_failed"),
            (unknown.expose(), "authentication_failed"),
        ] {
            assert_eq!(present(&world, presented).await.unwrap_err().code(), code, "{presented}");
        }
    }

    async fn only_operators_make_list_and_revoke(db: &Database) {
        let world = World::of(db.kind()).await;
        let p = &world.platform;
        let staff = Operator::Person(world.person(OPERATOR.split('@').next().unwrap()).await.person);
        let made = service_keys::create(p, &staff, "extraction").await.unwrap();
        assert_eq!(made.key.created_by, OPERATOR);
        let stranger = Operator::Person(world.person("ada").await.person);
        assert!(matches!(service_keys::create(p, &stranger, "x").await, Err(Error::NotFound)));
        assert!(matches!(service_keys::list(p, &stranger).await, Err(Error::NotFound)));
        assert!(matches!(service_keys::revoke(p, &stranger, &made.key.id).await, Err(Error::NotFound)));
        assert!(present(&world, made.secret.expose()).await.is_ok());
        for name in ["", "  ", "a\nb", &"x".repeat(81)] {
            assert!(matches!(service_keys::create(p, &staff, name).await, Err(Error::Invalid { field: "name", .. })), "{name}");
        }
    }
}
