//! The reports of a manager, as data.

use chrono::{DateTime, Utc};
use mizzle::manager::{
    ConnectionState, ConnectionStatus, DatabaseHealth, ErrorReport, Health, HealthStatus,
    ManagerConfig, SystemHealth,
};
use mizzle::{
    ConnectionManager, Db, ErrorCategory, ErrorCode, PoolStatus, ServerRole, ServerState,
    ServerStatus,
};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use test_support::each_url;

fn time() -> impl Strategy<Value = DateTime<Utc>> {
    (0_i64..4_000_000_000, 0_u32..1_000_000_000)
        .prop_map(|(seconds, nanos)| DateTime::from_timestamp(seconds, nanos).unwrap())
}

fn error() -> impl Strategy<Value = ErrorReport> {
    let code = prop_oneof![
        Just(ErrorCode::NetworkError),
        Just(ErrorCode::InsertError),
        Just(ErrorCode::DatabaseNotFound),
        Just(ErrorCode::UnknownError),
    ];
    (
        prop::sample::select(&ErrorCategory::ALL[..]),
        code,
        any::<String>(),
        any::<Option<String>>(),
        any::<bool>(),
        any::<Vec<String>>(),
        time(),
    )
        .prop_map(
            |(category, code, message, database_code, temporary, troubleshooting, at)| {
                ErrorReport {
                    category,
                    code,
                    message,
                    database_code,
                    temporary,
                    troubleshooting,
                    at,
                }
            },
        )
}

fn pool() -> impl Strategy<Value = PoolStatus> {
    any::<(u32, u32, u32, u32)>().prop_map(|(size, connections, idle, in_use)| PoolStatus {
        size,
        connections,
        idle,
        in_use,
    })
}

fn status() -> impl Strategy<Value = ConnectionStatus> {
    let state = prop_oneof![
        Just(ConnectionState::Disconnected),
        Just(ConnectionState::Connecting),
        Just(ConnectionState::Connected),
        Just(ConnectionState::Reconnecting),
        Just(ConnectionState::Failed),
    ];
    (
        state,
        any::<bool>(),
        any::<Option<String>>(),
        prop::option::of(time()),
        prop::option::of(error()),
        any::<u32>(),
        pool(),
        prop::collection::vec(server(), 0..3),
    )
        .prop_map(
            |(state, connected, url, last_connected_at, last_error, retry_count, pool, servers)| {
                ConnectionStatus {
                    state,
                    connected,
                    url,
                    last_connected_at,
                    last_error,
                    retry_count,
                    pool,
                    servers,
                }
            },
        )
}

fn server() -> impl Strategy<Value = ServerStatus> {
    let role = prop_oneof![Just(ServerRole::Primary), Just(ServerRole::Replica)];
    let state = prop_oneof![
        Just(ServerState::Unknown),
        Just(ServerState::Serving),
        Just(ServerState::Behind),
        Just(ServerState::Unreachable),
        Just(ServerState::Promoted),
        Just(ServerState::ReadOnly),
        Just(ServerState::OtherTimeline),
        Just(ServerState::OtherDatabase),
    ];
    let lag = any::<(Option<u64>, Option<u64>)>();
    (role, any::<String>(), state, lag, any::<u64>(), any::<Option<String>>(), pool()).prop_map(
        |(role, url, state, (lag_ms, lag_bytes), served, problem, pool)| ServerStatus {
            role,
            url,
            state,
            lag_ms,
            lag_bytes,
            served,
            problem,
            pool,
        },
    )
}

fn health() -> impl Strategy<Value = Health> {
    let well = prop_oneof![Just(HealthStatus::Healthy), Just(HealthStatus::Unhealthy)];
    let database = (well.clone(), prop::option::of(0.0..1e9), prop::option::of(error()), status())
        .prop_map(|(status, latency_ms, error, connection)| DatabaseHealth {
            status,
            latency_ms,
            error,
            connection,
        });
    let system =
        any::<(u64, u32, u32, String)>().prop_map(|(uptime_ms, process_id, cpus, version)| {
            SystemHealth { uptime_ms, process_id, cpus, version }
        });
    (well, time(), 0.0..1e9, database, system).prop_map(
        |(status, checked_at, latency_ms, database, system)| Health {
            status,
            checked_at,
            latency_ms,
            database,
            system,
        },
    )
}

fn round_trips<T>(value: &T) -> Result<serde_json::Value, TestCaseError>
where
    T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let text = serde_json::to_string(value).unwrap();
    prop_assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value);
    Ok(serde_json::from_str(&text).unwrap())
}

fn names(value: &serde_json::Value) -> Vec<&str> {
    let mut names: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

const ERROR: [&str; 7] =
    ["at", "category", "code", "database_code", "message", "temporary", "troubleshooting"];
const POOL: [&str; 4] = ["connections", "idle", "in_use", "size"];
const STATUS: [&str; 8] = [
    "connected",
    "last_connected_at",
    "last_error",
    "pool",
    "retry_count",
    "servers",
    "state",
    "url",
];
const SERVER: [&str; 8] =
    ["lag_bytes", "lag_ms", "pool", "problem", "role", "served", "state", "url"];
const HEALTH: [&str; 5] = ["checked_at", "database", "latency_ms", "status", "system"];
const DATABASE: [&str; 4] = ["connection", "error", "latency_ms", "status"];
const SYSTEM: [&str; 4] = ["cpus", "process_id", "uptime_ms", "version"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Property 9: Every type is read back as it was written, and the names of its fields are stable.
    #[test]
    fn reports_round_trip(error in error(), status in status(), health in health()) {
        let written = round_trips(&error)?;
        prop_assert_eq!(names(&written), ERROR);
        let written = round_trips(&status)?;
        prop_assert_eq!(names(&written), STATUS);
        prop_assert_eq!(names(&written["pool"]), POOL);
        for server in written["servers"].as_array().unwrap() {
            prop_assert_eq!(names(server), SERVER);
        }
        let written = round_trips(&health)?;
        prop_assert_eq!(names(&written), HEALTH);
        prop_assert_eq!(names(&written["database"]), DATABASE);
        prop_assert_eq!(names(&written["database"]["connection"]), STATUS);
        prop_assert_eq!(names(&written["system"]), SYSTEM);
        round_trips(&status.pool)?;
        round_trips(&health.system)?;
        round_trips(&health.database)?;
    }
}

/// The reports of a real manager are such data too, and contain no secret.
#[test]
fn a_health_report_of_a_real_manager() {
    each_url!(|url| {
        let manager = ConnectionManager::with_config(ManagerConfig::new(Db::builder(url)));
        let before = manager.health();
        assert_eq!(before.status, HealthStatus::Unhealthy);
        assert_eq!(before.database.error.as_ref().unwrap().category, ErrorCategory::ConfigError);
        manager.initialize().unwrap();
        let health = manager.health();
        assert_eq!(health.status, HealthStatus::Healthy);
        assert!(health.database.latency_ms.unwrap() <= health.latency_ms);
        assert!(health.system.uptime_ms >= before.system.uptime_ms);
        let written = serde_json::to_value(&health).unwrap();
        assert_eq!(written["status"], "healthy");
        assert_eq!(written["database"]["connection"]["state"], "connected");
        assert_eq!(serde_json::from_value::<Health>(written).unwrap(), health);
        let shown = format!("{health:?} {manager:?} {:?}", manager.status());
        if let Some((_, rest)) = url.split_once("://mizzle:") {
            assert!(!shown.contains(rest.split('@').next().unwrap()), "{shown}");
        }
        manager.disconnect();
    });
}
