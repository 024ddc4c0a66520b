use super::*;

fn read(dev: bool, env: &[(&str, &str)]) -> Result<Config, Mistakes> {
    let look = |name: &str| {
        env.iter()
            .find(|(n, _)| *n == name)
            .map(|(_, v)| (*v).to_owned())
    };
    gather(
        &Flags {
            dev,
            ..Flags::default()
        },
        &look,
    )
    .and_then(|written| written.read(dev))
}

#[test]
fn with_dev_nothing_needs_to_be_set() {
    let config = read(true, &[]).unwrap();
    assert_eq!(config.database_url, "sqlite:secapid-data/secapid.db");
    assert_eq!(config.listen.to_string(), "127.0.0.1:7878");
    assert!(config.login.is_none());
}

#[test]
fn without_dev_a_provider_is_needed() {
    let mistakes = read(false, &[]).unwrap_err();
    assert!(
        mistakes.to_string().contains("no identity provider is set"),
        "{mistakes}"
    );
    let set = [
        ("SECAPI_LOGIN_ISSUER", "https://id.example.com"),
        ("SECAPI_LOGIN_CLIENT_ID", "console"),
    ];
    assert_eq!(
        read(false, &set).unwrap().login.unwrap().name,
        "id.example.com"
    );
}

#[test]
fn every_mistake_is_told_at_once_and_no_secret_with_it() {
    let mistakes = read(
        true,
        &[
            ("SECAPI_LISTEN", "0.0.0.0:80"),
            ("SECAPI_PUBLIC_URL", "http://console.example.com"),
            ("DATABASE_URL", "mysql://user:hunter2@db"),
            ("SECAPI_SESSION_IDLE_HOURS", "-1"),
            ("SECAPI_LOG_FORMAT", "xml"),
            ("SECAPI_METRICS_LISTEN", "10.0.0.1:9000"),
        ],
    )
    .unwrap_err();
    assert_eq!(mistakes.0.len(), 6, "{mistakes}");
    assert!(!mistakes.to_string().contains("hunter2"));
}

#[test]
fn the_file_is_flattened_and_unknown_names_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secapid.toml");
    std::fs::write(
        &path,
        "lisen = \"127.0.0.1:1\"\n[session]\nidle_hours = 3\n",
    )
    .unwrap();
    let flags = Flags {
        dev: true,
        config: Some(path.clone()),
        ..Flags::default()
    };
    let mistakes = gather(&flags, &|_| None).unwrap_err();
    assert!(
        mistakes.to_string().contains("there is no setting `lisen`"),
        "{mistakes}"
    );
    std::fs::write(&path, "[session]\nidle_hours = 3\n").unwrap();
    let config = gather(&flags, &|_| None).unwrap().read(true).unwrap();
    assert_eq!(config.lifetimes.idle, Span::hours(3));
}

#[test]
fn the_example_file_in_the_repository_is_the_one_made_from_the_list() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../secapid.example.toml");
    let kept = std::fs::read_to_string(path).unwrap();
    assert_eq!(
        kept,
        example(),
        "write it anew: secapid config example > secapid.example.toml"
    );
    let parsed: toml::Table = example()
        .replace("# ", "")
        .lines()
        .filter(|l| l.contains(" = ") || l.starts_with('['))
        .collect::<Vec<_>>()
        .join("\n")
        .parse()
        .unwrap();
    assert!(parsed.contains_key("listen"));
}

#[test]
fn what_is_in_force_hides_secrets() {
    let env = |name: &str| (name == "DATABASE_URL").then(|| "postgres://u:hunter2@db/x".to_owned());
    let lines = gather(&Flags::default(), &env).unwrap().lines().join("\n");
    assert!(
        lines.contains("(hidden)") && !lines.contains("hunter2"),
        "{lines}"
    );
}
