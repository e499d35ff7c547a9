use super::*;

fn read(text: &str) -> Result<Vec<Arrival>, String> {
    Reading { name: "t.csv", ..Default::default() }.parse(text).map_err(|error| error.to_string())
}

fn ids(arrivals: &[Arrival]) -> Vec<Vec<&str>> {
    arrivals.iter().map(|arrival| arrival.players.iter().map(|player| &*player.id).collect()).collect()
}

#[test]
fn solo_rows_are_tickets_of_their_own() {
    let arrivals = read("queue_ms,player_id,rating\n5,1,1500\n5,2,1600\n9,1,1510\n").unwrap();
    assert_eq!(ids(&arrivals), [["1"], ["2"], ["1"]]);
    assert_eq!(arrivals[2].queue_ms, 9);
    assert_eq!(arrivals[2].players[0].rating, 1510.0);
}

#[test]
fn rows_of_one_party_queue_together() {
    let text = "queue_ms,party_id,player_id,rating,city,country\n5,1,1,1500,A,X\n5,1,2,1600,A,X\n5,2,3,1600,B,X\n";
    assert_eq!(ids(&read(text).unwrap()), [vec!["1", "2"], vec!["3"]]);
    assert!(names_cities(text));
    let alone = "queue_ms,party_id,player_id,rating,city,country\n5,,1,1500,A,X\n5,,2,1600,A,X\n";
    assert_eq!(ids(&read(alone).unwrap()), [vec!["1"], vec!["2"]]);
}

#[test]
fn players_bring_the_round_trip_times_of_their_city() {
    let cities = Cities::parse("c.csv", "city,country,continent,population,eu,us\n\"A\",X,EU,1,20,90\n", &[]).unwrap();
    let reading = Reading { name: "t.csv", prefix: "x-", cities: Some(&cities), ..Default::default() };
    let header = "queue_ms,party_id,player_id,rating,city,country";
    let arrivals = reading.parse(&format!("{header}\n5,1,1,1500,A,X\n")).unwrap();
    assert_eq!(&*arrivals[0].players[0].id, "x-1");
    assert_eq!(arrivals[0].players[0].rtt_ms.as_ref().unwrap()["us"], 90);
    let missing = reading.parse(&format!("{header}\n5,1,1,1500,Z,X\n")).unwrap_err().to_string();
    assert_eq!(missing, "t.csv:2: city Z, X has no round-trip times");
}

#[test]
fn bad_rows_are_one_line_with_their_number() {
    let solo = |row: &str| read(&format!("queue_ms,player_id,rating\n1,1,1500\n{row}\n")).unwrap_err();
    assert_eq!(solo("x,1,1500"), "t.csv:3: queue_ms `x` is no number that fits");
    assert_eq!(solo("-1,1,1500"), "t.csv:3: queue_ms `-1` is no number that fits");
    assert_eq!(solo("2,1,high"), "t.csv:3: rating `high` is no number that fits");
    assert_eq!(solo("2,1,NaN"), "t.csv:3: rating `NaN` is no number");
    assert_eq!(solo("2,,1500"), "t.csv:3: player_id is empty");
    assert_eq!(solo("2,1"), "t.csv:3: the row has 2 columns, the header 3");
    assert_eq!(solo("0,2,1500"), "t.csv:3: queue_ms goes back from 1 to 0");

    let party = |row: &str| {
        read(&format!("queue_ms,party_id,player_id,rating,city,country\n1,1,1,1500,A,X\n{row}\n")).unwrap_err()
    };
    assert_eq!(party("2,1,2,1500,A,X"), "t.csv:3: party 1 queued at 1 already");
    assert_eq!(party("1,1,1,1500,A,X"), "t.csv:3: player 1 stands in his party twice");

    assert_eq!(read("queue_ms,player_id,rating\n").unwrap_err(), "t.csv:2: there are no rows");
    assert!(read("a,b\n1,2\n").unwrap_err().starts_with("t.csv:1: the header must be `queue_ms,player_id,rating`"));
}

#[test]
fn the_excerpt_that_ships_is_whole() {
    let text = include_str!("../../traces/arena-10min.csv");
    let arrivals = read(text).unwrap();
    assert_eq!(arrivals.len(), 5_421);
    assert!(arrivals.iter().all(|arrival| arrival.queue_ms < 600_000));
    let first = Reading { rows_max: Some(10), ..Default::default() }.parse(text).unwrap();
    assert_eq!(first.len(), 10);
}
