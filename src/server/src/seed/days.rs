//! The calls of the seeded days: the same at each seeding.

use std::time::Duration;

use domain::time::{Micros, Span};
use platform::requests::Answered;

use super::{Walk, request_id};

/// One call of a working day.
pub struct Call {
    pub at: Micros,
    method: &'static str,
    route: &'static str,
    status: u16,
    latency: Duration,
}

impl Call {
    pub fn answered<'a>(
        &self,
        principal: &'a platform::KeyPrincipal,
        clock: &Walk,
    ) -> Answered<'a> {
        Answered {
            principal,
            id: request_id(clock),
            recorded_at: self.at,
            method: self.method.into(),
            route: self.route.into(),
            path: self.route.replace("{id}", "key_01K9ZP3V5W8Q2R4T6Y7X9B1D3F"),
            meter_class: "platform",
            status: self.status,
            latency: self.latency,
        }
    }
}

/// The same days at each seeding: a small generator of its own, because nothing here is secret.
pub struct Days {
    state: u64,
}

impl Days {
    pub fn new() -> Self {
        Self { state: 0x5eed }
    }

    fn next(&mut self, below: u64) -> u64 {
        // SplitMix64.
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below.max(1)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next(end)
    }

    /// Microseconds of a moment within `span`.
    pub fn within(&mut self, span: Span) -> i64 {
        i64::try_from(self.next(u64::try_from(span.0).unwrap_or(1))).unwrap_or(0)
    }

    /// Calls from `from` to `until`: fewer at weekends, most of them fine.
    pub fn calls(&mut self, a_day: u64, from: Micros, until: Micros) -> Vec<Call> {
        let mut calls = Vec::new();
        let mut day = from;
        while day < until {
            let weekday = day.seconds().div_euclid(86_400).rem_euclid(7); // 0 is a Thursday
            let busy = if matches!(weekday, 2 | 3) {
                a_day / 5
            } else {
                a_day * (80 + self.next(50)) / 100
            };
            for _ in 0..busy {
                let at = day.plus(Span(i64::try_from(self.next(86_400_000_000)).unwrap_or(0)));
                if at < until {
                    calls.push(self.call(at));
                }
            }
            day = day.plus(Span::days(1));
        }
        calls.sort_by_key(|call| call.at);
        calls
    }

    fn call(&mut self, at: Micros) -> Call {
        let (method, route) = match self.next(20) {
            0..=11 => ("GET", "/v1/me"),
            12..=16 => ("GET", "/v1/org"),
            17..=18 => ("GET", "/v1/api_keys"),
            _ => ("DELETE", "/v1/api_keys/{id}"),
        };
        let status = match (route, self.next(200)) {
            (_, 0) => 503,
            ("/v1/api_keys/{id}", _) => 404,
            (_, 1..=4) => 400,
            _ => 200,
        };
        Call {
            at,
            method,
            route,
            status,
            latency: Duration::from_micros(180 + self.next(900) + self.next(40) * self.next(60)),
        }
    }
}
