use serde_json::json;

use super::*;

fn refused(text: &str) -> String {
    Condition::from_text(text).expect_err(text).to_string()
}

#[test]
fn text_and_json_say_the_same() {
    let n = json!({"property": "n"});
    for (text, json) in [
        (
            "n = 1 AND n <> 2 OR NOT n < 3",
            json!({"op": "or", "args": [
            {"op": "and", "args": [{"op": "=", "args": [n, 1]}, {"op": "<>", "args": [n, 2]}]},
            {"op": "not", "args": [{"op": "<", "args": [n, 3]}]}]}),
        ),
        ("n not between -1 and 2e1", json!({"op": "not", "args": [{"op": "between", "args": [n, -1, 20]}]})),
        ("n = 1", json!({"op": "and", "args": [{"op": "=", "args": [n, 1]}]})),
        ("n between -1 and 2e1", json!({"op": "between", "args": [n, [-1, 20]]})),
        ("\"n\" IN ('a', 'it''s')", json!({"op": "in", "args": [n, ["a", "it's"]]})),
        (
            "n * 2 + 3 ^ 2 >= (1 - n) div 4",
            json!({"op": ">=", "args": [
            {"op": "+", "args": [{"op": "*", "args": [n, 2]}, {"op": "^", "args": [3, 2]}]},
            {"op": "div", "args": [{"op": "-", "args": [1, n]}, 4]}]}),
        ),
        (
            "CASEI(n) LIKE casei('A%')",
            json!({"op": "like", "args": [
            {"op": "casei", "args": [n]}, {"op": "casei", "args": ["A%"]}]}),
        ),
        (
            "T_MetBy(n, INTERVAL('2020-01-01', '..'))",
            json!({"op": "t_metBy", "args": [n, {"interval": ["2020-01-01", ".."]}]}),
        ),
        (
            "n > TIMESTAMP('2020-01-01T00:00:00Z')",
            json!({"op": ">", "args": [n, {"timestamp": "2020-01-01T00:00:00Z"}]}),
        ),
        (
            "s_touches(geometry, POLYGON((0 0, 1 0, -1 1.5, 0 0)))",
            json!({"op": "s_touches", "args": [{"property": "geometry"},
            {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [-1, 1.5], [0, 0]]]}]}),
        ),
        (
            "s_within(geometry, BBOX(179, -1, -179, 1))",
            json!({"op": "s_within", "args": [{"property": "geometry"},
            {"bbox": [179, -1, -179, 1]}]}),
        ),
        (
            "n = 'it\\'s' OR n LIKE 'a\\\\%\\_\\\\'",
            json!({"op": "or", "args": [
            {"op": "=", "args": [n, "it's"]}, {"op": "like", "args": [n, "a\\\\%\\_\\\\"]}]}),
        ),
        ("a_contains(n, ('x'))", json!({"op": "a_contains", "args": [n, ["x"]]})),
        ("notes IS NOT NULL", json!({"op": "not", "args": [{"op": "isNull", "args": [{"property": "notes"}]}]})),
    ] {
        assert_eq!(Condition::from_text(text).unwrap(), Condition::from_json(&json).unwrap(), "{text}");
    }
}

#[test]
fn what_is_wrong_is_named() {
    for (text, words) in [
        ("", "at character 1"),
        ("n =", "at character 4"),
        ("n = 1 n", "`n`"),
        ("n = 'a", "has no end"),
        ("n = 1 ; DROP", "`;`"),
        ("n = 1e999", "number at character 5"),
        ("n", ""),
        ("1", "a condition is wanted"),
        ("n + 1", "gives a value"),
        ("n = (a = 1)", "no function that gives a value"),
        ("avg(n) < 4", "`avg`"),
        ("foo(n)", "area_km2"),
        ("s_intersects(geometry)", "takes 2 operands, not 1"),
        ("s_nothing(geometry, geometry)", "s_nothing"),
        ("s_intersects(n, POINT(1 2))", "`n` is no geometry"),
        ("s_intersects(geometry, POINT Z (1 2 3))", "heights"),
        ("s_intersects(geometry, POINT(1 2 3))", "two numbers"),
        ("s_intersects(geometry, POINT(181 2))", "181 2"),
        ("s_intersects(geometry, POLYGON EMPTY)", "empty"),
        ("s_intersects(geometry, POLYGON((0 0, 1 1)))", "fewer than"),
        ("s_intersects(geometry, CIRCULARSTRING(0 0, 1 1, 2 0))", "`circularstring` is no geometry"),
        ("s_within(geometry, BBOX(1, 2, 3, 4, 5, 6))", "heights"),
        ("s_touches(geometry, GEOMETRYCOLLECTION(POINT(1 2)))", "GeometryCollection"),
        ("eo:cloud_cover = 'a'", "`eo:cloud_cover` is a number"),
        ("id = 7", "`id` is a text"),
        ("geometry = 'a'", "S_INTERSECTS"),
        ("datetime > 'noon'", "'noon' is no time"),
        ("n = TIMESTAMP('2020-01-01')", "has no time"),
        ("n = DATE('2020-02-30')", "2020-02-30"),
        ("n = null", "a value is wanted"),
        ("n LIKE m", "pattern"),
        ("n LIKE 'a\\'", "has no end"),
        ("n LIKE 'a\\\\\\'", "has no end"),
        ("n IN ()", "at least one"),
        ("'a' + 1 = 2", "wants a number"),
        ("t_after(id, datetime)", "`t_after`"),
        ("t_after(datetime, INTERVAL('2021-01-01', '2020-01-01'))", "exchange"),
        ("a_contains(id, ('a'))", "`id` is none"),
        ("a_contains(n, (DATE('2020-01-01')))", "times as texts"),
        ("2 ^ 2 ^ 2 = n", "parentheses"),
    ] {
        if !words.is_empty() {
            assert!(refused(text).contains(words), "{text}: {}", refused(text));
        }
    }
    for json in [
        json!(null),
        json!({}),
        json!([]),
        json!({"op": "=", "args": [1, 1], "more": 1}),
        json!({"op": "and", "args": []}),
        json!({"op": "=", "args": [{"property": "n\0"}, 1]}),
        json!({"op": "=", "args": [{"property": "n"}, null]}),
    ] {
        assert!(Condition::from_json(&json).is_err(), "{json}");
    }
}

#[test]
fn hostile_texts_are_refused_at_once() {
    for (open, close) in
        [("(", ")"), ("((1,", ")"), ("NOT ", ""), ("- ", ""), ("casei(", ")"), ("f(", ")"), ("(", ""), ("[", "")]
    {
        for depth in [65, 100_000] {
            let text = format!("{}n = 1{}", open.repeat(depth), close.repeat(depth));
            let text = if text.len() > MAX_TEXT_BYTES { text[..MAX_TEXT_BYTES].to_owned() } else { text };
            assert!(Condition::from_text(&text).is_err(), "{open} {depth}");
        }
    }
    for chain in [" + 1", " AND n = 1", " OR n", " IN (1"] {
        assert!(Condition::from_text(&format!("n = 1{}", chain.repeat(50_000))).is_err(), "{chain}");
    }
    let mut json = json!(true);
    for _ in 0..100 {
        json = json!({"op": "not", "args": [json]});
    }
    assert!(Condition::from_json(&json).unwrap_err().to_string().contains("64 deep"));
    assert!(Condition::from_text(&format!("n IN ({})", vec!["1"; 10_001].join(","))).is_err());
}

#[test]
fn a_query_is_a_condition() {
    for (query, text) in [
        (json!({"eo:cloud_cover": {"gte": 1, "lt": 20}}), "eo:cloud_cover >= 1 AND eo:cloud_cover < 20"),
        (json!({"n": {"startsWith": "a%"}, "m": {"in": ["x", 1]}}), "n LIKE 'a\\%%' AND m IN ('x', 1)"),
    ] {
        let (query, text) = (Condition::from_query(&query).unwrap(), Condition::from_text(text).unwrap());
        assert_eq!(query, text);
    }
    for (query, words) in [
        (json!([]), "no object"),
        (json!({"n": 1}), "`n`"),
        (json!({"n": {"like": "a"}}), "startsWith"),
        (json!({"n": {"eq": null}}), "`n`"),
        (json!({"n": {"contains": 1}}), "want a text"),
        (json!({"eo:cloud_cover": {"lt": "20"}}), "is a number"),
    ] {
        let error = Condition::from_query(&query).unwrap_err().to_string();
        assert!(error.contains("`query`") && error.contains(words), "{error}");
    }
}

#[test]
fn functions_are_read_with_their_operands() {
    let n = json!({"property": "n"});
    for (text, json) in [
        (
            "Year(datetime) = 2019 AND AREA_KM2(geometry) > abs(n - 1)",
            json!({"op": "and", "args": [
            {"op": "=", "args": [{"op": "year", "args": [{"property": "datetime"}]}, 2019]},
            {"op": ">", "args": [{"op": "area_km2", "args": [{"property": "geometry"}]},
                {"op": "abs", "args": [{"op": "-", "args": [n, 1]}]}]}]}),
        ),
        (
            "year('2019-06-01') = month(TIMESTAMP('2019-06-01T00:00:00Z'))",
            json!({"op": "=", "args": [
            {"op": "year", "args": ["2019-06-01"]},
            {"op": "month", "args": [{"timestamp": "2019-06-01T00:00:00Z"}]}]}),
        ),
    ] {
        assert_eq!(Condition::from_text(text).unwrap(), Condition::from_json(&json).unwrap(), "{text}");
    }
    for (text, words) in [
        ("year(datetime)", "gives a value"),
        ("year(datetime, 1) = 1", "`year(time)`, not with 2 operands"),
        ("year() = 1", "not with 0 operands"),
        ("year(id) = 1", "`year` wants a time; `id` is a text"),
        ("year('noon') = 1", "'noon' is no time"),
        ("year(geometry) = 1", "a geometry"),
        ("area_km2(datetime) = 1", "`datetime` is no geometry"),
        ("area_km2(POINT(1 2 3)) = 1", "two numbers"),
        ("area_km2(POINT(1 2)) = 1", "give `geometry`"),
        ("lower(1) = 'a'", "`lower` wants a text"),
        ("lower(n) = 1", "is a text"),
        ("year(datetime) = 'a'", "the result of `year` is a number"),
        ("n LIKE lower('a')", "pattern"),
        ("clear(n) = 1", "`clear` is no function that gives a value; known are casei, accenti, year, month"),
        ("clear(n)", "no function `clear`; known are and, or"),
        ("s_intersects(area_km2(geometry), geometry)", "wants places"),
    ] {
        assert!(refused(text).contains(words), "{text}: {}", refused(text));
    }
}
