//! What breaks for everybody for some minutes: the bus, the cloud's clock, the database.

use crate::{
    checks::rule_of,
    world::{What, World},
};

/// What of the cloud's clock can fail, and how.
const CALLS: [&str; 6] = [
    "PutRule",
    "PutTargets",
    "RemoveTargets",
    "DeleteRule",
    "DisableRule",
    "ListTargetsByRule",
];
const CODES: [&str; 4] = [
    "ThrottlingException",
    "InternalException",
    "AccessDeniedException",
    "ConcurrentModificationException",
];

impl World {
    /// The bus, the cloud or the database breaks for some minutes, or is mended for some hours.
    pub(crate) fn weather(&mut self, breaks: bool) {
        if self.is_calm {
            return;
        }
        self.mend();
        if breaks {
            match self.chance.number(0, 9) {
                0..=3 => self.is_bus_down = true,
                4..=7 => self.break_cloud(),
                _ => self.break_database(),
            }
        }
        let delay = match breaks {
            true => self.chance.seconds(30, 400),
            false => self.chance.seconds(4 * 3_600, 30 * 3_600),
        };
        self.schedule(delay, What::Weather(!breaks));
    }

    /// Everything works again.
    pub(crate) fn mend(&mut self) {
        self.is_bus_down = false;
        self.is_cloud_broken = false;
        self.cloud.stand_in.heal();
        self.rules_may_differ = true;
        if std::mem::take(&mut self.is_database_down) {
            self.restart(false);
        }
    }

    fn break_cloud(&mut self) {
        self.is_cloud_broken = true;
        self.tally.fault("cloud refuses rules");
        let cloud = &self.cloud.stand_in;
        if self.chance.hits(25.0) {
            cloud.fail_entries("sundial-");
        }
        if self.chance.hits(10.0) {
            let code = self.chance.pick(&CODES, "InternalException");
            return cloud.fail("ListRules", "sundial-", code);
        }
        for job in &self.jobs {
            let name = rule_of(job.id);
            for call in CALLS {
                if self.chance.hits(40.0) {
                    cloud.fail(call, &name, self.chance.pick(&CODES, "InternalException"));
                }
            }
        }
        // Somebody has to notice: it is that a job changes just now, or gives way to a new one.
        if let Some(job) = self.jobs.last().map(|job| job.id) {
            let action = self.chance.pick(&["pause", "resume", "replace"], "pause");
            let delay = self.chance.seconds(0, 30);
            self.schedule(delay, What::Press(job, action));
        }
    }

    /// The database goes away: every connection breaks, and a sweep that stands still dies.
    fn break_database(&mut self) {
        self.is_database_down = true;
        self.tally.fault("databases restarted");
        self.log(|| "the database goes away".to_owned());
        if let Some(stalled) = self.stalled.take() {
            drop(stalled);
            self.sweepers.line.release(false);
        }
        self.restart(true);
    }

    fn restart(&self, is_down: bool) {
        for office in [&self.workers, &self.sweepers, &self.desk] {
            office.line.restart(is_down);
        }
    }
}
