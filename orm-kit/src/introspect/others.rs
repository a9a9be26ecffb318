//! Tables that belong to tools.

/// Returns the tool that a table belongs to, if it is known for such a table.
pub(crate) fn tool_of(table: &str) -> Option<&'static str> {
    let known = TABLES.iter().find(|(name, _)| name.eq_ignore_ascii_case(table));
    let tool = known.map(|(_, tool)| *tool);
    tool.or_else(|| table.starts_with("_cf_").then_some("Cloudflare"))
        .or_else(|| table.starts_with("_litestream_").then_some("Litestream"))
}

const TABLES: &[(&str, &str)] = &[
    ("d1_migrations", "Cloudflare D1"),
    ("schema_migrations", "a migration tool, such as Rails, Ecto or dbmate"),
    ("ar_internal_metadata", "Rails"),
    ("__drizzle_migrations", "Drizzle"),
    ("_prisma_migrations", "Prisma"),
    ("django_migrations", "Django"),
    ("alembic_version", "Alembic"),
    ("goose_db_version", "goose"),
    ("gorp_migrations", "sql-migrate"),
    ("flyway_schema_history", "Flyway"),
    ("databasechangelog", "Liquibase"),
    ("databasechangeloglock", "Liquibase"),
    ("_sqlx_migrations", "sqlx"),
    ("seaql_migrations", "SeaORM"),
    ("refinery_schema_history", "refinery"),
    ("knex_migrations", "Knex"),
    ("knex_migrations_lock", "Knex"),
    ("SequelizeMeta", "Sequelize"),
    ("typeorm_metadata", "TypeORM"),
    ("mikro_orm_migrations", "MikroORM"),
    ("kysely_migration", "Kysely"),
    ("kysely_migration_lock", "Kysely"),
    ("phinxlog", "Phinx"),
    ("__EFMigrationsHistory", "Entity Framework"),
    ("room_master_table", "Room"),
    ("android_metadata", "Android"),
    ("Z_METADATA", "Core Data"),
    ("Z_MODELCACHE", "Core Data"),
    ("Z_PRIMARYKEY", "Core Data"),
];

#[cfg(test)]
mod tests {
    use super::tool_of;

    #[test]
    fn tables_of_tools_are_known() {
        assert_eq!(tool_of("ar_internal_metadata"), Some("Rails"));
        assert_eq!(tool_of("_cf_KV"), Some("Cloudflare"));
        assert_eq!(tool_of("users"), None);
    }
}
