//! Keys and tables of every shape: several columns, references to the table itself, several references to one
//! parent, tables in different modules, private tables.

use mizzle::prelude::*;
use test_support::on_each_database;

/// A team, named within its organisation.
#[derive(Table, Debug, Clone, PartialEq, serde::Serialize)]
#[table(
    name = "teams",
    primary_key(org, name),
    has_many(members = Member, via = team),
    has_many(mentored = Member, via = mentors),
    many_to_many(projects = Project, through = TeamProject)
)]
struct Team {
    org: String,
    name: String,
    budget: i64,
}

/// A member of a team, perhaps mentored by another team.
#[derive(Table, Debug, Clone, PartialEq, serde::Serialize)]
#[table(
    name = "members",
    foreign_key(team_org, team_name, references(Team, as = team, on_delete = cascade)),
    foreign_key(mentor_org, mentor_name, references(Team, as = mentors))
)]
struct Member {
    #[column(primary_key)]
    id: i64,
    team_org: String,
    team_name: String,
    mentor_org: Option<String>,
    mentor_name: Option<String>,
}

/// A project, with a key of two types.
#[derive(Table, Debug, Clone, PartialEq, serde::Serialize)]
#[table(
    name = "projects",
    primary_key(year, code),
    many_to_many(teams = Team, through = TeamProject)
)]
struct Project {
    year: i32,
    code: Vec<u8>,
    active: bool,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(
    name = "team_projects",
    primary_key(org, team, year, code),
    foreign_key(org, team, references(Team)),
    foreign_key(year, code, references(Project))
)]
struct TeamProject {
    org: String,
    team: String,
    year: i32,
    code: Vec<u8>,
}

mizzle::schema!(Organisations = [Team, Member, Project, TeamProject]);

fn team(org: &str, name: &str, budget: i64) -> Team {
    Team { org: org.into(), name: name.into(), budget }
}

fn member(id: i64, team: &Team, mentor: (Option<&str>, Option<&str>)) -> Member {
    Member {
        id,
        team_org: team.org.clone(),
        team_name: team.name.clone(),
        mentor_org: mentor.0.map(str::to_owned),
        mentor_name: mentor.1.map(str::to_owned),
    }
}

/// Two organisations with a team of the same name, and one with a team of no members.
fn organisations(db: &Db) -> [Team; 3] {
    db.create_all::<Organisations>().expect("the tables");
    let teams = [team("a", "x", 1), team("b", "x", 2), team("b", "it's \"y\"", 3)];
    db.execute(diesel::insert_into(teams::table).values(&teams[..])).expect("the teams");
    let members = [
        member(1, &teams[0], (None, None)),
        member(2, &teams[0], (Some("b"), Some("x"))),
        member(3, &teams[1], (Some("a"), Some("x"))),
        // Part of a key is no key.
        member(4, &teams[1], (Some("a"), None)),
    ];
    db.execute(diesel::insert_into(members::table).values(&members[..])).expect("the members");
    teams
}

mod people {
    use mizzle::prelude::*;

    #[derive(Table, Debug, Clone, PartialEq, serde::Serialize)]
    #[table(
        name = "employees",
        has_many(reports = Employee),
        has_many(cars = super::garage::cars_of_people::Car, via = owner),
        has_one(parking = crate::shapes::garage::Place)
    )]
    pub struct Employee {
        #[column(primary_key)]
        pub id: i32,
        pub name: String,
        #[column(references(Self))]
        pub manager_id: Option<i32>,
    }
}

mod garage {
    use mizzle::prelude::*;

    use super::people::Employee;

    #[derive(Table, Debug, Clone, PartialEq, serde::Serialize)]
    #[table(name = "places")]
    pub struct Place {
        #[column(primary_key)]
        pub number: i32,
        #[column(unique, references(Employee))]
        pub holder: Option<i32>,
    }

    pub mod cars_of_people {
        use mizzle::prelude::*;

        #[derive(Table, Debug, Clone, PartialEq, serde::Serialize)]
        #[table(name = "cars")]
        pub struct Car {
            #[column(primary_key)]
            pub plate: String,
            #[column(references(super::super::people::Employee, as = owner))]
            pub owner: i32,
            #[column(references(crate::shapes::people::Employee))]
            pub driver_id: Option<i32>,
        }
    }
}

use garage::Place;
use garage::cars_of_people::Car;
use people::Employee;

mizzle::schema!(Company = [people::Employee, Place, garage::cars_of_people::Car]);

/// Ann leads Bo and Cleo, who leads Dan.
fn company(db: &Db) -> Vec<Employee> {
    db.create_all::<Company>().expect("the tables");
    let employee = |id, name: &str, manager_id| Employee { id, name: name.into(), manager_id };
    let employees = vec![
        employee(1, "Ann", None),
        employee(2, "Bo", Some(1)),
        employee(3, "Cleo", Some(1)),
        employee(4, "Dan", Some(3)),
    ];
    for row in &employees {
        db.execute(diesel::insert_into(people::employees::table).values(row)).expect("a row");
    }
    let car = |plate: &str, owner, driver_id| Car { plate: plate.into(), owner, driver_id };
    let cars = [car("A 1", 1, Some(2)), car("B 2", 2, None), car("C 3", 1, Some(1))];
    db.execute(diesel::insert_into(garage::cars_of_people::cars::table).values(&cars[..]))
        .expect("the cars");
    let places = [Place { number: 7, holder: Some(3) }, Place { number: 8, holder: None }];
    db.execute(diesel::insert_into(garage::places::table).values(&places[..])).expect("the places");
    employees
}

on_each_database! {
    fn a_key_has_several_columns(db: &Db) {
        let teams = organisations(db);
        let loaded = Team::query()
            .order_by(teams::budget)
            .with(Team::members().order_by(members::id).with(Member::mentors()))
            .with(Team::mentored())
            .all(db)
            .expect("the teams");
        let ids: Vec<Vec<i64>> =
            loaded.iter().map(|team| team.members.iter().map(|member| member.id).collect()).collect();
        assert_eq!(ids, [vec![1, 2], vec![3, 4], vec![]]);
        assert_eq!(loaded[0].members[0].mentors, None);
        assert_eq!(loaded[0].members[1].mentors.as_ref(), Some(&teams[1]));
        assert_eq!(loaded[1].members[0].mentors.as_ref(), Some(&teams[0]));
        assert_eq!(loaded[1].members[1].mentors, None);
        assert_eq!(loaded[0].mentored[0].id, 3);
        let of_first = Member::query().with(Member::team().filter(teams::org.eq("a"))).all(db);
        assert!(of_first.expect("the members").iter().all(|member| member.team == teams[0]));
        assert_eq!(Team::members().counts(db, &teams).expect("the counts"), [2, 2, 0]);
        let memberless = Team::query().filter(Team::members().not_exists()).one(db);
        assert_eq!(memberless.expect("a team"), teams[2]);
        let limited = Team::query().order_by(teams::budget).with(
            Team::members().order_by(members::id.desc()).limit(1),
        );
        let limited = limited.all(db).expect("the teams");
        assert_eq!((limited[0].members[0].id, limited[1].members[0].id), (2, 4));
        assert_eq!(Team::members().delete(db, &teams[0]).expect("deleted"), 2);
        assert_eq!(Team::members().counts(db, &teams).expect("the counts"), [0, 2, 0]);
    }

    fn a_many_to_many_relation_goes_over_keys_of_several_columns(db: &Db) {
        let teams = organisations(db);
        let project = |year, code: &[u8], active| Project { year, code: code.to_vec(), active };
        let projects =
            [project(1, b"\0\xff", true), project(2, b"\0\xff", false), project(1, b"", true)];
        db.execute(diesel::insert_into(projects::table).values(&projects[..])).expect("projects");
        assert_eq!(Team::projects().link(db, &teams[0], &projects).expect("links"), 3);
        assert_eq!(Team::projects().link(db, &teams[1], &projects[1..2]).expect("a link"), 1);
        let order = || Team::projects().order_by((projects::year, projects::code));
        let loaded = Team::query().order_by(teams::budget).with(order()).all(db).expect("the teams");
        assert_eq!(loaded[0].projects, [2, 0, 1].map(|place: usize| projects[place].clone()));
        assert_eq!(loaded[1].projects, projects[1..2]);
        assert!(loaded[2].projects.is_empty());
        let back = Project::query()
            .order_by((projects::year, projects::code))
            .with(Project::teams().order_by(teams::budget))
            .all(db)
            .expect("the projects");
        assert_eq!(back[2].teams, teams[..2]);
        let active = Team::projects().filter(projects::active.eq(true));
        assert_eq!(active.counts(db, &teams).expect("the counts"), [2, 0, 0]);
        assert_eq!(Team::query().filter(active.exists()).one(db).expect("a team"), teams[0]);
        assert_eq!(Team::projects().unlink(db, &teams[0], &projects[..2]).expect("unlinked"), 2);
        assert_eq!(Team::projects().counts(db, &teams).expect("the counts"), [1, 1, 0]);
    }

    fn a_table_refers_to_itself(db: &Db) {
        let all = company(db);
        let loaded = Employee::query()
            .order_by(people::employees::id)
            .with(Employee::manager().with(Employee::manager()))
            .with(
                Employee::reports()
                    .order_by(people::employees::id)
                    .with(Employee::reports().with(Employee::manager())),
            )
            .all(db)
            .expect("the employees");
        let dan = &loaded[3];
        let cleo = dan.manager.as_ref().expect("Dan's manager");
        assert_eq!(**cleo, all[2]);
        assert_eq!(cleo.manager.as_ref(), Some(&all[0]));
        assert!(loaded[0].manager.is_none() && dan.reports.is_empty());
        let names: Vec<&str> = loaded[0].reports.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["Bo", "Cleo"]);
        assert_eq!(*loaded[0].reports[1].reports[0], all[3]);
        assert_eq!(loaded[0].reports[1].reports[0].manager.as_ref(), Some(&all[2]));
        // The outer and the inner rows of the condition are of the same table.
        let led_by_cleo =
            Employee::query().filter(Employee::manager().filter(people::employees::name.eq("Cleo")).exists());
        assert_eq!(led_by_cleo.one(db).expect("Dan"), all[3]);
        let leads_a_leader = Employee::reports().filter(Employee::reports().exists()).exists();
        assert_eq!(Employee::query().filter(leads_a_leader).one(db).expect("Ann"), all[0]);
        let leaf = Employee::query().filter(Employee::reports().not_exists()).count(db);
        assert_eq!(leaf.expect("a count"), 2);
    }

    fn tables_in_different_modules_are_related(db: &Db) {
        let all = company(db);
        let loaded = Employee::query()
            .order_by(people::employees::id)
            .with(Employee::cars().order_by(garage::cars_of_people::cars::plate).with(Car::driver()))
            .with(Employee::parking().with(Place::holder()))
            .all(db)
            .expect("the employees");
        let plates: Vec<&str> = loaded[0].cars.iter().map(|car| car.plate.as_str()).collect();
        assert_eq!(plates, ["A 1", "C 3"]);
        assert_eq!(loaded[0].cars[0].driver.as_ref(), Some(&all[1]));
        assert_eq!(loaded[1].cars[0].driver, None);
        assert!(loaded[0].parking.is_none());
        let parking = loaded[2].parking.as_ref().expect("a place");
        assert_eq!((parking.number, parking.holder.as_ref()), (7, Some(&all[2])));
        let owners = Car::query().with(Car::owner().filter(people::employees::name.eq("Bo"))).all(db);
        assert_eq!(owners.expect("a car")[0].owner.name, "Bo");
    }

    fn rows_that_come_several_times_have_theirs_each_time(db: &Db) {
        let all = company(db);
        let rows = vec![all[0].clone(), all[1].clone(), all[0].clone(), all[0].clone()];
        let loaded = Employee::reports()
            .order_by(people::employees::id)
            .with(Employee::reports())
            .load_for(db, rows)
            .expect("the reports");
        assert_eq!(loaded.iter().map(|row| row.reports.len()).collect::<Vec<_>>(), [2, 0, 2, 2]);
        assert_eq!(loaded[0], loaded[2]);
        assert_eq!(loaded[3].reports[1].reports, all[3..]);
        let counts = Employee::reports().counts(db, &loaded).expect("the counts");
        assert_eq!(counts, [2, 0, 2, 2]);
    }

    fn rows_with_relations_have_the_usual_traits(db: &Db) {
        company(db);
        let query = Employee::query()
            .order_by(people::employees::id)
            .with(Employee::reports().order_by(people::employees::id))
            .with(Employee::manager());
        let mut loaded = query.all(db).expect("the employees");
        let copy = loaded.clone();
        assert_eq!(copy, loaded);
        let debug = format!("{:?}", loaded[1]);
        assert_eq!(
            debug,
            "WithManager { row: WithReports { row: Employee { id: 2, name: \"Bo\", manager_id: Some(1) }, \
             reports: [] }, manager: Some(Employee { id: 1, name: \"Ann\", manager_id: None }) }"
        );
        // Through all layers to the row, to change it too.
        loaded[0].name.push('e');
        assert_ne!(copy, loaded);
        db.update(&**loaded[0]).expect("the row is written");
        let (with_reports, manager) = loaded.swap_remove(0).into_parts();
        let (ann, reports) = with_reports.into_parts();
        assert_eq!((ann.name.as_str(), manager, reports.len()), ("Anne", None, 2));
        assert_eq!(db.get::<Employee>(1).expect("the row"), ann);
    }
}
